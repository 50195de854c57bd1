package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cairn-rollup/cairn/recording"
)

// deriveCmd derives a recorded piece of a chain, or records one.
type deriveCmd struct {
	Run    deriveRunCmd    `cmd:"" default:"withargs" help:"Derive a recording, and compare it with the recorded blocks (what 'cairn derive' alone does)."`
	Record deriveRecordCmd `cmd:"" help:"Record a piece of a chain from an L1, its Beacon API and an L2 engine."`
}

// Help says where the flags of the command are that needs no name.
func (deriveCmd) Help() string {
	return "'cairn derive' alone is 'cairn derive run' and takes its flags: see 'cairn derive run --help'. " +
		"A recording is a directory with all that derivation reads for some L2 blocks; docs/offline-derivation.md describes it."
}

type deriveRunCmd struct {
	Dir        string  `name:"l1-dir" required:"" help:"Directory of the recording." placeholder:"DIR" type:"path"`
	From       *uint64 `help:"L2 block to begin on, which has to be recorded; the first block derived is the next one." placeholder:"NUMBER"`
	To         *uint64 `help:"L2 block to end with." placeholder:"NUMBER"`
	Block      *uint64 `help:"Show everything about this L2 block, and nothing else." placeholder:"NUMBER"`
	Frames     bool    `help:"Show where on L1 the frames of each channel were."`
	Attributes bool    `help:"Show the payload attributes of each block, as JSON."`
	All        bool    `help:"Show also what was dropped before the first block, most of which belongs to blocks before it."`
	JSON       bool    `name:"json" help:"Print one JSON object per line: of type block, dropped or end."`
}

// Help says what the exit code means.
func (deriveRunCmd) Help() string {
	return "One line for each L2 block, and for each thing on L1 that was left out and why. Nothing is executed and nobody is asked. " +
		"The exit code is 0 if all blocks are what L1 says, 1 if one is not or the recording is broken, 2 if the flags make no sense."
}

// teller prints what is told of a derivation.
type teller interface {
	tell(e recording.Event)
	end(e *recording.End, c *deriveCounts)
}

// Run derives and prints.
func (c *deriveRunCmd) Run(ctx context.Context, s *streams) error {
	r, err := openRecording(c.Dir)
	if err != nil {
		return err
	}
	of := recording.Range{From: c.From, To: c.To}
	if c.Block != nil && of.To == nil {
		of.To = c.Block
	}
	out := bufio.NewWriter(s.out)
	counts := newDeriveCounts(time.Now)
	progress := newProgress(s, counts, out)
	var t teller
	switch {
	case c.JSON:
		t = &deriveJSON{out: out, attributes: c.Attributes || c.Block != nil, only: c.Block}
	default:
		t = &deriveText{
			out: out, recording: r, config: r.Config(), frames: c.Frames, attributes: c.Attributes, all: c.All, only: c.Block, explained: make(map[string]bool),
		}
	}
	end, err := r.Derive(ctx, of, func(e recording.Event) {
		counts.count(e)
		progress.before(e)
		t.tell(e)
	})
	progress.clear()
	if err == nil {
		t.end(end, counts)
	}
	if flushed := out.Flush(); flushed != nil {
		return flushed
	}
	if err != nil {
		return c.explain(err)
	}
	return deriveVerdict(end, of.To)
}

// openRecording opens what --l1-dir names.
func openRecording(dir string) (*recording.Recording, error) {
	r, err := recording.Open(dir)
	if errors.Is(err, recording.ErrNone) {
		return nil, wrong("l1-dir", dir, "there is no recording.json in it; give the directory of a recording, or make one with 'cairn derive record'")
	}
	if err != nil {
		return nil, fmt.Errorf("the recording in %s is broken: %w", dir, err)
	}
	return r, nil
}

// explain says which flag, or which file, an error comes from.
func (c *deriveRunCmd) explain(err error) error {
	var start *recording.StartError
	var file *recording.FileError
	switch {
	case errors.As(err, &start) && c.From != nil:
		return wrong("from", *c.From, "%s", start)
	case errors.As(err, &start):
		return fmt.Errorf("the recording in %s cannot be derived: %w", c.Dir, err)
	case errors.As(err, &file):
		return fmt.Errorf("the recording in %s is broken: %w", c.Dir, err)
	}
	return err
}

// deriveVerdict is an error if a derivation ended in trouble, or before the block that was asked for.
func deriveVerdict(end *recording.End, to *uint64) error {
	switch {
	case !end.OK():
		return errors.New(deriveTrouble(end))
	case to != nil && end.Head.Number < *to && (end.Why != recording.NotRecorded || end.Need != *to):
		return fmt.Errorf("block %d is not reached: %s", *to, deriveTrouble(end))
	}
	return nil
}

