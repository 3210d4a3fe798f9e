package role

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"slices"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// actions begins the names of the actions of this noun.
const actions = "cluster:admin/xpack/security/role/"

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	return []rest.Route{
		{Method: http.MethodGet, Path: "/_security/role", Parse: s.parseGet},
		{Method: http.MethodGet, Path: "/_security/role/{name}", Parse: s.parseGet},
		{Method: http.MethodPut, Path: "/_security/role/{name}", Parse: s.parsePut},
		{Method: http.MethodPost, Path: "/_security/role/{name}", Parse: s.parsePut},
		{Method: http.MethodDelete, Path: "/_security/role/{name}", Parse: s.parseDelete},
		{Method: http.MethodPost, Path: "/_security/role", Parse: s.parsePutAll},
		{Method: http.MethodDelete, Path: "/_security/role", Parse: s.parseDeleteAll},
		{Method: http.MethodPost, Path: "/_security/role/{name}/_clear_cache", Parse: s.parseClearCache},
	}
}

func (s *Service) parseGet(r *rest.Request) (rest.Call, error) {
	names := slices.DeleteFunc(r.List("name"), func(name string) bool { return name == "" })
	// Roles that a provider grants implicitly: there are none here.
	if _, err := r.Bool("include_implicit", false); err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: actions + "get",
		Do: func(ctx context.Context) (any, error) {
			if len(names) == 0 {
				return rest.Stream{Items: s.all(ctx)}, nil
			}
			ds, err := s.Get(ctx, names)
			if err != nil {
				return nil, err
			}
			out := rest.Result{Body: s.shown(ds)}
			if len(ds) == 0 {
				out.Status = http.StatusNotFound
			}
			return out, nil
		},
	}, nil
}

// shown is a role as it is answered, by name.
func (s *Service) shown(ds []Descriptor) map[string]any {
	out := make(map[string]any, len(ds))
	for _, d := range ds {
		out[d.Name] = d
		if b, ok := s.builtin[d.Name]; ok {
			out[d.Name] = b
		}
	}
	return out
}

// pageSize is how many roles are read before the connection is given back.
const pageSize = 1000

// all yields the built-in roles, then the native ones.
func (s *Service) all(ctx context.Context) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.builtin)) {
			if !yield(rest.Member{Name: name, Value: s.builtin[name]}, nil) {
				return
			}
		}
		for d, err := range s.natives(ctx) {
			if !yield(rest.Member{Name: d.Name, Value: d}, err) {
				return
			}
		}
	}
}

