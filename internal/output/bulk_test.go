package output_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/output"
)

// crowd is people, many times.
func crowd(rows int) output.View {
	v := people()
	some := v.Rows
	v.Rows = make([][]string, rows)
	for i := range v.Rows {
		v.Rows[i] = some[i%len(some)]
	}
	return v
}

func TestALargeTableLooksLikeASmallOne(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]output.Options{
		"in a pipe":            {},
		"without headings":     {NoHeaders: true},
		"on a narrow terminal": {Width: 20, Bold: true},
		"on a wide terminal":   {Width: 200, Bold: true},
		"with every column":    {Columns: []string{"email", "full_name"}, Width: 15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var small, large bytes.Buffer
			for rows, b := range map[int]*bytes.Buffer{9_000: &small, 12_000: &large} {
				if err := output.Write(b, o, crowd(rows)); err != nil {
					t.Fatal(err)
				}
			}
			if small.Len() == 0 || !strings.HasPrefix(large.String(), small.String()) {
				t.Errorf("the large table begins\n%.200s\nthe small one\n%.200s", large.String(), small.String())
			}
			if got, want := strings.Count(large.String(), "\n"), strings.Count(small.String(), "\n")+3_000; got != want {
				t.Errorf("the large table has %d lines, want %d", got, want)
			}
		})
	}
}

func BenchmarkLargeTable(b *testing.B) {
	v := output.View{Header: []string{"username", "roles", "algorithm"}}
	for i := range 100_000 {
		v.Rows = append(v.Rows, []string{"user" + strconv.Itoa(i), "superuser, viewer", "bcrypt"})
	}
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := output.Write(&out, output.Options{}, v); err != nil {
			b.Fatal(err)
		}
	}
}
