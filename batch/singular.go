package batch

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rlp"
)

// Singular is the batch of one L2 block (specs: derivation, batch format).
type Singular struct {
	ParentHash   common.Hash     // the L2 block it builds on
	EpochNum     uint64          // number of its L1 origin
	EpochHash    common.Hash     // hash of its L1 origin
	Timestamp    uint64          // of the L2 block, seconds since 1970
	Transactions []hexutil.Bytes // EIP-2718 encodings in block order, without deposits
	// Many has the transactions if they are more than MaxListed; Transactions is empty then.
	Many *ManyTxs
}

// TxCount is the number of transactions.
func (b *Singular) TxCount() int {
	if b.Many != nil {
		return b.Many.Count()
	}
	return len(b.Transactions)
}

// List lists the transactions, which takes 24 bytes for each of Many. They are shared, not copied.
func (b *Singular) List() []hexutil.Bytes {
	if b.Many != nil {
		return b.Many.List()
	}
	return b.Transactions
}

// Txs walks through the transactions, wherever they are.
func (b *Singular) Txs() iter.Seq[hexutil.Bytes] {
	if b.Many != nil {
		return b.Many.All()
	}
	return slices.Values(b.Transactions)
}

// Encode gives the item of a channel: type 0, then the RLP list of the fields.
func (b *Singular) Encode() []byte {
	txsSize := 0
	for tx := range b.Txs() {
		txsSize += stringSize(tx)
	}
	size := 2*(1+common.HashLength) + uintSize(b.EpochNum) + uintSize(b.Timestamp) + headerSize(txsSize) + txsSize

	out := make([]byte, 0, 1+headerSize(size)+size)
	out = append(out, singularType)
	out = appendListHeader(out, size)
	out = appendString(out, b.ParentHash[:])
	out = appendUint(out, b.EpochNum)
	out = appendString(out, b.EpochHash[:])
	out = appendUint(out, b.Timestamp)
	out = appendListHeader(out, txsSize)
	for tx := range b.Txs() {
		out = appendString(out, tx)
	}
	return out
}

// EncodeRLP writes the list of the fields for a snapshot.
func (b *Singular) EncodeRLP(w io.Writer) error {
	_, err := w.Write(b.Encode()[1:])
	return err
}

// DecodeRLP reads what EncodeRLP wrote.
func (b *Singular) DecodeRLP(stream *rlp.Stream) error {
	text, err := stream.Raw()
	if err != nil {
		return err // as it is: the end of a list of batches is one, too
	}
	out, reason := decodeSingular(text)
	if reason != OK {
		return fmt.Errorf("decode singular batch: %s", reason.Why())
	}
	*b = *out
	return nil
}

// decodeSingular reads the body after the type: a list of exactly five elements.
func decodeSingular(body []byte) (*Singular, Reason) {
	fields, _, ok := takeList(body)
	if !ok {
		return nil, SingularMalformed
	}
	b := new(Singular)
	var parent, epoch, txs []byte
	if parent, fields, ok = takeFixed(fields, common.HashLength); !ok {
		return nil, SingularMalformed
	}
	if b.EpochNum, fields, ok = takeUint64(fields); !ok {
		return nil, SingularMalformed
	}
	if epoch, fields, ok = takeFixed(fields, common.HashLength); !ok {
		return nil, SingularMalformed
	}
	if b.Timestamp, fields, ok = takeUint64(fields); !ok {
		return nil, SingularMalformed
	}
	if txs, fields, ok = takeList(fields); !ok || len(fields) > 0 {
		return nil, SingularMalformed
	}
	b.ParentHash, b.EpochHash = common.Hash(parent), common.Hash(epoch)
	count, ok := countStrings(txs)
	switch {
	case !ok:
		return nil, SingularMalformed
	case count > MaxListed:
		b.Many = &ManyTxs{count: count, packed: bytes.Clone(txs)}
	case count > 0:
		b.Transactions = listStrings(bytes.Clone(txs), count)
	}
	return b, OK
}
