package keyring_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
)

func FuzzParseCredential(f *testing.F) {
	for _, s := range []string{"YTpi", "YTo=", "OmI=", "!!", "YTpiOmM", "", "=", "/zpi"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := keyring.ParseCredential(text)
		if err != nil {
			bad, ok := errors.AsType[*fault.Error](err)
			if !ok || bad.Kind != fault.Invalid {
				t.Fatalf("ParseCredential(%q) = %v, want an Invalid fault", text, err)
			}
			if len(text) > 8 && strings.Contains(bad.Reason, text) {
				t.Errorf("the fault quotes the credential: %v", err)
			}
			return
		}
		again, err := keyring.ParseCredential(keyring.Encoded(c.ID, c.Secret).Reveal())
		if err != nil || again != c {
			t.Errorf("ParseCredential(%q) names %q; encoded again it is %q, %v", text, c.ID, again.ID, err)
		}
	})
}
