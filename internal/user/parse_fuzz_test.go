package user

import (
	"testing"

	"github.com/realmctl/realmctl/internal/xcontent"
)

func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"password":"wire-pass-1","roles":["viewer"],"full_name":"A","email":null,"metadata":{"n":1},"enabled":true,"username":"ana"}`,
		`{"password_hash":"$2a$04$7jxZ8oKkGHdB7ZiPnXqVv.nUZ5oRnDi1RwLhyCaRKzWF7zUzdMVfW","roles":"a,,b,"}`,
		`{"roles":[" x ",""],"metadata":{"_x":{}}}`, `{"roles":null}`, `{"metadata":[]}`, `[]`, `null`, ``, `{"password":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := parsePut(xcontent.New(body), "ana")
		switch {
		case err != nil:
		case in.Password.Plain != "" && in.Password.Hash != "":
			t.Errorf("both a password and a hash of %q", body)
		case in.Username != "ana":
			t.Errorf("the user of %q is %q", body, in.Username)
		case in.validate() == nil && in.Roles == nil:
			t.Errorf("no roles in %q", body)
		}
		if p, err := parsePassword(xcontent.New(body)); err == nil && p.validate() == nil && !p.given() {
			t.Errorf("no password in %q", body)
		}
	})
}
