package user

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
)

// action is the common beginning of the names of this noun's actions.
const action = "cluster:admin/xpack/security/user/"

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	enable := func(r *rest.Request) (rest.Call, error) { return s.parseSwitch(r, Enable) }
	disable := func(r *rest.Request) (rest.Call, error) { return s.parseSwitch(r, Disable) }
	const one = "/_security/user/{username}"
	return []rest.Route{
		{Method: http.MethodGet, Path: "/_security/user", Parse: s.parseGet},
		{Method: http.MethodGet, Path: one, Parse: s.parseGet},
		{Method: http.MethodPut, Path: one, Parse: s.parsePut},
		{Method: http.MethodPost, Path: one, Parse: s.parsePut},
		{Method: http.MethodDelete, Path: one, Parse: s.parseDelete},
		{Method: http.MethodPut, Path: "/_security/user/_password", Parse: s.parseChangePassword},
		{Method: http.MethodPost, Path: "/_security/user/_password", Parse: s.parseChangePassword},
		{Method: http.MethodPut, Path: one + "/_password", Parse: s.parseChangePassword},
		{Method: http.MethodPost, Path: one + "/_password", Parse: s.parseChangePassword},
		{Method: http.MethodPut, Path: one + "/_enable", Parse: enable},
		{Method: http.MethodPost, Path: one + "/_enable", Parse: enable},
		{Method: http.MethodPut, Path: one + "/_disable", Parse: disable},
		{Method: http.MethodPost, Path: one + "/_disable", Parse: disable},
	}
}

func (s *Service) parsePut(r *rest.Request) (rest.Call, error) {
	name := r.Path("username")
	body, err := r.Reader()
	if err != nil {
		return rest.Call{}, err
	}
	in, err := parsePut(body, name)
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	caller := r.Caller
	return rest.Call{
		Action:  action + "put",
		Target:  identity.Target{Username: name},
		Invalid: in.validate(),
		Do: func(ctx context.Context) (any, error) {
			created, err := s.Put(ctx, caller, in)
			return esapi.Created{Created: created}, err
		},
	}, nil
}

func (s *Service) parseGet(r *rest.Request) (rest.Call, error) {
	withUID, err := r.Bool("with_profile_uid", false)
	if err != nil {
		return rest.Call{}, err
	}
	names := slices.DeleteFunc(r.List("username"), func(name string) bool { return name == "" })
	return rest.Call{
		Action: action + "get",
		Do: func(ctx context.Context) (any, error) {
			if len(names) == 0 {
				return s.all(ctx, withUID), nil
			}
			return s.some(ctx, names, withUID)
		},
	}, nil
}

// all streams every user, each as a member of one object.
func (s *Service) all(ctx context.Context, withUID bool) rest.Stream {
	return rest.Stream{Items: func(yield func(any, error) bool) {
		stopped := false
		err := s.Each(ctx, func(rec Record) bool {
			member, err := s.member(ctx, rec, withUID)
			stopped = !yield(member, err) || err != nil
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}}
}

// some is the answer for names that were asked for; 404 when nobody has any of them.
func (s *Service) some(ctx context.Context, names []string, withUID bool) (any, error) {
	found, err := s.Get(ctx, names)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return rest.Result{Status: http.StatusNotFound, Body: esapi.Empty{}}, nil
	}
	return rest.Stream{Items: func(yield func(any, error) bool) {
		for _, rec := range found {
			member, err := s.member(ctx, rec, withUID)
			if !yield(member, err) || err != nil {
				return
			}
		}
	}}, nil
}

// member is a user as the API shows him, under his name.
func (s *Service) member(ctx context.Context, rec Record, withUID bool) (rest.Member, error) {
	u := esapi.User{
		Username: rec.Username,
		Roles:    append([]string{}, rec.Roles...),
		FullName: rec.FullName,
		Email:    rec.Email,
		Metadata: json.RawMessage(metadata(rec.User)),
		Enabled:  rec.Enabled,
	}
	if withUID && s.ProfileUID != nil {
		uid, err := s.ProfileUID(ctx, rec.Username, s.realmType(rec.Username))
		if err != nil {
			return rest.Member{}, err
		}
		u.ProfileUID = uid
	}
	return rest.Member{Name: rec.Username, Value: u}, nil
}

func (s *Service) realmType(name string) string {
	if s.IsReserved(name) {
		return "reserved"
	}
	return "native"
}

func (s *Service) parseDelete(r *rest.Request) (rest.Call, error) {
	name := r.Path("username")
	return rest.Call{
		Action:  action + "delete",
		Target:  identity.Target{Username: name},
		Invalid: r.Refresh(),
		Do: func(ctx context.Context) (any, error) {
			found, err := s.Delete(ctx, name)
			if err != nil {
				return nil, err
			}
			status := http.StatusOK
			if !found {
				status = http.StatusNotFound
			}
			return rest.Result{Status: status, Body: esapi.Found{Found: found}}, nil
		},
	}, nil
}

// parseChangePassword serves both paths; without a name it is about the caller. What
// is wrong with the body is said late (RestChangePasswordAction).
func (s *Service) parseChangePassword(r *rest.Request) (rest.Call, error) {
	name, named := r.Lookup("username")
	if !named {
		name = r.Caller.User.Username
	}
	body, err := r.Reader()
	if err != nil {
		return rest.Call{}, err
	}
	in, err := parsePassword(body)
	return rest.Call{
		Action:  action + "change_password",
		Target:  identity.Target{Username: name},
		Invalid: cmp.Or(err, r.Refresh(), in.validate()),
		Do: func(ctx context.Context) (any, error) {
			return esapi.Empty{}, s.ChangePassword(ctx, name, in)
		},
	}, nil
}

func (s *Service) parseSwitch(r *rest.Request, to Switch) (rest.Call, error) {
	name, caller := r.Path("username"), r.Caller
	var p fault.Problems
	if !validName(name) {
		p.Addf("%s", badName("User"))
	}
	return rest.Call{
		Action:  action + "set_enabled",
		Target:  identity.Target{Username: name},
		Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) {
			return esapi.Empty{}, s.SetEnabled(ctx, caller, name, to)
		},
	}, nil
}
