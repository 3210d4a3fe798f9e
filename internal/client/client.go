// Package client is the typed HTTP client of the security API. It does not know
// what answers it: a remote Elasticsearch over the network, or the embedded engine
// through an in-process transport. There is one file per noun over one plumbing
// function, do. Answers that hold a secret are split: a printable value and a
// secret.String beside it.
package client

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/realmctl/realmctl/internal/secret"
)

// Options says how the server is reached and as whom.
type Options struct {
	URL       string            // scheme, host and an optional path prefix
	Transport http.RoundTripper // nil: the network, without proxies or TLS settings
	Auth      Auth
	RunAs     string            // user to run as; empty: as oneself
	Timeout   time.Duration     // of one request; 0: none
	Retries   int               // further attempts of requests that are safe to repeat
	ReadOnly  string            // why nothing may be changed; empty: changes are allowed
	Plan      *Plan             // nil: requests are sent
	Observe   func(Exchange)    // told about every request; nil: nobody
	Warn      func(text string) // told the text of an answer's Warning header; nil: nobody
	Now       func() time.Time  // for Exchange.Took; needed with Observe
	UserAgent string
}

// Auth is the credential of every request. The zero Auth sends none.
type Auth struct {
	Scheme string        // Basic, ApiKey or Bearer
	Value  secret.String // what follows the scheme
	Client secret.String // the shared secret of a JWT realm; empty: none
	Curl   string        // curl's flags for it, quoted, with $VARIABLES for secrets; only for plans
}

// BasicAuth is the credential of a user (RFC 7617).
func BasicAuth(username string, password secret.String) Auth {
	return Auth{Scheme: "Basic", Value: secret.String(base64.StdEncoding.EncodeToString([]byte(username + ":" + password.Reveal())))}
}

// APIKeyAuth is an API key in its encoded form, base64 of id:key.
func APIKeyAuth(encoded secret.String) Auth { return Auth{Scheme: "ApiKey", Value: encoded} }

// BearerAuth is an access token, a service token or a JWT.
func BearerAuth(token secret.String) Auth { return Auth{Scheme: "Bearer", Value: token} }

// Exchange is one request and what became of it, for -v. It holds no secret.
type Exchange struct {
	Method, Path string
	Status       int // 0: no answer
	Took         time.Duration
	Request      http.Header // credentials masked
	Response     http.Header
	Err          error
}

// maxAnswer bounds an answer in bytes: 100,000 API keys fit, memory is safe.
const maxAnswer = 256 << 20

// Client calls the API. It is safe for concurrent use.
type Client struct {
	http     *resty.Client
	url      string
	auth     Auth
	readOnly string
	plan     *Plan
	warn     func(string)
}

// New returns a client. It opens no connection.
func New(o Options) *Client {
	next := o.Transport
	if next == nil {
		next = &http.Transport{}
	}
	r := resty.New().
		SetBaseURL(strings.TrimSuffix(o.URL, "/")).
		SetTransport(observing{next: retrying{next: next, retries: o.Retries}, observe: o.Observe, now: o.Now}).
		SetTimeout(o.Timeout).
		SetRedirectPolicy(resty.NoRedirectPolicy()).
		SetDisableWarn(true).
		SetAllowGetMethodPayload(true).
		SetResponseBodyLimit(maxAnswer).
		SetHeader("Accept", "application/json").
		SetHeader("User-Agent", cmp.Or(o.UserAgent, "realmctl"))
	if o.Auth.Scheme != "" {
		r.SetHeader("Authorization", o.Auth.Scheme+" "+o.Auth.Value.Reveal())
	}
	if !o.Auth.Client.Empty() {
		r.SetHeader("ES-Client-Authentication", "SharedSecret "+o.Auth.Client.Reveal())
	}
	if o.RunAs != "" {
		r.SetHeader("es-security-runas-user", o.RunAs)
	}
	return &Client{http: r, url: o.URL, auth: o.Auth, readOnly: o.ReadOnly, plan: o.Plan, warn: o.Warn}
}

// request is one call before it is sent.
type request struct {
	method string
	path   string // escaped
	query  url.Values
	body   any  // nil: none
	read   bool // it changes nothing, whatever its method
}

func get(path string) request { return request{method: http.MethodGet, path: path, read: true} }
func put(path string, body any) request {
	return request{method: http.MethodPut, path: path, body: body}
}

func post(path string, body any) request {
	return request{method: http.MethodPost, path: path, body: body}
}

