package wiretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/loopback"
)

const word = "w0rdw0rd"

func transcripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("recordings = %v, %v, want some", files, err)
	}
	return files
}

// echo answers the steps of a transcript, one after the other, as recorded, unless
// spoil changes an answer.
type echo struct {
	t     *testing.T
	steps []step
	vars  vars
	made  int
	spoil func(s step, status int, header http.Header, body []byte) (int, []byte)
}

func newEcho(t *testing.T, file string) *echo {
	t.Helper()
	return &echo{t: t, steps: readSteps(t, file), vars: vars{"run": word, "admin.user": "elastic", "admin.password": "x"}}
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := e.steps[0]
	e.steps = e.steps[1:]
	if path, err := e.vars.expand(s.Request.Path); err != nil || r.RequestURI != path || r.Method != s.Request.Method {
		e.t.Errorf("request %s %s, want %s %s", r.Method, r.RequestURI, s.Request.Method, path)
	}
	for name, raw := range s.Response.Headers {
		v, err := decode(raw)
		if err != nil {
			e.t.Error(err)
		}
		list, several := v.([]any)
		if !several {
			list = []any{v}
		}
		for _, v := range list {
			text, ok := v.(string)
			if !ok {
				e.t.Errorf("header %s is no text: %v", name, v)
			}
			w.Header().Add(name, e.fill(text))
		}
	}
	status, body := s.Response.Status, e.body(s)
	if e.spoil != nil {
		status, body = e.spoil(s, status, w.Header(), body)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	if v, err := decode(body); err == nil {
		_ = e.vars.save(s.Save, v)
	}
}

func (e *echo) body(s step) []byte {
	switch {
	case s.Response.Text != nil:
		return []byte(e.fill(*s.Response.Text))
	case s.Response.Body == nil:
		return nil
	}
	v, err := decode(s.Response.Body)
	if err != nil {
		e.t.Error(err)
	}
	b, err := json.Marshal(e.sample(v))
	if err != nil {
		e.t.Error(err)
	}
	return b
}

// sample is a value that a recorded one accepts.
func (e *echo) sample(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, v := range v {
			m[e.fill(k)] = e.sample(v)
		}
		return m
	case []any:
		for i := range v {
			v[i] = e.sample(v[i])
		}
	case string:
		switch {
		case v == "<int>" || v == "<millis>":
			return 7
		case strings.HasPrefix(v, "<now"):
			seconds, _ := strconv.ParseInt(strings.Trim(v, "<now>s"), 10, 64)
			return time.Now().UnixMilli() + 1000*seconds
		}
		return e.fill(v)
	}
	return v
}

// fill is a text that a recorded one accepts.
func (e *echo) fill(text string) string {
	text, err := e.vars.expand(text)
	if err != nil {
		e.t.Error(err)
	}
	if !strings.Contains(text, "<") {
		return text
	}
	e.made++ // two of a kind must differ
	samples := map[string]string{
		"any": "anything", "string": fmt.Sprint("text", e.made), "id": fmt.Sprint("an-Id_", e.made), "secret": fmt.Sprintf("%022d", e.made),
		"uid": "u_abc_0", "int": "3", "millis": "4", "iso-time": "2026-11-24T18:11:00.123Z",
	}
	return regexp.MustCompile(`<(any|string|id|secret|uid|int|millis|iso-time|set:([^>]*))>`).ReplaceAllStringFunc(text, func(m string) string {
		name := strings.Trim(m, "<>")
		if names, ok := strings.CutPrefix(name, "set:"); ok {
			all := strings.Split(names, ",")
			return strings.Join(append(all[1:], all[0]), ", ") // any order will do
		}
		return samples[name]
	})
}

func options(handler http.Handler) Options {
	return Options{
		Handler: func(*testing.T) http.Handler { return handler },
		User:    "elastic", Password: "x",
		Now: time.Now, Sleep: func(time.Duration) {},
		Run: func() string { return word },
	}
}

func TestEveryRecordedAnswerMatchesItself(t *testing.T) {
	t.Parallel()
	for _, file := range transcripts(t) {
		o := options(nil)
		o.Files = []string{file}
		o.Handler = func(t *testing.T) http.Handler { return newEcho(t, file) }
		Run(t, o)
	}
}

func TestSpoiltAnswersAreNoticed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(s step, status int, header http.Header, body []byte) (int, []byte)
	}{
		{"another status", func(_ step, status int, _ http.Header, body []byte) (int, []byte) { return status + 1, body }},
		{"a header missing", func(_ step, status int, h http.Header, body []byte) (int, []byte) {
			h.Del("Content-Type")
			return status, body
		}},
		{"a header too much", func(_ step, status int, h http.Header, body []byte) (int, []byte) {
			h.Add("Warning", "299 x")
			return status, body
		}},
		{"another body", func(_ step, status int, _ http.Header, _ []byte) (int, []byte) {
			return status, []byte(`{"spoilt":true}`)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{"testdata/generic.jsonl", "testdata/apikey-create.jsonl", "testdata/tokens.jsonl"} {
				e := newEcho(t, file)
				e.spoil = tt.spoil
				steps := e.steps
				v := vars{"run": word, "admin.user": "elastic", "admin.password": "x"}
				o := options(e)
				c := &http.Client{Transport: loopback.Transport{Handler: e}}
				for _, s := range steps {
					err := o.play(t.Context(), c, v, s)
					if err == nil && (s.Request.Method != http.MethodHead || tt.name != "another body") {
						t.Errorf("%s: %s: the spoilt answer passes", file, s.Step)
					}
					good := e.sampleBody(s) // later steps need what this one would have saved
					_ = v.save(s.Save, good)
					_ = e.vars.save(s.Save, good)
				}
			}
		})
	}
}

