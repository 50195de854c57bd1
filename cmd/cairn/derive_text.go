package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/recording"
	"github.com/cairn-rollup/cairn/rollup"
)

// deriveText prints a derivation for people.
type deriveText struct {
	out        io.Writer
	recording  *recording.Recording
	config     *rollup.Config
	frames     bool
	attributes bool
	all        bool
	only       *uint64 // nil: every block

	digits    int                  // of block numbers
	explained map[string]bool      // reasons whose sentence was printed
	channel   string               // the channel whose frames were printed last
	waiting   []*recording.Dropped // what was dropped since the last block, for only
}

func (t *deriveText) tell(e recording.Event) {
	switch e := e.(type) {
	case *recording.Began:
		t.began(e)
	case *recording.Block:
		t.block(e)
	case *recording.Dropped:
		t.dropped(e)
	default:
	}
}

// began says what is recorded and where derivation begins.
func (t *deriveText) began(e *recording.Began) {
	if t.only != nil {
		return
	}
	last := e.To
	if _, highest, ok := t.recording.L2Range(); ok && last == 0 {
		last = highest
	}
	t.digits = len(fmt.Sprint(last))
	fmt.Fprintf(t.out, "L2 chain %s on L1 %s", t.config.L2ChainID, l1Name(t.config.L1ChainID.Uint64()))
	if first, last, ok := t.recording.L1Range(); ok {
		fmt.Fprintf(t.out, "; recorded: L1 blocks %d to %d", first, last)
	}
	if lowest, highest, ok := t.recording.L2Range(); ok {
		fmt.Fprintf(t.out, ", L2 blocks %d to %d", lowest, highest)
	}
	fmt.Fprintf(t.out, "\nbuilding on L2 block %d (%s), reading from L1 block %d\n\n", e.Safe.Number, e.Safe.Hash.TerminalString(), e.Base.Number)
}

func (t *deriveText) block(b *recording.Block) {
	if t.only != nil {
		if b.Number == *t.only {
			t.detail(b)
		}
		t.waiting = nil
		return
	}
	fmt.Fprintf(t.out, "block %-*d  time %d  %s  epoch %d seq %d  from L1 %d  %s\n", t.digits, b.Number, b.Attributes.Timestamp, txCount(b.Attributes.Transactions),
		b.Origin.Number, b.SequenceNumber, b.DerivedFrom.Number, strings.Join(blockMarks(b), "  "))
	if t.frames && b.From != nil && b.From.Channel.String() != t.channel {
		t.channel = b.From.Channel.String()
		fmt.Fprintf(t.out, "    channel %s, opened in L1 block %d\n", b.From.Channel, b.From.OpenBlock)
		t.frameLines(b)
	}
	t.differences(b)
	if t.attributes || b.Recorded == nil {
		t.attributesJSON(b)
	}
}

// frameLines says where each frame of the block's channel was.
func (t *deriveText) frameLines(b *recording.Block) {
	for i, place := range b.From.Frames {
		fmt.Fprintf(t.out, "    frame %d: %s%s\n", i, place, inTx(b.FrameTxs[i]))
	}
}

func (t *deriveText) differences(b *recording.Block) {
	if len(b.Differs) == 0 {
		return
	}
	differenceLines(t.out, b.Differs)
	for _, c := range b.Tried {
		fmt.Fprintf(t.out, "    L1 had another block for this number before, %s, which differs too:\n", batchText(c.From))
		differenceLines(t.out, c.Differs)
	}
}

func differenceLines(out io.Writer, all []recording.Difference) {
	for _, d := range all {
		fmt.Fprintf(out, "    %s\n      recorded: %s\n      derived:  %s\n", d.Field, d.Recorded, d.Derived)
	}
}

func (t *deriveText) attributesJSON(b *recording.Block) {
	text, err := json.MarshalIndent(b.Attributes, "    ", "  ")
	if err != nil {
		panic(err) // nothing in them can fail
	}
	fmt.Fprintf(t.out, "    attributes: %s\n", text)
}

// blockMarks are where a block came from, and what is special about it.
func blockMarks(b *recording.Block) []string {
	marks := []string{batchText(b.From)}
	if b.Replaced {
		marks = append(marks, "replaced: deposits only, the engine must have refused what the batch says")
	}
	switch {
	case b.Recorded == nil:
		marks = append(marks, "not recorded")
	case len(b.Differs) > 0:
		marks = append(marks, "DIFFERS")
	}
	return marks
}

// batchText names the batch a block came from.
func batchText(from *derive.Provenance) string {
	switch {
	case from == nil:
		return "forced: window expired"
	case from.Span:
		return fmt.Sprintf("channel %.8s… span batch %d, its block %d", from.Channel, from.Batch, from.Block)
	}
	return fmt.Sprintf("channel %.8s… batch %d", from.Channel, from.Batch)
}

