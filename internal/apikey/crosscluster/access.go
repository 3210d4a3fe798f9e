package crosscluster

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// roleName is the name of the one descriptor of a cross-cluster key.
const roleName = "cross_cluster"

// Access is what another cluster may do with a cross-cluster key.
type Access struct {
	Search      []descriptor.Indices // privileges as searchPrivileges
	Replication []descriptor.Indices // privileges as replicationPrivileges
}

func searchPrivileges() []string {
	return []string{"read", "read_cross_cluster", "view_index_metadata"}
}

func replicationPrivileges() []string {
	return []string{"cross_cluster_replication", "cross_cluster_replication_internal"}
}

// descriptor follows CrossClusterApiKeyRoleDescriptorBuilder.
func (a Access) descriptor() (descriptor.Role, error) {
	d := descriptor.Role{Name: roleName, Indices: slices.Concat(a.Search, a.Replication)}
	switch {
	case len(d.Indices) == 0:
		return d, fault.Invalidf("must specify non-empty access for either [search] or [replication]")
	case len(a.Replication) > 0 && slices.ContainsFunc(a.Search, limited):
		return d, fault.Invalidf("search does not support document or field level security if replication is assigned")
	case slices.ContainsFunc(a.Replication, limited):
		return d, fault.Invalidf("replication does not support document or field level security")
	}
	if len(a.Search) > 0 {
		d.Cluster = append(d.Cluster, "cross_cluster_search", "monitor_enrich")
	}
	if len(a.Replication) > 0 {
		d.Cluster = append(d.Cluster, "cross_cluster_replication")
	}
	return d, nil
}

// limited reports whether an entry is about some documents or fields only. To grant
// all fields is no limit (IndicesPrivileges.isUsingFieldLevelSecurity).
func limited(e descriptor.Indices) bool {
	f := e.FieldSecurity
	return e.Query != "" || f != nil && (len(f.Except) > 0 || !slices.Equal(f.Grant, []string{"*"}))
}

// grant is an index entry of access in answers: the privileges are implied.
type grant struct {
	Names           []string                  `json:"names"`
	FieldSecurity   *descriptor.FieldSecurity `json:"field_security,omitempty"`
	Query           string                    `json:"query,omitempty"`
	AllowRestricted bool                      `json:"allow_restricted_indices"`
}

// View is the access of a key in answers.
type View struct {
	Search      []grant `json:"search,omitempty"`
	Replication []grant `json:"replication,omitempty"`
}

// ViewOf reads it back from the key's descriptor.
func ViewOf(ds []descriptor.Role) *View {
	var v View
	for _, d := range ds {
		for _, e := range d.Indices {
			g := grant{Names: e.Names, FieldSecurity: e.FieldSecurity, Query: e.Query, AllowRestricted: e.AllowRestricted}
			if slices.Equal(e.Privileges, replicationPrivileges()) {
				v.Replication = append(v.Replication, g)
			} else {
				v.Search = append(v.Search, g)
			}
		}
	}
	return &v
}

// checkCertificateIdentity wants a regular expression of Java's. Constructs that
// only Java knows are let through: nothing here ever matches with it.
func checkCertificateIdentity(text string) error {
	_, err := syntax.Parse(text, syntax.Perl)
	e, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return nil
	}
	what, at := javaComplaint(text, e)
	if what == "" {
		return nil
	}
	f := fault.Invalidf("Invalid certificate_identity format: [%s]. Must be a valid regex.", text)
	f.Cause = &fault.Error{Kind: fault.Invalid, Type: "pattern_syntax_exception", Reason: fmt.Sprintf("%s near index %d\n%s", what, at, text)}
	if at < len(text) { // PatternSyntaxException.getMessage points at it
		f.Cause.Reason += "\n" + strings.Repeat(" ", at) + "^"
	}
	return f
}

// javaComplaint is what java.util.regex says about a text that Go's parser refuses,
// and where; empty: Java may well take it.
func javaComplaint(text string, e *syntax.Error) (what string, at int) {
	begin := strings.Index(text, e.Expr)
	switch e.Code {
	case syntax.ErrMissingParen:
		return "Unclosed group", len(text)
	case syntax.ErrMissingBracket:
		return "Unclosed character class", len(text) - 1
	case syntax.ErrUnexpectedParen:
		return "Unmatched closing ')'", max(strings.LastIndexByte(text, ')')-1, 0)
	case syntax.ErrTrailingBackslash:
		return "Unescaped trailing backslash", len(text)
	case syntax.ErrInvalidCharRange:
		return "Illegal character range", begin + len(e.Expr) - 1
	case syntax.ErrMissingRepeatArgument:
		return "Dangling meta character '" + e.Expr[:1] + "'", begin
	case syntax.ErrInvalidRepeatOp:
		if last := e.Expr[len(e.Expr)-1:]; last != "+" { // which makes it possessive
			return "Dangling meta character '" + last + "'", begin + len(e.Expr) - 1
		}
	case syntax.ErrInvalidRepeatSize:
		var low, high int
		if n, _ := fmt.Sscanf(e.Expr, "{%d,%d}", &low, &high); n == 2 && high < low {
			return "Illegal repetition range", begin + len(e.Expr) - 1
		}
	default:
	}
	return "", 0
}
