package authz

import (
	"slices"

	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// superuser reports whether these are the rights of that role and no other, which
// Elasticsearch does not build as it builds others.
func (r *rights) superuser() bool {
	return len(r.names) == 1 && r.names[0] == "superuser" && len(r.missing) == 0
}

// listRemote keeps entries apart that differ in anything. They come in a HashMap of
// sets of clusters and in a HashSet of entries for each, unless as they are written.
func (p *permission) listRemote(asWritten bool) []ownRemote {
	var entries []descriptor.RemoteIndices
	for _, d := range p.roles {
		entries = append(entries, d.RemoteIndices...)
	}
	if !asWritten {
		entries = inOrderOfHashes(entries)
	}
	var all []ownRemote
	for _, e := range entries {
		one := permission{}
		one.addIndices(e.Indices)
		all = append(all, ownRemote{one.groups[0].own(), sorted(e.Clusters)})
	}
	return all
}

func inOrderOfHashes(entries []descriptor.RemoteIndices) []descriptor.RemoteIndices {
	var byClusters [][]descriptor.RemoteIndices
	for _, e := range entries {
		i := slices.IndexFunc(byClusters, func(g []descriptor.RemoteIndices) bool { return sameSet(g[0].Clusters, e.Clusters) })
		switch {
		case i < 0:
			byClusters = append(byClusters, []descriptor.RemoteIndices{e})
		case !slices.ContainsFunc(byClusters[i], func(other descriptor.RemoteIndices) bool { return sameEntry(other.Indices, e.Indices) }):
			byClusters[i] = append(byClusters[i], e)
		}
	}
	byClusters = javahash.Sort(byClusters, func(g []descriptor.RemoteIndices) int32 { return javahash.Set(sorted(g[0].Clusters)) })
	var all []descriptor.RemoteIndices
	for _, g := range byClusters {
		all = append(all, javahash.Sort(g, func(e descriptor.RemoteIndices) int32 { return entryHash(e.Indices) })...)
	}
	return all
}

// sameEntry is IndicesPrivileges.equals.
func sameEntry(a, b descriptor.Indices) bool {
	x, y := fields(a), fields(b)
	return slices.Equal(a.Names, b.Names) && slices.Equal(a.Privileges, b.Privileges) && a.Query == b.Query && a.AllowRestricted == b.AllowRestricted &&
		slices.Equal(x.Grant, y.Grant) && slices.Equal(x.Except, y.Except)
}

// fields is the field security of an entry; without there are no lists.
func fields(e descriptor.Indices) descriptor.FieldSecurity {
	if e.FieldSecurity == nil {
		return descriptor.FieldSecurity{}
	}
	return *e.FieldSecurity
}

// entryHash is IndicesPrivileges.hashCode.
func entryHash(e descriptor.Indices) int32 {
	allow := int32(0)
	if e.AllowRestricted {
		allow = 1
	}
	limits := fields(e)
	h := javahash.List(e.Names)
	for _, part := range []int32{allow, javahash.List(e.Privileges), arrayHash(limits.Grant), arrayHash(limits.Except), bytesHash(e.Query)} {
		h = 31*h + part
	}
	return h
}

// arrayHash is Arrays.hashCode of what may be null.
func arrayHash(list []string) int32 {
	if list == nil {
		return 0
	}
	return javahash.List(list)
}

// bytesHash is BytesReference.hashCode; empty is null.
func bytesHash(text string) int32 {
	if text == "" {
		return 0
	}
	h := int32(1)
	for i := range len(text) {
		h = 31*h + int32(int8(text[i]))
	}
	return h
}
