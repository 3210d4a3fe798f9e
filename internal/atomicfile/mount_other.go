//go:build !linux

package atomicfile

// mountPoint: only Linux mounts single files.
func mountPoint(string) bool { return false }
