package attributes_test

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
)

var (
	alice = common.HexToAddress("0xa11ce00000000000000000000000000000000001")
	bob   = common.HexToAddress("0xb0b0000000000000000000000000000000000002")
)

// gethTx encodes a deposit with op-geth's transaction type.
func gethTx(t testing.TB, tx types.DepositTx) []byte {
	t.Helper()
	raw, err := types.NewTx(&tx).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestUserDeposits(t *testing.T) {
	l1 := common.Hash{0x11, 0x42}
	zero := common.Address{}
	full := bytes.Repeat([]byte{0xff}, 32)
	for name, c := range map[string]struct {
		log  *types.Log
		want types.DepositTx // without source hash
	}{
		"call with mint, value and data": {
			depositLog(alice, bob, opaque(5, 6, 7, 0, []byte("data"))),
			types.DepositTx{From: alice, To: &bob, Mint: big.NewInt(5), Value: big.NewInt(6), Gas: 7, Data: []byte("data")},
		},
		"mint 0 is no mint": {
			depositLog(alice, bob, opaque(0, 6, 7, 0, nil)),
			types.DepositTx{From: alice, To: &bob, Value: big.NewInt(6), Gas: 7},
		},
		"isCreation 1: no recipient, whatever the topic says": {
			depositLog(alice, bob, opaque(0, 6, 7, 1, []byte{1})),
			types.DepositTx{From: alice, Value: big.NewInt(6), Gas: 7, Data: []byte{1}},
		},
		"isCreation 255: any non-zero is a creation": {
			depositLog(alice, bob, opaque(0, 6, 7, 255, nil)),
			types.DepositTx{From: alice, Value: big.NewInt(6), Gas: 7},
		},
		"the zero address is a recipient, not a creation": {
			depositLog(alice, zero, opaque(0, 0, 0, 0, nil)),
			types.DepositTx{From: alice, To: &zero, Value: new(big.Int)},
		},
		"largest amounts": {
			depositLog(alice, bob, concat(full, full, full[:8], []byte{0})),
			types.DepositTx{
				From: alice, To: &bob, Mint: new(big.Int).SetBytes(full), Value: new(big.Int).SetBytes(full), Gas: 1<<64 - 1,
			},
		},
		"upper bytes of the address topics do not count": {
			func() *types.Log {
				log := depositLog(alice, bob, opaque(0, 6, 7, 0, nil))
				log.Topics[1][0], log.Topics[2][11] = 1, 1
				return log
			}(),
			types.DepositTx{From: alice, To: &bob, Value: big.NewInt(6), Gas: 7},
		},
		"padding after the data may hold anything": {
			func() *types.Log {
				log := depositLog(alice, bob, opaque(0, 6, 7, 0, []byte{1}))
				log.Data[len(log.Data)-1] = 0xee
				return log
			}(),
			types.DepositTx{From: alice, To: &bob, Value: big.NewInt(6), Gas: 7, Data: []byte{1}},
		},
		"data that fills its words has no padding": {
			depositLog(alice, bob, opaque(0, 6, 7, 0, make([]byte, 23))),
			types.DepositTx{From: alice, To: &bob, Value: big.NewInt(6), Gas: 7, Data: make([]byte, 23)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.log.Index = 3
			c.want.SourceHash = attributes.UserDepositSource(l1, 3)
			got, err := attributes.UserDeposits(l1, []*types.Log{c.log}, portal)
			if err != nil {
				t.Fatal(err)
			}
			if want := gethTx(t, c.want); len(got) != 1 || !bytes.Equal(got[0], want) {
				t.Errorf("got %x, want %x", got, want)
			}
		})
	}
}

func TestUserDepositsMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*types.Log)
		says   string
	}{
		"three topics":       {func(l *types.Log) { l.Topics = l.Topics[:3] }, "3 topics"},
		"five topics":        {func(l *types.Log) { l.Topics = append(l.Topics, common.Hash{}) }, "5 topics"},
		"no data":            {func(l *types.Log) { l.Data = nil }, "0 bytes of data"},
		"one word":           {func(l *types.Log) { l.Data = l.Data[:32] }, "32 bytes of data"},
		"not whole words":    {func(l *types.Log) { l.Data = l.Data[:len(l.Data)-1] }, "whole words"},
		"offset 64":          {func(l *types.Log) { l.Data[31] = 64 }, "offset"},
		"offset above 2^64":  {func(l *types.Log) { l.Data[0] = 1 }, "offset"},
		"length beyond data": {func(l *types.Log) { l.Data[63] = 97 }, "length"},
		"length above 2^64":  {func(l *types.Log) { l.Data[32] = 1 }, "length"},
		"length 2^64-1":      {func(l *types.Log) { copy(l.Data[56:64], bytes.Repeat([]byte{0xff}, 8)) }, "length"},
		"a whole word of padding": {
			func(l *types.Log) { l.Data = append(l.Data, make([]byte, 32)...) }, "length",
		},
		"a whole word of padding after whole words": {
			func(l *types.Log) {
				*l = *depositLog(alice, bob, opaque(1, 2, 3, 0, make([]byte, 23)))
				l.Data = append(l.Data, make([]byte, 32)...)
			}, "length",
		},
		"version 1":          {func(l *types.Log) { l.Topics[3][31] = 1 }, "version"},
		"version above 2^64": {func(l *types.Log) { l.Topics[3][0] = 1 }, "version"},
		"opaque data too small": {
			func(l *types.Log) { *l = *depositLog(alice, bob, make([]byte, 72)) }, "72 bytes of opaque data",
		},
	} {
		t.Run(name, func(t *testing.T) {
			good := depositLog(alice, bob, opaque(1, 2, 3, 0, nil))
			bad := depositLog(alice, bob, opaque(1, 2, 3, 0, nil))
			c.change(bad)
			good.Index, bad.Index = 8, 9
			txs, err := attributes.UserDeposits(common.Hash{1}, []*types.Log{good, bad}, portal)
			var typed *attributes.DepositError
			if !errors.As(err, &typed) || typed.LogIndex != 9 || !strings.Contains(err.Error(), c.says) || txs != nil {
				t.Errorf("got %x, %v; want an error about log 9 and %q", txs, err, c.says)
			}
		})
	}
}

func TestUserDepositsPassesOverOthers(t *testing.T) {
	mine := depositLog(alice, bob, opaque(1, 2, 3, 0, nil))
	elsewhere := depositLog(alice, bob, opaque(1, 2, 3, 0, nil))
	elsewhere.Address = systemConfig
	otherEvent := depositLog(alice, bob, opaque(1, 2, 3, 0, nil))
	otherEvent.Topics[0][0]++
	anonymous := &types.Log{Address: portal}
	second := depositLog(bob, alice, opaque(0, 0, 0, 0, nil))
	logs := []*types.Log{anonymous, mine, elsewhere, otherEvent, second, updateLog(2, word(5))}
	for i, log := range logs {
		log.Index = uint(10 + i)
	}
	got, err := attributes.UserDeposits(common.Hash{1}, logs, portal)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %x, %v; want two deposits", got, err)
	}
	for i, index := range []uint64{11, 14} {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(got[i]); err != nil {
			t.Fatal(err)
		}
		if want := attributes.UserDepositSource(common.Hash{1}, index); tx.SourceHash() != want {
			t.Errorf("deposit %d has source %s, want that of log %d", i, tx.SourceHash(), index)
		}
	}
}
