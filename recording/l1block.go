package recording

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// maxTopics is how many the EVM allows.
const maxTopics = 4

// l1BlockJSON is an L1 block as it is written. Pointers are for what has to be there.
type l1BlockJSON struct {
	Number        *uint64      `json:"number"`
	Hash          *common.Hash `json:"hash"`
	ParentHash    *common.Hash `json:"parentHash"`
	Timestamp     *uint64      `json:"timestamp"`
	PrevRandao    *common.Hash `json:"prevRandao"`
	BaseFee       *string      `json:"baseFee"`                 // wei, decimal
	ExcessBlobGas *uint64      `json:"excessBlobGas,omitempty"` // absent before Cancun
	BeaconRoot    *common.Hash `json:"beaconRoot,omitempty"`    // absent before Cancun

	Inbox []inboxTxJSON `json:"inbox"`
	Logs  []logJSON     `json:"logs"`
}

type inboxTxJSON struct {
	Hash       *common.Hash    `json:"hash"`
	Index      *uint64         `json:"index"`
	From       *common.Address `json:"from"`
	Blob       bool            `json:"blob"`
	Data       hexutil.Bytes   `json:"data,omitempty"`
	BlobHashes []common.Hash   `json:"blobHashes,omitempty"`
}

type logJSON struct {
	Address         *common.Address `json:"address"`
	Topics          []common.Hash   `json:"topics"`
	Data            hexutil.Bytes   `json:"data"`
	TransactionHash *common.Hash    `json:"transactionHash"`
	TransactionIdx  *uint32         `json:"transactionIndex"`
	Index           *uint32         `json:"index"`
}

// encodeL1 is an L1 block as it is written.
func encodeL1(b *eth.L1Block) l1BlockJSON {
	fee := b.BaseFee.String()
	out := l1BlockJSON{
		Number: &b.Number, Hash: &b.Hash, ParentHash: &b.ParentHash, Timestamp: &b.Time, PrevRandao: &b.PrevRandao,
		BaseFee: &fee, ExcessBlobGas: b.ExcessBlobGas, BeaconRoot: b.BeaconRoot,
		Inbox: make([]inboxTxJSON, len(b.Inbox)), Logs: make([]logJSON, len(b.Logs)),
	}
	for i := range b.Inbox {
		tx := &b.Inbox[i]
		out.Inbox[i] = inboxTxJSON{Hash: &tx.Hash, Index: &tx.Index, From: &tx.From, Blob: tx.Blob, Data: tx.Data, BlobHashes: tx.BlobHashes}
	}
	for i, l := range b.Logs {
		topics := l.Topics
		if topics == nil {
			topics = []common.Hash{}
		}
		tx, index := uint32(l.TxIndex), uint32(l.Index) //nolint:gosec // positions in a block
		out.Logs[i] = logJSON{Address: &l.Address, Topics: topics, Data: l.Data, TransactionHash: &l.TxHash, TransactionIdx: &tx, Index: &index}
	}
	return out
}

// decodeL1 reads the L1 block with a number, and refuses what no L1 block of this chain can have.
func decodeL1(cfg *rollup.Config, number uint64, text []byte) (*eth.L1Block, error) {
	name := l1Name(number)
	in, err := decode[l1BlockJSON](name, text)
	if err != nil {
		return nil, err
	}
	if err := present(name, "",
		field{"number", in.Number != nil}, field{"hash", in.Hash != nil}, field{"parentHash", in.ParentHash != nil},
		field{"timestamp", in.Timestamp != nil}, field{"prevRandao", in.PrevRandao != nil}, field{"baseFee", in.BaseFee != nil},
	); err != nil {
		return nil, err
	}
	if *in.Number != number {
		return nil, broken(name, "number", "it is %d, and the file is named for block %d", *in.Number, number)
	}
	fee, ok := amount(*in.BaseFee)
	if !ok {
		return nil, broken(name, "baseFee", "%s is no amount in wei: a decimal number in quotes, below 2^256", clip(*in.BaseFee))
	}
	b := &eth.L1Block{
		L1Ref:      eth.L1Ref{Hash: *in.Hash, Number: number, ParentHash: *in.ParentHash, Time: *in.Timestamp},
		PrevRandao: *in.PrevRandao, BaseFee: fee, ExcessBlobGas: in.ExcessBlobGas, BeaconRoot: in.BeaconRoot,
	}
	blobs := cfg.L1Rules(b.Time).Blobs
	for i := range in.Inbox {
		tx, err := in.Inbox[i].decode(name, i, blobs)
		if err != nil {
			return nil, err
		}
		if i > 0 && tx.Index <= b.Inbox[i-1].Index {
			return nil, broken(name, fmt.Sprintf("inbox[%d].index", i), "%d is not above the one before it: transactions are in block order", tx.Index)
		}
		b.Inbox = append(b.Inbox, tx)
	}
	for i := range in.Logs {
		l, err := in.Logs[i].decode(name, i, cfg, b.L1Ref)
		if err != nil {
			return nil, err
		}
		if i > 0 && l.Index <= b.Logs[i-1].Index {
			return nil, broken(name, fmt.Sprintf("logs[%d].index", i), "%d is not above the one before it: logs are in block order", l.Index)
		}
		b.Logs = append(b.Logs, l)
	}
	return b, nil
}

