package l1

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
)

// Storage gives a word of a contract's storage as of a block, proven against the block's state root. Under TrustRPC it is
// what the endpoint says, which then needs no eth_getProof. Endpoints keep the state of recent blocks only.
func (s *Source) Storage(ctx context.Context, contract common.Address, slot, block common.Hash) (word common.Hash, err error) {
	_, err = s.ask(ctx, question{everybody: true}, func(ctx context.Context, r reader) (err error) {
		word, err = r.storage(ctx, contract, slot, block)
		return err
	})
	if err != nil {
		return common.Hash{}, fmt.Errorf("get storage of %s at L1 block %s: %w", contract, block, err)
	}
	return word, nil
}

func (r reader) storage(ctx context.Context, contract common.Address, slot, block common.Hash) (common.Hash, error) {
	if r.cfg.TrustRPC {
		answer, err := r.call(ctx, "eth_getStorageAt", contract, slot, block)
		if err != nil {
			return common.Hash{}, err
		}
		var word common.Hash
		if err := json.Unmarshal(answer, &word); err != nil {
			return common.Hash{}, fmt.Errorf("read storage: %w", err)
		}
		return word, nil
	}
	h, _, err := r.header(ctx, byHash(block), false)
	if err != nil {
		return common.Hash{}, err
	}
	answer, err := r.call(ctx, "eth_getProof", contract, []common.Hash{slot}, block)
	if err != nil {
		return common.Hash{}, err
	}
	var proof storageProof
	if err := json.Unmarshal(answer, &proof); err != nil {
		return common.Hash{}, fmt.Errorf("read proof: %w", err)
	}
	word, err := proof.word(h.Root, contract, slot)
	if err != nil {
		return common.Hash{}, &VerificationError{What: MismatchStorage, Of: h.ref().String(), Got: err.Error(), Want: h.Root.String()}
	}
	return word, nil
}

// storageProof is what of an answer to eth_getProof counts. The values beside the proofs are not looked at: the proofs have
// them too.
type storageProof struct {
	Account []hexutil.Bytes `json:"accountProof"`
	Storage []struct {
		Proof []hexutil.Bytes `json:"proof"`
	} `json:"storageProof"`
}

// word is the value that is proven; zero if it is proven that there is none.
func (p *storageProof) word(root common.Hash, contract common.Address, slot common.Hash) (common.Hash, error) {
	account, err := prove(root, contract[:], p.Account)
	if err != nil {
		return common.Hash{}, fmt.Errorf("account: %w", err)
	}
	if account == nil {
		return common.Hash{}, nil
	}
	var state types.StateAccount
	if err := rlp.DecodeBytes(account, &state); err != nil {
		return common.Hash{}, fmt.Errorf("account: %w", err)
	}
	if state.Root == types.EmptyRootHash {
		return common.Hash{}, nil
	}
	if len(p.Storage) != 1 {
		return common.Hash{}, fmt.Errorf("%d storage proofs instead of 1", len(p.Storage))
	}
	encoded, err := prove(state.Root, slot[:], p.Storage[0].Proof)
	if err != nil || encoded == nil {
		return common.Hash{}, err
	}
	_, value, _, err := rlp.Split(encoded)
	if err != nil {
		return common.Hash{}, fmt.Errorf("value: %w", err)
	}
	return common.BytesToHash(value), nil
}

// prove gives the value of a key in a secure trie, nil if the proof shows that there is none.
func prove(root common.Hash, key []byte, nodes []hexutil.Bytes) ([]byte, error) {
	set := make(proofNodes, len(nodes))
	for _, node := range nodes {
		set[crypto.Keccak256Hash(node)] = node
	}
	return trie.VerifyProof(root, crypto.Keccak256(key), set)
}

// proofNodes are trie nodes by their hash.
type proofNodes map[common.Hash][]byte

// Has says whether a node is there.
func (n proofNodes) Has(key []byte) (bool, error) { return n[common.BytesToHash(key)] != nil, nil }

// Get gives a node; a missing one is an error, as the trie wants it.
func (n proofNodes) Get(key []byte) ([]byte, error) {
	if node := n[common.BytesToHash(key)]; node != nil {
		return bytes.Clone(node), nil
	}
	return nil, fmt.Errorf("node %x is missing", key)
}