// sampleBody is a good answer's body, decoded.
func (e *echo) sampleBody(s step) any {
	v, _ := decode(e.body(s))
	return v
}

func TestJudge(t *testing.T) {
	t.Parallel()
	bad := errors.New("differs")
	for _, tt := range []struct {
		name         string
		waits        map[string]string
		diff         error
		fails, skips bool
	}{
		{name: "a step that passes"},
		{name: "a step that fails", diff: bad, fails: true},
		{name: "a waiting step that fails is skipped", waits: map[string]string{"s": "later"}, diff: bad, skips: true},
		{name: "a waiting step that passes must be taken off the list", waits: map[string]string{"s": "later"}, fails: true},
		{name: "a failing step of a waiting transcript is skipped", waits: map[string]string{"": "later"}, diff: bad, skips: true},
		{name: "a passing step of a waiting transcript is fine", waits: map[string]string{"": "later"}},
		{name: "another step waits", waits: map[string]string{"other": "later"}, diff: bad, fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			skip, err := judge(tt.waits, "s", tt.diff)
			if (err != nil) != tt.fails || (skip != "") != tt.skips {
				t.Errorf("judge = %q, %v, want failure %v, skip %v", skip, err, tt.fails, tt.skips)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	v := vars{"run": "w", "k.id": "ID"}
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"},
		{"a-${run}-${k.id}", "a-w-ID"},
		{"${base64:u-${run}:${k.id}}", "dS13OklE"},
	} {
		if got, err := v.expand(tt.in); err != nil || got != tt.want {
			t.Errorf("expand(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"${nobody}", "${run"} {
		if got, err := v.expand(in); err == nil {
			t.Errorf("expand(%q) = %q, want an error", in, got)
		}
	}
}

func TestMatchers(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_795_544_000_000)
	for _, tt := range []struct {
		want, got string // JSON
		ok        bool
	}{
		{`1.0`, `1`, true},
		{`1`, `2`, false},
		{`"1"`, `1`, false},
		{`null`, `false`, false},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1,"b":2}`, `{"a":1}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1,2]`, `[1]`, false},
		{`{"l":[{"a":"<any>"},{"a":1}]}`, `{"l":[{"a":1},{"a":2}]}`, true}, // only another pairing fits
		{`{"l":[{"a":3},{"a":1}]}`, `{"l":[{"a":1},{"a":2}]}`, false},
		{`"<string>"`, `""`, false},
		{`"<string>"`, `"x\ny"`, true},
		{`"<id>"`, `"a-_Z9"`, true},
		{`"<id>"`, `"a b"`, false},
		{`"<secret>"`, `"0123456789abcdefghijkl"`, true},
		{`"<secret>"`, `"0123456789abcdefghijk"`, false},
		{`"<int>"`, `0`, true},
		{`"<int>"`, `-1`, false},
		{`"<int>"`, `1.5`, false},
		{`"<millis>"`, `0`, false},
		{`"<now>"`, fmt.Sprint(now.UnixMilli() - 59_000), true},
		{`"<now>"`, fmt.Sprint(now.UnixMilli() + 61_000), false},
		{`"<now+3600s>"`, fmt.Sprint(now.UnixMilli() + 3_600_000), true},
		{`"<now-5s>"`, fmt.Sprint(now.UnixMilli() - 5_000), true},
		{`"id [<id>] of [w]"`, `"id [x] of [w]"`, true},
		{`"id [<id>] of [w]"`, `"id [x y] of [w]"`, false},
		{`"on [<set:a,b>]"`, `"on [b, a]"`, true},
		{`"on [<set:a,b>]"`, `"on [b,a,c]"`, false},
		{`"<set:a,b>"`, `"b,a"`, true},
		{`{"<id>":1,"b":2}`, `{"b":2,"x":1}`, true},
		{`{"<id>":1,"b":2}`, `{"b":2,"x y":1}`, false},
		{`"<any>"`, `{"a":[1]}`, true},
		{`"<uid>"`, `"u_x-y_0"`, true},
	} {
		want, err := decode([]byte(tt.want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode([]byte(tt.got))
		if err != nil {
			t.Fatal(err)
		}
		m := &matcher{vars: vars{}, now: now, unordered: [][]string{{"l"}}}
		m.value(nil, want, got)
		if ok := len(m.diffs) == 0; ok != tt.ok {
			t.Errorf("%s accepts %s = %v, want %v: %v", tt.want, tt.got, ok, tt.ok, m.diffs)
		}
	}
}

func TestSavePaths(t *testing.T) {
	t.Parallel()
	body, err := decode([]byte(`{"a":{"b.c":[{"d":"x"},{"d":7}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	v := vars{}
	if err := v.save(map[string]string{"one": `a.b\.c.0.d`, "two": `a.b\.c.1.d`}, body); err != nil || v["one"] != "x" || v["two"] != "7" {
		t.Errorf("saved %v, %v", v, err)
	}
	if err := v.save(map[string]string{"three": "a.nope"}, body); err == nil {
		t.Error("what is not there was saved")
	}
}
