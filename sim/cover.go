package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/rollup"
)

// unreachable are the reasons that derivation cannot have, or cannot tell of.
var unreachable = []fmt.Stringer{
	channel.None, batch.OK, attributes.UpdateTaken,
	// The bank is read before each frame, and a reading drops every channel that has timed out.
	channel.FrameTooLate,
	// Batches are read to the end of their channel before the next frame is looked at: no channel is open when one is void.
	channel.ChannelFlushed,
	// A batch is judged only when the epoch of the safe head is in the window.
	batch.NoL1Blocks, batch.SpanNoL1Blocks,
	// The verdict is "undecided": before Holocene the batch waits, of which there is no note. From Holocene on the next L1
	// block is always there.
	batch.NextEpochUnknown, batch.SpanNextEpochUnknown, batch.DriftNextUnknown,
	// The list of L1 blocks leaves the safe head's epoch behind only when its sequencing window has ended. Then a span that
	// begins there comes too late, and one that came in time has had its turn.
	batch.ElementEpochUnknown,
	// A span that begins at a safe block and ends after the safe head has all heights between.
	batch.OverlapHeightMissing,
}

// Reasons lists the names of all reasons that a run of some hundred seeds has to bring about.
func Reasons() (names []string) {
	var all []fmt.Stringer
	for r := channel.Reason(0); !strings.HasPrefix(r.String(), "reason-"); r++ {
		all = append(all, r)
	}
	for _, r := range batch.Reasons() {
		all = append(all, r)
	}
	for r := attributes.UpdateReason(0); !strings.HasPrefix(r.String(), "update-reason-"); r++ {
		all = append(all, r)
	}
	all = append(all, derive.WrongSender, derive.BeforeSafeHead, derive.EngineRejected, derive.Flushed, derive.HoloceneBegan)
	for _, r := range all {
		if !slices.Contains(unreachable, r) {
			names = append(names, reasonName(r))
		}
	}
	return names
}

// features are what a run has to bring about besides, and how often at least.
var features = map[string]int{
	"feature: block with transactions":                 1000,
	"feature: block at or after the end of its window": 1000,
	"feature: block beyond the drift":                  100,
	"feature: block replaced by deposits only":         20,
	"feature: block of an invalid span undone":         5,
	"feature: safe block compared with a span":         300,
	"feature: blob":                        300,
	"feature: brotli":                      100,
	"feature: deposits":                    300,
	"feature: channel filled to the limit": 3,
	"feature: flood":                       2,
	"feature: malformed deposit":           1,
	"feature: machine resumed from disk":   300,
	"halt: malformed deposit":              1,
	"halt: deposits only":                  1,
	"halt: lagoon":                         3,
	"activation: several at once":          10,
	"reorg depth 00":                       10,
	"reorg depth 01":                       10,
	"reorg depth 05":                       1,
	"reorg depth 10 and more":              30,
}

// Missing lists what a run of some hundred seeds has to bring about and did not.
func Missing(c Counts) (names []string) {
	for _, name := range Reasons() {
		if c[name] == 0 {
			names = append(names, name)
		}
	}
	for name, least := range features {
		if c[name] < least {
			names = append(names, fmt.Sprintf("%s: %d times, want %d", name, c[name], least))
		}
	}
	for _, f := range rollup.Forks() {
		if name := "activation: " + f.String(); f != rollup.Lagoon && c[name] == 0 {
			names = append(names, name)
		}
	}
	for kind := range 8 {
		if name := fmt.Sprintf("update taken: type %d", kind); c[name] == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
