package network

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// UnknownError says that there is no network of a name.
type UnknownError struct {
	Name string
	Near []string // at most three names that may have been meant, the likeliest first
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no network %q is built in; the nearest are %s", e.Name, strings.Join(e.Near, ", "))
}

// nearest are the three names with the fewest letters to change. Of a name that begins as wanted does, or with it, only
// the letters of the common length count: "unichain" means unichain-mainnet or unichain-sepolia.
func nearest(wanted string) []string {
	names := Names()
	distance := func(name string) int {
		if len(wanted) > 0 && strings.HasPrefix(name, wanted) {
			return 0
		}
		return edits(wanted, name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return names[:min(3, len(names))]
}

// edits is the number of letters to insert, drop or replace to make b of a (Levenshtein).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
