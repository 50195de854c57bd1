package rpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rpc"
)

var passer = common.HexToAddress("0x4200000000000000000000000000000000000016")

// engine is an execution engine at a block before Isthmus, whose state is a real trie of a few accounts.
type engine struct {
	accounts *trie.Trie
	change   func(proof []hexutil.Bytes) []hexutil.Bytes // what it says instead of the truth; nil: the truth
	silent   bool                                        // it answers null
}

// newEngine has a message passer with a storage root, or none.
func newEngine(t *testing.T, storage *common.Hash) (*engine, *eth.ExecutionPayload) {
	t.Helper()
	e := &engine{accounts: trie.NewEmpty(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil))}
	put := func(address common.Address, root common.Hash) {
		value, err := rlp.EncodeToBytes(&types.StateAccount{
			Nonce: 1, Balance: uint256.NewInt(7), Root: root, CodeHash: types.EmptyCodeHash[:],
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.accounts.Update(crypto.Keccak256(address[:]), value); err != nil {
			t.Fatal(err)
		}
	}
	for i := range byte(40) {
		put(common.Address{19: i}, types.EmptyRootHash)
	}
	if storage != nil {
		put(passer, *storage)
	}
	return e, &eth.ExecutionPayload{BlockNumber: 11, BlockHash: hash(11), StateRoot: e.accounts.Hash()}
}

// list takes the nodes of a proof in order.
type list []hexutil.Bytes

func (l *list) Put(_, node []byte) error { *l = append(*l, slices.Clone(node)); return nil }
func (l *list) Delete([]byte) error      { return errors.New("a proof only grows") }

func (e *engine) CallContext(_ context.Context, result any, method string, args ...any) error {
	asked, err := json.Marshal(args)
	if err != nil {
		return err
	}
	if want := `["` + strings.ToLower(passer.Hex()) + `",[],"` + hash(11).Hex() + `"]`; method != "eth_getProof" || string(asked) != want {
		return fmt.Errorf("header not found: %s%s", method, asked)
	}
	if e.silent {
		return json.Unmarshal([]byte("null"), result)
	}
	var nodes list
	if err := e.accounts.Prove(crypto.Keccak256(passer[:]), &nodes); err != nil {
		return err
	}
	if e.change != nil {
		nodes = e.change(nodes)
	}
	// storageHash is a lie: only the proof counts.
	text, err := json.Marshal(map[string]any{"address": passer, "accountProof": nodes, "storageHash": hash(66), "storageProof": []string{}})
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}

func TestTheStorageRootIsThatOfTheProof(t *testing.T) {
	want := hash(77)
	e, block := newEngine(t, &want)
	got, err := rpc.ProvenStorageRoots(e)(t.Context(), block)
	if err != nil || got != want {
		t.Errorf("storage root is %s (%v), want %s", got, err, want)
	}
}

func TestAProofThatProvesNothingIsRefused(t *testing.T) {
	root := hash(77)
	e, block := newEngine(t, &root)
	for name, change := range map[string]func([]hexutil.Bytes) []hexutil.Bytes{
		"none":           func([]hexutil.Bytes) []hexutil.Bytes { return nil },
		"leaf missing":   func(p []hexutil.Bytes) []hexutil.Bytes { return p[:len(p)-1] },
		"root missing":   func(p []hexutil.Bytes) []hexutil.Bytes { return p[1:] },
		"leaf changed":   func(p []hexutil.Bytes) []hexutil.Bytes { p[len(p)-1][40] ^= 1; return p },
		"root changed":   func(p []hexutil.Bytes) []hexutil.Bytes { p[0][5] ^= 1; return p },
		"nonsense":       func([]hexutil.Bytes) []hexutil.Bytes { return []hexutil.Bytes{{}, {0x80}, {0xff, 0xff}} },
		"leaf truncated": func(p []hexutil.Bytes) []hexutil.Bytes { p[len(p)-1] = p[len(p)-1][:10]; return p },
	} {
		e.change = change
		got, err := rpc.ProvenStorageRoots(e)(t.Context(), block)
		if err == nil || !strings.Contains(err.Error(), "invalid withdrawal root hash, state root was "+block.StateRoot.Hex()+": verify proof of the message passer: ") {
			t.Errorf("%s: root %s, error %v", name, got, err)
		}
	}
	e.change, e.silent = nil, true
	if got, err := rpc.ProvenStorageRoots(e)(t.Context(), block); err == nil || err.Error() != "proof not found" {
		t.Errorf("no answer: root %s, error %v", got, err)
	}
	e.silent = false
	other := *block
	other.StateRoot = hash(1)
	if got, err := rpc.ProvenStorageRoots(e)(t.Context(), &other); err == nil {
		t.Errorf("a true proof of another state gave %s", got)
	}
	other.BlockHash = hash(99)
	if _, err := rpc.ProvenStorageRoots(e)(t.Context(), &other); err == nil || !strings.HasPrefix(err.Error(), "failed to get contract proof at block "+hash(99).Hex()+": header not found") {
		t.Errorf("a block that the engine does not have: %v", err)
	}
}

func TestAnAccountThatIsNoneIsNamed(t *testing.T) {
	e, block := newEngine(t, nil)
	if root, err := rpc.ProvenStorageRoots(e)(t.Context(), block); err == nil || !strings.Contains(err.Error(), "the message passer does not exist") {
		t.Errorf("absent: root %s, error %v", root, err)
	}
	if err := e.accounts.Update(crypto.Keccak256(passer[:]), []byte("something else than an account, proven")); err != nil {
		t.Fatal(err)
	}
	block.StateRoot = e.accounts.Hash()
	if root, err := rpc.ProvenStorageRoots(e)(t.Context(), block); err == nil || !strings.Contains(err.Error(), "decode the message passer's account") {
		t.Errorf("no account: root %s, error %v", root, err)
	}
}