// natives yields the native roles, an error last.
func (s *Service) natives(ctx context.Context) iter.Seq2[Descriptor, error] {
	return func(yield func(Descriptor, error) bool) {
		var err error
		for after, more := int64(0), true; err == nil && more; {
			var ds []Descriptor
			ds, after, err = page(ctx, s.DB, after, pageSize)
			more = len(ds) == pageSize
			for _, d := range ds {
				if !yield(d, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(Descriptor{}, err)
		}
	}
}

func (s *Service) parsePut(r *rest.Request) (rest.Call, error) {
	name := r.Path("name")
	reader, err := r.Reader()
	if err != nil {
		return rest.Call{}, err
	}
	d, err := ParseDescriptor(reader, name, ParseOptions{Description: true})
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	if len(d.Name) > maxNativeName {
		p.Addf("%s", descriptor.NameRule(maxNativeName))
	}
	s.reserved(&p, d.Name)
	d.Validate(&p)
	return rest.Call{
		Action: actions + "put", Target: identity.Target{Role: grants([]Descriptor{d})}, Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) {
			isNew, err := s.Put(ctx, d)
			if err != nil {
				return nil, err
			}
			return map[string]map[string]bool{"role": {"created": isNew}}, nil
		},
	}, nil
}

// maxNativeName is how long the name of a role alone may be, in characters
// (NativeRealmValidationUtil). A longer one is a good name by itself.
const maxNativeName = 507

// grants is as much of roles as global.role.manage looks at.
func grants(ds []Descriptor) *identity.Role {
	r := identity.Role{OnlyIndices: true}
	for _, d := range ds {
		r.OnlyIndices = r.OnlyIndices && d.OnlyIndices()
		for _, e := range d.Indices {
			r.Indices = append(r.Indices, identity.RoleIndices{Names: e.Names, Privileges: e.Privileges})
		}
	}
	return &r
}

func (s *Service) parseDelete(r *rest.Request) (rest.Call, error) {
	name := r.Path("name")
	return rest.Call{
		Action: actions + "delete", Target: identity.Target{RoleNames: []string{name}}, Invalid: r.Refresh(),
		Do: func(ctx context.Context) (any, error) {
			existed, err := s.Delete(ctx, name)
			if err != nil {
				return nil, err
			}
			out := rest.Result{Body: map[string]bool{"found": existed}}
			if !existed {
				out.Status = http.StatusNotFound
			}
			return out, nil
		},
	}, nil
}

func (s *Service) parsePutAll(r *rest.Request) (rest.Call, error) {
	var ds []Descriptor
	err := r.Object(xcontent.Object{
		Name: "bulk_update_roles_request_payload",
		Fields: []xcontent.Field{xcontent.Named("roles", func(name string, r *xcontent.Reader) error {
			d, err := ParseDescriptor(r, name, ParseOptions{Description: true, AnyName: true})
			ds = append(ds, d)
			return err
		})},
		Required: []string{"roles"},
	})
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	if len(ds) == 0 {
		p.Addf("roles cannot be empty")
	}
	return rest.Call{
		Action: actions + "bulk_put", Target: identity.Target{Role: grants(ds)}, Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) { return bulk(s.PutAll(ctx, ds)) },
	}, nil
}

func (s *Service) parseDeleteAll(r *rest.Request) (rest.Call, error) {
	var names []string
	err := r.Object(xcontent.Object{
		Name:     "bulk_delete_roles_request",
		Fields:   []xcontent.Field{xcontent.Texts("names", &names)},
		Required: []string{"names"},
	})
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: actions + "bulk_delete", Target: identity.Target{RoleNames: names},
		Do: func(ctx context.Context) (any, error) { return bulk(s.DeleteAll(ctx, names)) },
	}, nil
}

// bulkView is the answer about several roles; what is empty is left out.
type bulkView struct {
	Created  []string    `json:"created,omitempty"`
	Updated  []string    `json:"updated,omitempty"`
	Noop     []string    `json:"noop,omitempty"`
	Deleted  []string    `json:"deleted,omitempty"`
	NotFound []string    `json:"not_found,omitempty"`
	Errors   *bulkErrors `json:"errors,omitempty"`
}

type bulkErrors struct {
	Count   int                       `json:"count"`
	Details map[string]map[string]any `json:"details"`
}

func bulk(o Outcome, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	v := bulkView{Created: o.Created, Updated: o.Updated, Noop: o.Same, Deleted: o.Deleted, NotFound: o.NotFound}
	if len(o.Refused) == 0 {
		return v, nil
	}
	v.Errors = &bulkErrors{Count: len(o.Refused), Details: make(map[string]map[string]any, len(o.Refused))}
	for _, r := range o.Refused {
		v.Errors.Details[r.Name] = detail(r.Err)
	}
	return v, nil
}

// detail is a fault with what caused it, as a part of an answer that is none.
func detail(f *fault.Error) map[string]any {
	m := map[string]any{"type": f.Type, "reason": f.Reason}
	if f.Type == "" {
		m["type"] = f.Kind.Type()
	}
	for _, meta := range f.Meta {
		m[meta.Name] = meta.Value
	}
	if f.Cause != nil {
		m["caused_by"] = detail(f.Cause)
	}
	return m
}

func (s *Service) parseClearCache(r *rest.Request) (rest.Call, error) {
	_ = r.List("name")
	return rest.Call{
		Action: "cluster:admin/xpack/security/roles/cache/clear",
		Do: func(ctx context.Context) (any, error) {
			if err := s.ClearCache(ctx); err != nil {
				return nil, err
			}
			return s.Cleared, nil
		},
	}, nil
}
