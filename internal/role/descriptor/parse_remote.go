package descriptor

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// applications follows ApplicationResourcePrivileges, whose elements have a
// declared parser.
func (p parser) applications(field string, t xcontent.Token) ([]Application, error) {
	out := []Application{}
	err := p.objects("application privileges", field, t, func() error {
		var a Application
		err := xcontent.Object{Name: "application", Fields: []xcontent.Field{
			xcontent.Text("application", &a.Name),
			texts("privileges", &a.Privileges),
			texts("resources", &a.Resources),
		}}.Parse(p.Reader)
		if err != nil {
			return err
		}
		out = append(out, a)
		return p.checkApplication(a)
	})
	return out, err
}

// texts is xcontent.Texts that tells an empty array from an absent one.
func texts(name string, into *[]string) xcontent.Field {
	f := xcontent.Texts(name, into)
	parse := f.Parse
	f.Parse = func(r *xcontent.Reader) error {
		*into = []string{}
		return parse(r)
	}
	return f
}

func (p parser) checkApplication(a Application) error {
	switch {
	case a.Resources == nil:
		return fault.Parsef("failed to parse application privileges for role [%s]. missing required [resources] field", p.role)
	case a.Privileges == nil:
		return fault.Parsef("failed to parse application privileges for role [%s]. missing required [privileges] field", p.role)
	case a.Name == "":
		return fault.Invalidf("application privileges must have an application name")
	case len(a.Privileges) == 0:
		return fault.Invalidf("application privileges must define at least one privilege")
	case len(a.Resources) == 0:
		return fault.Invalidf("application privileges must refer to at least one resource")
	}
	return nil
}

// remoteCluster follows RemoteClusterPermissions.
func (p parser) remoteCluster(field string, t xcontent.Token) ([]RemoteCluster, error) {
	var out []RemoteCluster
	err := p.objects("remote_cluster", field, t, func() error {
		group, err := p.remoteGroup()
		out = append(out, group)
		return err
	})
	return out, err
}

func (p parser) remoteGroup() (RemoteCluster, error) {
	var g RemoteCluster
	wrong := func(format string, args ...any) error {
		return fault.Parsef("failed to parse remote_cluster for role [%s]. "+format, append([]any{p.role}, args...)...)
	}
	err := p.members(func(field string, _ xcontent.Token) (err error) {
		switch field {
		case "clusters":
			g.Clusters, err = p.texts(required)
			return err
		case "privileges":
			g.Privileges, err = p.texts(required)
		default:
			return wrong("unexpected field [%s]", field)
		}
		for _, name := range g.Privileges {
			if !slices.Contains(remotePrivileges(), strings.ToLower(name)) {
				return wrong("[%s] are the only values allowed for [privileges] within [remote_cluster]. Found [%s]",
					strings.Join(remotePrivileges(), ", "), strings.Join(g.Privileges, ", "))
			}
		}
		return err
	})
	switch {
	case err != nil:
		return g, err
	case g.Clusters != nil && g.Privileges == nil:
		return g, wrong("[privileges] must be defined when [clusters] are defined ")
	case g.Privileges != nil && g.Clusters == nil:
		return g, wrong("[clusters] must be defined when [privileges] are defined ")
	case len(g.Clusters) == 0 || len(g.Privileges) == 0:
		return g, fault.Invalidf("remote cluster groups must not be null or empty")
	case slices.ContainsFunc(g.Clusters, blank):
		return g, fault.Invalidf("remote_cluster clusters aliases must contain valid non-empty, non-null values [%s]", strings.Join(g.Clusters, ", "))
	}
	return g, checkPatterns(g.Clusters)
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// remotePrivileges are the cluster privileges that remote_cluster may grant.
func remotePrivileges() []string { return []string{"monitor_enrich", "monitor_stats"} }
