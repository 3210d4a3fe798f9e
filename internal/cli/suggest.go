package cli

import (
	"strings"
)

// didYouMean suggests a privilege where the server's refusal lists all of them:
// unknown cluster privilege [montor]. a privilege must be ... names [all,...].
func didYouMean(reason string) string {
	for _, kind := range []string{"unknown cluster privilege [", "unknown index privilege ["} {
		_, rest, found := strings.Cut(reason, kind)
		if !found {
			continue
		}
		unknown, rest, _ := strings.Cut(rest, "]")
		_, list, _ := strings.Cut(rest, "[")
		list, _, _ = strings.Cut(list, "]")
		if best := nearest(unknown, strings.Split(list, ",")); best != "" {
			return "did you mean " + best + "?"
		}
	}
	return ""
}

// nearest is the candidate that differs least from a word; empty when none is near.
func nearest(word string, candidates []string) string {
	best, least := "", len(word)/2+1
	for _, c := range candidates {
		c = strings.TrimSpace(c)
		if d := distance(strings.ToLower(word), c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the insertions, deletions and replacements of bytes that turn a
// into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
