package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
)

// Batch is one batch of a channel (derivation.md#batch-format). Which fields are set depends on Type.
type Batch struct {
	Type  string `json:"type"`  // "singular", "span", or "unknown"
	Bytes int    `json:"bytes"` // type and body
	// Dropped: nodes drop the batch, whatever the state of the chain is. If it could be decoded nevertheless, the other fields
	// are set.
	Dropped *Reason `json:"dropped,omitempty"`
	// EndsChannel: nodes read nothing of the channel behind this batch.
	EndsChannel bool `json:"endsChannel,omitempty"`

	// Of a singular batch.
	ParentHash *common.Hash `json:"parentHash,omitempty"`
	EpochHash  *common.Hash `json:"epochHash,omitempty"` // of the L1 origin

	// Of a span batch.
	RelTimestamp  *uint64       `json:"relTimestamp,omitempty"`  // time of the first block since L2 genesis, seconds
	ParentCheck   hexutil.Bytes `json:"parentCheck,omitempty"`   // first 20 bytes of the hash of the first block's parent
	L1OriginCheck hexutil.Bytes `json:"l1OriginCheck,omitempty"` // first 20 bytes of the hash of the last block's L1 origin
	NewEpoch      *bool         `json:"newEpoch,omitempty"`      // the sender says that the first block is the first of its epoch

	Blocks       int            `json:"blocks"`
	First        *Block         `json:"first,omitempty"`
	Last         *Block         `json:"last,omitempty"`
	Transactions int            `json:"transactions"`
	Types        map[string]int `json:"types,omitempty"` // number of transactions by the name of their type

	BlockList       []Block   `json:"blockList,omitempty"`
	TransactionList []BatchTx `json:"transactionList,omitempty"`
	Notes           []string  `json:"notes,omitempty"`
}

// Block is one L2 block of a batch.
type Block struct {
	Index        int     `json:"index"`            // in the batch, from 0
	Number       *uint64 `json:"number,omitempty"` // needs a chain
	Time         *uint64 `json:"time,omitempty"`   // of a span batch it needs a chain
	L1Origin     uint64  `json:"l1Origin"`         // number
	Transactions int     `json:"transactions"`
}

// BatchTx is one transaction of a batch, in few words; Tx has all.
type BatchTx struct {
	Block int    `json:"block"` // index in the batch
	Type  string `json:"type"`
	Bytes *int   `json:"bytes,omitempty"`
	// Hash and From: a span batch leaves out the chain id, so they need a chain.
	Hash  *common.Hash    `json:"hash,omitempty"`
	From  *common.Address `json:"from,omitempty"`
	To    *common.Address `json:"to,omitempty"` // nil: creates a contract
	Nonce *uint64         `json:"nonce,omitempty"`
	// Broken: why it is not a transaction. Nodes find that out when they execute the block.
	Broken string `json:"broken,omitempty"`
}

// needChain is what is said where a chain would tell more.
const needChain = "times and numbers of blocks, hashes and senders of transactions need the chain: --network NAME or --rollup.config FILE"

// ReadBatch reads a batch: type and body, with or without the header of the RLP string that it is in a channel.
func ReadBatch(in Input, o Options) (*Batch, error) {
	data, err := in.bytes("a batch")
	if err != nil {
		return nil, err
	}
	content, err := batchContent(data)
	if err != nil {
		return nil, err
	}
	b := readBatch(content, o, true)
	return &b, nil
}

// batchContent takes off the header of an RLP string.
func batchContent(data []byte) ([]byte, error) {
	const expected = "expected a batch: 00 (singular) or 01 (span) and a body, or an RLP string of these"
	const singleByte, short, longString, list = 0x80, 55, 0xb7, 0xc0
	head, size := 1, uint64(0)
	switch first := data[0]; {
	case first <= 1:
		return data, nil
	case first < singleByte:
		hint := ""
		if first&0x0f == 8 {
			hint = " (compressed by zlib? 'cairn inspect channel' reads that)"
		}
		return nil, fmt.Errorf("%s; found 0x%02x at byte 0%s", expected, first, hint)
	case first >= list:
		return nil, fmt.Errorf("%s; found an RLP list at byte 0", expected)
	case first <= longString:
		size = uint64(first - singleByte)
	default:
		head += int(first - longString)
		if len(data) < head {
			return nil, fmt.Errorf("%s; found an RLP header that is cut off at byte %d", expected, len(data))
		}
		var digits [8]byte
		copy(digits[8-(head-1):], data[1:head])
		if size = binary.BigEndian.Uint64(digits[:]); digits[8-(head-1)] == 0 || size <= short {
			return nil, fmt.Errorf("%s; found an RLP header at byte 0 that is not the shortest one", expected)
		}
	}
	rest := data[head:]
	if size != uint64(len(rest)) {
		return nil, fmt.Errorf("%s; found an RLP string at byte 0 that declares %s bytes, with %s behind its header", expected, thousands(size), thousands(uint64(len(rest))))
	}
	if size == 0 || rest[0] > 1 {
		return nil, fmt.Errorf("%s; found an RLP string whose content at byte %d does not begin with 00 or 01", expected, head)
	}
	return rest, nil
}

