package apikey

import (
	"context"
	"slices"

	"github.com/realmctl/realmctl/internal/apikey/crosscluster"
	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/document"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// fields are what the updates of one key and of many have in common.
func (u *Update) fields(expiration **string) []xcontent.Field {
	return []xcontent.Field{
		roles(&u.Roles, &u.SetRoles),
		xcontent.Raw("metadata", &u.Metadata),
		xcontent.OptionalText("expiration", expiration),
	}
}

func (s *Service) parseUpdate(r *rest.Request) (rest.Call, error) {
	var u Update
	id := r.Path("id")
	reader, err := r.OptionalReader()
	if err != nil {
		return rest.Call{}, err
	}
	if reader != nil {
		var expiration *string
		o := xcontent.Object{Name: "update_api_key_request_payload", Fields: u.fields(&expiration), Build: keyring.Lifetime(&expiration, &u.Expires)}
		if err := o.Parse(reader); err != nil {
			return rest.Call{}, err
		}
	}
	var p fault.Problems
	u.validate(&p)
	caller := r.Caller
	return rest.Call{
		Action: actions + "update", Target: own(), Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) {
			out, err := s.Update(ctx, caller, []string{id}, u)
			if err != nil {
				return nil, err
			}
			return keyring.AnswerUpdate(out)
		},
	}, nil
}

// bulkUpdated is the answer of a bulk update.
type bulkUpdated struct {
	Updated []string    `json:"updated"`
	Noops   []string    `json:"noops"`
	Errors  *bulkErrors `json:"errors,omitempty"`
}

type bulkErrors struct {
	Count   int                `json:"count"`
	Details map[string]failure `json:"details"`
}

// failure is an error of a part of a call, without its status.
type failure struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

func failureOf(f *fault.Error) failure {
	if f.Type == "" {
		return failure{Type: f.Kind.Type(), Reason: f.Reason}
	}
	return failure{Type: f.Type, Reason: f.Reason}
}

func bulkView(u keyring.Changed) bulkUpdated {
	v := bulkUpdated{Updated: u.IDs, Noops: u.Same}
	if len(u.Failed) == 0 {
		return v
	}
	v.Errors = &bulkErrors{Count: len(u.Failed), Details: make(map[string]failure, len(u.Failed))}
	for _, f := range u.Failed {
		v.Errors.Details[f.ID] = failureOf(f.Err)
	}
	return v
}

func (s *Service) parseBulkUpdate(r *rest.Request) (rest.Call, error) {
	var u Update
	ids := []string{}
	var expiration, ignored *string // keys that this is about have no certificate
	err := r.Object(xcontent.Object{
		Name: "bulk_update_api_key_request",
		Fields: append(u.fields(&expiration),
			xcontent.Texts("ids", &ids), crosscluster.CertificateIdentity(&ignored, xcontent.Set(xcontent.String, xcontent.Null))),
		Required: []string{"ids"},
		Build:    keyring.Lifetime(&expiration, &u.Expires),
	})
	if err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	u.validate(&p)
	if len(ids) == 0 {
		p.Addf("Field [ids] cannot be empty")
	}
	caller := r.Caller
	return rest.Call{
		Action: actions + "bulk_update", Target: own(), Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) {
			if slices.Contains(ids, "") { // nobody refuses it before the search for the keys
				return nil, document.QueryFailed(s.Node, "Ids can't be empty")
			}
			out, err := s.Update(ctx, caller, ids, u)
			if err != nil {
				return nil, err
			}
			return bulkView(out), nil
		},
	}, nil
}
