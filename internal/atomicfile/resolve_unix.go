//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxLinks is where Linux gives up too (path_resolution(7)).
const maxLinks = 40

// resolve follows the symbolic links of path and gives an absolute path without
// any. The last element need not exist. Links of a Kubernetes volume are refused,
// and so are links that lead to a file of somebody who did not make them: in a
// folder that another account may write, such a link makes root change any file.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	w := walk{at: "/", rest: strings.Split(path, "/")}
	for len(w.rest) > 0 {
		if err := w.step(); err != nil {
			return "", err
		}
	}
	return w.at, w.trusted()
}

// walk goes along a path, an element at a time.
type walk struct {
	at      string // so far, without links
	rest    []string
	links   int
	foreign []uint32 // owners of links that are neither root nor the caller
}

func (w *walk) step() error {
	name := w.rest[0]
	w.rest = w.rest[1:]
	switch name {
	case "", ".":
		return nil
	case "..":
		w.at = filepath.Dir(w.at)
		return nil
	}
	next := filepath.Join(w.at, name)
	info, err := os.Lstat(next)
	if errors.Is(err, fs.ErrNotExist) && len(w.rest) == 0 {
		w.at = next
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		w.at = next
		return nil
	}
	return w.follow(next, info)
}

func (w *walk) follow(link string, info fs.FileInfo) error {
	if w.links++; w.links > maxLinks {
		return fmt.Errorf("%s: %w", link, syscall.ELOOP)
	}
	dest, err := os.Readlink(link)
	if err != nil {
		return err
	}
	elements := strings.Split(dest, "/")
	if slices.Contains(elements, "..data") || filepath.Base(link) == "..data" {
		return ErrVolume
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		w.foreign = append(w.foreign, st.Uid)
	}
	if filepath.IsAbs(dest) {
		w.at = "/"
	}
	w.rest = append(elements, w.rest...)
	return nil
}

// trusted checks the owners of the links against the owner of what they lead to.
func (w *walk) trusted() error {
	if len(w.foreign) == 0 {
		return nil
	}
	info, err := os.Lstat(w.at)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Lstat(filepath.Dir(w.at))
	}
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	for _, uid := range w.foreign {
		if !ok || st.Uid != uid {
			return fmt.Errorf("%w (uid %d) leads to %s", ErrForeignLink, uid, w.at)
		}
	}
	return nil
}
