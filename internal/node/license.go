package node

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
)

// licenseType has every feature of security. Elasticsearch's trial ends after 30
// days; here its end is always as far away.
const (
	licenseType   = "trial"
	licensePeriod = 30 * 24 * time.Hour
)

// expires is when the licence is said to end.
func (s *Service) expires() time.Time {
	return s.Now().UTC().Truncate(24 * time.Hour).Add(licensePeriod + 24*time.Hour)
}

// license is the answer of GET /_license.
type license struct {
	Status       string `json:"status"`
	UID          string `json:"uid"`
	Type         string `json:"type"`
	IssueDate    string `json:"issue_date"`
	IssueMillis  int64  `json:"issue_date_in_millis"`
	ExpiryDate   string `json:"expiry_date"`
	ExpiryMillis int64  `json:"expiry_date_in_millis"`
	MaxNodes     int    `json:"max_nodes"`
	MaxUnits     *int   `json:"max_resource_units"`
	IssuedTo     string `json:"issued_to"`
	Issuer       string `json:"issuer"`
	StartDate    string `json:"start_date,omitempty"`
	StartMillis  int64  `json:"start_date_in_millis"`
}

// isoMillis is how Elasticsearch writes times.
const isoMillis = "2006-01-02T15:04:05.000Z"

func (s *Service) license() license {
	end := s.expires()
	return license{
		Status: "active", UID: s.Info.LicenseUID, Type: licenseType,
		IssueDate: s.Info.Created.UTC().Format(isoMillis), IssueMillis: s.Info.Created.UnixMilli(),
		ExpiryDate: end.Format(isoMillis), ExpiryMillis: end.UnixMilli(),
		MaxNodes: 1000, IssuedTo: s.Info.ClusterName, Issuer: "elasticsearch", StartMillis: -1,
	}
}

func (s *Service) parseLicense(r *rest.Request) (rest.Call, error) {
	if _, err := r.Bool("local", false); err != nil {
		return rest.Call{}, err
	}
	human, err := r.Bool("human", false)
	if err != nil {
		return rest.Call{}, err
	}
	if err := acceptEnterprise(r); err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: "cluster:monitor/xpack/license/get",
		Do: func(context.Context) (any, error) {
			l := s.license()
			if human {
				l.StartDate = "1969-12-31T23:59:59.999Z"
			}
			return map[string]license{"license": l}, nil
		},
	}, nil
}

// acceptEnterprise takes a deprecated parameter that may only be true.
func acceptEnterprise(r *rest.Request) error {
	if _, given := r.Lookup("accept_enterprise"); !given {
		return nil
	}
	rest.Warn(r.Context(), "Including [accept_enterprise] in get license requests is deprecated. The parameter will be removed in the next major version")
	yes, err := r.Bool("accept_enterprise", true)
	if err == nil && !yes {
		err = fault.Invalidf("The [accept_enterprise] parameters may not be false")
	}
	return err
}

// xpack is the answer of GET /_xpack; what was not asked for is left out.
type xpack struct {
	Build    *build             `json:"build,omitempty"`
	License  *xpackLicense      `json:"license,omitempty"`
	Features map[string]feature `json:"features,omitempty"`
	Tagline  string             `json:"tagline,omitempty"`
}

type build struct {
	Hash string `json:"hash"`
	Date string `json:"date"`
}

type xpackLicense struct {
	UID          string `json:"uid"`
	Type         string `json:"type"`
	Mode         string `json:"mode"`
	Status       string `json:"status"`
	ExpiryDate   string `json:"expiry_date,omitempty"`
	ExpiryMillis int64  `json:"expiry_date_in_millis"`
}

type feature struct {
	Available bool `json:"available"`
	Enabled   bool `json:"enabled"`
}

// features are those of Elasticsearch's default distribution.
func features() map[string]feature {
	out := map[string]feature{"security": {Available: true, Enabled: true}}
	for _, name := range []string{
		"aggregate_metric", "analytics", "archive", "ccr", "data_streams", "data_tiers", "enrich", "enterprise_search", "eql", "esql",
		"gpu_vector_indexing", "graph", "ilm", "logsdb", "logstash", "ml", "monitoring", "rollup", "searchable_snapshots", "slm", "spatial",
		"sql", "transform", "universal_profiling", "voting_only", "watcher",
	} {
		out[name] = feature{}
	}
	return out
}

func (s *Service) parseXPack(r *rest.Request) (rest.Call, error) {
	categories := []string{"BUILD", "LICENSE", "FEATURES"}
	if text, ok := r.Lookup("categories"); ok && text != "_all" {
		asked := slices.DeleteFunc(strings.Split(strings.ToUpper(text), ","), func(name string) bool { return name == "" })
		for _, name := range asked {
			if !slices.Contains(categories, name) {
				return rest.Call{}, fault.Invalidf("No enum constant org.elasticsearch.protocol.xpack.XPackInfoRequest.Category.%s", name)
			}
		}
		categories = asked
	}
	human, err := r.Bool("human", false)
	if err != nil {
		return rest.Call{}, err
	}
	if err := acceptEnterprise(r); err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: "cluster:monitor/xpack/info",
		Do:     func(context.Context) (any, error) { return s.xpack(categories, human), nil },
	}, nil
}

func (s *Service) xpack(categories []string, human bool) xpack {
	out := xpack{Tagline: "You know, for X"}
	if slices.Contains(categories, "BUILD") {
		out.Build = &build{Hash: BuildHash, Date: buildDate}
	}
	if slices.Contains(categories, "LICENSE") {
		l := s.license()
		out.License = &xpackLicense{UID: l.UID, Type: l.Type, Mode: l.Type, Status: l.Status, ExpiryMillis: l.ExpiryMillis}
		if human {
			out.License.ExpiryDate = l.ExpiryDate
		}
	}
	if slices.Contains(categories, "FEATURES") {
		out.Features = features()
	}
	return out
}

// usageJSON is the security part of GET /_xpack/usage of a node on which nothing
// was done yet.
//
//go:embed usage.json
var usageJSON []byte

func (s *Service) parseUsage(r *rest.Request) (rest.Call, error) {
	if _, err := duration(r, "master_timeout", 0); err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: "cluster:monitor/xpack/usage",
		Do: func(ctx context.Context) (any, error) {
			var security map[string]any
			if err := json.Unmarshal(usageJSON, &security); err != nil {
				return nil, fmt.Errorf("decode usage: %w", err)
			}
			for name, count := range s.Usage {
				v, err := count(ctx)
				if err != nil {
					return nil, err
				}
				security[name] = v
			}
			return map[string]any{"security": security}, nil
		},
	}, nil
}
