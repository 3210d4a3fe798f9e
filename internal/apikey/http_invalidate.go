package apikey

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

func (s *Service) parseInvalidate(r *rest.Request) (rest.Call, error) {
	sel, err := invalidateBody(r)
	if err != nil {
		return rest.Call{}, err
	}
	caller := r.Caller
	return rest.Call{
		Action:  actions + "invalidate",
		Target:  sel.target(),
		Invalid: sel.validateInvalidate(),
		Do: func(ctx context.Context) (any, error) {
			out, err := s.Invalidate(ctx, caller, sel)
			if err != nil {
				return nil, err
			}
			return invalidatedView(out), nil
		},
	}, nil
}

func invalidateBody(r *rest.Request) (Selector, error) {
	var sel Selector
	ids := []string(nil)
	err := r.Object(xcontent.Object{
		Name: "invalidate_api_key",
		Fields: []xcontent.Field{
			xcontent.Text("realm_name", &sel.Realm),
			xcontent.Text("username", &sel.Username),
			givenTexts("ids", &ids),
			xcontent.Text("name", &sel.Name),
			xcontent.Bool("owner", &sel.Own),
		},
		Build: func() error { return checkIDs(ids) },
	})
	sel.IDs, sel.Name, sel.Username, sel.Realm = ids, filled(sel.Name), filled(sel.Username), filled(sel.Realm)
	return sel, err
}

// givenTexts is Texts that makes an empty array differ from an absent one.
func givenTexts(name string, into *[]string) xcontent.Field {
	f := xcontent.Texts(name, into)
	parse := f.Parse
	f.Parse = func(r *xcontent.Reader) error {
		*into = []string{}
		return parse(r)
	}
	return f
}

// checkIDs follows InvalidateApiKeyRequest.validateIds.
func checkIDs(ids []string) error {
	if ids == nil {
		return nil
	}
	var p fault.Problems
	if len(ids) == 0 {
		p.Addf("Field [ids] cannot be an empty array")
		return p.Err()
	}
	var blank []string
	for i, id := range ids {
		if strings.TrimSpace(id) == "" {
			blank = append(blank, strconv.Itoa(i))
		}
	}
	plural := ""
	if len(blank) > 1 {
		plural = "s"
	}
	if len(blank) > 0 {
		p.Addf("%s", fmt.Sprintf("Field [ids] must not contain blank id, but got blank id%[1]s at index position%[1]s: [%[2]s]", plural, strings.Join(blank, ", ")))
	}
	return p.Err()
}

func (s Selector) validateInvalidate() error {
	var p fault.Problems
	if len(s.IDs) == 0 && s.Name == "" && s.Username == "" && s.Realm == "" && !s.Own {
		p.Addf("One of [api key id(s), api key name, username, realm name] must be specified if [owner] flag is false")
	}
	s.validate(&p, words{id: "api key id(s)", verb: "invalidating"})
	return p.Err()
}

// invalidated is the answer.
type invalidated struct {
	Invalidated []string  `json:"invalidated_api_keys"`
	Previously  []string  `json:"previously_invalidated_api_keys"`
	ErrorCount  int       `json:"error_count"`
	Errors      []failure `json:"error_details,omitempty"`
}

func invalidatedView(o keyring.Revoked) invalidated {
	v := invalidated{Invalidated: o.IDs, Previously: []string{}, ErrorCount: len(o.Refused)}
	for _, id := range o.Refused {
		v.Errors = append(v.Errors, failure{
			Type:   fault.Forbidden.Type(),
			Reason: "Cannot invalidate cross-cluster API key [" + id + "]. This requires [manage_security] cluster privilege or higher",
		})
	}
	return v
}
