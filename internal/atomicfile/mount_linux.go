package atomicfile

import "golang.org/x/sys/unix"

// mountPoint says whether a file is mounted by itself, as containers do with
// single files: such a file cannot be renamed over (statx(2), since Linux 5.8).
func mountPoint(path string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &st)
	return err == nil && st.Attributes_mask&st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
