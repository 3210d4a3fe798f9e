//go:build unix

package atomicfile

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// access is what decides who may open a file or pass a folder.
type access struct {
	uid, gid int
	mode     uint32
	acl      string
}

func accessOf(path string) (access, error) {
	info, err := os.Stat(path)
	if err != nil {
		return access{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return access{}, errors.ErrUnsupported
	}
	return access{uid: int(st.Uid), gid: int(st.Gid), mode: uint32(info.Mode().Perm()), acl: accessACL(path)}, nil
}

// mayRead says whether the account could read a file with these attributes in the
// folder dir, by the rules of path_resolution(7) and acl(5).
func (a *Account) mayRead(file attributes, dir string) bool {
	return a.mayEnter(dir) && a.may(4, access{file.uid, file.gid, file.mode, file.extended[aclAccess]})
}

// mayEnter wants search permission on the folder and on all above it.
func (a *Account) mayEnter(dir string) bool {
	for {
		at, err := accessOf(dir)
		if err != nil || !a.may(1, at) {
			return false
		}
		if dir == "/" {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

func (a *Account) mayOpen(path string) (bool, error) {
	at, err := accessOf(path)
	if err != nil {
		return false, err
	}
	return a.mayEnter(filepath.Dir(path)) && a.may(4, at), nil
}

func (a *Account) may(want int, at access) bool {
	if a.UID == 0 {
		return true
	}
	if entries := aclEntries(at.acl); entries != nil {
		return a.mayByACL(want, at.uid, at.gid, entries)
	}
	switch {
	case a.UID == at.uid:
		return int(at.mode>>6)&want == want
	case slices.Contains(a.GIDs, at.gid):
		return int(at.mode>>3)&want == want
	default:
		return int(at.mode)&want == want
	}
}

// Tags of the entries of a POSIX ACL (linux/posix_acl.h).
const (
	aclUserObj  = 0x01
	aclUser     = 0x02
	aclGroupObj = 0x04
	aclGroup    = 0x08
	aclMask     = 0x10
	aclOther    = 0x20
)

type aclEntry struct{ tag, perm, id int }

// aclEntries reads the form in which the kernel hands out an ACL
// (linux/posix_acl_xattr.h): a version, then entries of eight bytes.
func aclEntries(acl string) []aclEntry {
	if len(acl) < 4 || (len(acl)-4)%8 != 0 {
		return nil
	}
	var entries []aclEntry
	for b := []byte(acl[4:]); len(b) > 0; b = b[8:] {
		entries = append(entries, aclEntry{
			tag:  int(binary.LittleEndian.Uint16(b)),
			perm: int(binary.LittleEndian.Uint16(b[2:])),
			id:   int(binary.LittleEndian.Uint32(b[4:])),
		})
	}
	return entries
}

// mayByACL is the access check algorithm of acl(5).
func (a *Account) mayByACL(want, uid, gid int, entries []aclEntry) bool {
	mask, other, group := 7, 0, false
	for _, e := range entries {
		switch e.tag {
		case aclMask:
			mask = e.perm
		case aclOther:
			other = e.perm
		}
	}
	for _, e := range entries {
		switch {
		case e.tag == aclUserObj && a.UID == uid:
			return e.perm&want == want
		case e.tag == aclUser && a.UID == e.id:
			return e.perm&mask&want == want
		case e.tag == aclGroupObj && slices.Contains(a.GIDs, gid), e.tag == aclGroup && slices.Contains(a.GIDs, e.id):
			if e.perm&mask&want == want {
				return true
			}
			group = true
		}
	}
	return !group && other&want == want
}
