//go:build unix

package atomicfile

import (
	"errors"

	"golang.org/x/sys/unix"
)

// tryLock locks the open folder itself. The lock belongs to the open file, so it
// ends with the process, and leaves nothing behind.
func tryLock(d *folder) error {
	for {
		err := unix.Flock(int(d.handle.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return errHeld
		default:
			return err
		}
	}
}

// swap puts the file tmp in the place of base in one step.
func swap(d *folder, tmp, base string) error {
	return d.root.Rename(tmp, base)
}
