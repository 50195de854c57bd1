package attributes_test

import (
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// Two blocks of one epoch, as an engine is told of them, and the system configs they carry. The L1 origin has a deposit,
// a creation, and an update of everything there is to update.
func TestGoldenAttributes(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Holocene, rollup.Isthmus, rollup.Jovian} {
		t.Run(fork.String(), func(t *testing.T) {
			cfg := chain(t, fork)
			parent, sys := cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig
			parent.Time = 1010
			origin := l1Block(101,
				depositLog(alice, bob, opaque(1e18, 2e18, 100_000, 0, []byte("deposit"))),
				updateLog(0, make([]byte, 12), bob[:]),
				updateLog(1, word(188), func() []byte { s := ecotoneScalar(2, 3); return s[:] }()),
				updateLog(2, word(45_000_000)),
				depositLog(bob, alice, opaque(0, 0, 200_000, 1, []byte("creation"))),
				updateLog(4, concat(make([]byte, 24), []byte{0, 0, 0, 100, 0, 0, 0, 4})),
				updateLog(5, concat(make([]byte, 20), []byte{0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6})),
				updateLog(6, word(7)), updateLog(7, word(800)),
			)
			type block struct {
				Attributes   eth.PayloadAttributes `json:"attributes"`
				SystemConfig rollup.SystemConfig   `json:"systemConfig"`
			}
			blocks := make([]block, 2)
			for i := range blocks {
				blocks[i].Attributes, sys, parent = build(t, cfg, parent, sys, origin, hexutil.Bytes{0x02, byte(i)})
				blocks[i].SystemConfig = sys
			}
			got, err := json.MarshalIndent(blocks, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.File(t, "testdata/attributes-"+fork.String()+".json", append(got, '\n'))
		})
	}
}
