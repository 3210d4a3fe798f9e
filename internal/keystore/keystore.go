// Package keystore reads elasticsearch.keystore, the encrypted file of
// Elasticsearch's secure settings (its class KeyStoreWrapper). The format, inside
// the header and footer of Lucene's CodecUtil:
//
//	byte      1 when a password protects the file, else 0: then it is empty
//	int       length of what follows
//	int, n    salt
//	int, n    initialization vector
//	int, n    AES-GCM ciphertext of: number of entries, then name and value of each
//
// Integers are little-endian there, and big-endian in header, footer and entries.
package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/realmctl/realmctl/internal/secret"
)

// Name of the file in the configuration folder.
const Name = "elasticsearch.keystore"

// Why a file cannot be read.
var (
	ErrFormat   = errors.New("not a keystore of Elasticsearch 7.7 or later")
	ErrPassword = errors.New("Provided keystore password was incorrect") //nolint:staticcheck // Elasticsearch's text
)

// What the header of the file holds.
const (
	headerMagic = 0x3fd76c17
	footerMagic = ^uint32(headerMagic)
	codec       = "elasticsearch.keystore"
	oldest      = 5 // the first with little-endian lengths
	newest      = 7
	maxFile     = 16 << 20 // bytes
)

// Keystore holds secure settings.
type Keystore struct {
	version      uint32
	protected    bool
	salt, iv, in []byte
	values       map[string]secret.String
}

// Open reads the file at path. What is in it is known after Decrypt.
func Open(path string) (*Keystore, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	k, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// Protected reports whether a password protects the file.
func (k *Keystore) Protected() bool { return k.protected }

// Names lists the settings, sorted.
func (k *Keystore) Names() []string { return slices.Sorted(maps.Keys(k.values)) }

// Has reports whether a setting is there. The value of a setting may be empty.
func (k *Keystore) Has(name string) bool {
	_, ok := k.values[name]
	return ok
}

// Get is the value of a setting, empty when it is not there. Of a setting that is a
// file it is the content.
func (k *Keystore) Get(name string) secret.String { return k.values[name] }

func parse(data []byte) (*Keystore, error) {
	const footer = 16
	if len(data) < footer {
		return nil, ErrFormat
	}
	body, end := data[:len(data)-footer], data[len(data)-footer:]
	if binary.BigEndian.Uint32(end) != footerMagic || binary.BigEndian.Uint32(end[4:]) != 0 {
		return nil, ErrFormat
	}
	if sum := crc32.ChecksumIEEE(data[:len(data)-8]); binary.BigEndian.Uint64(end[8:]) != uint64(sum) {
		return nil, fmt.Errorf("%w: the checksum is wrong", ErrFormat)
	}
	r := &reader{data: body, order: binary.BigEndian}
	if r.int() != headerMagic || r.take(1)[0] != byte(len(codec)) || string(r.take(len(codec))) != codec {
		return nil, ErrFormat
	}
	k := &Keystore{version: r.int()}
	if k.version < oldest || k.version > newest {
		return nil, fmt.Errorf("%w: version %d of the format", ErrFormat, k.version)
	}
	flag := r.take(1)
	r.order = binary.LittleEndian
	r.int() // the length of all that follows
	k.salt, k.iv, k.in = r.block(), r.block(), r.block()
	if r.failed || len(r.data) != 0 || flag[0] > 1 || len(k.iv) == 0 {
		return nil, ErrFormat
	}
	k.protected = flag[0] == 1
	return k, nil
}

// Decrypt makes the settings known. The password is empty when none protects the
// file. It returns ErrPassword for a wrong one.
func (k *Keystore) Decrypt(password secret.String) error {
	iterations, keyBytes := 10_000, 16
	if k.version >= 6 {
		iterations = 210_000
	}
	if k.version >= 7 {
		keyBytes = 32
	}
	key, err := pbkdf2.Key(sha512.New, password.Reveal(), k.salt, iterations, keyBytes)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(k.iv))
	if err != nil {
		return err
	}
	plain, err := gcm.Open(nil, k.iv, k.in, k.salt)
	if err != nil {
		return ErrPassword
	}
	k.values, err = entries(plain)
	return err
}

func entries(plain []byte) (map[string]secret.String, error) {
	r := &reader{data: plain, order: binary.BigEndian}
	values := map[string]secret.String{}
	for n := r.int(); n > 0 && !r.failed; n-- {
		size := r.take(2) // DataOutputStream.writeUTF
		name := r.take(int(binary.BigEndian.Uint16(append(size, 0, 0))))
		values[string(name)] = secret.String(r.block())
	}
	if r.failed {
		return nil, ErrFormat
	}
	return values, nil
}

// reader takes values off the front of data. After a failure everything is empty.
type reader struct {
	data   []byte
	order  binary.ByteOrder
	failed bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.failed, r.data = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return bytes.Clone(out)
}

func (r *reader) int() uint32 { return r.order.Uint32(r.take(4)) }

func (r *reader) block() []byte { return r.take(int(r.int())) }
