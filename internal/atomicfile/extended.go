//go:build linux || darwin

package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// aclAccess is where Linux keeps a file's POSIX ACL (acl(5)). The extended ACLs
// of macOS are out of reach without C and are not kept.
const aclAccess = "system.posix_acl_access"

// kernelOwned attributes describe the content or the inode itself: the kernel
// writes them, and a copy would be wrong (integrity measurement, EVM).
func kernelOwned(name string) bool {
	return name == "security.ima" || name == "security.evm"
}

func readExtended(f *os.File) (map[string]string, error) {
	fd := int(f.Fd())
	names, err := sized(func(buf []byte) (int, error) { return unix.Flistxattr(fd, buf) })
	if errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list extended attributes: %w", err)
	}
	extended := map[string]string{}
	for name := range strings.SplitSeq(names, "\x00") {
		if name == "" || kernelOwned(name) {
			continue
		}
		value, err := sized(func(buf []byte) (int, error) { return unix.Fgetxattr(fd, name, buf) })
		if err != nil {
			return nil, fmt.Errorf("extended attribute %s: %w", name, err)
		}
		extended[name] = value
	}
	return extended, nil
}

// accessACL is the ACL of a file by its path, empty without one.
func accessACL(path string) string {
	acl, err := sized(func(buf []byte) (int, error) { return unix.Getxattr(path, aclAccess, buf) })
	if err != nil {
		return ""
	}
	return acl
}

// sized asks for the size, then for the value, until the two agree.
func sized(get func([]byte) (int, error)) (string, error) {
	for {
		n, err := get(nil)
		if err != nil || n == 0 {
			return "", err
		}
		buf := make([]byte, n)
		n, err = get(buf)
		if errors.Is(err, unix.ERANGE) {
			continue
		}
		if err != nil {
			return "", err
		}
		return string(buf[:n]), nil
	}
}

// applyExtended makes the extended attributes of a file those wanted. A new file
// keeps what its folder or the kernel gave it.
func applyExtended(f *os.File, want map[string]string, created bool) error {
	have, err := readExtended(f)
	if err != nil {
		return err
	}
	fd := int(f.Fd())
	for _, name := range sortedNames(have) {
		if _, ok := want[name]; !ok && !created && !strings.HasPrefix(name, "security.") {
			if err := unix.Fremovexattr(fd, name); err != nil {
				return fmt.Errorf("remove extended attribute %s: %w", name, err)
			}
		}
	}
	for _, name := range sortedNames(want) {
		if value, ok := have[name]; ok && value == want[name] {
			continue
		}
		if err := unix.Fsetxattr(fd, name, []byte(want[name]), 0); err != nil {
			return fmt.Errorf("extended attribute %s: %w", name, err)
		}
	}
	return nil
}

func sortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
