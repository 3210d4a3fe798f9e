package offline

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/compat/tool"
)

// SystemKey is elasticsearch-syskeygen (SystemKeyTool).
func SystemKey() *tool.Command {
	return &tool.Command{About: "system key tool", Parser: jopt.Parser{Operands: "key path"}, Run: syskey}
}

// keySize in bytes: HmacSHA512 with 1024 bits.
const keySize = 128

func syskey(_ context.Context, c *tool.Call) error {
	path := c.Path("system_key")
	switch len(c.Set.Operands) {
	case 0:
	case 1:
		var err error
		if path, err = filepath.Abs(c.Set.Operands[0]); err != nil {
			return err
		}
	default:
		return tool.Failf(tool.Usage, "No more than one key path can be supplied")
	}
	c.Print(tool.Normal, "Storing generated key in [%s]...", path)
	var key [keySize]byte
	rand.Read(key[:])
	if err := store(path, key[:]); err != nil {
		return err
	}
	c.Print(tool.Normal, "Ensure the generated key can be read by the user that Elasticsearch runs as, permissions are set to owner read/write only")
	return nil
}

// store writes a file that must not be there yet.
func store(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return tool.Failf(tool.IOError, "%s exists already; it is not overwritten", path)
	}
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return tool.Failf(tool.IOError, "%w", err)
	}
	return nil
}
