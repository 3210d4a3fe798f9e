package apikey

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/apikey/crosscluster"
	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// view is a key in answers.
type view struct {
	ID           string             `json:"id"`
	Name         string             `json:"name"`
	Type         string             `json:"type"`
	Creation     int64              `json:"creation"`
	Expiration   int64              `json:"expiration,omitempty"`
	Invalidated  bool               `json:"invalidated"`
	Invalidation int64              `json:"invalidation,omitempty"`
	Username     string             `json:"username"`
	Realm        string             `json:"realm"`
	RealmType    string             `json:"realm_type,omitempty"`
	Metadata     json.RawMessage    `json:"metadata"`
	Roles        descriptor.List    `json:"role_descriptors"`
	Access       *crosscluster.View `json:"access,omitempty"`
	Certificate  *string            `json:"certificate_identity,omitempty"`
	LimitedBy    []descriptor.List  `json:"limited_by,omitempty"`
	ProfileUID   string             `json:"profile_uid,omitempty"`
}

// details is what is shown of keys beside the usual.
type details struct {
	limitedBy, profile bool
}

// view shapes a key.
func (s *Service) view(ctx context.Context, k keyring.Key, d details) (any, error) {
	assigned, err := descriptor.Decode(k.Assigned)
	if err != nil {
		return nil, err
	}
	v := view{
		ID: k.ID, Name: k.Name, Type: k.Type, Creation: k.CreatedAt.UnixMilli(), Invalidated: !k.Invalidated.IsZero(),
		Username: k.Owner.Username, Realm: k.Owner.Realm.Name, RealmType: k.Owner.Realm.Type,
		Metadata: k.Metadata, Roles: assigned, Certificate: k.Certificate,
	}
	if v.Metadata == nil {
		v.Metadata = json.RawMessage("{}")
	}
	if !k.ExpiresAt.IsZero() {
		v.Expiration = k.ExpiresAt.UnixMilli()
	}
	if v.Invalidated {
		v.Invalidation = k.Invalidated.UnixMilli()
	}
	if k.Type == keyring.CrossCluster {
		v.Access = crosscluster.ViewOf(assigned)
	}
	if d.limitedBy && k.Type == keyring.REST {
		limits, err := descriptor.Decode(k.LimitedBy)
		if err != nil {
			return nil, err
		}
		v.LimitedBy = []descriptor.List{limits}
	}
	if d.profile && s.ProfileUID != nil {
		v.ProfileUID, err = s.ProfileUID(ctx, k.Owner.Username, k.Owner.Realm)
	}
	return v, err
}

func (s *Service) parseGet(r *rest.Request) (rest.Call, error) {
	sel := Selector{Name: filled(r.Text("name")), Realm: filled(r.Text("realm_name")), Username: filled(r.Text("username"))}
	if id := filled(r.Text("id")); id != "" {
		sel.IDs = []string{id}
	}
	var active bool
	var d details
	var err error
	if sel.Own, err = r.Bool("owner", false); err != nil {
		return rest.Call{}, err
	}
	if d.limitedBy, err = r.Bool("with_limited_by", false); err != nil {
		return rest.Call{}, err
	}
	if active, err = r.Bool("active_only", false); err != nil {
		return rest.Call{}, err
	}
	if d.profile, err = r.Bool("with_profile_uid", false); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	sel.validate(&p, words{id: "api key id", verb: "retrieving"})
	target, caller := sel.target(), r.Caller
	target.LimitedBy = d.limitedBy
	return rest.Call{
		Action: actions + "get", Target: target, Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) { return s.get(ctx, caller, sel, active, d) },
	}, nil
}

// filled takes a blank parameter for an absent one.
func filled(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

// get is a stream of keys; for an id that selects none it is an empty 404.
func (s *Service) get(ctx context.Context, caller identity.Identity, sel Selector, active bool, d details) (any, error) {
	f, err := s.filter(ctx, caller, sel)
	if err != nil {
		return nil, err
	}
	if active {
		f.Active(s.Now())
	}
	out := rest.Stream{Name: "api_keys", Items: s.views(ctx, f, d)}
	if len(sel.IDs) == 0 {
		return out, nil
	}
	for _, err := range s.Keys.List(ctx, f) {
		return out, err
	}
	return rest.Result{Status: http.StatusNotFound, Body: map[string][]view{"api_keys": {}}}, nil
}

// views yields keys in order of creation.
func (s *Service) views(ctx context.Context, f keyring.Filter, d details) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for k, err := range s.Keys.List(ctx, f) {
			var v any
			if err == nil {
				v, err = s.view(ctx, k, d)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}
