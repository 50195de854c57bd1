package obs

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cairn-rollup/cairn/internal/prose"
)

const (
	defaultWidth = 80
	minWidth     = 60
	forkNotice   = 14 * 24 * time.Hour // a fork is told of so long before
)

// Write writes the explanation for people: the verdict, then each head with what it waits for and what to do. width is
// that of the terminal, 0 for 80 columns.
func (e Explanation) Write(w io.Writer, width int, color bool) error {
	if width <= 0 {
		width = defaultWidth
	}
	p := &page{Writer: bufio.NewWriter(w), width: max(width, minWidth), color: color, at: e.At, told: make(map[Code]string)}
	p.summary(e)
	p.heads(e.Heads)
	for _, f := range e.Endpoints {
		p.endpoint(f)
	}
	if left := time.Unix(int64(e.NextForkTime), 0).Sub(e.At); e.NextFork != "" && left > 0 && left < forkNotice { //nolint:gosec // a time
		p.line(fmt.Sprintf("  fork %s activates in %s", prose.Printable(e.NextFork), prose.Lasting(left)))
	}
	return p.Flush()
}

// page wraps lines.
type page struct {
	*bufio.Writer
	width int
	color bool
	at    time.Time
	told  map[Code]string // what has been told already, and of whom
}

func (p *page) line(text string) { fmt.Fprintln(p, strings.TrimRight(text, " ")) }

func (p *page) summary(e Explanation) {
	where := ""
	if e.Chain != "" {
		where = prose.Printable(e.Chain) + ": "
	}
	verdict := string(e.Verdict)
	lead := where + verdict + ", "
	text := prose.Wrap(prose.Printable(e.Text), p.width-utf8.RuneCountInString(lead), p.width-2)
	p.line(where + p.paint(verdict, colorOf(e.Verdict)) + ", " + text[0])
	for _, more := range text[1:] {
		p.line("  " + more)
	}
}

// heads writes a row for each head.
func (p *page) heads(heads []Head) {
	digits := 1
	for _, h := range heads {
		digits = max(digits, len(fmt.Sprint(h.Number)))
	}
	for _, h := range heads {
		name := h.Head
		if name == "l1" {
			name = "L1"
		}
		state := fmt.Sprintf("%-7s", h.State)
		lead := fmt.Sprintf("  %-9s  %*d  ", name, digits, h.Number)
		width := len(lead) + len(state) + 2
		p.status(lead+p.paint(state, stateColors[h.State])+"  ", width, width, p.once(name, h.Status))
	}
}

func (p *page) endpoint(f EndpointFault) {
	lead := fmt.Sprintf("  %s %s: ", layer(f.Kind), prose.Printable(f.Name))
	status := p.once(f.Name, f.Status)
	status.Cause = f.Cause // each endpoint has its own
	p.status(lead, utf8.RuneCountInString(lead), 4, status)
}

// once is a status that refers to the first place where the same was told.
func (p *page) once(name string, s Status) Status {
	if first, again := p.told[s.Code]; again {
		return Status{Code: s.Code, Text: "as " + prose.Printable(first)}
	}
	p.told[s.Code] = name
	return s
}

// status writes a status behind what it is about, which takes some columns; its other lines are indented.
func (p *page) status(lead string, columns, indent int, s Status) {
	about := string(s.Code)
	if !s.Since.IsZero() {
		about += ", since " + prose.Lasting(p.at.Sub(s.Since))
	}
	rest := p.width - indent
	lines := prose.Wrap(fmt.Sprintf("%s (%s)", prose.Printable(s.Text), about), p.width-columns, rest)
	if s.Cause != "" {
		lines = append(lines, prose.Wrap("last error: "+s.Cause, rest, rest)...)
	}
	if s.Fix != "" {
		lines = append(lines, prose.Wrap("to do: "+s.Fix, rest, rest)...)
	}
	p.line(lead + lines[0])
	for _, more := range lines[1:] {
		p.line(strings.Repeat(" ", indent) + more)
	}
}

const (
	red, green, yellow = "\x1b[31m", "\x1b[32m", "\x1b[33m"
	reset              = "\x1b[0m"
)

var stateColors = map[State]string{Moving: green, Waiting: yellow, Stopped: red}

func colorOf(v Verdict) string {
	switch v {
	case VerdictHealthy, VerdictBehind:
		return green
	case VerdictStopped:
		return red
	default:
		return yellow
	}
}

func (p *page) paint(text, color string) string {
	if !p.color {
		return text
	}
	return color + text + reset
}
