package cli

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/output"
)

// usageError is a command that was not written as its help says.
type usageError struct {
	text    string
	hint    string
	command string // whose help tells more; empty: no command was found
}

// Error implements error.
func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{text: fmt.Sprintf(format, args...)} }

// exitError is a failure that carries its exit code. An empty text exits silently:
// what there was to say is on standard output.
type exitError struct {
	code int
	text string
	hint string
	err  error
}

// Error implements error.
func (e *exitError) Error() string { return e.text }

// Unwrap gives the cause.
func (e *exitError) Unwrap() error { return e.err }

// failf fails with an exit code.
func failf(code int, format string, args ...any) *exitError {
	err := fmt.Errorf(format, args...)
	return &exitError{code: code, text: err.Error(), err: errors.Unwrap(err)}
}

// withHint adds what to do next.
func (e *exitError) withHint(format string, args ...any) *exitError {
	e.hint = fmt.Sprintf(format, args...)
	return e
}

// no ends a command whose answer is no.
func no() error { return &exitError{code: exitNo} }

// report tells people, or programs with -o json, why a command failed.
func (a *App) report(err error) {
	text := oneLine(err.Error())
	if text == "" {
		return
	}
	if a.flags.Output == string(output.JSON) {
		a.reportJSON(err, text)
		return
	}
	if _, ok := errors.AsType[*client.APIError](err); ok {
		text = brief(text)
	}
	fmt.Fprintf(a.Err, "realmctl: %s\n", text)
	if h := hint(err); h != "" {
		fmt.Fprintf(a.Err, "hint: %s\n", h)
	}
}

// reportJSON writes what Elasticsearch answered, or our own error in that form;
// its status is 0, because no answer came.
func (a *App) reportJSON(err error, text string) {
	if api, ok := errors.AsType[*client.APIError](err); ok && api.Reason != "" {
		fmt.Fprintf(a.Err, "%s\n", strings.TrimSpace(string(api.Body)))
		return
	}
	type reason struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
		Exit   int    `json:"exit"`
		Hint   string `json:"hint,omitempty"`
	}
	status := 0
	if api, ok := errors.AsType[*client.APIError](err); ok {
		status = api.Status
	}
	e := json.NewEncoder(a.Err)
	e.SetEscapeHTML(false)
	_ = e.Encode(struct {
		Error  reason `json:"error"`
		Status int    `json:"status"`
	}{reason{"realmctl_exception", text, exitCode(err), hint(err)}, status}) // standard error is the last resort
}

// oneLine keeps a reason on one line and from moving the cursor, whatever the
// server sent.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

// longList is how long a list in brackets may be before people get three dots for
// it; the server lists every privilege there is.
const longList = 300

// brief shortens the lists in a server's reason, which nobody reads to the end.
func brief(reason string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(reason, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, "]")
		if !closed {
			return b.String() + "[" + rest
		}
		if len(inside) > longList {
			inside = "..."
		}
		b.WriteString("[" + inside + "]")
		reason = after
	}
}

// hint is the next thing to try.
func hint(err error) string {
	if own, ok := errors.AsType[*exitError](err); ok && own.hint != "" {
		return own.hint
	}
	if u, ok := errors.AsType[*usageError](err); ok {
		if u.hint == "" && u.command != "" {
			return u.command + " --help"
		}
		return u.hint
	}
	if c, ok := errors.AsType[*config.Error](err); ok {
		return c.Hint
	}
	if t, ok := errors.AsType[*envfile.TrustError](err); ok {
		return t.Hint
	}
	if t, ok := errors.AsType[*client.TransportError](err); ok {
		return transportHint(t)
	}
	if a, ok := errors.AsType[*client.APIError](err); ok {
		return apiHint(a)
	}
	if errors.Is(err, envfile.ErrExists) {
		return "--overwrite, or another place with --save or --save-var"
	}
	return ""
}

func transportHint(e *client.TransportError) string {
	if e.Kind != client.TLS {
		return ""
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](e.Err); ok || strings.Contains(e.Err.Error(), "HTTP response to HTTPS client") {
		return "the server speaks plain HTTP: use http://"
	}
	if _, ok := errors.AsType[x509.HostnameError](e.Err); ok {
		return "the certificate is not for this host: --url with a name that it has"
	}
	return "--ca-cert FILE names the CA to trust, --ca-fingerprint its SHA-256"
}

func apiHint(e *client.APIError) string {
	switch {
	case e.Status == 401:
		return "realmctl status shows which credential was sent"
	case e.Status == 403:
		return grantedBy(cmp.Or(e.CausedBy, e.Reason))
	case e.NoHandler():
		return "this server does not have the feature"
	}
	return didYouMean(e.Reason)
}

// grantedBy turns the end of Elasticsearch's denial into a hint.
func grantedBy(reason string) string {
	_, privileges, found := strings.Cut(reason, "this action is granted by the ")
	if !found {
		return ""
	}
	return "needs one of the " + strings.ReplaceAll(privileges, ",", ", ")
}
