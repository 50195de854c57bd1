package main

import (
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/recording"
	"github.com/cairn-rollup/cairn/rollup"
)

// detail prints everything about one block.
func (t *deriveText) detail(b *recording.Block) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t.out, "  %-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	a := &b.Attributes
	fmt.Fprintf(t.out, "block %d\n", b.Number)
	switch {
	case b.Recorded == nil:
		row("recorded", "no: its hash is not known without an engine")
	case len(b.Differs) > 0:
		row("recorded", "%s, WHICH DIFFERS: see below", b.Hash())
	default:
		row("recorded", "%s, which is what L1 says", b.Hash())
	}
	row("parent", "%d %s", b.Parent.Number, b.Parent.Hash)
	row("time", "%d (%s)", a.Timestamp, utc(a.Timestamp))
	row("epoch", "L1 block %d %s, sequence number %d", b.Origin.Number, b.Origin.Hash, b.SequenceNumber)
	row("derived from", "L1 block %d %s", b.DerivedFrom.Number, b.DerivedFrom.Hash)
	t.source(b, row)
	if b.Replaced {
		row("replaced", "the batch's block has transactions, and the recorded one deposits only: the engine must have refused it")
	}
	row("gas limit", "%d", a.GasLimit)
	row("prevRandao", "%s", a.PrevRandao)
	row("fee recipient", "%s", a.SuggestedFeeRecipient)
	if a.ParentBeaconBlockRoot != nil {
		row("beacon root", "%s", a.ParentBeaconBlockRoot)
	}
	if a.EIP1559Params != nil {
		row("EIP-1559", "%s%s", a.EIP1559Params, constants(*a.EIP1559Params))
	}
	if a.MinBaseFee != nil {
		row("min base fee", "%d wei", *a.MinBaseFee)
	}
	row("transactions", "%d", len(a.Transactions))
	rules := t.config.L2Rules(a.Timestamp)
	for i, tx := range a.Transactions {
		t.transaction(i, tx, &rules)
	}
	if b.Refused != nil {
		row("refused", "what the batch says beside the deposits")
		for i, tx := range b.Refused.Attributes.Transactions {
			if !eth.IsDeposit(tx) {
				t.transaction(i, tx, &rules)
			}
		}
	}
	if len(b.Differs) > 0 {
		fmt.Fprintln(t.out, "  what differs")
		t.differences(b)
	}
	if t.attributes {
		t.attributesJSON(b)
	}
	if len(t.waiting) > 0 {
		fmt.Fprintf(t.out, "dropped since block %d\n", b.Parent.Number)
		for _, d := range t.waiting {
			t.droppedLine(d)
		}
	}
}

// source prints which batch the block came from.
func (t *deriveText) source(b *recording.Block, row func(name, format string, args ...any)) {
	if b.From == nil {
		row("batch", "none: the sequencing window of its epoch, %d L1 blocks, has expired, which forces an empty block", t.config.SeqWindowSize)
		return
	}
	kind := fmt.Sprintf("%d of its channel, a singular batch", b.From.Batch)
	if b.From.Span {
		kind = fmt.Sprintf("%d of its channel, a span batch, of which it is block %d", b.From.Batch, b.From.Block)
	}
	row("batch", "%s", kind)
	row("channel", "%s, opened in L1 block %d", b.From.Channel, b.From.OpenBlock)
	t.frameLines(b)
}

// constants says what zeros stand for.
func constants(p eth.Bytes8) string {
	if p == (eth.Bytes8{}) {
		return " (the chain's constants)"
	}
	return ""
}

// transaction prints one transaction of a block. What is in a batch need not be one.
func (t *deriveText) transaction(i int, raw []byte, rules *rollup.L2Rules) {
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(raw); err != nil {
		fmt.Fprintf(t.out, "  %4d  %s  %d bytes that are no transaction: %s\n", i, crypto.Keccak256Hash(raw), len(raw), err)
		return
	}
	if !tx.IsDepositTx() {
		from := "unknown: its signature is not valid"
		if sender, err := types.Sender(types.LatestSignerForChainID(t.config.L2ChainID), tx); err == nil {
			from = sender.Hex()
		}
		fmt.Fprintf(t.out, "  %4d  %s  type %d\n        from %s %s nonce %d value %s gas %d%s\n",
			i, tx.Hash(), tx.Type(), from, recipient(tx.To()), tx.Nonce(), tx.Value(), tx.Gas(), dataText(tx.Data()))
		return
	}
	from, err := types.Sender(types.LatestSignerForChainID(t.config.L2ChainID), tx)
	if err != nil {
		from = common.Address{} // a deposit has a sender
	}
	if info, err := attributes.ParseL1Info(tx.Data(), rules.Info); i == 0 && err == nil {
		fmt.Fprintf(t.out, "  %4d  %s  deposit: L1 info\n", i, tx.Hash())
		t.info(&info, rules.Info)
		return
	}
	fmt.Fprintf(t.out, "  %4d  %s  deposit\n        from %s %s mint %s value %s gas %d%s\n        source hash %s\n",
		i, tx.Hash(), from, recipient(tx.To()), orZero(tx.Mint()), tx.Value(), tx.Gas(), dataText(tx.Data()), tx.SourceHash())
}

// info prints what a block says of its L1 origin and of the system config.
func (t *deriveText) info(i *attributes.L1Info, f rollup.InfoFormat) {
	line := func(format string, args ...any) { fmt.Fprintf(t.out, "        "+format+"\n", args...) }
	line("L1 block %d %s, time %d, sequence number %d", i.Number, i.BlockHash, i.Time, i.SequenceNumber)
	line("batcher %s, base fee %s wei", i.BatcherAddr, i.BaseFee.Dec())
	if f == rollup.InfoBedrock {
		line("fee overhead %s, scalar %s", new(big.Int).SetBytes(i.L1FeeOverhead[:]), new(big.Int).SetBytes(i.L1FeeScalar[:]))
		return
	}
	line("blob base fee %s wei, scalars: base fee %d, blob base fee %d", i.BlobBaseFee.Dec(), i.BaseFeeScalar, i.BlobBaseFeeScalar)
	if f >= rollup.InfoIsthmus {
		line("operator fee: scalar %d, constant %d", i.OperatorFeeScalar, i.OperatorFeeConstant)
	}
	if f >= rollup.InfoJovian {
		line("DA footprint gas scalar %d", i.DAFootprintGasScalar)
	}
}

func recipient(to *common.Address) string {
	if to == nil {
		return "creates a contract,"
	}
	return "to " + to.Hex()
}

func dataText(data []byte) string {
	const most = 64
	switch {
	case len(data) == 0:
		return ""
	case len(data) > most:
		return fmt.Sprintf(" data %#x… (%d bytes)", data[:most], len(data))
	}
	return fmt.Sprintf(" data %#x", data)
}

func orZero(n *big.Int) *big.Int {
	if n == nil {
		return new(big.Int)
	}
	return n
}

// utc is a time for people.
func utc(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05 UTC") //nolint:gosec // of a block
}
