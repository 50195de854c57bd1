package doctor

import (
	"fmt"
	"math"
	"time"
)

// instant is a time of a header, in seconds since 1970. A time beyond what can be written counts as the last one.
func instant(seconds uint64) time.Time {
	const last = 253402300799 // the end of year 9999
	return time.Unix(int64(min(seconds, last)), 0).UTC()
}

// date writes a time of a header or a fork.
func date(seconds uint64) string { return instant(seconds).Format("2006-01-02 15:04:05Z") }

// short writes a duration for people.
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + short(max(-d, 0))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(math.Round(d.Hours()/24)))
}

// size writes a size for people.
func size(n uint64) string {
	switch {
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	case n < 10_000_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	}
	return fmt.Sprintf("%d GB", n/1_000_000_000)
}

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
