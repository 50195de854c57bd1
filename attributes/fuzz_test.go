package attributes_test

import (
	"bytes"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// topicBytes are the topics of a log after the first, as a fuzzer can change them.
func topicBytes(log *types.Log) (out []byte) {
	for _, topic := range log.Topics[1:] {
		out = append(out, topic[:]...)
	}
	return out
}

func topicsOf(b []byte) (topics []common.Hash) {
	for ; len(b) >= 32; b = b[32:] {
		topics = append(topics, common.Hash(b[:32]))
	}
	return topics
}

// number reads an ABI word without any bound.
func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func below(n *big.Int, bits uint) bool { return n.BitLen() <= int(bits) }

// depositByTheLetter reads a deposit log word by word with numbers of any size (specs: protocol/deposits.md); nil if it is none.
func depositByTheLetter(l1 common.Hash, log *types.Log) *types.DepositTx {
	if len(log.Topics) != 4 || number(log.Topics[3][:]).Sign() != 0 || len(log.Data) < 64 {
		return nil
	}
	offset, length, rest := number(log.Data[:32]), number(log.Data[32:64]), log.Data[64:]
	words := new(big.Int).Add(length, big.NewInt(31))
	words.Rsh(words, 5)
	if offset.Cmp(big.NewInt(32)) != 0 || words.Lsh(words, 5).Cmp(big.NewInt(int64(len(rest)))) != 0 {
		return nil // the data is that of one ABI byte string, filled up to whole words
	}
	packed := rest[:length.Int64()]
	if len(packed) < 73 {
		return nil
	}
	index := common.BigToHash(new(big.Int).SetUint64(uint64(log.Index)))
	tx := &types.DepositTx{
		SourceHash: crypto.Keccak256Hash(make([]byte, 32), crypto.Keccak256(l1[:], index[:])),
		From:       common.BytesToAddress(log.Topics[1][:]),
		Mint:       number(packed[:32]), Value: number(packed[32:64]), Gas: number(packed[64:72]).Uint64(), Data: packed[73:],
	}
	if packed[72] == 0 {
		to := common.BytesToAddress(log.Topics[2][:])
		tx.To = &to
	}
	return tx
}

// FuzzDepositLogs puts any log of the deposit contract between two good ones. It is the deposit that the slow reader and
// op-geth make of it, in its place, or all fails and names it.
func FuzzDepositLogs(f *testing.F) {
	l1 := common.Hash{0x11, 0x42}
	f.Fuzz(func(t *testing.T, topics, data []byte, index uint32) {
		log := &types.Log{Address: portal, Topics: append([]common.Hash{depositTopic}, topicsOf(topics)...), Data: data, Index: uint(index)}
		first, last := depositLog(alice, bob, opaque(1, 2, 3, 0, nil)), depositLog(bob, alice, opaque(0, 0, 9, 1, []byte("code")))
		first.Index, last.Index = uint(index)+1, uint(index)+2
		foreign := &types.Log{Address: systemConfig, Topics: log.Topics, Data: data}
		kept := bytes.Clone(data)
		got, err := attributes.UserDeposits(l1, []*types.Log{first, foreign, log, last}, portal)
		if !bytes.Equal(data, kept) {
			t.Fatal("the log was changed")
		}
		want := depositByTheLetter(l1, log)
		if want == nil {
			var malformed *attributes.DepositError
			if !errors.As(err, &malformed) || malformed.LogIndex != uint(index) || got != nil {
				t.Fatalf("got %v and %v, want an error about log %d", got, err, index)
			}
			return
		}
		if err != nil || len(got) != 3 {
			t.Fatalf("got %d deposits, %v; want three", len(got), err)
		}
		for i, tx := range []*types.DepositTx{depositByTheLetter(l1, first), want, depositByTheLetter(l1, last)} {
			if raw := gethTx(t, *tx); !bytes.Equal(got[i], raw) {
				t.Fatalf("deposit %d is %v, want %x", i, got[i], raw)
			}
		}
	})
}

// updateByTheLetter applies a ConfigUpdate log word by word with numbers of any size (specs: protocol/system-config.md);
// taken is false if the log is malformed.
func updateByTheLetter(sys rollup.SystemConfig, log *types.Log, ecotone bool) (next rollup.SystemConfig, taken bool) {
	if len(log.Topics) != 3 || number(log.Topics[1][:]).Sign() != 0 {
		return sys, false
	}
	kind := number(log.Topics[2][:])
	if !kind.IsUint64() || kind.Uint64() > 7 {
		return sys, false
	}
	if kind.Uint64() == 3 {
		return sys, true // the signer of unsafe blocks is none of derivation's business
	}
	size := 32
	if kind.Uint64() == 1 {
		size = 64
	}
	if head := append(word(32), word(uint64(size))...); len(log.Data) != 64+size || !bytes.Equal(log.Data[:64], head) {
		return sys, false
	}
	payload := log.Data[64:]
	value := number(payload)
	next = sys
	switch kind.Uint64() {
	case 0:
		next.BatcherAddr = common.BytesToAddress(payload)
		taken = below(value, 160)
	case 1:
		next.Overhead, next.Scalar = eth.Bytes32(payload), eth.Bytes32(payload[32:])
		taken = !ecotone
		if ecotone { // version, zeros, blob base fee scalar from version 1 on, base fee scalar
			next.Overhead = eth.Bytes32{}
			free := map[byte]uint{0: 32, 1: 64}[payload[32]]
			taken = free > 0 && below(number(payload[33:]), free)
		}
	case 2:
		next.GasLimit = value.Uint64()
		taken = below(value, 64)
	case 4:
		next.EIP1559Params = eth.Bytes8(payload[24:])
		taken = (number(payload[24:28]).Sign() == 0) == (number(payload[28:]).Sign() == 0)
	case 5:
		next.OperatorFeeParams = eth.Bytes32(payload)
		taken = true
	case 6:
		next.MinBaseFee = value.Uint64()
		taken = below(value, 64)
	case 7:
		next.DAFootprintGasScalar = uint16(value.Uint64())
		taken = below(value, 16)
	}
	if !taken {
		return sys, false
	}
	return next, true
}

// FuzzConfigLogs puts any log of the system config contract between two good ones. It does what it does to the slow reader,
// or is left out and named, and the others count.
func FuzzConfigLogs(f *testing.F) {
	before, from := chain(f, rollup.Delta), chain(f, rollup.Jovian)
	f.Fuzz(func(t *testing.T, topics, data []byte, index uint32, ecotone bool) {
		cfg := map[bool]*rollup.Config{false: before, true: from}[ecotone]
		log := &types.Log{Address: systemConfig, Topics: append([]common.Hash{updateTopic}, topicsOf(topics)...), Data: data, Index: uint(index)}
		first, last := updateLog(2, word(77)), updateLog(6, word(99))
		first.Index, last.Index = uint(index)+1, uint(index)+2
		foreign := &types.Log{Address: portal, Topics: log.Topics, Data: data}
		got, ignored := attributes.UpdateSystemConfig(cfg, distinctConfig, []*types.Log{first, foreign, log, last}, 1000)
		want := distinctConfig
		want.GasLimit = 77
		want, taken := updateByTheLetter(want, log, ecotone)
		want.MinBaseFee = 99
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		names := slices.ContainsFunc(ignored, func(i attributes.IgnoredUpdate) bool {
			return i.LogIndex == uint(index) && i.Reason != attributes.UpdateTaken
		})
		if names == taken || len(ignored) > 1 || taken && len(ignored) > 0 {
			t.Fatalf("ignored %v, want that log %d is taken: %v", ignored, index, taken)
		}
	})
}