// deriveTrouble says in one sentence how a derivation ended.
func deriveTrouble(end *recording.End) string {
	next := end.Head.Number + 1
	switch end.Why {
	case recording.Reached:
		return fmt.Sprintf("block %d is reached", end.Head.Number)
	case recording.EndOfL1:
		if len(end.Tried) > 0 {
			return fmt.Sprintf("the recording ends with L1 block %d, and nothing up to there is the recorded block %d: %s", end.L1.Number, end.Tried[0].Number(), triedText(end.Tried))
		}
		return fmt.Sprintf("the recording ends with L1 block %d, and L2 block %d is not on L1 up to there", end.L1.Number, next)
	case recording.NotRecorded:
		return fmt.Sprintf("block %d is derived and not recorded: its hash is not known without an engine, and batches name their parents, so derivation ends here", end.Need)
	case recording.Different:
		return fmt.Sprintf("L2 block %d is not what L1 says", next)
	case recording.Halted:
		return "derivation halts, and no node gets any further: " + end.Reason
	case recording.Rewound:
		return "the L2 blocks do not belong to the L1 blocks: " + end.Reason
	case recording.NoL2:
		return fmt.Sprintf("a span batch has to be compared with L2 block %d, which is not recorded: record it, or begin on an earlier block", end.Need)
	}
	return string(end.Why)
}

func triedText(tried []recording.Candidate) string {
	if len(tried) == 1 {
		return "L1 has one other block for it, which an engine may have refused"
	}
	return fmt.Sprintf("L1 has %d other blocks, which an engine may have refused", len(tried))
}

// deriveCounts counts what was told.
type deriveCounts struct {
	now     func() time.Time
	began   time.Time
	start   recording.Began
	last    recording.Position
	first   uint64 // L2 block; 0: none yet
	head    uint64
	same    int
	forced  int
	deposit int // replaced
	built   int // not recorded
	differs int
	dropped map[string]int // by reason
	early   int            // dropped before the first block
}

func newDeriveCounts(now func() time.Time) *deriveCounts {
	return &deriveCounts{now: now, began: now(), dropped: make(map[string]int)}
}

func (c *deriveCounts) count(e recording.Event) {
	switch e := e.(type) {
	case *recording.Began:
		c.start = *e
		c.last = recording.Position{L1: e.Base, Last: e.Base.Number, Head: e.Safe.Number}
	case recording.Position:
		c.last = e
	case *recording.Dropped:
		if e.Early {
			c.early++
		} else {
			c.dropped[e.Reason.String()]++
		}
	case *recording.Block:
		c.block(e)
	}
}

func (c *deriveCounts) block(b *recording.Block) {
	switch {
	case b.Recorded == nil:
		c.built++
		return
	case len(b.Differs) > 0:
		c.differs++
		return
	}
	if c.first == 0 {
		c.first = b.Number
	}
	c.same++
	c.head = b.Number
	if b.From == nil {
		c.forced++
	}
	if b.Replaced {
		c.deposit++
	}
}

// perSecond is how many blocks were compared in a second.
func (c *deriveCounts) perSecond() float64 {
	seconds := c.now().Sub(c.began).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(c.same) / seconds
}

// progress is a line on a terminal that says how far a derivation is. Elsewhere there is none.
type progress struct {
	line    io.Writer // nil: none
	out     *bufio.Writer
	columns func() int
	counts  *deriveCounts
	drawn   bool
	next    time.Time
}

// progressInterval is the time between two looks, progressDelay the time before the first: most derivations are over by then.
const (
	progressInterval = 200 * time.Millisecond
	progressDelay    = time.Second
)

func newProgress(s *streams, counts *deriveCounts, out *bufio.Writer) *progress {
	p := &progress{counts: counts, out: out, next: counts.began.Add(progressDelay)}
	if width(&streams{out: s.err}) > 0 {
		p.line, p.columns = s.err, func() int { return width(&streams{out: s.err}) }
	}
	return p
}

// before is called before an event is printed, so that what is printed is whole lines.
func (p *progress) before(e recording.Event) {
	if _, ok := e.(recording.Position); !ok || p.line == nil {
		return
	}
	now := p.counts.now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(progressInterval)
	p.clear()
	_ = p.out.Flush() // said at the end
	fmt.Fprint(p.line, cut(progressText(p.counts), p.columns()-1))
	p.drawn = true
}

// clear takes the line away.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.line, "\r\x1b[K")
		p.drawn = false
	}
}

// progressText is how far it is, and how long the rest will take if it goes on like that.
func progressText(c *deriveCounts) string {
	first, at := c.start.Base.Number, c.last.L1.Number
	last := max(c.last.Last, at)
	text := fmt.Sprintf("L1 block %d of %d", at, last)
	if last > first && at > first {
		done := float64(at-first) / float64(last-first)
		text += fmt.Sprintf(" (%.0f %%)", 100*done)
		if left := time.Duration(float64(c.now().Sub(c.began)) * (1 - done) / done); left >= time.Second {
			text += fmt.Sprintf(", %s left", left.Round(time.Second))
		}
	}
	return text + fmt.Sprintf("; L2 block %d, %.0f per second", c.last.Head, c.perSecond())
}
