package batch

import "fmt"

// Verdict is what is to be done with a batch, given what is known.
type Verdict uint8

// The verdicts (specs: derivation, batch queue; holocene, batch queue).
const (
	// Accept: apply it to the safe head.
	Accept Verdict = iota
	// Drop: it can never be applied. From Holocene on the rest of its channel goes with it.
	Drop
	// Past: it says nothing new; skip it and keep its channel. Only from Holocene on.
	Past
	// Future: its turn may come; keep it. Only before Holocene.
	Future
	// Undecided: L1 or L2 blocks are missing without which nobody can tell.
	Undecided
)

var verdictNames = [...]string{Accept: "accept", Drop: "drop", Past: "past", Future: "future", Undecided: "undecided"}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}
