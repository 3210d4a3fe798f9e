package token

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/realmctl/realmctl/internal/secret"
)

// The vector is of Elasticsearch 8.11: its version, the bytes 00 to 17.
const vector = "qM6bBBgAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc="

func TestParseReadsTokensOfElasticsearch(t *testing.T) {
	t.Parallel()
	got, ok := parse(vector)
	if !ok || got[0] != 0 || got[23] != 23 {
		t.Errorf("parse(%s) = %v, %v, want 0 to 23", vector, got, ok)
	}
	const id = "HWSt0qY4g2fJvC0fGzhLBppu84LNqqiXcd0QPihhOiU" // what TokenService stores of it
	d := got.digest()
	if text := base64.RawURLEncoding.EncodeToString(d[:]); text != id {
		t.Errorf("digest = %s, want %s", text, id)
	}
	if text := got.encode(); len(text) != len(vector) || text.Reveal()[6:] != vector[6:] {
		t.Errorf("encode = %s, want the vector with another version", text.Reveal())
	}
}

// A 9.5.3 node took these all for the token.
func TestParseIgnoresWhatStandsAfterTheToken(t *testing.T) {
	t.Parallel()
	bare := vector[:len(vector)-1]
	want, _ := parse(vector)
	for _, text := range []string{vector + " ", vector + "\n", vector + "=", vector + "==", vector + "!", vector + "A", vector + " A", bare, bare + "A", bare + "!", bare + "AA", bare + "AAA", bare + "AAé"} {
		if got, ok := parse(secret.String(text)); !ok || got != want {
			t.Errorf("parse(%q) = %v, %v, want the token", text, got, ok)
		}
	}
}

func TestParseRefusesOtherTexts(t *testing.T) {
	t.Parallel()
	for about, text := range map[string]secret.String{
		"nothing":                       "",
		"no base64":                     "!",
		"white space before":            " " + vector,
		"something in it":               secret.String(vector[:10] + "!" + vector[10:]),
		"no version":                    "gICAgICAgICAgICAgA==",
		"nothing after the version":     "qM6bBA==",
		"another length":                "qM6bBBcAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=",
		"fewer bytes than announced":    "qM6bBBgAAQIDBAUGBwgJCgsMDQ4PEBESExQVFg==",
		"the text form of older tokens": "46ToAxZVaXVVZTVKOVF5YU04ZFJVUDVSZlV3",
		"an API key":                    "QUFBQUFBQUFBQUFBQUFBQUFBQUE6QUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==",
		"a service account's token":     "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Q6c2VjcmV0LXNlY3JldC1zZWNyZXQ",
	} {
		if got, ok := parse(text); ok {
			t.Errorf("%s: parse = %v, want none", about, got)
		}
	}
}

// What is read is written the same, whatever stood around it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{vector, vector[:len(vector)-1], "", "!", "46ToAxZVaXVVZTVKOVF5YU04ZFJVUDVSZlV3", vector[:39] + "/", "/////////////xgAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parse(secret.String(text))
		if !ok {
			if got != (raw{}) {
				t.Errorf("parse(%q) = %v beside false", text, got)
			}
			return
		}
		if again, ok := parse(got.encode()); !ok || again != got {
			t.Errorf("parse(encode(%v)) = %v, %v", got, again, ok)
		}
	})
}

func TestOnlyTheSupersededTokenOpensWhatItSealed(t *testing.T) {
	t.Parallel()
	_, old := newRaw()
	_, other := newRaw()
	access, refresh := newRaw()
	sealed, err := seal(old, access, refresh)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, access[:8]) || bytes.Contains(sealed, refresh[:8]) {
		t.Error("the sealed pair can be read")
	}
	a, r, err := open(old, sealed)
	if err != nil || a != access || r != refresh {
		t.Errorf("open = %v, want the pair", err)
	}
	for about, c := range map[string]struct {
		by     raw
		sealed []byte
	}{
		"another token":   {other, sealed},
		"a changed one":   {old, append([]byte{sealed[0] ^ 1}, sealed[1:]...)},
		"a short one":     {old, sealed[:20]},
		"nothing":         {old, nil},
		"one with a tail": {old, append(bytes.Clone(sealed), 0)},
	} {
		if a, r, err := open(c.by, c.sealed); err == nil || a != (raw{}) || r != (raw{}) {
			t.Errorf("%s: open = %v, want an error and nothing beside it", about, err)
		}
	}
	again, err := seal(old, access, refresh)
	if err != nil || bytes.Equal(again, sealed) {
		t.Error("the same pair is sealed the same way twice")
	}
}
