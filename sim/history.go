package sim

import (
	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/sim/oracle"
	"github.com/cairn-rollup/cairn/testkit"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// History is a chain's configuration and an L1 for it.
type History struct {
	Seed     uint64
	Config   *rollup.Config
	Blobs    rollup.BlobSchedule // how L1 prices blobs
	L1       testkit.L1
	Selected []*eth.L1Block // of L1, what the node takes from each block
	upgrades map[rollup.Fork][]hexutil.Bytes
}

// World is the history as the oracle sees it: nothing selected.
func (h *History) World() oracle.World {
	w := oracle.World{
		Config: h.Config, Blobs: h.L1.Blobs, Upgrades: h.upgrades, Execute: testkit.Execute,
		BlobUpdateFraction: testkit.BlobFraction(h.Blobs),
	}
	for _, b := range h.L1.Blocks {
		w.L1 = append(w.L1, oracle.L1Block(b))
	}
	return w
}

func (h *History) builder() *attributes.Builder {
	return &attributes.Builder{Config: h.Config, Blobs: h.Blobs, Upgrades: func(fork rollup.Fork) ([]hexutil.Bytes, bool) {
		txs, ok := h.upgrades[fork]
		return txs, ok
	}}
}
