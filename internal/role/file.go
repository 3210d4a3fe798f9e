package role

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/role/dls"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// file is roles.yml.
type file struct {
	roles func() map[string]Descriptor
	reads atomic.Int64 // texts that were taken so far; the first is no change
}

// follow makes the source of the file's roles.
func (s *Service) follow() {
	s.file.roles = func() map[string]Descriptor { return nil }
	if s.Path == "" {
		return
	}
	o := rolesfile.SourceOptions{Log: s.Log, Now: s.Now, Reserved: s.Reserved, Strict: s.Strict}
	s.file.roles = rolesfile.NewSource(s.Path, o, func(segments []rolesfile.Segment) map[string]Descriptor {
		s.file.reads.Add(1)
		out := make(map[string]Descriptor, len(segments))
		for _, segment := range segments {
			d, err := read(segment)
			if err != nil {
				s.Log.Error(refused(s.Path, segment.Name, err), "line", segment.Line(), "error", err) //nolint:sloglint // the text is Elasticsearch's
				delete(out, segment.Name)                                                             // an earlier one of the name would grant what was meant to change
				continue
			}
			out[segment.Name] = d
		}
		return out
	})
}

// Check says what is wrong with a role of roles.yml; nil: it can be used.
func Check(segment rolesfile.Segment) error {
	_, err := read(segment)
	return err
}

// read parses a segment. Unlike Elasticsearch it refuses unknown privileges, which
// there make every request fail that needs the role.
func read(segment rolesfile.Segment) (Descriptor, error) {
	r := xcontent.NewYAML([]byte(segment.Text))
	for range 3 { // the START_OBJECT, the name, and what the role is
		if _, err := r.Next(); err != nil {
			return Descriptor{}, err
		}
	}
	if r.Token() != xcontent.StartObject {
		return Descriptor{}, errors.New("what follows the name is not an object")
	}
	d, err := descriptor.Parse(r, segment.Name, descriptor.Options{Description: true})
	if err != nil {
		return Descriptor{}, err
	}
	if err := d.CheckDescription(); err != nil {
		return Descriptor{}, refusal{fault.Invalidf("%s", err), "invalid description - " + err.Error()}
	}
	if err := dls.Check(d.Indices); err != nil {
		return Descriptor{}, refusal{err, "failed to validate query field"}
	}
	for i := range d.Indices {
		d.Indices[i].Privileges = once(d.Indices[i].Privileges)
	}
	for i := range d.RemoteIndices {
		d.RemoteIndices[i].Privileges = once(d.RemoteIndices[i].Privileges)
	}
	var p fault.Problems
	d.Validate(&p)
	return d, p.Err()
}

// refusal is why a role is not taken, with what Elasticsearch says of it.
type refusal struct {
	error

	saying string
}

// Unwrap gives the reason.
func (r refusal) Unwrap() error { return r.error }

// refused is the log line for a role that is not taken, as FileRolesStore has it.
func refused(path, name string, err error) string {
	invalid := fmt.Sprintf("invalid role definition [%s] in roles file [%s]. ", name, path)
	if r, ok := errors.AsType[refusal](err); ok {
		return invalid + r.saying + ". skipping role..."
	}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Type == "parse_exception" {
		return f.Reason + ". skipping role..."
	}
	return invalid + "skipping role..."
}

// once leaves out what is listed again, which only requests may not do.
func once(privileges []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(privileges)))
}

// Start follows roles.yml until ctx ends, and counts its changes so that what others
// made of its roles is made anew.
func (s *Service) Start(ctx context.Context) {
	if s.Path == "" {
		return
	}
	s.file.roles()
	seen := s.file.reads.Load()
	go linefile.Follow(ctx, func() {
		s.file.roles()
		now := s.file.reads.Load()
		if now == seen {
			return
		}
		err := s.DB.Write(ctx, func(tx *sqlite.Tx) error { return tx.Bump(changeKind) })
		if err == nil {
			seen = now
		} else if ctx.Err() == nil {
			s.Log.WarnContext(ctx, "change of roles file cannot be counted", "error", err)
		}
	})
}
