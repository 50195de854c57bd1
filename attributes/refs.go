package attributes

import (
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// L2RefOf reads identity, origin and sequence number out of an L2 block. The genesis block has no L1 info: its origin is
// the configured one, and it must have the genesis hash.
func L2RefOf(cfg *rollup.Config, p *eth.ExecutionPayload) (eth.L2Ref, error) {
	ref := eth.L2Ref{Hash: p.BlockHash, Number: p.BlockNumber, ParentHash: p.ParentHash, Time: p.Timestamp}
	if p.BlockNumber == cfg.Genesis.L2.Number {
		if err := checkGenesis(cfg, p); err != nil {
			return eth.L2Ref{}, err
		}
		ref.L1Origin = cfg.Genesis.L1
		return ref, nil
	}
	info, err := infoOf(p, cfg.L2Rules(p.Timestamp).Info)
	if err != nil {
		return eth.L2Ref{}, err
	}
	ref.L1Origin = eth.BlockID{Hash: info.BlockHash, Number: info.Number}
	ref.SequenceNumber = info.SequenceNumber
	return ref, nil
}
