package wiretest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/loopback"
)

// Options of a replay. All but Waiting must be set.
type Options struct {
	Files          []string                        // transcripts
	Handler        func(t *testing.T) http.Handler // a fresh one for each transcript
	User, Password string                          // of the administrator
	Now            func() time.Time                // the handler's clock
	Sleep          func(d time.Duration)           // lets that clock go on
	Run            func() string                   // a word of 8 characters that begins with a letter
	Waiting        []Wait
}

// Wait is a transcript, or a step of one, that waits for later work. A step that
// needs a waiting one waits itself.
type Wait struct {
	File string // the transcript's base name
	Step string // empty: the whole transcript
	Why  string
}

// Run replays transcripts side by side, the steps of each in order.
func Run(t *testing.T, o Options) {
	t.Helper()
	checkWaiting(t, o)
	for _, file := range o.Files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			o.replay(t, file)
		})
	}
}

// checkWaiting refuses entries that name nothing.
func checkWaiting(t *testing.T, o Options) {
	t.Helper()
	for _, w := range o.Waiting {
		i := slices.IndexFunc(o.Files, func(f string) bool { return filepath.Base(f) == w.File })
		switch {
		case w.Why == "":
			t.Errorf("%s waits for no reason", w.File)
		case i < 0:
			t.Errorf("%s waits, but there is no such transcript", w.File)
		case w.Step != "" && !slices.ContainsFunc(readSteps(t, o.Files[i]), func(s step) bool { return s.Step == w.Step }):
			t.Errorf("%s has no step %q that could wait", w.File, w.Step)
		}
	}
}

// replay plays one transcript.
func (o Options) replay(t *testing.T, file string) {
	t.Helper()
	c := &http.Client{Transport: loopback.Transport{Handler: o.Handler(t)}}
	v := vars{"run": o.Run(), "admin.user": o.User, "admin.password": o.Password}
	waits := o.waits(filepath.Base(file))
	_, waiting := waits[""]
	failed := 0
	for _, s := range readSteps(t, file) { // in order: later steps use what earlier ones saved
		t.Run(s.Step, func(t *testing.T) {
			diff := o.play(t.Context(), c, v, s)
			if diff != nil {
				failed++
			}
			skip, failure := judge(waits, s.Step, diff)
			if failure != nil {
				t.Errorf("%s %s: %v", s.Request.Method, s.Request.Path, failure)
			}
			if skip != "" {
				t.Skip(skip)
			}
		})
	}
	if waiting && failed == 0 {
		t.Error("passes as a whole: take it off the list")
	}
}

// judge says what a step's outcome means: a failure, a reason to skip it, or
// neither. The reasons are those of its transcript by step; that of the whole is
// under "".
func judge(waits map[string]string, step string, diff error) (skip string, failure error) {
	why, listed := waits[step]
	whole, waiting := waits[""]
	switch {
	case diff == nil && listed:
		failure = errors.New("passes: take it off the list")
	case diff == nil:
	case listed:
		skip = "waits: " + why
	case waiting:
		skip = "the transcript waits: " + whole
	default:
		failure = diff
	}
	return skip, failure
}

// waits gives the reasons of a file by step.
func (o Options) waits(file string) map[string]string {
	all := map[string]string{}
	for _, w := range o.Waiting {
		if w.File == file {
			all[w.Step] = w.Why
		}
	}
	return all
}

// play sends a request and compares the answer; the error says what differs.
func (o Options) play(ctx context.Context, c *http.Client, v vars, s step) error {
	if s.WaitMS > 0 {
		o.Sleep(time.Duration(s.WaitMS) * time.Millisecond)
	}
	req, err := s.Request.build(ctx, v)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	m := &matcher{vars: v, now: o.Now()}
	for _, path := range s.Unordered {
		m.unordered = append(m.unordered, splitPath(path))
	}
	decoded := m.response(s.Response, resp, body)
	if m.diffs != nil {
		slices.Sort(m.diffs)
		return fmt.Errorf("the answer differs:\n\t%s\n\tbody: %s", strings.Join(m.diffs, "\n\t"), body)
	}
	return v.save(s.Save, decoded)
}

// build makes the request. Bodies go as they were recorded, because error texts
// quote columns.
func (r request) build(ctx context.Context, v vars) (*http.Request, error) {
	body := string(r.Body)
	if r.Raw != nil {
		body = *r.Raw
	}
	body, err := v.expand(body)
	if err != nil {
		return nil, err
	}
	path, err := v.expand(r.Path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://node"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if r.Body != nil || r.Raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := r.authorize(req, v); err != nil {
		return nil, err
	}
	for name, value := range r.Headers {
		if value, err = v.expand(value); err != nil {
			return nil, err
		}
		req.Header.Set(name, value)
		if value == "" { // recorded for "not sent"
			req.Header.Del(name)
		}
	}
	return req, nil
}

func (r request) authorize(req *http.Request, v vars) error {
	as, err := v.expand(r.As)
	if err != nil {
		return err
	}
	kind, credential, _ := strings.Cut(as, " ")
	switch kind {
	case "elastic":
		req.SetBasicAuth(v["admin.user"], v["admin.password"])
	case "basic":
		user, password, _ := strings.Cut(credential, ":")
		req.SetBasicAuth(user, password)
	case "apikey":
		req.Header.Set("Authorization", "ApiKey "+credential)
	case "bearer":
		req.Header.Set("Authorization", "Bearer "+credential)
	case "none":
	default:
		return fmt.Errorf("nobody knows how to be %q", kind)
	}
	return nil
}

// response compares an answer and gives its body, decoded.
func (m *matcher) response(want response, resp *http.Response, body []byte) any {
	if resp.StatusCode != want.Status {
		m.differf(nil, "status %d, want %d", resp.StatusCode, want.Status)
	}
	m.headers(want.Headers, resp.Header)
	switch {
	case want.Text != nil:
		if !m.text(*want.Text, string(body)) {
			m.differf(nil, "text %q, want %q", body, *want.Text)
		}
	case want.Body == nil:
		if len(body) > 0 {
			m.differf(nil, "body %s, want none", body)
		}
		return nil
	}
	got, err := decode(body)
	if want.Body == nil {
		return got
	}
	wanted, wantErr := decode(want.Body)
	if err != nil || wantErr != nil {
		m.differf(nil, "no JSON: %v, %v", err, wantErr)
		return nil
	}
	m.value(nil, wanted, got)
	return got
}

// headers compares those that are recorded; others do not matter.
func (m *matcher) headers(want map[string]json.RawMessage, got http.Header) {
	lower := map[string]json.RawMessage{}
	for name, value := range want {
		lower[http.CanonicalHeaderKey(name)] = value
	}
	for _, name := range []string{"Allow", "Content-Type", "Warning", "Www-Authenticate", "X-Elastic-Product", "X-Opaque-Id"} {
		var wanted []any
		if raw, ok := lower[name]; ok {
			v, err := decode(raw)
			if list, several := v.([]any); several {
				wanted = list
			} else if err == nil {
				wanted = []any{v}
			}
		}
		values := []any{}
		for _, v := range got[name] {
			if name == "Allow" {
				v = strings.Join(slices.Sorted(slices.Values(strings.Split(v, ","))), ",")
			}
			values = append(values, v)
		}
		m.list([]string{"header", strings.Replace(name, "Www-", "WWW-", 1)}, wanted, values)
	}
}

func decode(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}
