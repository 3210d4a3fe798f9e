package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/token"
)

func TestReadConfig(t *testing.T) {
	t.Parallel()
	const prefix = "xpack.security.authc.token."
	for _, c := range []struct {
		name, yaml string
		want       token.Config
	}{
		{"nothing is set: plain HTTP has no tokens", "", token.Config{Disabled: true, Timeout: 20 * time.Minute, Keep: 30 * time.Minute}},
		{"HTTPS has them", "xpack.security.http.ssl.enabled: true", token.Config{Timeout: 20 * time.Minute, Keep: 30 * time.Minute}},
		{"unless they are off", "xpack.security.http.ssl.enabled: true\n" + prefix + "enabled: false", token.Config{Disabled: true, Timeout: 20 * time.Minute, Keep: 30 * time.Minute}},
		{"everything", prefix + "enabled: true\n" + prefix + "timeout: 90500ms\n" + prefix + "delete.interval: 1h", token.Config{Timeout: 90 * time.Second, Keep: time.Hour}},
		{"the least", prefix + "enabled: true\n" + prefix + "timeout: 1s", token.Config{Timeout: time.Second, Keep: 30 * time.Minute}},
		{"the most", prefix + "enabled: true\n" + prefix + "timeout: 1h", token.Config{Timeout: time.Hour, Keep: 30 * time.Minute}},
	} {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(c.yaml))
		if err != nil {
			t.Fatal(err)
		}
		got, err := token.ReadConfig(s)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
		}
	}
	for yaml, want := range map[string]string{
		"\n" + prefix + "enabled: perhaps":                          "elasticsearch.yml:2: " + prefix + "enabled",
		prefix + "timeout: 999ms":                                   "elasticsearch.yml:1: " + prefix + "timeout: must be between 1s and 1h",
		prefix + "timeout: 3601s":                                   "must be between 1s and 1h",
		prefix + "timeout: soon":                                    prefix + "timeout",
		prefix + "enabled: 1\n" + prefix + "delete.interval: never": prefix + "delete.interval",
		"xpack.security.http.ssl.enabled: x":                        "xpack.security.http.ssl.enabled",
	} {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := token.ReadConfig(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", yaml, err, want)
		}
	}
}
