package file_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/file"
	"github.com/realmctl/realmctl/internal/realm/realmtest"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// testPass1 is the bcrypt hash of test-pass-1 with cost 4.
const testPass1 = "$2a$04$abcdefghijklmnopqrstuunkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq"

// journal is a log that tests may read while it is written.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// folder is a configuration folder and the realm over it.
type folder struct {
	*file.Realm

	dir string
	log *journal
}

func newFolder(t *testing.T, edit func(dir string, o *file.Options)) folder {
	t.Helper()
	f := folder{dir: t.TempDir(), log: &journal{}}
	hasher, err := pwhash.New("bcrypt4", pwhash.Options{Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	o := file.Options{
		Ref:      realm.Ref{Name: "default_file", Type: "file"},
		Dir:      f.dir,
		Hasher:   hasher,
		Now:      time.Now,
		Log:      slog.New(slog.NewTextHandler(f.log, nil)),
		Interval: 50 * time.Millisecond,
	}
	if edit != nil {
		edit(f.dir, &o)
	}
	f.Realm = file.New(t.Context(), o)
	return f
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func password(name, plain string) realm.Password {
	return realm.Password{Username: name, Secret: secret.String(plain)}
}

func TestTheFileRealmKeepsTheContract(t *testing.T) {
	t.Parallel()
	realmtest.Run(t, realmtest.Subject{
		New: func(t *testing.T) (realm.Realm, func()) {
			t.Helper()
			return newFolder(t, func(dir string, _ *file.Options) {
				write(t, dir, "users", "ana:"+testPass1+"\n")
				write(t, dir, "users_roles", "r1:ana\nr2:ana,bob\n")
			}).Realm, nil
		},
		Username: "ana",
		Right:    password("ana", "test-pass-1"),
		Wrong:    password("ana", "test-pass-2"),
		Unknown:  password("bob", "test-pass-1"),
	})
}

// fact is what a real node made of a file and a login.
type fact struct {
	About, File, Line, User, Password string
	Content                           *string
	ContentB64                        string `json:"content_b64"`
	Outcome                           struct {
		Status any
		Roles  []string
	}
}

// facts are those of the parser's own tests.
func facts(t *testing.T) []fact {
	t.Helper()
	data, err := os.ReadFile("../../usersfile/testdata/facts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []fact
	for line := range strings.Lines(string(data)) {
		var f fact
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// unsafe are the facts in which a real node takes a stored hash for the password, or
// keeps everybody out for one byte, and we do not.
func (f fact) unsafe() bool {
	text := strings.TrimLeft(f.Password, ": ")
	itself := f.Password != "" && strings.HasSuffix(f.Line, f.Password) && (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "$"))
	return itself || f.badByte()
}

func (f fact) badByte() bool { return strings.Contains(f.About, "not UTF-8") }

func TestLoginsAreThoseOfARealNode(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, f := range facts(t) {
		slow := strings.Contains(f.About, "cost 14") // seconds, and package pwhash tries it
		if slow || f.User == "" || f.File != "users" && f.File != "users_roles" {
			continue
		}
		ran++
		t.Run(f.About+" "+f.User+" "+f.Password, func(t *testing.T) {
			t.Parallel()
			r := newFolder(t, func(dir string, _ *file.Options) { lay(t, dir, f) })
			res, err := r.Authenticate(t.Context(), password(f.User, f.Password))
			if err != nil {
				t.Fatal(err)
			}
			want := f.Outcome.Status == float64(200)
			if f.unsafe() {
				want = f.badByte() // which removes only its own line
			}
			if got := res.Verdict == realm.Success; got != want {
				t.Fatalf("logged in: %v (%s), want %v", got, res.Reason, want)
			}
			if want && f.File == "users_roles" && !f.unsafe() {
				if diff := cmp.Diff(append([]string(nil), f.Outcome.Roles...), append([]string(nil), res.User.User.Roles...)); diff != "" {
					t.Errorf("roles (-want +got):\n%s", diff)
				}
			}
		})
	}
	if ran < 100 {
		t.Errorf("only %d facts were tried", ran)
	}
}

// lay writes the files that a fact is about.
func lay(t *testing.T, dir string, f fact) {
	t.Helper()
	content := f.Line + "\n"
	if f.Content != nil {
		content = *f.Content
	}
	if f.ContentB64 != "" {
		b, err := base64.StdEncoding.DecodeString(f.ContentB64)
		if err != nil {
			t.Fatal(err)
		}
		content = string(b)
	}
	if f.File == "users_roles" {
		write(t, dir, "users", rolesUsers())
	}
	if f.Content == nil && f.ContentB64 == "" && f.Line == "" {
		return // deleted
	}
	write(t, dir, f.File, content)
}

// rolesUsers are the users of the facts about users_roles.
func rolesUsers() string {
	text := ""
	for name := range strings.FieldsSeq("ra rb rc rd re rf rg rh ri rj rk") {
		text += name + ":" + testPass1 + "\n"
	}
	return text
}

func TestABadLineRemovesOnlyItselfAndLoudly(t *testing.T) {
	t.Parallel()
	f := newFolder(t, func(dir string, _ *file.Options) {
		write(t, dir, "users", "ana:"+testPass1+"\n\nbroken\nelastic:"+testPass1+"\nb\xff:"+testPass1+"\nbob:"+testPass1+"\n")
		write(t, dir, "users_roles", "broken\nr1:ana\nr2:\n")
	})
	users, roles := usersfile.Paths(f.dir)
	if !f.knows(t, "ana") || !f.knows(t, "bob") || f.Len() != 2 {
		t.Errorf("%d users, want ana and bob", f.Len())
	}
	for _, want := range []string{
		"invalid entry in users file [" + users + "], line [2]. skipping...",
		"invalid entry in users file [" + users + "], line [3]. skipping...",
		"invalid username [elastic] in users file [" + users + "], skipping... (Username [elastic] is reserved and may not be used.)",
		"line [5]: not UTF-8. skipping...",
		"invalid entry in users_roles file [" + roles + "], line [1]. skipping...",
		"invalid entry in users_roles file [" + roles + "], line [3]. skipping...",
	} {
		if !strings.Contains(f.log.String(), want) {
			t.Errorf("log lacks %q:\n%s", want, f.log)
		}
	}
}

func TestAFileThatCannotBeReadKeepsItsLastGoodVersion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		strict bool
		text   string // empty: a folder in place of the file
		knows  bool
		log    string
	}{
		{"a folder in its place", false, "", true, "cannot read a file of the file realm, what was read before stays"},
		{"as Elasticsearch does it", true, "", false, "failed to parse users file [DIR/users]. skipping/removing all users..."},
		{"a byte that is not UTF-8, as Elasticsearch does it", true, "ana:" + testPass1 + "\n#\xff\n", false, "failed to parse users file [DIR/users]. skipping/removing all users..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, func(dir string, o *file.Options) {
				o.Strict = c.strict
				write(t, dir, "users", "ana:"+testPass1+"\n")
			})
			if err := f.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			users, roles := usersfile.Paths(f.dir)
			line := "msg=\"" + strings.Replace(c.log, "DIR", f.dir, 1) + "\""
			if err := os.Remove(users); err != nil {
				t.Fatal(err)
			}
			if c.text == "" {
				if err := os.Mkdir(users, 0o700); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, f.dir, "users", c.text)
			}
			eventually(t, "the failure", func() bool { return strings.Contains(f.log.String(), line) })
			eventually(t, "its outcome", func() bool { return f.knows(t, "ana") == c.knows })
			time.Sleep(200 * time.Millisecond) // some more looks
			if n := strings.Count(f.log.String(), line); n != 1 {
				t.Errorf("it was told %d times, want once", n)
			}
			if err := os.Mkdir(roles, 0o700); err != nil {
				t.Fatal(err)
			}
			line = strings.NewReplacer("users file", "users_roles file", "/users]", "/users_roles]", "all users", "all entries").Replace(line)
			eventually(t, "the failure of the other file", func() bool { return strings.Count(f.log.String(), line) > 0 })
			if err := os.Remove(roles); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(users); err != nil {
				t.Fatal(err)
			}
			write(t, f.dir, "users", "bob:"+testPass1+"\n")
			eventually(t, "the repair", func() bool { return f.knows(t, "bob") })
		})
	}
}

func TestARememberedPasswordFollowsTheFile(t *testing.T) {
	t.Parallel()
	f := newFolder(t, func(dir string, _ *file.Options) { write(t, dir, "users", "ana:"+testPass1+"\n") })
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	fast, err := pwhash.New("ssha256", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	chain := realm.NewChain(
		[]realm.Member{{Realm: f.Realm, Cache: realm.Cache{TTL: time.Hour, MaxUsers: 10, Hasher: fast}}},
		realm.Options{Now: time.Now},
	)
	in := func(plain string) bool {
		res, _ := chain.Authenticate(t.Context(), password("ana", plain))
		return res.Verdict == realm.Success
	}
	for range 2 { // the second time from memory
		if in("test-pass-1") {
			continue
		}
		t.Fatal("the right password is refused")
	}
	write(t, f.dir, "users", "ana:changed-pass\n")
	eventually(t, "the new password", func() bool { return in("changed-pass") })
	if in("test-pass-1") {
		t.Error("the old password still works")
	}
}