// readBatch reads type and body; lists says whether blocks and transactions are listed.
func readBatch(content []byte, o Options, lists bool) Batch {
	out := Batch{Type: "unknown", Bytes: len(content)}
	if len(content) > 0 && content[0] <= 1 {
		out.Type = [...]string{"singular", "span"}[content[0]]
	}
	decoded, reason := batch.Decode(content, o.params())
	out.Dropped, out.EndsChannel = batchReason(reason), reason.EndsChannel()
	switch b := decoded.(type) {
	case *batch.Singular: // only copies are kept: a pointer into the batch would keep all of it
		parent, epoch := b.ParentHash, b.EpochHash
		out.ParentHash, out.EpochHash = &parent, &epoch
		only := oneBlock{time: b.Timestamp, origin: b.EpochNum, count: b.TxCount(), txs: b.Txs()}
		out.Blocks = 1
		out.add(0, &only, &o, lists, true)
	case *batch.Span:
		rel, isNew := b.RelTimestamp, b.NewEpoch
		out.RelTimestamp, out.NewEpoch = &rel, &isNew
		out.ParentCheck, out.L1OriginCheck = bytes.Clone(b.ParentCheck[:]), bytes.Clone(b.L1OriginCheck[:])
		out.Blocks = b.Len()
		for i, one := range b.Blocks(0) {
			out.add(i, &oneBlock{time: one.Timestamp, origin: one.EpochNum, count: len(one.Transactions), txs: slices.Values(one.Transactions)}, &o, lists, o.Chain != nil)
		}
		if lists && o.Chain == nil {
			out.Notes = append(out.Notes, needChain)
		}
	}
	return out
}

// oneBlock is what a batch says of one block.
type oneBlock struct {
	time, origin uint64
	count        int
	txs          iter.Seq[hexutil.Bytes]
}

// add describes the next block, whose position is i. Whole says that nothing of transactions and times depends on a chain
// that is not known.
func (b *Batch) add(i int, c *oneBlock, o *Options, lists, whole bool) {
	if i == 0 {
		first := c.block(i, o, whole)
		b.First, b.Types = &first, make(map[string]int)
	}
	if i == b.Blocks-1 {
		last := c.block(i, o, whole)
		b.Last = &last
	}
	if lists && o.more(len(b.BlockList)) {
		b.BlockList = append(b.BlockList, c.block(i, o, whole))
	}
	b.Transactions += c.count
	for tx := range c.txs {
		b.Types[typeName(tx)]++
		if lists && o.more(len(b.TransactionList)) {
			b.TransactionList = append(b.TransactionList, batchTx(i, tx, whole))
		}
	}
	if b.Dropped == nil {
		b.Dropped = batchReason(c.never(o))
	}
}

// block describes the block.
func (c *oneBlock) block(i int, o *Options, whole bool) Block {
	out := Block{Index: i, L1Origin: c.origin, Transactions: c.count}
	if !whole {
		return out
	}
	at := c.time
	out.Time = &at
	if o.Chain == nil {
		return out
	}
	if number, err := o.Chain.BlockNumber(at); err == nil && o.Chain.BlockTimestamp(number) == at {
		out.Number = &number
	}
	return out
}

// never gives the reason for which the block is dropped whatever the state of the chain is (RULES 5.4, rows 12 and
// 14 to 17). Without a chain the newest rules hold.
func (c *oneBlock) never(o *Options) batch.Reason {
	setCode, postExec := true, true
	if o.Chain != nil {
		rules := o.Chain.L2Rules(c.time)
		setCode, postExec = rules.SetCodeTxs, rules.PostExecTxs
		if rules.MustBeEmpty && c.count > 0 {
			return batch.ActivationNotEmpty
		}
	}
	for tx := range c.txs {
		switch {
		case len(tx) == 0:
			return batch.TxEmpty
		case eth.IsDeposit(tx):
			return batch.TxDeposit
		case tx[0] == types.SetCodeTxType && !setCode:
			return batch.TxSetCodeTooEarly
		case tx[0] == types.PostExecTxType && !postExec:
			return batch.TxPostExecTooEarly
		}
	}
	return batch.OK
}

// batchTx describes one transaction. If it is not whole, parts of its encoding are made up.
func batchTx(block int, raw hexutil.Bytes, whole bool) BatchTx {
	out := BatchTx{Block: block, Type: typeName(raw)}
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(raw); err != nil {
		out.Broken = locate(raw, err)
		return out
	}
	nonce := tx.Nonce()
	out.To, out.Nonce = tx.To(), &nonce
	if !whole {
		return out
	}
	size, hash := len(raw), tx.Hash()
	out.Bytes, out.Hash = &size, &hash
	if from, err := sender(tx); err == nil {
		out.From = &from
	}
	return out
}

