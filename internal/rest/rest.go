package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest/route"
)

// Route is an endpoint. Path has literal segments and named ones, such as
// /_security/user/{username}. Parse reads the request, runs nothing, and returns
// what is to be done; its error is the answer.
type Route struct {
	Method, Path string
	Parse        func(r *Request) (Call, error)
}

// Call is what a request turned out to mean.
type Call struct {
	Action string          // what the guard is asked about; empty denies
	Target identity.Target // whom or what the action is about
	// Invalid is what validation found (an action_request_validation_exception).
	// Unlike an error of Parse it is told only after unknown parameters, and
	// still before authorization.
	Invalid error
	// Do runs the call and returns the body of the answer: anything that
	// encoding/json takes, a Result, a Stream, or nil for {}.
	Do func(ctx context.Context) (any, error)
}

// Result is an answer with a status other than 200, or with headers.
type Result struct {
	Status int // 0: 200
	Body   any // as what Do returns
	Header http.Header
}

// Guard decides who a request is from and what that identity may do.
type Guard interface {
	// Authenticate must not read the body.
	Authenticate(r *http.Request) (identity.Identity, error)
	// Authorize is asked with the identity in ctx (identity.From).
	Authorize(ctx context.Context, action string, target identity.Target) error
}

// Options of the handler. Guard is required.
type Options struct {
	Guard     Guard
	Log       *slog.Logger // nil discards
	MaxBody   int64        // bytes after inflation; 0 is Elasticsearch's 100 MiB
	Version   string       // of the Elasticsearch that is impersonated, for Warning headers
	BuildHash string
	// Fault finds what the caller is told of an error that is no fault. Nil, and a nil
	// answer: only that there was one.
	Fault func(error) *fault.Error
}

// defaultMaxBody is http.max_content_length.
const defaultMaxBody = 100 << 20

// New makes the handler. Two routes of one method and shape are an error.
func New(routes []Route, o Options) (http.Handler, error) {
	if o.Guard == nil {
		return nil, errors.New("rest: no guard")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	h := &handler{
		Options:  o,
		warning:  "299 Elasticsearch-" + o.Version + "-" + o.BuildHash + " ",
		product:  []string{"Elasticsearch"},
		jsonType: []string{jsonType},
	}
	for _, r := range routes {
		if r.Parse == nil {
			return nil, fmt.Errorf("rest: route %s %s does nothing", r.Method, r.Path)
		}
		if err := h.routes.Add(r.Method, r.Path, r); err != nil {
			return nil, fmt.Errorf("rest: %w", err)
		}
	}
	return h, nil
}

// handler is the pipeline.
type handler struct {
	Options

	routes   route.Table[Route]
	warning  string   // the beginning of each Warning header
	product  []string // the header X-elastic-product
	jsonType []string // the commonest Content-Type
	buffers  buffers
	gzips    sync.Pool
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(h, w, r)
	defer x.recover()
	if r.Method == http.MethodOptions {
		x.options()
		return
	}
	res, err := x.run()
	if err == nil {
		err = x.answer(res)
	}
	if err != nil {
		x.fail(err)
	}
}

// run takes a request through the pipeline.
func (x *exchange) run() (any, error) {
	if err := x.singleHeaders(); err != nil {
		return nil, err
	}
	caller, err := x.h.Guard.Authenticate(x.r)
	if err != nil {
		return nil, err
	}
	if x.r.ContentLength > x.h.MaxBody {
		return nil, errTooLarge
	}
	if err := x.prepare(); err != nil {
		return nil, err
	}
	if err := x.versions(); err != nil {
		return nil, err
	}
	target, err := x.route()
	if err != nil {
		return nil, err
	}
	if err := x.checkContentType(); err != nil {
		return nil, err
	}
	req := &Request{Caller: caller, x: x}
	call, err := target.Parse(req)
	if err != nil {
		return nil, err
	}
	if err := x.leftOver(); err != nil {
		return nil, err
	}
	if call.Invalid != nil {
		return nil, call.Invalid
	}
	if call.Action == "" || call.Do == nil {
		return nil, errors.New("route " + target.Method + " " + target.Path + " names no action")
	}
	ctx := identity.With(x.r.Context(), caller)
	if err := x.h.Guard.Authorize(ctx, call.Action, call.Target); err != nil {
		return nil, err
	}
	return call.Do(ctx)
}
