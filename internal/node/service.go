package node

import (
	"context"
	"net/http"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// Service is the noun. Its fields are set before the first request.
type Service struct {
	Info Info
	DB   *sqlite.DB
	Now  func() time.Time

	// Usage are the members of security in GET /_xpack/usage that somebody knows
	// better than the defaults here, such as realms and roles.
	Usage map[string]func(ctx context.Context) (any, error)
}

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	return append(indexRoutes(), []rest.Route{
		{Method: http.MethodGet, Path: "/", Parse: s.parseBanner},
		{Method: http.MethodHead, Path: "/", Parse: s.parseBanner},
		{Method: http.MethodDelete, Path: "/", Parse: parseDeleteIndex},
		{Method: http.MethodGet, Path: "/_cluster/health", Parse: s.parseHealth},
		{Method: http.MethodGet, Path: "/_cluster/health/{index}", Parse: s.parseHealth},
		{Method: http.MethodGet, Path: "/_license", Parse: s.parseLicense},
		{Method: http.MethodGet, Path: "/_xpack", Parse: s.parseXPack},
		{Method: http.MethodGet, Path: "/_xpack/usage", Parse: s.parseUsage},
		{Method: http.MethodGet, Path: "/_security/settings", Parse: s.parseGetSettings},
		{Method: http.MethodPut, Path: "/_security/settings", Parse: s.parsePutSettings},
		{Method: http.MethodGet, Path: "/_security/stats", Parse: s.parseStats},
		{Method: http.MethodGet, Path: "/_security/enroll/kibana", Parse: parseEnroll},
		{Method: http.MethodGet, Path: "/_security/enroll/node", Parse: parseEnroll},
	}...)
}

func (s *Service) parseBanner(r *rest.Request) (rest.Call, error) {
	r.PrettyByDefault()
	return rest.Call{
		Action: "cluster:monitor/main",
		Do:     func(context.Context) (any, error) { return s.Info.Banner(), nil },
	}, nil
}

// parseDeleteIndex answers the deletion of an index that is not named. It is here
// because answers list DELETE among the methods of /.
func parseDeleteIndex(*rest.Request) (rest.Call, error) {
	var p fault.Problems
	p.Addf("index / indices is missing")
	return rest.Call{}, p.Err()
}

// parseEnroll refuses everybody before anything else is looked at, as
// EnrollmentBaseRestHandler does while enrollment is not enabled.
func parseEnroll(*rest.Request) (rest.Call, error) {
	return rest.Call{}, &fault.Error{
		Kind:   fault.Forbidden,
		Reason: "Enrollment mode is not enabled. Set [xpack.security.enrollment.enabled] to true, in order to use this API.",
	}
}

// duration is a parameter that is a time value.
func duration(r *rest.Request, name string, def time.Duration) (time.Duration, error) {
	text, ok := r.Lookup(name)
	if !ok {
		return def, nil
	}
	v, err := timevalue.Parse(name, text)
	if err != nil {
		return 0, fault.Invalidf("%s", err)
	}
	return v.Duration(), nil
}

func (s *Service) parseStats(*rest.Request) (rest.Call, error) {
	return rest.Call{
		Action: "cluster:monitor/xpack/security/stats",
		Do: func(context.Context) (any, error) {
			// There are no documents here, so no bit sets of them either.
			cache := map[string]any{
				"count": 0, "memory": "0b", "memory_in_bytes": 0, "hits": 0, "misses": 0, "evictions": 0,
				"hits_time_in_millis": 0, "misses_time_in_millis": 0,
			}
			dls := map[string]any{"dls": map[string]any{"bit_set_cache": cache}}
			return map[string]any{"nodes": map[string]any{s.Info.ID: map[string]any{"roles": dls}}}, nil
		},
	}, nil
}
