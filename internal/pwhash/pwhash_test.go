package pwhash_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
)

func newPool(t testing.TB, name string, o pwhash.Options) *pwhash.Pool {
	t.Helper()
	p, err := pwhash.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// unsafe are the facts of the real node that we do not follow: a text that looks
// like a hash is not the password itself.
func unsafe(about string) bool {
	switch about {
	case "PBKDF2 prefix in lower case, the line itself as password", "unknown prefix {ARGON2}, the line itself as password",
		"bcrypt $2x$, the line itself as password", "SHA-512 crypt":
		return true
	}
	return false
}

func TestVerifyAgreesWithARealNode(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	var facts []struct {
		About, Hash, Password string
		Admits                bool
	}
	if err := json.Unmarshal(b, &facts); err != nil {
		t.Fatal(err)
	}
	p := newPool(t, "pbkdf2_1000", pwhash.Options{Workers: 2, Plain: true})
	for _, f := range facts {
		t.Run(f.About, func(t *testing.T) {
			t.Parallel()
			got, err := p.Verify(t.Context(), f.Hash, secret.String(f.Password))
			want := f.Admits && !unsafe(f.About)
			if got != want {
				t.Errorf("Verify(%q, %q) = %v, %v, want %v", f.Hash, f.Password, got, err, want)
			}
			if got && err != nil {
				t.Errorf("Verify(%q) admits with the error %v", f.Hash, err)
			}
		})
	}
}

// examples are of the password changeme123, computed by other means.
func examples() map[string]string {
	return map[string]string{
		"bcrypt":              "$2a$10$abcdefghijklmnopqrstuuxv2N2lnfOT.VIKZYF.TK1Ab/WNnHsmm",
		"bcrypt4":             "$2a$04$abcdefghijklmnopqrstuuPPm22GIbgoO1yGP1vOwEYuadGW2Qp2m",
		"pbkdf2_1000":         "{PBKDF2}1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$5zFu8pVNWItAn9iJsVSfEVU4kzeVp92TgK2bTyC6gPY=",
		"pbkdf2":              "{PBKDF2}10000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$WSZh1VKQYOULpWoVMiI3yqRQzSTQI6qys8yoCrSB5M8=",
		"pbkdf2_stretch_1000": "{PBKDF2_STRETCH}1000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$epGXW+6nKODK8NVBcEyuXqHEq/h/v1bN3wRr7/MzQHg=",
		"pbkdf2_stretch":      "{PBKDF2_STRETCH}10000$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$zirld7gSCwpx+8/6hMp0g3u0oSlgF1wdPIiBok9L89Y=",
		"ssha256":             "{SSHA256}AQIDBAUGBwg=rmHGDj2ptUe9Y6f5a/3Np00sDqkupy/kXio056gxwTs=",
		"md5":                 "{MD5}yc3LBjAfnHni0gwv3toKAg==",
		"sha1":                "{SHA}ZEOO5CZDgWHaiFVLPi3nlrDKJl4=",
	}
}

func TestKnownHashes(t *testing.T) {
	t.Parallel()
	p := newPool(t, "ssha256", pwhash.Options{})
	for name, hash := range examples() {
		info, err := pwhash.Identify(hash)
		if err != nil || info.Algorithm != name {
			t.Errorf("Identify(%s) = %v, %v, want %s", hash, info, err, name)
		}
		for password, want := range map[secret.String]bool{"changeme123": true, "changeme124": false, "": false} {
			if got, err := p.Verify(t.Context(), hash, password); got != want || err != nil {
				t.Errorf("Verify(%s, %q) = %v, %v, want %v", hash, password.Reveal(), got, err, want)
			}
		}
	}
}

func TestIdentifyTellsCostAndLengths(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]pwhash.Info{
		"bcrypt":         {Algorithm: "bcrypt", Cost: 10, SaltBytes: 16, KeyBytes: 23},
		"pbkdf2_stretch": {Algorithm: "pbkdf2_stretch", Cost: 10_000, SaltBytes: 32, KeyBytes: 32},
		"ssha256":        {Algorithm: "ssha256", SaltBytes: 8, KeyBytes: 32},
		"md5":            {Algorithm: "md5", KeyBytes: 16},
		"sha1":           {Algorithm: "sha1", KeyBytes: 20},
	} {
		if got, err := pwhash.Identify(examples()[name]); got != want || err != nil {
			t.Errorf("Identify(%s) = %+v, %v, want %+v", name, got, err, want)
		}
	}
	if got, err := pwhash.Identify("secret-text"); got != (pwhash.Info{Algorithm: "noop"}) || err != nil {
		t.Errorf("Identify(secret-text) = %+v, %v, want noop", got, err)
	}
}

func TestEveryAlgorithmReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	long := secret.String(strings.Repeat("ü", 60)) // 120 bytes
	for _, name := range pwhash.Algorithms(pwhash.Caches) {
		if strings.HasSuffix(name, "00000") || strings.HasPrefix(name, "bcrypt1") {
			continue // too slow; their cheaper kin go the same way
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t, strings.ToUpper(name), pwhash.Options{})
			first, err := p.Hash(t.Context(), long)
			if err != nil {
				t.Fatal(err)
			}
			info, err := pwhash.Identify(first)
			if err != nil || info.Algorithm != p.Algorithm() {
				t.Errorf("Identify(%s) = %v, %v, want %s", first, info, err, p.Algorithm())
			}
			if ok, err := p.Verify(t.Context(), first, long); !ok || err != nil {
				t.Errorf("Verify of its own hash %s = %v, %v", first, ok, err)
			}
			if ok, err := p.Verify(t.Context(), first, "x"+long); ok || err != nil {
				t.Errorf("Verify(%s) of another password = %v, %v", first, ok, err)
			}
			if err := pwhash.CheckStored(first); info.Cost > 0 && err != nil {
				t.Errorf("CheckStored(%s) = %v", first, err)
			}
			if info.SaltBytes == 0 {
				return
			}
			if second, err := p.Hash(t.Context(), long); err != nil || second == first {
				t.Errorf("two hashes of one password = %s, %s, %v, want different salts", first, second, err)
			}
		})
	}
}

func TestTextsThatLetNobodyIn(t *testing.T) {
	t.Parallel()
	const salt, key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "c9/Cv/bkUH6fFXQnueIVq/rFlOkDNK6zavjoBC2h4f0="
	for hash, want := range map[string]error{
		"":                                pwhash.ErrUnknown,
		"{ARGON2}abcdef":                  pwhash.ErrUnknown,
		"$argon2id$v=19$m=1,t=1$a$b":      pwhash.ErrUnknown,
		"$2x$04$abcdef":                   pwhash.ErrUnknown,
		" $2a$04$abcdef":                  pwhash.ErrUnknown,
		":$2a$04$abcdef":                  pwhash.ErrUnknown,
		"{pbkdf2}1000$" + salt:            pwhash.ErrUnknown,
		"secret-text":                     pwhash.ErrPlain,
		"$not-closed":                     pwhash.ErrPlain,
		"{not closed":                     pwhash.ErrPlain,
		"$2a$":                            pwhash.ErrMalformed,
		"{PBKDF2}":                        pwhash.ErrMalformed,
		"{SSHA256}":                       pwhash.ErrMalformed,
		"{SHA}AAAA":                       pwhash.ErrMalformed,
		"{MD5}" + strings.Repeat("A", 24): pwhash.ErrMalformed,
		"$2a$+4$abcdefghijklmnopqrstuunkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq":          pwhash.ErrMalformed,
		"$2a$04$abcdefghijklmnopqrstuznkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq":          pwhash.ErrMalformed, // salt of 132 bits
		"$2a$04$abcdefghijklmnopqrst\nunkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq":         pwhash.ErrMalformed,
		"{PBKDF2}1000$" + salt + "$" + key + "\n":                               pwhash.ErrMalformed,
		"{PBKDF2}1000$AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHy\nA=$" + key:    pwhash.ErrMalformed,
		"{PBKDF2}1000000$" + salt + "$" + strings.Repeat("AAAA", 1024):          pwhash.ErrMalformed, // minutes of work
		"{SSHA256}AQIDBAUGBwg=AAAArmHGDj2ptUe9Y6f5a/3Np00sDqkupy/kXio056gxwTs=": pwhash.ErrMalformed,
	} {
		p := newPool(t, "ssha256", pwhash.Options{})
		ok, err := p.Verify(t.Context(), hash, secret.String(hash))
		if ok || !errors.Is(err, want) {
			t.Errorf("Verify(%q, itself) = %v, %v, want false, %v", hash, ok, err, want)
		}
		if err != nil && len(hash) > 20 && strings.Contains(err.Error(), hash[10:]) {
			t.Errorf("the error quotes the stored text: %v", err)
		}
	}
}