// txCount is how many transactions there are, deposits apart.
func txCount[T ~[]byte](txs []T) string {
	deposits := 0
	for _, tx := range txs {
		if eth.IsDeposit(tx) {
			deposits++
		}
	}
	return fmt.Sprintf("txs %d+%d", deposits, len(txs)-deposits)
}

func inTx(hash common.Hash) string {
	if hash == (common.Hash{}) {
		return ""
	}
	return " " + hash.Hex()
}

func (t *deriveText) dropped(d *recording.Dropped) {
	switch {
	case !t.all && d.Early:
	case t.only == nil:
		t.droppedLine(d)
	default:
		t.waiting = append(t.waiting, d)
	}
}

// droppedLine says what was left out and where it was; why is said once for each reason.
func (t *deriveText) droppedLine(d *recording.Dropped) {
	fmt.Fprintf(t.out, "  dropped %s: %s", d.What, d.Reason)
	where := d.Where()
	if where == "" || !strings.HasPrefix(where, "L1 block") {
		where = strings.TrimSuffix(fmt.Sprintf("read at L1 block %d, %s", d.L1, where), ", ")
	}
	fmt.Fprintf(t.out, ": %s", where)
	if d.Tx != (common.Hash{}) {
		fmt.Fprintf(t.out, ", hash %s", d.Tx)
	}
	fmt.Fprintln(t.out)
	if d.BackTo != nil {
		fmt.Fprintf(t.out, "      a span batch is left out as a whole: back to block %d\n", d.BackTo.Number)
	}
	why, rule := reasonText(d)
	if key := d.What.String() + d.Reason.String(); why != "" && !t.explained[key] {
		t.explained[key] = true
		for _, line := range wrap(why+inRule(rule), 90) {
			fmt.Fprintf(t.out, "      %s\n", line)
		}
	}
}

func inRule(rule string) string {
	if rule == "" {
		return ""
	}
	return " [" + rule + "]"
}

// reasonText is the sentence of a reason, and the rule it comes from. That an engine refused a block is concluded here, and
// not known.
func reasonText(d *recording.Dropped) (why, rule string) {
	if d.What == derive.DroppedBlock {
		return "the recorded block at this height is another one, so an engine must have refused this", d.Reason.Rule()
	}
	return d.Reason.Why(), d.Reason.Rule()
}

// end sums up.
func (t *deriveText) end(e *recording.End, c *deriveCounts) {
	for _, d := range t.waiting {
		t.droppedLine(d)
	}
	if t.only != nil {
		return
	}
	fmt.Fprintln(t.out)
	if e.OK() {
		text := deriveTrouble(e)
		fmt.Fprintf(t.out, "%s%s.\n", strings.ToUpper(text[:1]), text[1:])
	}
	if len(e.Tried) > 0 && e.Why != recording.Different {
		for _, tried := range e.Tried {
			fmt.Fprintf(t.out, "  block %d of %s is not the recorded one:\n", tried.Number(), batchText(tried.From))
			differenceLines(t.out, tried.Differs)
		}
	}
	fmt.Fprintf(t.out, "%s\n%s\n", sameText(c), droppedText(c, t.all))
	fmt.Fprintf(t.out, "%.2f s, %.0f blocks per second\n", c.now().Sub(c.began).Seconds(), c.perSecond())
}

// sameText says how many blocks are what L1 says.
func sameText(c *deriveCounts) string {
	text := "No block was compared"
	if c.same > 0 {
		text = fmt.Sprintf("%s, %d to %d, are what L1 says", plural(c.same, "block"), c.first, c.head)
		if c.same == 1 {
			text = fmt.Sprintf("Block %d is what L1 says", c.first)
		}
		var special []string
		if c.forced > 0 {
			special = append(special, fmt.Sprintf("%d forced by an expired window", c.forced))
		}
		if c.deposit > 0 {
			special = append(special, fmt.Sprintf("%d replaced by deposits only", c.deposit))
		}
		if len(special) > 0 {
			text += " (" + strings.Join(special, ", ") + ")"
		}
	}
	return fmt.Sprintf("%s; L1 blocks %d to %d were read.", text, c.start.Base.Number, c.last.L1.Number)
}

// droppedText counts what was dropped, the most frequent first.
func droppedText(c *deriveCounts, all bool) string {
	reasons := slices.Collect(maps.Keys(c.dropped))
	slices.SortFunc(reasons, func(a, b string) int {
		if c.dropped[a] != c.dropped[b] {
			return c.dropped[b] - c.dropped[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, reason := range reasons {
		parts = append(parts, fmt.Sprintf("%d %s", c.dropped[reason], reason))
	}
	text := "Nothing was dropped"
	if len(parts) > 0 {
		text = "Dropped: " + strings.Join(parts, ", ")
	}
	if c.early > 0 {
		text += fmt.Sprintf("; %d before the first block, most of them of blocks before it", c.early)
		if !all {
			text += " (--all shows them)"
		}
	}
	return text + "."
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
