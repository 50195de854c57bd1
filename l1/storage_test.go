package l1_test

import (
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/triedb"

	"github.com/cairn-rollup/cairn/l1"
)

// state is a state with some contracts and their storage, from which proofs can be made.
type state struct {
	accounts *trie.Trie
	storage  map[common.Address]*trie.Trie
}

func newState(tb testing.TB, contracts map[common.Address]map[common.Hash]common.Hash) *state {
	tb.Helper()
	db := triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil)
	put := func(t *trie.Trie, key, value []byte) {
		if err := t.Update(crypto.Keccak256(key), value); err != nil {
			tb.Fatal(err)
		}
	}
	encode := func(value any) []byte {
		text, err := rlp.EncodeToBytes(value)
		if err != nil {
			tb.Fatal(err)
		}
		return text
	}
	s := &state{accounts: trie.NewEmpty(db), storage: map[common.Address]*trie.Trie{}}
	for n := range byte(40) { // others, so that there is a tree
		put(s.accounts, []byte{n}, encode(types.NewEmptyStateAccount()))
	}
	for address, words := range contracts {
		t := trie.NewEmpty(db)
		for slot, word := range words {
			put(t, slot[:], encode(common.TrimLeftZeroes(word[:])))
		}
		s.storage[address] = t
		account := types.NewEmptyStateAccount()
		account.Root = t.Hash()
		put(s.accounts, address[:], encode(account))
	}
	return s
}

func proofOf(tb testing.TB, t *trie.Trie, key []byte) []hexutil.Bytes {
	tb.Helper()
	nodes := memorydb.New()
	if t != nil {
		if err := t.Prove(crypto.Keccak256(key), nodes); err != nil {
			tb.Fatal(err)
		}
	}
	list := []hexutil.Bytes{}
	it := nodes.NewIterator(nil, nil)
	defer it.Release()
	for it.Next() {
		list = append(list, common.CopyBytes(it.Value()))
	}
	return list
}

// proofs answers eth_getProof and eth_getStorageAt.
type proofs struct {
	*modelL1
	tb    testing.TB
	state *state
	word  common.Hash // what eth_getStorageAt says
}

func (p *proofs) GetProof(address common.Address, slots []common.Hash, _ common.Hash) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer("getProof", object{
		"address": address, "accountProof": proofOf(p.tb, p.state.accounts, address[:]),
		"storageProof": []any{object{"key": slots[0], "value": "0x7777", "proof": proofOf(p.tb, p.state.storage[address], slots[0][:])}},
	})
}

func (p *proofs) GetStorageAt(common.Address, common.Hash, common.Hash) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer("getStorageAt", p.word)
}

func TestStorageIsProvenAgainstTheStateRoot(t *testing.T) {
	contract, empty, nobody := common.Address{0xcc}, common.Address{0xce}, common.Address{0xcd}
	slot, other, small := common.Hash{1}, common.Hash{2}, common.Hash{3}
	word := common.HexToHash("0x65a7ed542fb37fe237fdfbdd70b31598523fe5b3")
	st := newState(t, map[common.Address]map[common.Hash]common.Hash{contract: {slot: word, small: {31: 5}}, empty: nil})
	lie := newState(t, map[common.Address]map[common.Hash]common.Hash{contract: {slot: {31: 9}}})
	m := newModelL1()
	block := m.put(t, &types.Header{Number: big.NewInt(7), Root: st.accounts.Hash()}, nil, nil)

	get := func(m *modelL1, cfg l1.SourceConfig, st *state, contract common.Address, slot common.Hash) (common.Hash, error) {
		server := rpc.NewServer()
		if err := server.RegisterName("eth", &proofs{modelL1: m, tb: t, state: st, word: common.Hash{0xee}}); err != nil {
			t.Fatal(err)
		}
		client := rpc.DialInProc(server)
		defer server.Stop()
		defer client.Close()
		return over(l1.NewEndpoint("model", client, l1.DialConfig{}), cfg).Storage(t.Context(), contract, slot, block)
	}
	for _, c := range []struct {
		name     string
		contract common.Address
		slot     common.Hash
		want     common.Hash
	}{
		{"a word", contract, slot, word},
		{"a word of one byte", contract, small, common.Hash{31: 5}},
		{"a word that was never set is zero", contract, other, common.Hash{}},
		{"a contract without storage", empty, slot, common.Hash{}},
		{"no contract at all", nobody, slot, common.Hash{}},
	} {
		if got, err := get(m, l1.SourceConfig{}, st, c.contract, c.slot); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
	if got, err := get(m, l1.SourceConfig{TrustRPC: true}, st, contract, slot); err != nil || got != (common.Hash{0xee}) {
		t.Errorf("an endpoint that is trusted: %s, %v", got, err)
	}
	for name, tell := range map[string]func(method string, answer any) any{
		"a proof of another state": func(method string, answer any) any {
			if method != "getProof" {
				return answer
			}
			return object{
				"accountProof": proofOf(t, lie.accounts, contract[:]),
				"storageProof": []any{object{"proof": proofOf(t, lie.storage[contract], slot[:])}},
			}
		},
		"the storage of another state": func(method string, answer any) any {
			if method == "getProof" {
				answer.(object)["storageProof"] = []any{object{"proof": proofOf(t, lie.storage[contract], slot[:])}}
			}
			return answer
		},
		"no storage proof": func(method string, answer any) any {
			if method == "getProof" {
				answer.(object)["storageProof"] = []any{}
			}
			return answer
		},
		"nothing": func(method string, answer any) any {
			if method == "getProof" {
				return object{}
			}
			return answer
		},
	} {
		m.set(func() { m.lie = tell })
		_, err := get(m, l1.SourceConfig{}, st, contract, slot)
		var wrong *l1.VerificationError
		if !errors.As(err, &wrong) || wrong.What != l1.MismatchStorage {
			t.Errorf("%s: %v", name, err)
		}
	}
}
