//go:build unix

package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes are what a file has besides its content.
type attributes struct {
	uid, gid int
	mode     uint32            // permissions with set-id and sticky bits
	extended map[string]string // extended attributes, ACLs among them
	created  bool              // a new file, which also keeps what its folder gives it
}

func (a *attributes) setMode(m fs.FileMode) { a.mode = uint32(m.Perm()) }

// read takes the attributes of an open file.
func read(f *os.File) (attributes, error) {
	a, err := owner(f)
	if err != nil {
		return attributes{}, err
	}
	a.extended, err = readExtended(f)
	if err != nil {
		return attributes{}, fmt.Errorf("%w: %w", ErrAttributes, err)
	}
	return a, nil
}

// owner reads owner, group and mode.
func owner(f *os.File) (attributes, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return attributes{}, err
	}
	mode := uint32(st.Mode) //nolint:unconvert // narrower on other systems
	return attributes{uid: int(st.Uid), gid: int(st.Gid), mode: mode & 0o7777}, nil
}

// inherit gives the attributes of a file that does not exist yet, and says where
// they cannot be those of its neighbours.
func inherit(d *folder, o Options) (attributes, []string, error) {
	a := attributes{uid: os.Geteuid(), gid: os.Getegid(), mode: 0o600, created: true}
	var notices []string
	if o.Like != nil {
		like, err := sibling(d, o.Like)
		if err != nil {
			return attributes{}, nil, err
		}
		a = like
		notices = a.withinReach()
	}
	if o.Mode != 0 {
		a.setMode(o.Mode)
	}
	if o.Reader != nil && !o.Reader.mayRead(a, d.path) {
		return attributes{}, nil, fmt.Errorf("%w: it would belong to %d:%d with mode %04o, which keeps %s out",
			ErrUnreadable, a.uid, a.gid, a.mode, o.Reader.Name)
	}
	return a, notices, nil
}

// sibling copies owner, group, mode and ACL from the first file that is there,
// else owner and group from the folder, with its mode less the execute bits.
func sibling(d *folder, names []string) (attributes, error) {
	for _, name := range names {
		info, err := d.root.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, err := d.root.Open(name)
		if err != nil {
			return attributes{}, err
		}
		a, err := read(f)
		_ = f.Close()
		if err != nil {
			return attributes{}, err
		}
		a.keepACL()
		a.mode, a.created = a.mode&0o664|0o400, true
		return a, nil
	}
	a, err := owner(d.handle)
	if err != nil {
		return attributes{}, err
	}
	return attributes{uid: a.uid, gid: a.gid, mode: a.mode&0o660 | 0o400, created: true}, nil
}

// withinReach lowers the wish to what an account other than root may do: keep a
// new file, and give it to a group of its own.
func (a *attributes) withinReach() []string {
	wish := *a
	if uid := os.Geteuid(); uid != 0 {
		a.uid = uid
		groups, err := os.Getgroups()
		if gid := os.Getegid(); a.gid != gid && (err != nil || !slices.Contains(groups, a.gid)) {
			a.gid = gid
		}
	}
	if a.uid == wish.uid && a.gid == wish.gid {
		return nil
	}
	return []string{fmt.Sprintf("the new file belongs to %d:%d and not, as its neighbours do, to %d:%d", a.uid, a.gid, wish.uid, wish.gid)}
}

// keepACL drops the extended attributes that are a file's own business.
func (a *attributes) keepACL() {
	for name := range a.extended {
		if name != aclAccess {
			delete(a.extended, name)
		}
	}
}

// apply gives the attributes to a temporary file and reads them back. The mode
// comes last: changing the owner clears set-id bits, and an ACL changes the group
// bits.
func (a attributes) apply(f *os.File) error {
	fd := int(f.Fd())
	if err := unix.Fchown(fd, a.uid, a.gid); err != nil {
		return fmt.Errorf("%w: owner %d:%d: %w", ErrAttributes, a.uid, a.gid, err)
	}
	if err := applyExtended(f, a.extended, a.created); err != nil {
		return fmt.Errorf("%w: %w", ErrAttributes, err)
	}
	if err := unix.Fchmod(fd, a.mode); err != nil {
		return fmt.Errorf("%w: mode %04o: %w", ErrAttributes, a.mode, err)
	}
	got, err := owner(f)
	if err != nil {
		return err
	}
	if got.uid != a.uid || got.gid != a.gid || got.mode != a.mode {
		return fmt.Errorf("%w: the file system made %d:%d %04o of %d:%d %04o",
			ErrAttributes, got.uid, got.gid, got.mode, a.uid, a.gid, a.mode)
	}
	return nil
}

// links counts the names of a file.
func links(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 1
	}
	return uint64(st.Nlink) //nolint:unconvert // narrower on other systems
}

// giveTo tries to give a backup to the owner of the file it is of.
func giveTo(f, like *os.File) {
	info, err := like.Stat()
	if err != nil {
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid)) // the copy is private anyway
	}
}
