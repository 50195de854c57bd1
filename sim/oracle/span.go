package oracle

import (
	"encoding/binary"
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"
)

// maxSpanElements limits blocks, transactions of a block, and transactions of a span batch; and, as the chains that run
// have it, the bytes of one transaction's data.
const maxSpanElements = 10_000_000

// spanBlock is one block of a span batch.
type spanBlock struct {
	timestamp    uint64
	epoch        uint64
	transactions [][]byte
}

// spanChecks tie a span batch to the chains it was made for.
type spanChecks struct {
	parent [20]byte // of the hash of the first block's parent
	origin [20]byte // of the hash of the last block's L1 origin
}

// rawSpan is a span batch as written (specs: Delta, span batch format).
type rawSpan struct {
	relTimestamp uint64
	lastEpoch    uint64
	spanChecks
	originBits *big.Int
	txCounts   []uint64

	creationBits  *big.Int
	parityBits    *big.Int
	signatures    []byte
	recipients    []byte
	datas         [][]byte
	nonces        []uint64
	gases         []uint64
	protectedBits *big.Int
}

// readSpan reads the body of a span batch. What follows it in its item is ignored.
func readSpan(body []byte) (s rawSpan, ok bool) {
	r := spanReader{rest: body}
	s.relTimestamp = r.uvarint()
	s.lastEpoch = r.uvarint()
	copy(s.parent[:], r.take(20))
	copy(s.origin[:], r.take(20))

	blocks := r.uvarint()
	if r.failed || blocks == 0 || blocks > maxSpanElements {
		return s, false
	}
	s.originBits = r.bits(blocks)
	total := uint64(0)
	for i := uint64(0); i < blocks && !r.failed; i++ {
		count := r.uvarint()
		if count > maxSpanElements {
			return s, false
		}
		total += count
		s.txCounts = append(s.txCounts, count)
	}
	if r.failed || total > maxSpanElements {
		return s, false
	}

	s.creationBits = r.bits(total)
	s.parityBits = r.bits(total)
	s.signatures = r.take(64 * total)
	if r.failed {
		return s, false
	}
	calls := uint64(0)
	for i := range total {
		if s.creationBits.Bit(int(i)) == 0 {
			calls++
		}
	}
	s.recipients = r.take(20 * calls)
	legacy := uint64(0)
	for i := uint64(0); i < total && !r.failed; i++ {
		data := r.txData()
		if len(data) > 0 && (data[0] > 0x7f || data[0] == types.LegacyTxType) {
			legacy++
		}
		s.datas = append(s.datas, data)
	}
	for i := uint64(0); i < total && !r.failed; i++ {
		s.nonces = append(s.nonces, r.uvarint())
	}
	for i := uint64(0); i < total && !r.failed; i++ {
		s.gases = append(s.gases, r.uvarint())
	}
	s.protectedBits = r.bits(legacy)
	return s, !r.failed
}

// spanBlocks makes the blocks out of a span batch. An error means that its transactions cannot be put together.
func (d *derivation) spanBlocks(s rawSpan) ([]spanBlock, error) {
	txs, err := s.transactions(d.config.L2ChainID)
	if err != nil {
		return nil, err
	}
	// Only the last epoch is written; each later block that starts an epoch takes one off. Whether the first block
	// starts one is in the bits, and means nothing here.
	epoch := s.lastEpoch
	for i := 1; i < len(s.txCounts); i++ {
		epoch -= uint64(s.originBits.Bit(i))
	}
	blocks := make([]spanBlock, 0, len(s.txCounts))
	for i, count := range s.txCounts {
		if i > 0 {
			epoch += uint64(s.originBits.Bit(i))
		}
		blocks = append(blocks, spanBlock{
			timestamp:    d.config.Genesis.L2Time + s.relTimestamp + uint64(i)*d.config.BlockTime,
			epoch:        epoch,
			transactions: txs[:count],
		})
		txs = txs[count:]
	}
	return blocks, nil
}

// transactions puts the transactions together again: a span batch keeps their parts in columns.
func (s *rawSpan) transactions(chainID *big.Int) (txs [][]byte, err error) {
	recipients, legacy := s.recipients, 0
	for i, data := range s.datas {
		p := txParts{
			chainID: chainID,
			nonce:   s.nonces[i],
			gas:     s.gases[i],
			parity:  s.parityBits.Bit(i),
			r:       new(big.Int).SetBytes(s.signatures[64*i : 64*i+32]),
			s:       new(big.Int).SetBytes(s.signatures[64*i+32 : 64*i+64]),
			data:    data,
		}
		if s.creationBits.Bit(i) == 0 {
			to := common.Address(recipients[:20])
			p.to, recipients = &to, recipients[20:]
		}
		if data[0] > 0x7f || data[0] == types.LegacyTxType {
			p.protected = s.protectedBits.Bit(legacy) == 1
			legacy++
		}
		tx, err := p.transaction()
		if err != nil {
			return nil, err
		}
		txs = append(txs, tx)
	}
	return txs, nil
}

// txParts are the parts of one transaction; data is what only its type knows how to read.
type txParts struct {
	chainID   *big.Int
	nonce     uint64
	gas       uint64
	parity    uint
	r, s      *big.Int
	to        *common.Address
	protected bool
	data      []byte
}

