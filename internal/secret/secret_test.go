package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/secret"
)

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	const plain = "hunter2-hunter2"
	s := secret.String(plain)
	holder := struct{ Password secret.String }{s}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).InfoContext(t.Context(), "login", "password", s, "holder", holder)
	encoded, err := json.Marshal(map[string]any{"a": s, "b": holder})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", s), "%s": fmt.Sprintf("<%s>", s), "%q": fmt.Sprintf("%q", s), "%x": fmt.Sprintf("%x", s),
		"%#v": fmt.Sprintf("%#v", s), "holder %+v": fmt.Sprintf("%+v", holder), "holder %#v": fmt.Sprintf("%#v", holder),
		"slog": logged.String(), "json": string(encoded),
	} {
		if strings.Contains(text, plain) || strings.Contains(text, fmt.Sprintf("%x", plain)) {
			t.Errorf("%s prints the secret: %s", name, text)
		}
	}
	if got := s.Reveal(); got != plain {
		t.Errorf("Reveal() = %q, want %q", got, plain)
	}
}
