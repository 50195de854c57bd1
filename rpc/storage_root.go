package rpc

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/eth"
)

var messagePasser = common.HexToAddress("0x4200000000000000000000000000000000000016")

// Caller makes JSON-RPC calls; *rpc.Client is one.
type Caller interface {
	CallContext(ctx context.Context, result any, method string, args ...any) error
}

// ProvenStorageRoots asks an execution engine by eth_getProof and verifies the account against the block's state root.
func ProvenStorageRoots(engine Caller) StorageRoots {
	return func(ctx context.Context, block *eth.ExecutionPayload) (common.Hash, error) {
		var proof struct {
			AccountProof []hexutil.Bytes `json:"accountProof"`
		}
		if err := engine.CallContext(ctx, &proof, "eth_getProof", messagePasser, []string{}, hexutil.EncodeBig(new(big.Int).SetUint64(block.BlockNumber))); err != nil {
			return common.Hash{}, fmt.Errorf("get proof of the message passer at block %d: %w", block.BlockNumber, err)
		}
		nodes := memorydb.New()
		for _, node := range proof.AccountProof {
			if err := nodes.Put(crypto.Keccak256(node), node); err != nil {
				return common.Hash{}, err
			}
		}
		value, err := trie.VerifyProof(block.StateRoot, crypto.Keccak256(messagePasser[:]), nodes)
		if err != nil {
			return common.Hash{}, fmt.Errorf("verify proof of the message passer at block %d: %w", block.BlockNumber, err)
		}
		if len(value) == 0 {
			return common.Hash{}, fmt.Errorf("the message passer does not exist at block %d", block.BlockNumber)
		}
		var account types.StateAccount
		if err := rlp.DecodeBytes(value, &account); err != nil {
			return common.Hash{}, fmt.Errorf("decode the message passer's account: %w", err)
		}
		return account.Root, nil
	}
}
