package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

const (
	admin         = "elastic"
	adminPassword = "fixture-pass-1"
)

// guard knows one administrator, and denies the actions that are listed.
type guard struct{ denied []string }

func (guard) Authenticate(r *http.Request) (identity.Identity, error) {
	user, password, ok := r.BasicAuth()
	reason := "missing authentication credentials for REST request [" + r.RequestURI + "]"
	if ok {
		reason = "unable to authenticate user [" + user + "] for REST request [" + r.RequestURI + "]"
	}
	if !ok || user != admin || password != adminPassword {
		return identity.Identity{}, &fault.Error{Kind: fault.Unauthorized, Reason: reason, Header: http.Header{
			"WWW-Authenticate": {`Basic realm="security", charset="UTF-8"`, `Bearer realm="security"`, "ApiKey"},
		}}
	}
	id := identity.Identity{Type: identity.ByRealm}
	id.User.Username = user
	return id, nil
}

func (g guard) Authorize(ctx context.Context, action string, _ identity.Target) error {
	if identity.From(ctx).User.Username != admin {
		return errors.New("nobody is in the context")
	}
	if slices.Contains(g.denied, action) {
		return &fault.Error{Kind: fault.Forbidden, Reason: "action [" + action + "] is unauthorized for user [elastic]"}
	}
	return nil
}