func TestEveryFailureCostsOneSlowHash(t *testing.T) {
	t.Parallel()
	for name, hash := range map[string]string{
		"the configured algorithm": examples()["pbkdf2_1000"],
		"another slow algorithm":   examples()["bcrypt4"],
		"a fast algorithm":         examples()["md5"],
		"plain text":               "secret-text",
		"an unknown format":        "{ARGON2}abc",
		"a malformed hash":         "$2a$03$abcdefghijklmnopqrstuunkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var slow []string
			p := newPool(t, "pbkdf2_stretch_1000", pwhash.Options{Plain: true, Counter: func(a string) { slow = append(slow, a) }})
			if ok, _ := p.Verify(t.Context(), hash, "wrong"); ok || len(slow) != 1 {
				t.Errorf("Verify(%s, wrong) = %v after %v, want false after one slow hash", hash, ok, slow)
			}
		})
	}
	t.Run("an unknown user", func(t *testing.T) {
		t.Parallel()
		var slow []string
		p := newPool(t, "bcrypt4", pwhash.Options{Counter: func(a string) { slow = append(slow, a) }})
		if err := p.Spend(t.Context()); err != nil || len(slow) != 1 || slow[0] != "bcrypt4" {
			t.Errorf("Spend() = %v after %v, want one bcrypt4", err, slow)
		}
	})
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	p := newPool(t, "bcrypt4", pwhash.Options{Workers: 1, Queue: 1, Counter: func(string) {
		entered <- struct{}{}
		<-leave
	}})
	var running sync.WaitGroup
	running.Go(func() { _ = p.Spend(context.Background()) })
	<-entered // the only worker is taken

	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error)
	for range 3 {
		go func() { answers <- p.Spend(ctx) }()
	}
	for range 2 { // one of the three may wait
		if err := <-answers; !errors.Is(err, pwhash.ErrBusy) {
			t.Errorf("Spend() with a full queue = %v, want %v", err, pwhash.ErrBusy)
		}
	}
	if ok, err := p.Verify(t.Context(), "{X}", "x"); ok || !errors.Is(err, pwhash.ErrBusy) {
		t.Errorf("Verify() with a full queue = %v, %v, want %v", ok, err, pwhash.ErrBusy)
	}
	cancel()
	if err := <-answers; !errors.Is(err, context.Canceled) {
		t.Errorf("the waiting Spend() = %v, want %v", err, context.Canceled)
	}
	close(leave)
	running.Wait()
	go func() {
		for range entered { // later ones only pass through
		}
	}()
	if err := p.Spend(t.Context()); err != nil {
		t.Errorf("Spend() with an idle worker = %v", err)
	}
	close(entered)
}

func BenchmarkVerify(b *testing.B) {
	for name, hash := range examples() {
		b.Run(name, func(b *testing.B) {
			p := newPool(b, "ssha256", pwhash.Options{})
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := p.Verify(b.Context(), hash, "changeme123"); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	for _, hash := range examples() {
		f.Add(hash)
	}
	for _, hash := range []string{"", "plain", "$2a$", "{PBKDF2}1000$$", "{SSHA256}AAAAAAAAAAAA", "{MD5}=", ":{X}"} {
		f.Add(hash)
	}
	p := newPool(f, "ssha256", pwhash.Options{})
	f.Fuzz(func(t *testing.T, hash string) {
		if info, err := pwhash.Identify(hash); err == nil && info.Cost > 0 && pwhash.CheckStored(hash) != nil {
			t.Errorf("Identify(%q) = %+v, but CheckStored refuses it", hash, info)
		}
		info, err := pwhash.Identify(hash)
		if err == nil && info.Cost > 1000 || info.Cost > 4 && info.Cost < 15 {
			t.Skip("too dear to fuzz")
		}
		ok, verr := p.Verify(t.Context(), hash, secret.String(hash))
		if ok {
			t.Errorf("Verify(%q, itself) = true", hash)
		}
		if (err != nil) != (verr != nil) && info.Algorithm != "noop" {
			t.Errorf("Identify(%q) says %v, Verify %v", hash, err, verr)
		}
	})
}
