package rpc

import (
	"context"
	"errors"
	"fmt"

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

// ProvenStorageRoots asks an execution engine by eth_getProof and verifies the account against the block's state root. It
// asks by the block's hash: the number may be another block's by now.
func ProvenStorageRoots(engine Caller) StorageRoots {
	return func(ctx context.Context, block *eth.ExecutionPayload) (common.Hash, error) {
		var proof *struct {
			AccountProof []hexutil.Bytes `json:"accountProof"`
		}
		if err := engine.CallContext(ctx, &proof, "eth_getProof", messagePasser, []string{}, block.BlockHash); err != nil {
			return common.Hash{}, fmt.Errorf("failed to get contract proof at block %s: %w", block.BlockHash, err)
		}
		if proof == nil {
			return common.Hash{}, fmt.Errorf("proof %w", eth.ErrNotFound)
		}
		root, err := provenRoot(block.StateRoot, proof.AccountProof)
		if err != nil {
			return common.Hash{}, fmt.Errorf("invalid withdrawal root hash, state root was %s: %w", block.StateRoot, err)
		}
		return root, nil
	}
}

// provenRoot is the storage root of the message passer's account, as the nodes of the state's trie prove it.
func provenRoot(stateRoot common.Hash, proof []hexutil.Bytes) (common.Hash, error) {
	nodes := memorydb.New()
	for _, node := range proof {
		if err := nodes.Put(crypto.Keccak256(node), node); err != nil {
			return common.Hash{}, err
		}
	}
	value, err := trie.VerifyProof(stateRoot, crypto.Keccak256(messagePasser[:]), nodes)
	if err != nil {
		return common.Hash{}, fmt.Errorf("verify proof of the message passer: %w", err)
	}
	if len(value) == 0 {
		return common.Hash{}, errors.New("the message passer does not exist")
	}
	var account types.StateAccount
	if err := rlp.DecodeBytes(value, &account); err != nil {
		return common.Hash{}, fmt.Errorf("decode the message passer's account: %w", err)
	}
	return account.Root, nil
}
