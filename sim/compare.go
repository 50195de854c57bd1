package sim

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/sim/oracle"
)

// Difference is the first thing in which a result is not what it has to be.
type Difference struct {
	Block int    // number after genesis of the first L2 block that differs; -1 if it is no block
	What  string // in words
}

// Compare says in what got differs from want.
func Compare(got, want oracle.Result) *Difference {
	for i := range min(len(got.Chain), len(want.Chain)) {
		if what := differs(&got.Chain[i], &want.Chain[i]); what != "" {
			return &Difference{i, what}
		}
	}
	switch {
	case len(got.Chain) != len(want.Chain):
		return &Difference{
			min(len(got.Chain), len(want.Chain)), fmt.Sprintf("%d safe blocks, want %d", len(got.Chain)-1, len(want.Chain)-1),
		}
	case (got.Halted == "") != (want.Halted == ""):
		return &Difference{-1, fmt.Sprintf("halted: %q, want %q", got.Halted, want.Halted)}
	case len(got.SafeAt) != len(want.SafeAt):
		return &Difference{-1, fmt.Sprintf("%d L1 blocks read, want %d", len(got.SafeAt), len(want.SafeAt))}
	}
	for i := range got.SafeAt {
		if got.SafeAt[i] != want.SafeAt[i] {
			return &Difference{-1, fmt.Sprintf("after %d L1 blocks %d L2 blocks are safe, want %d", i, got.SafeAt[i], want.SafeAt[i])}
		}
	}
	return nil
}

// differs names the first part of a block that is not as it has to be.
func differs(got, want *oracle.L2Block) string {
	g, w := &got.Attributes, &want.Attributes
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"number", got.Number, want.Number},
		{"origin", got.Origin, want.Origin},
		{"sequence number", got.SequenceNumber, want.SequenceNumber},
		{"replaced", got.Replaced, want.Replaced},
		{"timestamp", g.Timestamp, w.Timestamp},
		{"prevRandao", g.PrevRandao, w.PrevRandao},
		{"fee recipient", g.SuggestedFeeRecipient, w.SuggestedFeeRecipient},
		{"gas limit", g.GasLimit, w.GasLimit},
		{"no tx pool", g.NoTxPool, w.NoTxPool},
	} {
		if part.got != part.want {
			return fmt.Sprintf("%s %v, want %v", part.name, part.got, part.want)
		}
	}
	if what := differsInTxs(g, w); what != "" {
		return what
	}
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"withdrawals", g.Withdrawals, w.Withdrawals},
		{"beacon root", g.ParentBeaconBlockRoot, w.ParentBeaconBlockRoot},
		{"EIP-1559 parameters", g.EIP1559Params, w.EIP1559Params},
		{"minimum base fee", g.MinBaseFee, w.MinBaseFee},
	} {
		if !reflect.DeepEqual(part.got, part.want) {
			return fmt.Sprintf("%s %s, want %s", part.name, show(part.got), show(part.want))
		}
	}
	if got.Hash != want.Hash {
		return fmt.Sprintf("hash %s, want %s", got.Hash, want.Hash)
	}
	return ""
}

func differsInTxs(got, want *eth.PayloadAttributes) string {
	for i := range min(len(got.Transactions), len(want.Transactions)) {
		if !bytes.Equal(got.Transactions[i], want.Transactions[i]) {
			return fmt.Sprintf("transaction %d %s, want %s", i, got.Transactions[i], want.Transactions[i])
		}
	}
	if len(got.Transactions) != len(want.Transactions) {
		return fmt.Sprintf("%d transactions, want %d", len(got.Transactions), len(want.Transactions))
	}
	return ""
}

// show prints what an optional value points to.
func show(pointer any) string {
	v := reflect.ValueOf(pointer)
	if v.IsNil() {
		return "none"
	}
	return fmt.Sprint(v.Elem().Interface())
}