// decode reads a transaction to the inbox. Whose it is, derivation decides.
func (in *inboxTxJSON) decode(name string, i int, blobs bool) (tx eth.InboxTx, err error) {
	at := fmt.Sprintf("inbox[%d].", i)
	if err := present(name, at, field{"hash", in.Hash != nil}, field{"index", in.Index != nil}, field{"from", in.From != nil}); err != nil {
		return tx, err
	}
	switch {
	case *in.Index > math.MaxUint32:
		return tx, broken(name, at+"index", "%d is no position in a block", *in.Index)
	case in.Blob && !blobs:
		return tx, broken(name, at+"blob", "blobs do not count before Ecotone: the transaction's data is its calldata")
	case in.Blob && len(in.Data) > 0:
		return tx, broken(name, at+"data", "the data of a blob transaction is in its blobs")
	case in.Blob && len(in.BlobHashes) == 0:
		return tx, broken(name, at+"blobHashes", "a blob transaction has some")
	case !in.Blob && len(in.BlobHashes) > 0:
		return tx, broken(name, at+"blobHashes", "only a blob transaction has some")
	}
	tx = eth.InboxTx{Hash: *in.Hash, Index: *in.Index, From: *in.From, Blob: in.Blob, BlobHashes: in.BlobHashes}
	if !in.Blob {
		tx.Data = append([]byte{}, in.Data...)
	}
	return tx, nil
}

// decode reads a log. What it says is derivation's to judge.
func (in *logJSON) decode(name string, i int, cfg *rollup.Config, at eth.L1Ref) (*types.Log, error) {
	prefix := fmt.Sprintf("logs[%d].", i)
	if err := present(name, prefix,
		field{"address", in.Address != nil}, field{"transactionHash", in.TransactionHash != nil},
		field{"transactionIndex", in.TransactionIdx != nil}, field{"index", in.Index != nil},
	); err != nil {
		return nil, err
	}
	switch {
	case *in.Address != cfg.DepositContractAddress && *in.Address != cfg.L1SystemConfigAddress:
		return nil, broken(name, prefix+"address", "%s is neither the deposit contract nor the system config contract of %s", in.Address, rollupName)
	case len(in.Topics) > maxTopics:
		return nil, broken(name, prefix+"topics", "%d topics, the EVM allows %d", len(in.Topics), maxTopics)
	}
	return &types.Log{
		Address: *in.Address, Topics: in.Topics, Data: in.Data, BlockNumber: at.Number, BlockHash: at.Hash, BlockTimestamp: at.Time,
		TxHash: *in.TransactionHash, TxIndex: uint(*in.TransactionIdx), Index: uint(*in.Index),
	}, nil
}

type field struct {
	name  string
	there bool
}

// present demands that fields are there.
func present(file, prefix string, fields ...field) error {
	for _, f := range fields {
		if !f.there {
			return broken(file, prefix+f.name, "it is missing")
		}
	}
	return nil
}

// amount reads wei.
func amount(text string) (*big.Int, bool) {
	const digits = 78 // of 2^256
	if len(text) == 0 || len(text) > digits || text[0] == '-' || text[0] == '+' {
		return nil, false
	}
	n, ok := new(big.Int).SetString(text, 10)
	return n, ok && n.BitLen() <= 256
}

// clip quotes the beginning of a text that may be anything.
func clip(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}