func remove(path string, body any) request {
	return request{method: http.MethodDelete, path: path, body: body}
}

// asking is post for a call that only reads.
func asking(path string, body any) request {
	r := post(path, body)
	r.read = true
	return r
}

// with adds a query parameter; an empty value is left out.
func (r request) with(name, value string) request {
	if value == "" {
		return r
	}
	q := url.Values{}
	for k, v := range r.query {
		q[k] = slices.Clone(v)
	}
	q.Set(name, value)
	r.query = q
	return r
}

// flag adds a boolean query parameter when it is true.
func (r request) flag(name string, on bool) request {
	if !on {
		return r
	}
	return r.with(name, "true")
}

// join builds a path of fixed parts and names: every argument is one segment.
func join(base string, segments ...string) string {
	for _, s := range segments {
		base += "/" + url.PathEscape(s)
	}
	return base
}

// names joins several names to one segment, as the API wants lists.
func names(base string, list []string) string {
	if len(list) == 0 {
		return base
	}
	escaped := make([]string, len(list))
	for i, n := range list {
		escaped[i] = url.PathEscape(n)
	}
	return base + "/" + strings.Join(escaped, ",")
}

// do sends a request and decodes the answer. Its errors are *APIError when the
// server refused, *TransportError when there was no usable answer, ErrPlanned when
// nothing was to be sent, *ReadOnlyError when the target must not be changed.
func do[T any](ctx context.Context, c *Client, r request) (T, error) {
	var out T
	data, err := c.send(ctx, r)
	if err != nil || len(data) == 0 {
		return out, err
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, &TransportError{Kind: Protocol, URL: c.url, Err: errors.New("the answer is not what this call returns")}
	}
	return out, nil
}

// send returns the body of a successful answer.
func (c *Client) send(ctx context.Context, r request) ([]byte, error) {
	resp, err := c.exchange(ctx, r)
	if err != nil {
		return nil, err
	}
	return c.answer(r, resp)
}

// exchange sends a request, unless it must not be sent, and returns the answer
// whatever its status.
func (c *Client) exchange(ctx context.Context, r request) (*resty.Response, error) {
	if c.readOnly != "" && !r.read {
		return nil, &ReadOnlyError{Why: c.readOnly}
	}
	body, err := encode(r.body)
	if err != nil {
		return nil, err
	}
	if c.plan != nil && (c.plan.All || !r.read) {
		c.plan.add(c, r, body)
		return nil, ErrPlanned
	}
	req := c.http.R().SetContext(ctx).SetQueryParamsFromValues(r.query)
	if body != nil {
		req.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	resp, err := req.Execute(r.method, r.path)
	if err != nil {
		return nil, c.transportError(ctx, err)
	}
	c.warnings(resp.Header())
	return resp, nil
}

// Raw is an answer as it came.
type Raw struct {
	Status int
	Header http.Header
	Body   []byte
}

// Err is the *APIError of an answer with an error status, else nil.
func (r Raw) Err(method, path string) error {
	if r.Status < http.StatusBadRequest {
		return nil
	}
	return apiError(request{method: method, path: path}, r.Status, r.Body)
}

// Do sends a request as it is written, body included, and returns the answer
// whatever its status. The path stands below the URL's prefix and is escaped.
func (c *Client) Do(ctx context.Context, method, path string, body []byte) (Raw, error) {
	r := request{method: method, path: path, read: method == http.MethodGet || method == http.MethodHead}
	if len(body) > 0 {
		r.body = json.RawMessage(body)
	}
	resp, err := c.exchange(ctx, r)
	if err != nil {
		return Raw{}, err
	}
	return Raw{Status: resp.StatusCode(), Header: resp.Header(), Body: resp.Body()}, nil
}

// encode keeps <, > and & as they are, which people meet in queries.
func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	if raw, ok := body.(json.RawMessage); ok {
		return raw, nil
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// warnings passes on the texts of Warning headers (RFC 7234, 5.5).
func (c *Client) warnings(h http.Header) {
	if c.warn == nil {
		return
	}
	for _, w := range h.Values("Warning") {
		_, text, ok := strings.Cut(w, `"`)
		if !ok {
			continue
		}
		text, _, _ = strings.Cut(strings.ReplaceAll(text, `\"`, "\x00"), `"`)
		c.warn(strings.ReplaceAll(text, "\x00", `"`))
	}
}
