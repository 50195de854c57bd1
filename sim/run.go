package sim

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/sim/oracle"
	"github.com/cairn-rollup/cairn/testkit"
)

// Run derives a history with one machine, and keeps what came out.
type Run struct {
	config  *rollup.Config
	blobs   map[common.Hash]*eth.Blob
	machine *derive.Machine
	counts  Counts // nil: nobody counts
	result  oracle.Result
	steps   int
}

// maxSteps is more than any history takes. A machine that does not come to an end shall fail its seed, not the test.
const maxSteps = 5_000_000

// NewRun starts at genesis.
func NewRun(h *History, counts Counts) *Run {
	genesis := h.Config.GenesisL2Ref()
	system := h.Config.Genesis.SystemConfig
	return &Run{
		config: h.Config, blobs: h.L1.Blobs, counts: counts,
		machine: derive.New(h.builder(), derive.Start{Base: h.Selected[0], Inbox: system, Safe: genesis, Chain: system}),
		result:  oracle.Result{Chain: []oracle.L2Block{{Number: genesis.Number, Hash: genesis.Hash, Origin: genesis.L1Origin.Number}}},
	}
}

// errEndless is for a machine that works and works.
var errEndless = errors.New("the machine does not come to an end")

// Use derives until the machine needs an L1 block or has come to a halt. What block it had last is the caller's business.
func (r *Run) Use() error {
	for {
		if r.steps++; r.steps > maxSteps {
			return errEndless
		}
		var err error
		switch want := r.machine.Next().(type) {
		case derive.Working:
		case derive.NeedL1:
			return nil
		case derive.Halt:
			r.result.Halted = want.Reason
			return nil
		case derive.Rewind: // on the same L1 that leads to the same place again
			r.result.Halted = "the machine wants to go back: " + want.Reason
			return nil
		case derive.NeedBlobs:
			err = r.pushBlobs(want)
		case derive.NeedL2:
			r.counts.add("feature: safe block compared with a span", 1)
			err = r.machine.PushL2(r.payload(want.Number))
		case derive.Build:
			err = r.build(want.Derived)
		}
		if err != nil {
			return err
		}
	}
}

// Push brings the next L1 block and derives what it holds.
func (r *Run) Push(block *eth.L1Block) error {
	if r.Halted() {
		return nil
	}
	if err := r.machine.Push(block); err != nil {
		return err
	}
	return r.Use()
}

// Halted says whether there is no way on.
func (r *Run) Halted() bool { return r.result.Halted != "" }

// Safe is the number of safe blocks after genesis.
func (r *Run) Safe() int { return int(r.machine.Safe().Number - r.config.Genesis.L2.Number) }

// Mark notes the safe head as of the L1 block that was pushed last.
func (r *Run) Mark() { r.result.SafeAt = append(r.result.SafeAt, r.Safe()) }

// Result is all that was derived; blocks of a batch that is not complete are no part of it.
func (r *Run) Result() oracle.Result {
	out := r.result
	out.Chain = out.Chain[:r.Safe()+1]
	return out
}

// Snapshot and Restore are those of the machine. What has been noted of L1 blocks after the snapshot's is forgotten.
func (r *Run) Snapshot() derive.Snapshot { return r.machine.Snapshot() }

// Restore goes back to a snapshot of this run.
func (r *Run) Restore(s derive.Snapshot) {
	r.machine.Restore(s)
	r.result.Halted = ""
	r.result.Chain = r.result.Chain[:r.Safe()+1]
	r.result.SafeAt = r.result.SafeAt[:s.Origin().Number-r.config.Genesis.L1.Number+1]
}

func (r *Run) pushBlobs(need derive.NeedBlobs) error {
	blobs := make([]*eth.Blob, len(need.Hashes))
	for i, hash := range need.Hashes {
		blobs[i] = r.blobs[hash]
	}
	return r.machine.PushBlobs(blobs)
}

// payload is a block of the chain, as far as the machine looks at it.
func (r *Run) payload(number uint64) *eth.ExecutionPayload {
	at := number - r.config.Genesis.L2.Number
	b := r.result.Chain[at]
	p := &eth.ExecutionPayload{
		BlockHash: b.Hash, BlockNumber: b.Number, Timestamp: r.config.BlockTimestamp(number),
		GasLimit: b.Attributes.GasLimit, Transactions: b.Attributes.Transactions,
	}
	if at > 0 {
		p.ParentHash = r.result.Chain[at-1].Hash
	}
	return p
}

// build is the engine's answer to a Build.
func (r *Run) build(d *derive.Derived) error {
	at := int(d.Parent.Number + 1 - r.config.Genesis.L2.Number)
	if at > len(r.result.Chain) || r.result.Chain[at-1].Hash != d.Parent.Hash {
		return fmt.Errorf("block %d is built on %s, which was not derived", d.Parent.Number+1, d.Parent)
	}
	r.counts.add("feature: block of an invalid span undone", len(r.result.Chain)-at)
	r.result.Chain = r.result.Chain[:at]
	hash, valid := testkit.Execute(d.Parent.Hash, d.Parent.Number+1, &d.Attributes)
	if !valid {
		return r.machine.Reject()
	}
	r.counts.block(r.config, d)
	r.result.Chain = append(r.result.Chain, oracle.L2Block{
		Number: d.Parent.Number + 1, SequenceNumber: d.SequenceNumber, Hash: hash, Origin: d.Origin.Number,
		Attributes: d.Attributes, Replaced: d.Replaced,
	})
	return r.machine.Confirm(d.Ref(hash))
}
