package inspect

import (
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// page is text for people: rows of a name and what there is to say, and tables.
type page struct{ strings.Builder }

// row writes a name and a text behind it. A text of several lines is indented.
func (p *page) row(name, format string, args ...any) {
	fmt.Fprintf(p, "%-14s  %s\n", name, fmt.Sprintf(format, args...))
}

// why writes a row with a reason, if there is one.
func (p *page) why(name string, r *Reason) {
	if r != nil {
		p.row(name, "%s", r)
	}
}

func (p *page) notes(notes []string) {
	for _, note := range notes {
		p.row("note", "%s", note)
	}
}

// table writes aligned columns; cells are separated by tabs. Numbers are not aligned to the right: they are looked up, not
// compared.
func (p *page) table(lines []string) {
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\n", line)
	}
	_ = w.Flush() // a strings.Builder takes everything
	for line := range strings.Lines(aligned.String()) {
		p.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// left writes how many elements of a list are not shown.
func (p *page) left(all, shown int) {
	if all > shown {
		fmt.Fprintf(p, "  … and %s more (--limit 0 shows all)\n", thousands(uint64(all-shown)))
	}
}

func (p *page) to(w io.Writer) error {
	_, err := io.WriteString(w, p.String())
	return err
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if strings.HasSuffix(thing, "s") {
		thing += "e"
	}
	return thousands(uint64(n)) + " " + thing + "s"
}

// thousands groups the digits of a number by commas.
func thousands(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// moment is a time as people read it, and as data has it.
func moment(seconds uint64) string {
	const year10000 = 253402300800
	if seconds >= year10000 {
		return fmt.Sprintf("%d seconds since 1970, which is no real time", seconds)
	}
	return fmt.Sprintf("%s (%d)", time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05 UTC"), seconds)
}

// amount is a number of wei in a unit that has so many decimals.
func amount(wei *big.Int, decimals int, unit string) string {
	text := wei.String()
	if len(text) <= decimals {
		text = strings.Repeat("0", decimals-len(text)+1) + text
	}
	whole, part := text[:len(text)-decimals], strings.TrimRight(text[len(text)-decimals:], "0")
	if part != "" {
		whole += "." + part
	}
	return whole + " " + unit
}

func ether(wei string) string { return amount(number(wei), 18, "ether") }

// gwei is a fee per gas; one of a few wei stays in wei.
func gwei(wei string) string {
	n := number(wei)
	if n.Sign() != 0 && n.BitLen() < 14 {
		return n.String() + " wei"
	}
	return amount(n, 9, "gwei")
}

// number reads what a value of this package has as decimal digits.
func number(digits string) *big.Int {
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

// short is the beginning and the end of an address.
func short(a *common.Address) string {
	if a == nil {
		return "-"
	}
	text := a.Hex()
	return text[:6] + "…" + text[len(text)-4:]
}
