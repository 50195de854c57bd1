package prose

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Lasting is a duration as people say it: two units at most, the smaller one only where it matters.
func Lasting(d time.Duration) string {
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

// Printable makes a text fit for a terminal: what L1 or an endpoint says must not move the cursor.
func Printable(text string) string {
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

// Plural is a count with its noun.
func Plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Wrap breaks a text into lines at spaces: the first of one width, the others of another. A word that is longer than a
// line is cut into several. There is at least one line.
func Wrap(text string, first, others int) []string {
	var lines []string
	width, line := max(first, 1), ""
	flush := func() { lines, line, width = append(lines, line), "", max(others, 1) }
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			flush()
		}
		for line == "" && utf8.RuneCountInString(word) > width {
			runes := []rune(word)
			line, word = string(runes[:width]), string(runes[width:])
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
