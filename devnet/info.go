package devnet

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Info is the table that a devnet prints at its start: where everything is, and who has money.
type Info struct {
	L1         L1Info                    `json:"l1"`
	Sequencer  NodeInfo                  `json:"sequencer"`
	Verifiers  []NodeInfo                `json:"verifiers"`
	L2ChainID  uint64                    `json:"l2ChainId"`
	Accounts   []Account                 `json:"accounts"`
	Contracts  map[string]common.Address `json:"contracts"`
	BatchInbox common.Address            `json:"batchInbox"`
	Control    string                    `json:"control"`
}

// L1Info says where the L1 answers.
type L1Info struct {
	RPC     string `json:"rpc"`
	WS      string `json:"ws"`
	Beacon  string `json:"beacon"`
	ChainID uint64 `json:"chainId"`
}

// NodeInfo says where an L2 answers, and where the rollup node beside it does.
type NodeInfo struct {
	RPC  string `json:"rpc"`
	WS   string `json:"ws"`
	Node string `json:"node"`
	Peer string `json:"peer,omitempty"` // where other nodes reach its gossip (a --p2p.static); empty without gossip
}

// Status is the moving part of a devnet.
type Status struct {
	L1Head    uint64         `json:"l1Head"`
	Sequencer HeadsStatus    `json:"sequencer"`
	Verifiers []HeadsStatus  `json:"verifiers"`
	Batcher   BatcherStatus  `json:"batcher"`
	Dropped   map[string]int `json:"dropped"` // by the first verifier: what L1 carried and derivation left out, by reason
}

// HeadsStatus are the heads of one node.
type HeadsStatus struct {
	Unsafe    uint64 `json:"unsafe"`
	Safe      uint64 `json:"safe"`
	Finalized uint64 `json:"finalized"`
	L1        uint64 `json:"l1"`      // the L1 block that derivation is at
	Waiting   string `json:"waiting"` // what the node waits for after a failure; empty if nothing
}

// BatcherStatus counts what the batcher has done since the start.
type BatcherStatus struct {
	Batches uint64 `json:"batches"` // transactions to the inbox that are on L1
	Bytes   uint64 `json:"bytes"`   // of batch data posted
	Error   string `json:"error"`
}

func headsOf(s eth.SyncStatus, waiting string) HeadsStatus {
	return HeadsStatus{
		Unsafe: s.UnsafeL2.Number, Safe: s.SafeL2.Number, Finalized: s.FinalizedL2.Number, L1: s.CurrentL1.Number, Waiting: waiting,
	}
}
