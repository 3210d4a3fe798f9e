package xcontent

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf16"
)

// Similar gives the candidates that resemble word, the most similar first, as
// Lucene's LevenshteinDistance with the bound 0.5 sees it.
func Similar(word string, candidates []string) []string {
	type scored struct {
		name  string
		score float32
	}
	var all []scored
	for _, c := range candidates {
		if s := similarity(word, c); s > 0.5 {
			all = append(all, scored{c, s})
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(-cmp.Compare(a.score, b.score), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, s := range all {
		names = append(names, s.name)
	}
	return slices.Compact(names)
}

// DidYouMean is the suggestion in an error text, such as did you mean [name]?, or
// empty.
func DidYouMean(word string, candidates []string) string {
	switch names := Similar(word, candidates); len(names) {
	case 0:
		return ""
	case 1:
		return "did you mean [" + names[0] + "]?"
	default:
		return "did you mean any of [" + strings.Join(names, ", ") + "]?"
	}
}

// didYouMean is DidYouMean as a suffix.
func didYouMean(word string, candidates []string) string {
	if s := DidYouMean(word, candidates); s != "" {
		return " " + s
	}
	return ""
}

// similarity is 1 for equal words and 0 for words that have nothing in common.
func similarity(a, b string) float32 {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	longer := max(len(x), len(y))
	if longer == 0 {
		return 1
	}
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	return 1 - float32(distance(x, y))/float32(longer)
}

// distance is the number of insertions, deletions and replacements.
func distance(x, y []uint16) int {
	row := make([]int, len(x)+1)
	for i := range row {
		row[i] = i
	}
	for j, c := range y {
		corner := row[0]
		row[0] = j + 1
		for i := range x {
			cost := 1
			if x[i] == c {
				cost = 0
			}
			corner, row[i+1] = row[i+1], min(row[i+1]+1, row[i]+1, corner+cost)
		}
	}
	return row[len(x)]
}