// handler makes a handler of routes with the fixture's guard.
func handler(t testing.TB, routes ...rest.Route) http.Handler {
	t.Helper()
	h, err := rest.New(routes, rest.Options{Guard: guard{denied: []string{"denied"}}, Version: "9.5.3", BuildHash: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// does is a route whose Parse consumes parameters and answers body.
func does(method, path string, body any, names ...string) rest.Route {
	return rest.Route{Method: method, Path: path, Parse: func(r *rest.Request) (rest.Call, error) {
		for _, name := range names {
			r.Text(name)
		}
		return call(func(context.Context) (any, error) { return body, nil }), nil
	}}
}

func call(do func(context.Context) (any, error)) rest.Call {
	return rest.Call{Action: "allowed", Do: do}
}

// node answers as much as the transcripts of generic behaviour need, with rules as
// small as can be: it is there to try the pipeline.
type node struct {
	mu    sync.Mutex
	roles map[string]json.RawMessage
}

func newNode(t *testing.T) http.Handler {
	t.Helper()
	data, err := os.ReadFile("testdata/roles.json")
	if err != nil {
		t.Fatal(err)
	}
	n := &node{}
	if err := json.Unmarshal(data, &n.roles); err != nil {
		t.Fatal(err)
	}
	none := rest.Result{Status: http.StatusNotFound}
	routes := []rest.Route{
		does(http.MethodGet, "/_security/_authenticate", json.RawMessage(`{"username":"elastic","roles":["superuser"],"full_name":null,"email":null,"metadata":{"_reserved":true},"enabled":true,"authentication_realm":{"name":"reserved","type":"reserved"},"lookup_realm":{"name":"reserved","type":"reserved"},"authentication_type":"realm"}`)),
		{Method: http.MethodGet, Path: "/_security/user/{username}", Parse: n.getUser},
		does(http.MethodDelete, "/_security/user/{username}", rest.Result{Status: http.StatusNotFound, Body: json.RawMessage(`{"found":false}`)}, "refresh"),
		does(http.MethodPost, "/_security/user/{username}", nil),
		does(http.MethodPut, "/_security/user/{username}", nil),
		does(http.MethodGet, "/_security/role", nil),
		does(http.MethodPost, "/_security/role", nil),
		does(http.MethodDelete, "/_security/role", nil),
		{Method: http.MethodGet, Path: "/_security/role/{name}", Parse: n.getRole},
		{Method: http.MethodPut, Path: "/_security/role/{name}", Parse: n.putRole},
		does(http.MethodDelete, "/_security/role/{name}", json.RawMessage(`{"found":true}`)),
		does(http.MethodPost, "/_security/role/{name}/_clear_cache", nil),
		does(http.MethodPost, "/_security/realm/{realms}/_clear_cache", nil),
		does(http.MethodGet, "/_security/role_mapping", nil, "name"),
		does(http.MethodGet, "/_security/privilege", nil, "application", "privilege"),
		does(http.MethodGet, "/_security/settings", nil, "master_timeout"),
		does(http.MethodPut, "/_security/settings", nil),
		does(http.MethodGet, "/_security/profile/{uid}", nil, "data"),
		does(http.MethodGet, "/_security/service", nil),
		does(http.MethodGet, "/_security/service/{namespace}/{service}", nil),
		does(http.MethodPost, "/_security/profile/_activate", nil),
		does(http.MethodGet, "/_security/_query/role", nil),
		does(http.MethodPost, "/_security/_query/role", nil),
		does(http.MethodGet, "/_security/api_key", none, "id", "name", "username", "realm_name", "owner", "with_limited_by", "with_profile_uid", "active_only"),
		does(http.MethodPut, "/_security/api_key", nil),
		does(http.MethodPost, "/_security/api_key", nil),
		{Method: http.MethodDelete, Path: "/_security/api_key", Parse: invalidate},
		does(http.MethodPost, "/_security/api_key/_bulk_update", nil),
	}
	for _, path := range []string{"/_security/api_key/grant", "/_security/api_key/clone"} {
		routes = append(routes, does(http.MethodPost, path, nil), does(http.MethodPut, path, nil))
	}
	for _, path := range []string{"/_security/user/{username}/_enable", "/_security/user/{username}/_disable"} {
		routes = append(routes, rest.Route{Method: http.MethodPut, Path: path, Parse: func(*rest.Request) (rest.Call, error) {
			return call(func(context.Context) (any, error) {
				return nil, fault.Invalidf("users may not update the enabled status of their own account")
			}), nil
		}})
	}
	return handler(t, routes...)
}

func invalidate(r *rest.Request) (rest.Call, error) {
	var ids []string
	var name string
	return call(func(context.Context) (any, error) { return ids, nil }), r.Object(xcontent.Object{
		Name:   "invalidate_api_key",
		Fields: []xcontent.Field{xcontent.Texts("ids", &ids), xcontent.Text("name", &name)},
	})
}

func (n *node) getUser(r *rest.Request) (rest.Call, error) {
	name := r.Path("username")
	_, err := r.Bool("with_profile_uid", false)
	return call(func(context.Context) (any, error) {
		if name != admin {
			return rest.Result{Status: http.StatusNotFound}, nil
		}
		return map[string]any{name: map[string]any{"username": name}}, nil
	}), err
}

func (n *node) getRole(r *rest.Request) (rest.Call, error) {
	names := r.List("name")
	return call(func(context.Context) (any, error) {
		n.mu.Lock()
		defer n.mu.Unlock()
		found := []byte("{")
		for _, name := range names {
			if role, ok := n.roles[name]; ok {
				if len(found) > 1 {
					found = append(found, ',')
				}
				found = append(append(xcontent.AppendQuoted(found, name), ':'), role...)
			}
		}
		return json.RawMessage(append(found, '}')), nil
	}), nil
}

// putRole knows the members cluster, run_as and metadata.
func (n *node) putRole(r *rest.Request) (rest.Call, error) {
	name := r.Path("name")
	reader, err := r.Reader()
	if err != nil {
		return rest.Call{}, err
	}
	cluster, runAs, metadata := []string{}, []string{}, json.RawMessage("{}")
	if t, err := reader.Next(); err != nil || t != xcontent.StartObject {
		return rest.Call{}, cmpErr(err, fault.Parsef("failed to parse role [%s]. expected an object but found [%s] instead", name, t))
	}
	err = reader.Members(func(member string) error {
		var err error
		switch member {
		case "cluster":
			cluster, err = texts(reader, name)
		case "run_as":
			runAs, err = texts(reader, name)
		case "metadata":
			metadata, err = reader.Raw()
		default:
			return fault.Parsef("failed to parse role [%s]. unexpected field [%s]", name, member)
		}
		return err
	})
	return call(func(context.Context) (any, error) {
		n.mu.Lock()
		defer n.mu.Unlock()
		_, old := n.roles[name]
		body, err := json.Marshal(map[string]any{
			"cluster": cluster, "indices": []string{}, "applications": []string{}, "run_as": runAs,
			"metadata": metadata, "transient_metadata": map[string]bool{"enabled": true},
		})
		n.roles[name] = body
		return map[string]any{"role": map[string]bool{"created": !old}}, err
	}), err
}

// texts is a list of texts of a role; what is wrong with it is the cause.
func texts(r *xcontent.Reader, role string) ([]string, error) {
	all, err := r.Strings()
	if cause, ok := errors.AsType[*fault.Error](err); ok && cause.Type == "parse_exception" {
		f := fault.Parsef("failed to parse role [%s]", role)
		f.Cause = cause
		return nil, f
	}
	return all, err
}

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
