// Package prose makes values fit for people who read them on a terminal: durations, counts, lines of a width, and what
// strangers wrote. It is no template engine and knows no colours.
//
// Invariant: what Printable has passed moves no cursor, and no line of Wrap is longer than asked for.
package prose
