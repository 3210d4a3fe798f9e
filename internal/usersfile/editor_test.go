package usersfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/usersfile"
)

const otherHash = "$2a$10$abcdefghijklmnopqrstuuxv2N2lnfOT.VIKZYF.TK1Ab/WNnHsmm"

// conf is a configuration folder with these files.
func conf(t *testing.T, users, roles string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "users"), users)
	write(t, filepath.Join(dir, "users_roles"), roles)
	return dir
}

// edited runs one edit and gives both files after Save.
func edited(t *testing.T, users, roles string, edit func(*usersfile.Editor) error) (string, string, error) {
	t.Helper()
	dir := conf(t, users, roles)
	e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = edit(e)
	if err == nil {
		_, err = e.Save()
	}
	return read(t, filepath.Join(dir, "users")), read(t, filepath.Join(dir, "users_roles")), err
}

func TestEditsTouchOneUser(t *testing.T) {
	t.Parallel()
	const users = "# team \n\njack:OLD\n :x\njill:H\r\nbroken\n  jack:OLDER  \nopen:H"
	const roles = "# roles\nr: jack , jill\t,jack\n\nq:jack\nbroken\n p : jill,jack,, \ns:ghost"
	for _, tt := range []struct {
		name                  string
		edit                  func(*usersfile.Editor) error
		wantUsers, wantRoles  string
		wantErr               error
		sameUsers, sameRolesF bool
	}{
		{
			name:      "a new password goes into every line of the user",
			edit:      func(e *usersfile.Editor) error { return e.SetHash("jack", someHash) },
			wantUsers: strings.NewReplacer("OLDER", someHash, "OLD", someHash).Replace(users), sameRolesF: true,
		},
		{
			name:      "a deleted user loses lines and roles",
			edit:      func(e *usersfile.Editor) error { return e.Delete("jack") },
			wantUsers: "# team \n\n :x\njill:H\r\nbroken\nopen:H",
			wantRoles: "# roles\nr: jill\t\n\nbroken\n p : jill,, \ns:ghost",
		},
		{
			name:      "the last line may be open",
			edit:      func(e *usersfile.Editor) error { return e.Delete("open") },
			wantUsers: strings.TrimSuffix(users, "open:H"), sameRolesF: true,
		},
		{
			name: "a new user closes the last line",
			edit: func(e *usersfile.Editor) error {
				_, err := e.Add(usersfile.NewUser{Name: "anna", Hash: someHash, Roles: []string{"q", "new"}})
				return err
			},
			wantUsers: users + "\nanna:" + someHash + "\n",
			wantRoles: strings.Replace(roles, "q:jack", "q:jack,anna", 1) + "\nnew:anna\n",
		},
		{
			name:      "roles that stay keep their place",
			edit:      func(e *usersfile.Editor) error { return e.SetRoles("jack", []string{"p", "t"}) },
			sameUsers: true, wantRoles: "# roles\nr: jill\t\n\nbroken\n p : jill,jack,, \ns:ghost\nt:jack\n",
		},
		{
			name:      "a role is added behind its last user",
			edit:      func(e *usersfile.Editor) error { return e.SetRoles("open", []string{"p", "r"}) },
			sameUsers: true,
			wantRoles: strings.NewReplacer("jill\t,jack", "jill\t,jack,open", "jill,jack,, ", "jill,jack,open,, ").Replace(roles),
		},
		{
			name:      "the same roles change nothing",
			edit:      func(e *usersfile.Editor) error { return e.SetRoles("jack", []string{"p", "q", "r", "r"}) },
			sameUsers: true, sameRolesF: true,
		},
		{
			name: "somebody else's roles are not inherited",
			edit: func(e *usersfile.Editor) error {
				stale, err := e.Add(usersfile.NewUser{Name: "ghost", Hash: someHash})
				if diff := cmp.Diff([]string{"s"}, stale); diff != "" {
					t.Errorf("stale roles (-want +got):\n%s", diff)
				}
				return err
			},
			wantUsers: users + "\nghost:" + someHash + "\n", wantRoles: strings.TrimSuffix(roles, "s:ghost"),
		},
		{
			name: "what is given anyway is not stale",
			edit: func(e *usersfile.Editor) error {
				stale, err := e.Add(usersfile.NewUser{Name: "ghost", Hash: someHash, Roles: []string{"s"}})
				if len(stale) != 0 {
					t.Errorf("stale roles %v, want none", stale)
				}
				return err
			},
			wantUsers: users + "\nghost:" + someHash + "\n", sameRolesF: true,
		},
		{
			name: "unless that is asked for",
			edit: func(e *usersfile.Editor) error {
				_, err := e.Add(usersfile.NewUser{Name: "ghost", Hash: someHash, KeepStale: true})
				return err
			},
			wantUsers: users + "\nghost:" + someHash + "\n", sameRolesF: true,
		},
		{
			name: "who comes back keeps odd names, and who is there stays",
			edit: func(e *usersfile.Editor) error {
				e.Restore(usersfile.NewUser{Name: "#a", Hash: "H", Roles: []string{"#odd", "q"}})
				e.Restore(usersfile.NewUser{Name: "a,b", Hash: "H"})
				e.Restore(usersfile.NewUser{Name: "jill", Hash: "other", Roles: []string{"new"}})
				return nil
			},
			wantUsers: users + "\n #a:H\na,b:H\n",
			wantRoles: strings.Replace(roles, "q:jack", "q:jack,#a", 1) + "\n #odd:#a\n",
		},
		{
			name: "stale entries can be purged",
			edit: func(e *usersfile.Editor) error {
				if diff := cmp.Diff([]string{"ghost"}, e.PurgeStale(nil)); diff != "" {
					t.Errorf("purged (-want +got):\n%s", diff)
				}
				return nil
			},
			sameUsers: true, wantRoles: strings.TrimSuffix(roles, "s:ghost"),
		},
		{
			name: "stale entries of other names stay",
			edit: func(e *usersfile.Editor) error {
				if gone := e.PurgeStale(usersfile.Temporary); len(gone) != 0 {
					t.Errorf("purged %v, want nothing", gone)
				}
				return nil
			},
			sameUsers: true, sameRolesF: true,
		},
		{
			name: "adding twice", wantErr: usersfile.ErrExists, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error {
				_, err := e.Add(usersfile.NewUser{Name: "jill", Hash: someHash})
				return err
			},
		},
		{
			name: "deleting who is not there", wantErr: usersfile.ErrUnknown, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error { return e.Delete("jack", "ghost") },
		},
		{
			name: "a password for nobody", wantErr: usersfile.ErrUnknown, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error { return e.SetHash("ghost", someHash) },
		},
		{
			name: "roles for nobody", wantErr: usersfile.ErrUnknown, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error { return e.SetRoles("ghost", nil) },
		},
		{
			name: "plain text as a hash", wantErr: pwhash.ErrPlain, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error { return e.SetHash("jack", "secret") },
		},
		{
			name: "a hash of an unknown kind", wantErr: pwhash.ErrUnknown, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error {
				_, err := e.Add(usersfile.NewUser{Name: "anna", Hash: "$2x$04$abc"})
				return err
			},
		},
		{
			name: "two lines as a hash", wantErr: usersfile.ErrHash, sameUsers: true, sameRolesF: true,
			edit: func(e *usersfile.Editor) error { return e.SetHash("jack", otherHash+"\nevil:"+otherHash) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gotUsers, gotRoles, err := edited(t, users, roles, tt.edit)
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if tt.sameUsers {
				tt.wantUsers = users
			}
			if tt.sameRolesF {
				tt.wantRoles = roles
			}
			if diff := cmp.Diff(tt.wantUsers, gotUsers); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wantRoles, gotRoles); diff != "" {
				t.Errorf("users_roles (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSaveWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		edit func(*usersfile.Editor) error
		want []string
	}{
		{"nothing", func(*usersfile.Editor) error { return nil }, nil},
		{"a password", func(e *usersfile.Editor) error { return e.SetHash("jack", otherHash) }, []string{"users"}},
		{"roles", func(e *usersfile.Editor) error { return e.SetRoles("jack", nil) }, []string{"users_roles"}},
		{"deleting: who, then the roles", func(e *usersfile.Editor) error { return e.Delete("jack") }, []string{"users", "users_roles"}},
		{"adding: the roles, then who", func(e *usersfile.Editor) error {
			_, err := e.Add(usersfile.NewUser{Name: "anna", Hash: someHash, Roles: []string{"r"}})
			return err
		}, []string{"users_roles", "users"}},
		{"deleting and adding: the roles first", func(e *usersfile.Editor) error {
			if err := e.Delete("jack"); err != nil {
				return err
			}
			_, err := e.Add(usersfile.NewUser{Name: "ghost", Hash: someHash})
			return err
		}, []string{"users_roles", "users"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := conf(t, "jack:"+someHash+"\n", "r:jack,ghost\n")
			e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if err := tt.edit(e); err != nil {
				t.Fatal(err)
			}
			report, err := e.Save()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, path := range report.Written {
				got = append(got, filepath.Base(path))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
		})
	}
}

// The second file cannot be written: it is a folder that nobody expects there.
func TestAHalfDoneSaveSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	dir := conf(t, "jack:"+someHash+"\n", "r:jack\n")
	e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	usersPath, rolesPath := usersfile.Paths(dir)
	if err := os.Remove(rolesPath); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(rolesPath, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := e.Delete("jack"); err != nil {
		t.Fatal(err)
	}
	// Both are tried before the first is written.
	if _, err := e.Save(); !errors.Is(err, atomicfile.ErrNotRegular) || read(t, usersPath) == "" {
		t.Errorf("Save = %v, users %q; want nothing changed", err, read(t, usersPath))
	}
}

func TestChangesShowNoHash(t *testing.T) {
	t.Parallel()
	e, err := usersfile.Edit(t.Context(), conf(t, "jack:"+someHash+"\n", "r:jack,ghost\n"), usersfile.EditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(e.SetHash("jack", otherHash), e.SetRoles("jack", []string{"q"})); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Add(usersfile.NewUser{Name: "ghost", Hash: someHash}); err != nil {
		t.Fatal(err)
	}
	if err := e.Delete("jack"); err != nil {
		t.Fatal(err)
	}
	want := []usersfile.Change{
		{File: "users", What: "password", User: "jack", Detail: "bcrypt ***"},
		{File: "users_roles", What: "remove", User: "jack", Detail: "r"},
		{File: "users_roles", What: "add", User: "jack", Detail: "q"},
		{File: "users_roles", What: "remove", User: "ghost", Detail: "r"},
		{File: "users", What: "add", User: "ghost", Detail: "pbkdf2_1000 ***"},
		{File: "users", What: "delete", User: "jack"},
	}
	if diff := cmp.Diff(want, e.Changes()); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestFormatKeepsCommentsAndBrokenLines(t *testing.T) {
	t.Parallel()
	users, roles, err := edited(t,
		"# team \r\n\r\n  jack:H  \r\nbroken\r\n #odd:x\r\njill:H",
		"# roles\r\n  \r\n r : jack , jill ,, jack \r\nq:\r\n #odd:x\r\n,c:x",
		func(e *usersfile.Editor) error { e.Format(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if want := "# team \njack:H\nbroken\n #odd:x\njill:H\n"; users != want {
		t.Errorf("users %q, want %q", users, want)
	}
	if want := "# roles\nr:jack,jill\nq:\n #odd:x\n,c:x\n"; roles != want {
		t.Errorf("users_roles %q, want %q", roles, want)
	}
}

func TestTheEditorHoldsTheLock(t *testing.T) {
	t.Parallel()
	dir := conf(t, "jack:"+someHash+"\n", "")
	e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := usersfile.Probe(dir, usersfile.EditOptions{}); err != nil {
		t.Errorf("Probe under another's lock = %v", err)
	}
	ctx, cancel := shortly(t)
	defer cancel()
	if _, err := usersfile.Edit(ctx, dir, usersfile.EditOptions{}); !errors.Is(err, atomicfile.ErrBusy) {
		t.Errorf("second Edit = %v, want ErrBusy", err)
	}
}
