package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkStart compares the start of `realmctl version` with that of a program that
// does nothing. Compare the two, not either with another machine's.
func BenchmarkStart(b *testing.B) {
	for name, c := range map[string]struct {
		pkg  string
		args []string
	}{
		"version": {".", []string{"version"}},
		"empty":   {"./testdata/empty", nil},
	} {
		binary := filepath.Join(b.TempDir(), name)
		build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, c.pkg)
		build.Env = append(build.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			b.Fatalf("build %s: %v\n%s", c.pkg, err, out)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := exec.CommandContext(b.Context(), binary, c.args...).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
