package obs

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// lasting is a duration as people say it: two units at most, the smaller one only where it matters.
func lasting(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(d, 0); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < 10*time.Minute:
		return units(d, time.Minute, "m", time.Second, "s")
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 2*day:
		return units(d, time.Hour, "h", time.Minute, "m")
	case d < 100*day:
		return units(d, day, "d", time.Hour, "h")
	default:
		return fmt.Sprintf("%dd", d/day)
	}
}

func units(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if d%big < small {
		return fmt.Sprintf("%d%s", d/big, bigName)
	}
	return fmt.Sprintf("%d%s%d%s", d/big, bigName, d%big/small, smallName)
}

// printable makes a text fit for a terminal: what L1 or an endpoint says must not move the cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}

// plural is a count with its noun.
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
