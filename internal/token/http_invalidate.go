package token

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

func (s *Service) parseInvalidate(r *rest.Request) (rest.Call, error) {
	var sel Selector
	err := r.Object(xcontent.Object{
		Name: "invalidate_token",
		Fields: []xcontent.Field{
			hidden("token", &sel.Access),
			hidden("refresh_token", &sel.Refresh),
			xcontent.Text("realm_name", &sel.Realm),
			xcontent.Text("username", &sel.Username),
		},
		Build: func() error {
			if !sel.Access.Empty() && !sel.Refresh.Empty() {
				return fault.Invalidf("only one of [token, refresh_token] may be sent per request")
			}
			return nil
		},
	})
	if err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: actions + "invalidate", Invalid: sel.validate(),
		Do: func(ctx context.Context) (any, error) {
			out, err := s.Invalidate(ctx, sel)
			if err != nil {
				return nil, err
			}
			answer := rest.Result{Body: esapi.InvalidatedTokens{Invalidated: out.Now, Previously: out.Before}}
			if !sel.byOwner() && out == (Invalidated{}) {
				answer.Status = http.StatusNotFound
			}
			return answer, nil
		},
	}, nil
}
