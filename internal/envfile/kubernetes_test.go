package envfile_test

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/envfile"
)

func TestManifestIsASecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.yaml")
	meta := envfile.KubernetesSecret{
		Name: "ci-key", Namespace: "elastic", Labels: map[string]string{"app.kubernetes.io/managed-by": "realmctl"},
		Data: map[string]string{"username": "jack"},
	}
	s := envfile.NewManifest(path, false, meta, "API_KEY")
	if err := s.Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	var got struct {
		APIVersion string `yaml:"apiVersion"`
		Kind, Type string
		Metadata   struct {
			Name, Namespace string
			Labels          map[string]string
		}
		Data map[string]string
	}
	if err := yaml.Unmarshal([]byte(content(t, path)), &got); err != nil {
		t.Fatal(err)
	}
	if got.APIVersion != "v1" || got.Kind != "Secret" || got.Type != "Opaque" || got.Metadata.Name != "ci-key" ||
		got.Metadata.Namespace != "elastic" || got.Metadata.Labels["app.kubernetes.io/managed-by"] != "realmctl" {
		t.Errorf("manifest %+v", got)
	}
	want := map[string]string{"API_KEY": base64.StdEncoding.EncodeToString([]byte(key)), "username": "amFjaw=="}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if mode(t, path) != 0o600 {
		t.Errorf("mode %v", mode(t, path))
	}
	if _, ok := meta.Data["API_KEY"]; ok {
		t.Error("the caller's map was changed")
	}
}

func TestNamesThatKubernetesRefuses(t *testing.T) {
	t.Parallel()
	good := envfile.KubernetesSecret{Name: "a.b-c", Namespace: "n-1", Data: map[string]string{"A_b.c-1": ""}}
	if err := good.Validate(); err != nil {
		t.Errorf("Validate(%+v) = %v", good, err)
	}
	for _, bad := range []envfile.KubernetesSecret{
		{Name: "", Data: good.Data},
		{Name: "A", Data: good.Data},
		{Name: "-a", Data: good.Data},
		{Name: "a..b", Data: good.Data},
		{Name: "a", Namespace: "a.b", Data: good.Data},
		{Name: "a", Namespace: "a-", Data: good.Data},
		{Name: "a", Namespace: strings.Repeat("a", 64), Data: good.Data},
		{Name: "a"},
		{Name: "a", Data: map[string]string{"a b": ""}},
		{Name: "a", Data: map[string]string{"..": ""}},
	} {
		if err := bad.Validate(); err == nil {
			t.Errorf("Validate(%+v) accepted it", bad)
		}
	}
}