// postExecTxType is the transaction that Lagoon adds to blocks. Such a transaction is in a span batch as it is; whether it may
// be there is decided block by block.
const postExecTxType = 0x7d

func (p *txParts) transaction() ([]byte, error) {
	kind, payload := p.data[0], p.data[1:]
	if kind > 0x7f {
		return p.legacy()
	}
	switch kind {
	case types.AccessListTxType:
		var f struct {
			Value, GasPrice *big.Int
			Data            []byte
			AccessList      types.AccessList
		}
		if err := rlp.DecodeBytes(payload, &f); err != nil {
			return nil, err
		}
		return types.NewTx(&types.AccessListTx{
			ChainID: p.chainID, Nonce: p.nonce, GasPrice: f.GasPrice, Gas: p.gas, To: p.to, Value: f.Value,
			Data: f.Data, AccessList: f.AccessList, V: p.v(), R: p.r, S: p.s,
		}).MarshalBinary()
	case types.DynamicFeeTxType:
		var f struct {
			Value, TipCap, FeeCap *big.Int
			Data                  []byte
			AccessList            types.AccessList
		}
		if err := rlp.DecodeBytes(payload, &f); err != nil {
			return nil, err
		}
		return types.NewTx(&types.DynamicFeeTx{
			ChainID: p.chainID, Nonce: p.nonce, GasTipCap: f.TipCap, GasFeeCap: f.FeeCap, Gas: p.gas, To: p.to, Value: f.Value,
			Data: f.Data, AccessList: f.AccessList, V: p.v(), R: p.r, S: p.s,
		}).MarshalBinary()
	case types.SetCodeTxType:
		if p.to == nil {
			return nil, errors.New("a set-code transaction that creates a contract")
		}
		var f struct {
			Value, TipCap, FeeCap *uint256.Int
			Data                  []byte
			AccessList            types.AccessList
			AuthList              []types.SetCodeAuthorization
		}
		if err := rlp.DecodeBytes(payload, &f); err != nil {
			return nil, err
		}
		return types.NewTx(&types.SetCodeTx{
			ChainID: uint256.MustFromBig(p.chainID), Nonce: p.nonce, GasTipCap: f.TipCap, GasFeeCap: f.FeeCap, Gas: p.gas,
			To: *p.to, Value: f.Value, Data: f.Data, AccessList: f.AccessList, AuthList: f.AuthList,
			V: uint256.NewInt(uint64(p.parity)), R: uint256.MustFromBig(p.r), S: uint256.MustFromBig(p.s),
		}).MarshalBinary()
	case postExecTxType:
		if p.to != nil || p.parity != 0 || p.r.Sign() != 0 || p.s.Sign() != 0 || p.nonce != 0 || p.gas != 0 {
			return nil, errors.New("a post-exec transaction with parts it cannot have")
		}
		return p.data, nil
	default:
		return nil, errors.New("a transaction of an unknown type")
	}
}

func (p *txParts) legacy() ([]byte, error) {
	var f struct {
		Value, GasPrice *big.Int
		Data            []byte
	}
	if err := rlp.DecodeBytes(p.data, &f); err != nil {
		return nil, err
	}
	v := new(big.Int).SetUint64(27 + uint64(p.parity))
	if p.protected {
		v = new(big.Int).Lsh(p.chainID, 1)
		v.Add(v, new(big.Int).SetUint64(35+uint64(p.parity)))
	}
	return types.NewTx(&types.LegacyTx{
		Nonce: p.nonce, GasPrice: f.GasPrice, Gas: p.gas, To: p.to, Value: f.Value, Data: f.Data, V: v, R: p.r, S: p.s,
	}).MarshalBinary()
}

// v is the signature's last part in every typed transaction.
func (p *txParts) v() *big.Int { return new(big.Int).SetUint64(uint64(p.parity)) }

// spanReader reads the fields of a span batch one after the other; once one is not there, all later ones are zero.
type spanReader struct {
	rest   []byte
	failed bool
}

func (r *spanReader) take(n uint64) []byte {
	if r.failed || uint64(len(r.rest)) < n {
		r.failed = true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// uvarint reads 7 bits from each byte, the low ones first, up to 64 bits.
func (r *spanReader) uvarint() uint64 {
	x, n := binary.Uvarint(r.rest)
	if r.failed || n <= 0 {
		r.failed = true
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// bits reads a list of n bits: a big-endian number with as many bytes as it needs, whose bit i is entry i.
func (r *spanReader) bits(n uint64) *big.Int {
	x := new(big.Int).SetBytes(r.take((n + 7) / 8))
	if uint64(x.BitLen()) > n {
		r.failed = true
	}
	return x
}

// txData reads an optional type byte and one RLP list.
func (r *spanReader) txData() []byte {
	list := r.rest
	if len(list) > 0 && list[0] <= 0x7f {
		list = list[1:]
	}
	kind, _, after, err := rlp.Split(list)
	if err != nil || kind != rlp.List || len(list)-len(after) > maxSpanElements {
		r.failed = true
		return nil
	}
	return r.take(uint64(len(r.rest) - len(after)))
}
