// Package dls reads the queries of document-level security that roles hold.
package dls

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Check refuses queries that Elasticsearch would refuse when the role is written
// (DLSRoleQueryValidator). It knows the names of queries, their frame, and what may
// not stand in a role; the insides of leaf queries are not looked at. Templates are
// read when they are used.
func Check(entries []descriptor.Indices) error {
	for i, e := range entries {
		if e.Query == "" {
			continue
		}
		err := checkQuery(e.Query)
		cause, ok := errors.AsType[*fault.Error](err)
		if ok {
			return &fault.Error{Kind: fault.Invalid, Type: "parse_exception", Cause: cause, Reason: fmt.Sprintf(
				"failed to parse field 'query' for indices [%s] at index privilege [%d] of role descriptor", strings.Join(e.Names, ","), i)}
		}
		if err != nil {
			return fmt.Errorf("read query of role: %w", err)
		}
	}
	return nil
}

func checkQuery(text string) error {
	r := xcontent.NewText(text)
	t, err := r.Next()
	if err != nil {
		return err
	}
	if t != xcontent.StartObject {
		return xcontent.Errorf(r.Location(), "expected [START_OBJECT] but found [%s] instead", t)
	}
	if t, err = r.Next(); err != nil {
		return err
	}
	if t != xcontent.FieldName {
		return xcontent.Errorf(r.Location(), "expected [FIELD_NAME] with value a query name or 'template' but found [%s] instead", t)
	}
	if r.Name() == "template" {
		return nil
	}
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") { // a comment; templates may begin with one
		return xcontent.Errorf(xcontent.Location{}, "Failed to derive xcontent")
	}
	return namedQuery(r)
}

// clause reads a query clause as AbstractQueryBuilder.parseInnerQueryBuilder does.
func clause(r *xcontent.Reader) error {
	if r.Token() != xcontent.StartObject {
		t, err := r.Next()
		if err != nil {
			return err
		}
		if t != xcontent.StartObject {
			return parsing(r.Location(), "[_na] query malformed, must start with start_object")
		}
	}
	t, err := r.Next()
	if err != nil {
		return err
	}
	if t == xcontent.EndObject {
		return fault.Invalidf("query malformed, empty clause found at [%s]", r.Location())
	}
	return namedQuery(r)
}

// namedQuery stands on the name of a query and ends on the END_OBJECT around it.
func namedQuery(r *xcontent.Reader) error {
	name := r.Name()
	t, err := r.Next()
	if err != nil {
		return err
	}
	if t != xcontent.StartObject {
		return parsing(r.Location(), "["+name+"] query malformed, no start_object after query name")
	}
	if !slices.Contains(queryNames(), name) {
		at := r.Location()
		f := parsing(at, strings.TrimSuffix("unknown query ["+name+"] "+xcontent.DidYouMean(name, queryNames()), " "))
		f.Cause = &fault.Error{Kind: fault.Invalid, Type: "named_object_not_found_exception", Reason: "[" + at.String() + "] unknown field [" + name + "]"}
		return f
	}
	if err := queryBody(name, r); err != nil {
		return err
	}
	if t, err = r.Next(); err != nil {
		return err
	}
	if t != xcontent.EndObject {
		return parsing(r.Location(), "["+name+"] malformed query, expected [END_OBJECT] but found ["+t.String()+"]")
	}
	return nil
}

// parsing is Elasticsearch's parsing_exception, which carries its place.
func parsing(at xcontent.Location, reason string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Type: "parsing_exception", Reason: reason, Meta: []fault.Field{{Name: "line", Value: at.Line}, {Name: "col", Value: at.Col}}}
}

// queryBody stands on the START_OBJECT of a query's body and ends on its END_OBJECT.
// What may not stand in a role is told after the body was read.
func queryBody(name string, r *xcontent.Reader) error {
	switch name {
	case "bool":
		return boolQuery(r)
	case "constant_score", "function_score", "nested", "boosting", "dis_max":
		return wrapping(r)
	case "terms":
		return termsQuery(r)
	case "geo_shape":
		return geoShapeQuery(r)
	}
	if err := r.Skip(); err != nil {
		return err
	}
	switch name {
	case "percolate":
		return fault.Invalidf("percolate query isn't supported as part of a role query")
	case "has_child", "has_parent":
		return fault.Invalidf("%s query isn't support as part of a role query", name)
	}
	return nil
}

func termsQuery(r *xcontent.Reader) error {
	lookup := false
	err := r.Members(func(field string) error {
		lookup = lookup || field != "boost" && field != "_name" && r.Token() == xcontent.StartObject
		return r.Skip()
	})
	if err == nil && lookup {
		err = fault.Invalidf("terms query with terms lookup isn't supported as part of a role query")
	}
	return err
}

func geoShapeQuery(r *xcontent.Reader) error {
	indexed := false
	err := r.Members(func(string) error {
		if r.Token() != xcontent.StartObject {
			return r.Skip()
		}
		return r.Members(func(member string) error {
			indexed = indexed || member == "indexed_shape"
			return r.Skip()
		})
	})
	if err == nil && indexed {
		err = fault.Invalidf("geoshape query referring to indexed shapes isn't supported as part of a role query")
	}
	return err
}

func boolQuery(r *xcontent.Reader) error {
	clauses := func(name string) xcontent.Field {
		return xcontent.Func(name, xcontent.Set(xcontent.StartObject, xcontent.StartArray, xcontent.Null), func(r *xcontent.Reader) error {
			if r.Token() == xcontent.Null {
				return nil
			}
			return r.Each(func() error { return clause(r) })
		})
	}
	var ignored string
	var flag bool
	scalar := xcontent.Set(xcontent.Number, xcontent.String)
	skip := func(*xcontent.Reader) error { return nil }
	return xcontent.Object{Name: "bool", Fields: []xcontent.Field{
		clauses("must"), clauses("must_not").Also("mustNot"), clauses("should"), clauses("filter"),
		xcontent.Bool("adjust_pure_negative", &flag),
		xcontent.Func("minimum_should_match", scalar, skip),
		xcontent.Func("boost", scalar, skip),
		xcontent.Text("_name", &ignored),
	}}.Parse(r)
}

// wrapping looks into the clauses that compound queries hold under their own names.
func wrapping(r *xcontent.Reader) error {
	return r.Members(func(field string) error {
		switch field {
		case "filter", "query", "positive", "negative":
			return clause(r)
		case "queries":
			return r.Each(func() error { return clause(r) })
		}
		return r.Skip()
	})
}

// queryNames are the queries of Elasticsearch 9.5 with its own modules.
func queryNames() []string {
	return []string{
		"bool", "boosting", "combined_fields", "constant_score", "dis_max", "distance_feature", "exists", "function_score", "fuzzy",
		"geo_bounding_box", "geo_distance", "geo_grid", "geo_polygon", "geo_shape", "has_child", "has_parent", "ids", "intervals", "knn",
		"match", "match_all", "match_bool_prefix", "match_none", "match_phrase", "match_phrase_prefix", "more_like_this", "multi_match",
		"nested", "parent_id", "percolate", "pinned", "prefix", "query_string", "range", "rank_feature", "regexp", "rule", "script",
		"script_score", "semantic", "shape", "simple_query_string", "span_containing", "span_field_masking", "span_first", "span_gap",
		"span_multi", "span_near", "span_not", "span_or", "span_term", "span_within", "sparse_vector", "term", "terms", "terms_set",
		"text_expansion", "weighted_tokens", "wildcard", "wrapper",
	}
}
