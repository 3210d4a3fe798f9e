//go:build unix

package compat_test

import (
	"os"
	"syscall"
)

// ownerOf is the account that a file belongs to.
func ownerOf(info os.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}
