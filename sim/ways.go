package sim

import (
	"fmt"
	"math/rand/v2"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/sim/oracle"
)

// Resumed derives a history with a machine that is written down and read again between L1 blocks: after each one for every
// fourth seed, else after about every fourth.
func Resumed(h *History, counts Counts) (oracle.Result, error) {
	rng := rand.New(rand.NewPCG(h.Seed, 3))
	always := h.Seed%4 == 0
	r := NewRun(h, nil)
	if err := r.Use(); err != nil {
		return r.Result(), err
	}
	r.Mark()
	for _, block := range h.Selected[1:] {
		if !r.Halted() && (always || rng.IntN(4) == 0) {
			if err := r.resume(h); err != nil {
				return r.Result(), err
			}
			counts.add("feature: machine resumed from disk", 1)
		}
		if err := r.Push(block); err != nil {
			return r.Result(), err
		}
		r.Mark()
	}
	return r.Result(), nil
}

func (r *Run) resume(h *History) error {
	text, err := r.machine.Snapshot().Encode(h.Config)
	if err != nil {
		return err
	}
	s, err := derive.DecodeSnapshot(h.Config, text)
	if err != nil {
		return err
	}
	r.machine = derive.Resume(h.builder(), s)
	return nil
}

// Reorged derives a history with a machine that now and then follows another branch of L1 for a while. What it derives
// there must leave no trace.
func Reorged(h *History, counts Counts) (oracle.Result, error) {
	rng := rand.New(rand.NewPCG(h.Seed, 4))
	r := NewRun(h, nil)
	if err := r.Use(); err != nil {
		return r.Result(), err
	}
	r.Mark()
	var past derive.History
	past.Add(r.Snapshot())
	next := 1 // position of the L1 block that comes next
	turns := 1 + rng.IntN(3)
	for !r.Halted() && (next < len(h.Selected) || turns > 0) {
		if next < len(h.Selected) && (turns == 0 || rng.IntN(len(h.Selected)/2+1) > 0) {
			if err := r.Push(h.Selected[next]); err != nil {
				return r.Result(), err
			}
			r.Mark()
			if r.Halted() {
				break
			}
			past.Add(r.Snapshot())
			next++
			continue
		}
		turns--
		// The branch leaves the chain at any depth, often a small one, and is as long as what it replaces or longer.
		depth := rng.IntN(next)
		if rng.IntN(2) == 0 {
			depth = min(depth, rng.IntN(4))
		}
		fork := next - depth
		if err := r.stray(h, &past, branch(h, rng, fork, depth+1+rng.IntN(3)), fork); err != nil {
			return r.Result(), err
		}
		if err := r.back(h, &past, fork); err != nil {
			return r.Result(), err
		}
		counts.reorg(depth)
		next = fork
	}
	for _, block := range h.Selected[len(r.result.SafeAt):] {
		if err := r.Push(block); err != nil {
			return r.Result(), err
		}
		r.Mark()
	}
	return r.Result(), nil
}

// stray follows a branch of L1 from where it leaves the chain.
func (r *Run) stray(h *History, past *derive.History, branch []*eth.L1Block, fork int) error {
	if err := r.back(h, past, fork); err != nil {
		return err
	}
	for _, block := range branch {
		if err := r.Push(block); err != nil {
			return fmt.Errorf("on a branch from L1 block %d: %w", branch[0].Number, err)
		}
		r.Mark()
		if r.Halted() {
			return nil
		}
		past.Add(r.Snapshot())
	}
	return nil
}

// back goes to the moment before the L1 block at a position.
func (r *Run) back(h *History, past *derive.History, position int) error {
	s, ok := past.Before(h.Selected[position-1].Number + 1)
	if !ok {
		return fmt.Errorf("no snapshot before L1 block %d", h.Selected[position-1].Number+1)
	}
	r.Restore(s)
	return nil
}

// branch is another L1 from a position on: with the transactions of the same blocks, in others' places or not at all.
func branch(h *History, rng *rand.Rand, fork, length int) []*eth.L1Block {
	parent := h.Selected[fork-1]
	var out []*eth.L1Block
	for i := range length {
		block := *h.Selected[min(fork+i, len(h.Selected)-1)]
		block.L1Ref = eth.L1Ref{
			Hash: block.Hash, Number: parent.Number + 1, ParentHash: parent.Hash, Time: max(parent.Time+1, block.Time+rng.Uint64N(3)-1),
		}
		block.Hash[31] ^= byte(1 + rng.IntN(255))
		switch rng.IntN(4) {
		case 0:
			block.Inbox = nil
		case 1:
			block.Logs = nil
		case 2:
			block.Inbox = h.Selected[1+rng.IntN(len(h.Selected)-1)].Inbox
		default:
		}
		out, parent = append(out, &block), &block
	}
	return out
}
