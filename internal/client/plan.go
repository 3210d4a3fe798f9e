package client

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/secret"
)

// ErrPlanned is returned instead of an answer for a request that was written down
// and not sent.
var ErrPlanned = errors.New("the request was planned, not sent")

// Plan collects requests instead of sending them. Secrets in them must be
// placeholders: see Variable.
type Plan struct {
	All      bool // reads too; false: only what would change something
	Requests []Planned
}

// Planned is a request that was not sent. Secrets stand as $NAME in Body.
type Planned struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body,omitempty"`

	url    string
	auth   string   // curl's flags for the credential
	header []string // for a shell, in double quotes
	marked string   // the body with marks around variables
}

// The marks of a placeholder are private-use characters, which JSON leaves alone
// and no name of the API holds.
const (
	markOpen  = "\uE000"
	markClose = "\uE001"
)

// Variable stands for a secret in a plan: it is shown as $NAME.
func Variable(name string) secret.String {
	return secret.String(markOpen + name + markClose)
}

func (p *Plan) add(c *Client, r request, body []byte) {
	path := r.path
	if len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	q := Planned{Method: r.method, Path: path, url: strings.TrimSuffix(c.url, "/") + path, auth: c.auth.Curl, marked: string(body)}
	if user := c.http.Header.Get("es-security-runas-user"); user != "" {
		q.header = append(q.header, "es-security-runas-user: "+inDoubleQuotes(user))
	}
	if body != nil {
		q.header = append(q.header, "Content-Type: application/json")
		plainBody := strings.NewReplacer(markOpen, "$", markClose, "").Replace(q.marked)
		if json.Valid([]byte(plainBody)) {
			q.Body = json.RawMessage(plainBody)
		}
	}
	p.Requests = append(p.Requests, q)
}

// Curl is the request as a curl command for a POSIX shell; flags, such as the
// certificate to trust, are set after the method. Secrets are variables.
func (q Planned) Curl(flags ...string) string {
	words := []string{"curl", "-sS", "-X", q.Method}
	for _, f := range flags {
		words = append(words, shellQuote(f))
	}
	if q.auth != "" {
		words = append(words, q.auth)
	}
	for _, h := range q.header {
		words = append(words, "-H", `"`+h+`"`)
	}
	if q.marked != "" {
		words = append(words, "-d", shellBody(q.marked))
	}
	return strings.Join(append(words, shellQuote(q.url)), " ")
}

// shellBody quotes a body so that only its placeholders expand.
func shellBody(marked string) string {
	var b strings.Builder
	for marked != "" {
		text, rest, found := strings.Cut(marked, markOpen)
		if text != "" {
			b.WriteString(shellQuote(text))
		}
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, markClose)
		b.WriteString(`"$` + name + `"`)
		marked = after
	}
	return b.String()
}

// shellQuote quotes a word for a POSIX shell where it needs it.
func shellQuote(s string) string {
	safe := func(r rune) bool {
		return r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r))
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// inDoubleQuotes escapes what a shell would expand between double quotes.
func inDoubleQuotes(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
}
