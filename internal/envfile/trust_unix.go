//go:build unix

package envfile

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// caller is who runs this program, and who called sudo for it.
type caller struct{ uids, gids []int }

func whoCalls(environ Lookup) caller {
	c := caller{uids: []int{os.Geteuid(), 0}, gids: []int{os.Getegid()}}
	if os.Geteuid() != 0 {
		return c
	}
	if id, ok := number(environ, "SUDO_UID"); ok {
		c.uids = append(c.uids, id)
	}
	if id, ok := number(environ, "SUDO_GID"); ok {
		c.gids = append(c.gids, id)
	}
	return c
}

func number(environ Lookup, name string) (int, bool) {
	text, _ := environ(name)
	id, err := strconv.Atoi(text)
	return id, err == nil
}

// trust checks owner and mode of an open .env file and warns of readers.
func trust(f *os.File, path string, o Options) (warning string, err error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	mode := info.Mode().Perm()
	hint := "chmod 600 " + path
	if info.Mode().IsRegular() && mode&0o002 != 0 {
		return "", &TrustError{Path: path, Reason: fmt.Sprintf("anybody may write it (mode %04o)", mode), Hint: hint}
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || o.Explicit {
		return "", nil
	}
	c := whoCalls(o.Environ)
	if !contains(c.uids, st.Uid) {
		return "", &TrustError{
			Path: path, Reason: fmt.Sprintf("it belongs to another account (uid %d)", st.Uid),
			Hint: "--env-file " + path,
		}
	}
	ownGroup := contains(c.gids, st.Gid)
	if mode&0o020 != 0 && !ownGroup {
		return "", &TrustError{Path: path, Reason: fmt.Sprintf("the group %d may write it (mode %04o)", st.Gid, mode), Hint: hint}
	}
	if mode&0o004 != 0 || mode&0o040 != 0 && !ownGroup {
		return fmt.Sprintf("%s can be read by other accounts (mode %04o); %s", path, mode, hint), nil
	}
	return "", nil
}

func contains(ids []int, id uint32) bool { return slices.Contains(ids, int(id)) }
