package main

import (
	"os/exec"
	"testing"
)

// BenchmarkStart is a whole process that shows its version, beside one that does
// nothing: the price of being started.
func BenchmarkStart(b *testing.B) {
	for name, args := range map[string][]string{"version": {"realmctl", "version"}, "nothing": {"true"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := exec.CommandContext(b.Context(), args[0], args[1:]...).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
