package rest

import (
	"context"
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Request is what Parse reads. Getters consume a parameter: those that nobody asked
// for are refused afterwards.
type Request struct {
	Caller identity.Identity // authentication came first

	x *exchange
}

// Path is a named segment of the route, decoded. As in Elasticsearch, a query
// parameter of that name is taken when the route has no such segment.
func (r *Request) Path(name string) string { return r.Text(name) }

// Text is a parameter, or empty.
func (r *Request) Text(name string) string {
	v, _ := r.x.params.Get(name)
	return v
}

// Lookup is a parameter, and whether it is there.
func (r *Request) Lookup(name string) (string, bool) { return r.x.params.Get(name) }

// List is a parameter whose value is parted by commas. Nil without the parameter;
// an empty value gives an empty list.
func (r *Request) List(name string) []string {
	v, ok := r.x.params.Get(name)
	switch {
	case !ok:
		return nil
	case v == "":
		return []string{}
	}
	return strings.Split(v, ",")
}

// Bool is a parameter that is true, false, or true without a value.
func (r *Request) Bool(name string, def bool) (bool, error) { return r.x.params.Bool(name, def) }

// Int is a parameter that is a 32-bit integer.
func (r *Request) Int(name string, def int) (int, error) {
	v, ok := r.x.params.Get(name)
	if !ok {
		return def, nil
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		f := fault.Invalidf("Failed to parse int parameter [%s] with value [%s]", name, v)
		f.Cause = &fault.Error{Kind: fault.Invalid, Type: "number_format_exception", Reason: `For input string: "` + v + `"`}
		return 0, f
	}
	return int(n), nil
}

// Refresh takes the refresh parameter of writes, which are visible at once here,
// and refuses unknown values.
func (r *Request) Refresh() error {
	switch v, _ := r.x.params.Get("refresh"); v {
	case "", "true", "false", "wait_for":
		return nil
	default:
		return fault.Invalidf("Unknown value for refresh: [%s].", v)
	}
}

// PrettyByDefault makes the answer pretty unless the request says otherwise or it is
// an error, as that of GET / is.
func (r *Request) PrettyByDefault() {
	_, given := r.x.params.Get("pretty")
	r.x.pretty = !given
}

// Header is a request header.
func (r *Request) Header(name string) string { return r.x.r.Header.Get(name) }

// Method is the request's.
func (r *Request) Method() string { return r.x.r.Method }

// URI is the path and query as they were sent.
func (r *Request) URI() string { return r.x.uri }

// Context is the request's. It holds no identity yet: use Caller.
func (r *Request) Context() context.Context { return r.x.r.Context() }

// HasBody reports whether there is a body, without taking it.
func (r *Request) HasBody() (bool, error) {
	body, err := r.x.readBody()
	return len(body) > 0, err
}

// Body takes the bytes of the body; there may be none.
func (r *Request) Body() ([]byte, error) {
	body, err := r.x.readBody()
	r.x.bodyUsed = true
	return body, err
}

// Reader takes the body, which must be there, for a hand-written parser.
func (r *Request) Reader() (*xcontent.Reader, error) {
	body, err := r.Body()
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, fault.Parsef("request body is required")
	}
	return r.x.parser(body), nil
}

// OptionalReader is Reader, or nil when there is no body.
func (r *Request) OptionalReader() (*xcontent.Reader, error) {
	if some, err := r.HasBody(); err != nil || !some {
		return nil, err
	}
	return r.Reader()
}

// Source is Reader for endpoints that take the document in the parameter source,
// too (RestRequest.contentOrSourceParam); nil when there is neither.
func (r *Request) Source() (*xcontent.Reader, error) {
	body, err := r.Body()
	source, inQuery := r.Lookup("source")
	kind, typed := r.Lookup("source_content_type")
	switch {
	case err != nil:
		return nil, err
	case len(body) > 0:
		return r.x.parser(body), nil
	case !inQuery:
		return nil, nil
	case !typed:
		var p fault.Problems
		p.Addf("source and source_content_type parameters are required")
		return nil, p.LateErr()
	}
	return sourceReader([]byte(source), kind)
}

// RequiredSource is Source that must be there.
func (r *Request) RequiredSource() (*xcontent.Reader, error) {
	reader, err := r.Source()
	if err == nil && reader == nil {
		return nil, fault.Parsef("request body or source parameter is required")
	}
	return reader, err
}

// Object takes the body, which must be there, and parses it.
func (r *Request) Object(o xcontent.Object) error {
	reader, err := r.Reader()
	if err != nil {
		return err
	}
	return o.Parse(reader)
}
