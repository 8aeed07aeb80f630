// Package spelling guesses what a misspelt name may have meant.
package spelling

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Near returns the candidates closest to name by edit distance, at most
// three, none that differs in more than a third of its letters.
func Near(name string, candidates []string) []string {
	type scored struct {
		name string
		far  int
	}
	var found []scored
	lower := strings.ToLower(name)
	limit := max(len(name)/3, 1)
	for _, c := range candidates {
		if d := distance(lower, strings.ToLower(c), limit); d <= limit {
			found = append(found, scored{c, d})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, s := range found[:min(len(found), 3)] {
		out = append(out, s.name)
	}
	return out
}

// distance is how many letters have to be put in, left out, changed or
// swapped with their neighbour to make b of a; above limit it may give up.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// DidYouMean is the end of a sentence about an unknown name.
func DidYouMean(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("; did you mean %q?", names[0])
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return "; did you mean " + strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1] + "?"
}
