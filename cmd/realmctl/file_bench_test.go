//go:build unix

package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// crowded makes a configuration folder with so many users.
func crowded(t testing.TB, users int) string {
	t.Helper()
	var names []string
	var text strings.Builder
	for i := range users {
		name := fmt.Sprintf("user%07d", i)
		names = append(names, name)
		text.WriteString(name + ":" + somebody + "\n")
	}
	return confFolder(t, text.String(), "viewer:"+strings.Join(names, ",")+"\nsuperuser:"+strings.Join(names[:users/100], ",")+"\n")
}

func TestAHundredThousandFileUsers(t *testing.T) {
	t.Parallel()
	const users = 100_000
	conf := crowded(t, users)
	run := func(args ...string) []byte {
		out, err := realmctl(t, conf, []string{"H=" + somebody}, append([]string{"file"}, append(args, "--conf", conf)...)...).Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out
	}
	if got := bytes.Count(run("list", "-o", "name"), []byte("\n")); got != users {
		t.Errorf("%d users are listed, want %d", got, users)
	}
	run("lint")
	run("add", "newcomer", "--roles", "viewer", "--hash-env", "H")
	run("roles", "user0050000", "--add", "superuser")
	run("delete", "user0000000", "--yes")
	if got := bytes.Count(run("list", "--role", "superuser", "-o", "name"), []byte("\n")); got != users/100 {
		t.Errorf("%d superusers are listed, want %d", got, users/100)
	}
	text := content(t, filepath.Join(conf, "users"))
	if !strings.HasPrefix(text, "user0000001:") || !strings.HasSuffix(text, "\nnewcomer:"+somebody+"\n") || strings.Count(text, "\n") != users {
		t.Errorf("users begins %.20q, ends %.20q and has %d lines", text, text[len(text)-20:], strings.Count(text, "\n"))
	}
}

// BenchmarkMillionFileUsers measures whole commands on files of 85 MB. MB is the
// memory that the process had at most.
func BenchmarkMillionFileUsers(b *testing.B) {
	conf := crowded(b, 1_000_000)
	for name, args := range map[string][]string{
		"list":   {"list"},
		"lint":   {"lint"},
		"edit":   {"password", "user0500000", "--hash-env", "H"},
		"verify": {"verify", "user0500000", "--password-env", "H"},
	} {
		b.Run(name, func(b *testing.B) {
			most := int64(0)
			for b.Loop() {
				cmd := realmctl(b, conf, []string{"H=" + somebody}, append([]string{"file"}, append(args, "--conf", conf)...)...)
				if err := cmd.Run(); err != nil && exitOf(err) != 1 {
					b.Fatal(err)
				}
				if used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
					most = max(most, used.Maxrss)
				}
			}
			b.ReportMetric(float64(most)/1024, "MB")
		})
	}
}
