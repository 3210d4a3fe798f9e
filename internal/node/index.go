package node

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// indexRoutes take what is sent to /_security itself. To Elasticsearch that is the name
// of an index, one that no index may have.
func indexRoutes() []rest.Route {
	var all []rest.Route
	for _, name := range []string{"_security", "_Security"} {
		path := "/" + name
		for _, r := range []struct{ method, action, rule string }{
			{http.MethodGet, "get", "'_'."},
			{http.MethodPut, "create", "'_', '-', or '+'"},
			{http.MethodDelete, "delete", "'_'."},
			{http.MethodHead, "get", "'_'."},
		} {
			all = append(all, rest.Route{Method: r.method, Path: path, Parse: func(q *rest.Request) (rest.Call, error) {
				if r.method == http.MethodPut {
					if err := parseCreateIndex(q); err != nil {
						return rest.Call{}, err
					}
				}
				return rest.Call{
					Action: "indices:admin/" + r.action, Target: identity.Target{Indices: []string{name}},
					Do: func(context.Context) (any, error) { return nil, badIndexName(name, r.rule) },
				}, nil
			}})
		}
	}
	return all
}

// parseCreateIndex reads the body of a creation as far as it is refused
// (CreateIndexRequest.source).
func parseCreateIndex(r *rest.Request) error {
	reader, err := r.OptionalReader()
	if err != nil || reader == nil {
		return err
	}
	if t, err := reader.Next(); err != nil || t != xcontent.StartObject {
		return err
	}
	return reader.Members(func(field string) error {
		switch field {
		case "settings", "mappings", "aliases":
		default:
			return fault.Parsef("unknown key [%s] for create index", field)
		}
		if reader.Token() != xcontent.StartObject {
			return fault.Parsef("key [%s] must be an object", field)
		}
		return reader.Skip()
	})
}

func badIndexName(name, rule string) error {
	return &fault.Error{
		Kind: fault.Invalid, Type: "invalid_index_name_exception", Reason: "Invalid index name [" + name + "], must not start with " + rule,
		Meta: []fault.Field{{Name: "index_uuid", Value: "_na_"}, {Name: "index", Value: name}},
	}
}
