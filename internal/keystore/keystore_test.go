package keystore_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/keystore"
	"github.com/realmctl/realmctl/internal/secret"
)

func TestOpenReadsWhatElasticsearchWrites(t *testing.T) {
	t.Parallel()
	k, err := keystore.Open("testdata/http.keystore")
	if err != nil {
		t.Fatal(err)
	}
	if k.Protected() {
		t.Error("a keystore without a password counts as protected")
	}
	if err := k.Decrypt(""); err != nil {
		t.Fatal(err)
	}
	want := []string{"bootstrap.password", "keystore.seed", "xpack.security.http.ssl.keystore.secure_password"}
	if diff := cmp.Diff(want, k.Names()); diff != "" {
		t.Errorf("names differ (-want +got):\n%s", diff)
	}
	if got := k.Get("bootstrap.password").Reveal(); got != "corpus-boot-1" {
		t.Errorf("bootstrap.password = %q, want corpus-boot-1", got)
	}
	if k.Has("nothing") || !k.Get("nothing").Empty() {
		t.Error("a setting that is not there is there")
	}
}

func TestDecryptWantsTheRightPassword(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), keystore.Name)
	for _, version := range []uint32{5, 6, 7} {
		write(t, path, encode(t, version, "pässword", map[string]string{"a.b": "", "c": "d"}))
		k, err := keystore.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if !k.Protected() {
			t.Errorf("version %d: a keystore with a password does not count as protected", version)
		}
		for _, wrong := range []secret.String{"", "other"} {
			if err := k.Decrypt(wrong); !errors.Is(err, keystore.ErrPassword) {
				t.Errorf("version %d: Decrypt with a wrong password: %v, want ErrPassword", version, err)
			}
		}
		if err := k.Decrypt("pässword"); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
		if diff := cmp.Diff([]string{"a.b", "c"}, k.Names()); diff != "" || !k.Has("a.b") || k.Get("c").Reveal() != "d" {
			t.Errorf("version %d: settings differ (-want +got):\n%s", version, diff)
		}
	}
}

func TestOpenRefusesWhatIsNoKeystore(t *testing.T) {
	t.Parallel()
	whole := encode(t, 7, "", map[string]string{"c": "d"})
	changed := append([]byte{}, whole...)
	changed[40] ^= 1
	old := encode(t, 4, "", nil)
	path := filepath.Join(t.TempDir(), keystore.Name)
	if _, err := keystore.Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open without a file: %v, want fs.ErrNotExist", err)
	}
	for about, data := range map[string][]byte{
		"empty": nil, "text": []byte("a: b, and this is long enough to have a footer"), "cut": whole[:len(whole)-3],
		"a changed byte": changed, "an old version": old,
	} {
		write(t, path, data)
		if _, err := keystore.Open(path); !errors.Is(err, keystore.ErrFormat) {
			t.Errorf("Open of %s: %v, want ErrFormat", about, err)
		}
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// encode is an independent writer of the format.
func encode(t testing.TB, version uint32, password string, values map[string]string) []byte {
	t.Helper()
	plain := binary.BigEndian.AppendUint32(nil, uint32(len(values)))
	for name, value := range values {
		plain = binary.BigEndian.AppendUint16(plain, uint16(len(name)))
		plain = append(plain, name...)
		plain = binary.BigEndian.AppendUint32(plain, uint32(len(value)))
		plain = append(plain, value...)
	}
	iterations, size := 10_000, 16
	if version >= 6 {
		iterations = 210_000
	}
	if version >= 7 {
		size = 32
	}
	salt, iv := []byte("0123456789abcdef"), []byte("0123456789ab")
	key, err := pbkdf2.Key(sha512.New, password, salt, iterations, size)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	var body []byte
	for _, part := range [][]byte{salt, iv, gcm.Seal(nil, iv, plain, salt)} {
		body = binary.LittleEndian.AppendUint32(body, uint32(len(part)))
		body = append(body, part...)
	}
	const codec = "elasticsearch.keystore"
	out := binary.BigEndian.AppendUint32(nil, 0x3fd76c17)
	out = append(append(out, byte(len(codec))), codec...)
	out = binary.BigEndian.AppendUint32(out, version)
	protected := byte(0)
	if password != "" {
		protected = 1
	}
	out = binary.LittleEndian.AppendUint32(append(out, protected), uint32(len(body)))
	out = append(out, body...)
	out = binary.BigEndian.AppendUint32(out, ^uint32(0x3fd76c17))
	out = binary.BigEndian.AppendUint32(out, 0)
	return binary.BigEndian.AppendUint64(out, uint64(crc32.ChecksumIEEE(out)))
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"bootstrap.keystore", "http.keystore"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// The checksum is put right, or nothing would get behind it.
		if len(data) >= 16 {
			data = data[:len(data)-16]
		}
		data = binary.BigEndian.AppendUint32(data, ^uint32(0x3fd76c17))
		data = binary.BigEndian.AppendUint32(data, 0)
		data = binary.BigEndian.AppendUint64(data, uint64(crc32.ChecksumIEEE(data)))
		path := filepath.Join(t.TempDir(), keystore.Name)
		write(t, path, data)
		k, err := keystore.Open(path)
		if err != nil && !errors.Is(err, keystore.ErrFormat) {
			t.Errorf("Open: %v, want ErrFormat", err)
		}
		if err == nil && len(k.Names()) != 0 {
			t.Error("names are known before Decrypt")
		}
	})
}
