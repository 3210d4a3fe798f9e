package envfile

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

// KubernetesSecret is a Secret of the core API (v1).
type KubernetesSecret struct {
	Name, Namespace string // an empty namespace is left out
	Type            string // empty: Opaque
	Labels          map[string]string
	Data            map[string]string // as it is, not in base64
}

// Validate checks the names by the rules of Kubernetes (RFC 1123 subdomain and
// label, and the characters of Secret keys).
func (k KubernetesSecret) Validate() error {
	if !subdomain(k.Name) {
		return fmt.Errorf("secret name %q: lower-case letters, digits, - and . only, and a letter or digit at both ends", k.Name)
	}
	if k.Namespace != "" && (!subdomain(k.Namespace) || strings.Contains(k.Namespace, ".") || len(k.Namespace) > 63) {
		return fmt.Errorf("namespace %q: lower-case letters, digits and - only, and a letter or digit at both ends", k.Namespace)
	}
	if len(k.Data) == 0 {
		return errors.New("a secret without data")
	}
	for key := range k.Data {
		if key == "" || key == "." || key == ".." || len(key) > 253 || strings.Trim(key, keyChars) != "" {
			return fmt.Errorf("secret key %q: letters, digits, -, _ and . only", key)
		}
	}
	return nil
}

const (
	nameChars = "abcdefghijklmnopqrstuvwxyz0123456789"
	keyChars  = nameChars + "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_."
)

func subdomain(name string) bool {
	if name == "" || len(name) > 253 || strings.Trim(name, nameChars+"-.") != "" {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return true
}

// YAML is the manifest. Data is in base64, because server-side apply loses track
// of stringData.
func (k KubernetesSecret) YAML() (string, error) {
	if err := k.Validate(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Secret\nmetadata:\n")
	fmt.Fprintf(&b, "  name: %q\n", k.Name)
	if k.Namespace != "" {
		fmt.Fprintf(&b, "  namespace: %q\n", k.Namespace)
	}
	if len(k.Labels) > 0 {
		b.WriteString("  labels:\n")
		for _, name := range slices.Sorted(maps.Keys(k.Labels)) {
			fmt.Fprintf(&b, "    %q: %q\n", name, k.Labels[name])
		}
	}
	kind := k.Type
	if kind == "" {
		kind = "Opaque"
	}
	fmt.Fprintf(&b, "type: %q\ndata:\n", kind)
	for _, key := range slices.Sorted(maps.Keys(k.Data)) {
		fmt.Fprintf(&b, "  %q: %q\n", key, base64.StdEncoding.EncodeToString([]byte(k.Data[key])))
	}
	return b.String(), nil
}

// Manifest is a sink that writes a Kubernetes Secret to a file, mode 0600.
type Manifest struct {
	file whole
	meta KubernetesSecret
	keys []string
}

// NewManifest writes to path; overwrite allows that it exists. Each secret goes
// under its key, beside the Data that meta has already.
func NewManifest(path string, overwrite bool, meta KubernetesSecret, keys ...string) *Manifest {
	return &Manifest{file: whole{path: path, overwrite: overwrite}, meta: meta, keys: keys}
}

// String names the sink without the secrets.
func (m *Manifest) String() string { return m.file.path }

// Notices are for people, after Prove and after Put.
func (m *Manifest) Notices() []string { return m.file.notices }

// Prove finds out whether Put will work.
func (m *Manifest) Prove(ctx context.Context) error {
	if _, err := m.render(dummies(m.keys)); err != nil {
		return err
	}
	return m.file.prove(ctx)
}

// Put writes the manifest with one secret for each key.
func (m *Manifest) Put(ctx context.Context, values ...secret.String) error {
	content, err := m.render(values)
	if err != nil {
		return err
	}
	return m.file.put(ctx, content)
}

// Undo takes the manifest away and puts back what was there before.
func (m *Manifest) Undo(ctx context.Context) error { return m.file.undo(ctx) }

func (m *Manifest) render(values []secret.String) (string, error) {
	if len(values) != len(m.keys) {
		return "", fmt.Errorf("%s: %w: %d values for %d keys", m.file.path, ErrUnstorable, len(values), len(m.keys))
	}
	full := m.meta
	full.Data = maps.Clone(m.meta.Data)
	if full.Data == nil {
		full.Data = map[string]string{}
	}
	for i, key := range m.keys {
		full.Data[key] = values[i].Reveal()
	}
	content, err := full.YAML()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %w", m.file.path, ErrUnstorable, err)
	}
	return content, nil
}