// WriteText writes the batch for people.
func (b *Batch) WriteText(w io.Writer) error {
	var p page
	if b.First == nil {
		p.row("batch", "%s, %s", b.Type, count(b.Bytes, "byte"))
	} else {
		p.row("batch", "%s, %s, %s, %s", b.Type, count(b.Bytes, "byte"), count(b.Blocks, "block"), count(b.Transactions, "transaction"))
	}
	p.why("dropped", b.Dropped)
	if b.EndsChannel {
		p.row("", "nodes read nothing of the channel behind it")
	}
	if b.ParentHash != nil {
		p.row("parent", "%s", b.ParentHash)
		p.row("L1 origin", "%d %s", b.First.L1Origin, b.EpochHash)
		p.row("time", "%s%s", moment(*b.First.Time), numbered(b.First))
	}
	if b.RelTimestamp != nil {
		b.spanText(&p)
	}
	if len(b.Types) > 0 {
		p.row("types", "%s", typeCounts(b.Types))
	}
	p.notes(b.Notes)
	b.blockTable(&p)
	b.txTable(&p)
	return p.to(w)
}

func (b *Batch) spanText(p *page) {
	p.row("first block", "%s seconds after the L2 genesis block", thousands(*b.RelTimestamp))
	if b.First.Time != nil {
		p.row("", "%s%s", moment(*b.First.Time), numbered(b.First))
		p.row("last block", "%s%s", moment(*b.Last.Time), numbered(b.Last))
	}
	p.row("L1 origins", "%d to %d", b.First.L1Origin, b.Last.L1Origin)
	p.row("parent check", "%s…, of the block before the first", b.ParentCheck)
	p.row("origin check", "%s…, of L1 block %d", b.L1OriginCheck, b.Last.L1Origin)
}

func numbered(b *Block) string {
	if b.Number == nil {
		return ""
	}
	return fmt.Sprintf(", block %d", *b.Number)
}

func typeCounts(counts map[string]int) string {
	var all []string
	for name, n := range counts {
		all = append(all, fmt.Sprintf("%s %s", thousands(uint64(n)), name))
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(a[strings.Index(a, " "):], b[strings.Index(b, " "):]) })
	return strings.Join(all, ", ")
}

func (b *Batch) blockTable(p *page) {
	if b.RelTimestamp == nil || len(b.BlockList) == 0 {
		return // a singular batch has said all
	}
	lines := []string{"BLOCK\tTIME\tL1 ORIGIN\tTRANSACTIONS"}
	if b.First.Time == nil {
		lines[0] = "BLOCK\tL1 ORIGIN\tTRANSACTIONS"
	}
	for i := range b.BlockList {
		block := &b.BlockList[i]
		line := b.nameOf(block.Index)
		if block.Time != nil {
			line += "\t" + moment(*block.Time)
		}
		lines = append(lines, fmt.Sprintf("%s\t%d\t%d", line, block.L1Origin, block.Transactions))
	}
	p.WriteByte('\n')
	p.table(lines)
	p.left(b.Blocks, len(b.BlockList))
}

func (b *Batch) txTable(p *page) {
	if len(b.TransactionList) == 0 {
		return
	}
	known := slices.ContainsFunc(b.TransactionList, func(tx BatchTx) bool { return tx.Hash != nil })
	head := "TYPE\tNONCE\tTO"
	if known {
		head = "TYPE\tHASH\tNONCE\tFROM\tTO"
	}
	if b.RelTimestamp != nil {
		head = "BLOCK\t" + head
	}
	lines := []string{head}
	for i := range b.TransactionList {
		tx := &b.TransactionList[i]
		line := tx.line()
		if b.RelTimestamp != nil {
			line = b.nameOf(tx.Block) + "\t" + line
		}
		lines = append(lines, line)
	}
	p.WriteByte('\n')
	p.table(lines)
	p.left(b.Transactions, len(b.TransactionList))
}

// line is a transaction as a row of the table.
func (tx *BatchTx) line() string {
	if tx.Broken != "" {
		return tx.Type + "\tbroken: " + tx.Broken
	}
	to := "creation"
	if tx.To != nil {
		to = short(tx.To)
	} else if tx.Type == typeNames[types.PostExecTxType] {
		to = "-"
	}
	if tx.Hash == nil {
		return fmt.Sprintf("%s\t%d\t%s", tx.Type, *tx.Nonce, to)
	}
	return fmt.Sprintf("%s\t%s\t%d\t%s\t%s", tx.Type, tx.Hash, *tx.Nonce, short(tx.From), to)
}

// nameOf names a block by its number, or by its place in the batch.
func (b *Batch) nameOf(index int) string {
	if b.First.Number != nil { // and all others have one, too
		return fmt.Sprint(*b.First.Number + uint64(index)) //nolint:gosec // not negative
	}
	return fmt.Sprintf("+%d", index)
}
