package batch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/batch"
)

// The reference decoder: as slow and as close to the text of the rules as it gets, with geth's RLP and geth's
// transactions. It shares no code with the package and tells only which of the three things a batch is: fine, lost, or
// the end of its channel.

var (
	errEndsChannel = errors.New("ends the channel")
	errDropsBatch  = errors.New("drops the batch")
)

type referenceSpan struct {
	relTimestamp, l1OriginNum  uint64
	parentCheck, l1OriginCheck [20]byte
	newEpoch                   bool
	times, epochs              []uint64
	txs                        [][]hexutil.Bytes
}

type referenceSingular struct {
	ParentHash   common.Hash
	EpochNum     uint64
	EpochHash    common.Hash
	Timestamp    uint64
	Transactions [][]byte
}

func referenceDecode(item []byte, p batch.Params) (*referenceSingular, *referenceSpan, error) {
	if len(item) == 0 {
		return nil, nil, errEndsChannel
	}
	switch item[0] {
	case 0:
		b := new(referenceSingular)
		if err := rlp.NewStream(bytes.NewReader(item[1:]), uint64(len(item))).Decode(b); err != nil {
			return nil, nil, errEndsChannel
		}
		return b, nil, nil
	case 1:
		s, err := referenceDecodeSpan(bytes.NewReader(item[1:]), p)
		return nil, s, err
	default:
		return nil, nil, errEndsChannel
	}
}

const referenceLimit = 10_000_000

func referenceBits(r io.Reader, n int) (*big.Int, error) {
	buf := make([]byte, (n+7)/8)
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, errEndsChannel
	}
	out := new(big.Int).SetBytes(buf)
	if out.BitLen() > n {
		return nil, errEndsChannel
	}
	return out, nil
}

func referenceUvarints(r *bytes.Reader, n int) ([]uint64, error) {
	var out []uint64
	for range n {
		v, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, errEndsChannel
		}
		out = append(out, v)
	}
	return out, nil
}

func referenceTxData(r *bytes.Reader) (data []byte, legacy bool, err error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, false, errEndsChannel
	}
	legacy = first == 0
	if first <= 0x7F {
		data = append(data, first)
	} else {
		legacy = true
		if err := r.UnreadByte(); err != nil {
			return nil, false, err
		}
	}
	stream := rlp.NewStream(r, referenceLimit)
	if kind, _, err := stream.Kind(); err != nil || kind != rlp.List {
		return nil, false, errEndsChannel
	}
	raw, err := stream.Raw()
	if err != nil {
		return nil, false, errEndsChannel
	}
	return append(data, raw...), legacy, nil
}

func referenceDecodeSpan(r *bytes.Reader, p batch.Params) (*referenceSpan, error) {
	s := new(referenceSpan)
	head, err := referenceUvarints(r, 2)
	if err != nil {
		return nil, err
	}
	s.relTimestamp, s.l1OriginNum = head[0], head[1]
	for _, check := range [][]byte{s.parentCheck[:], s.l1OriginCheck[:]} {
		if _, err := io.ReadFull(r, check); err != nil {
			return nil, errEndsChannel
		}
	}
	blocks, err := binary.ReadUvarint(r)
	if err != nil || blocks == 0 || blocks > referenceLimit {
		return nil, errEndsChannel
	}
	originBits, err := referenceBits(r, int(blocks))
	if err != nil {
		return nil, err
	}
	counts, err := referenceUvarints(r, int(blocks))
	if err != nil {
		return nil, err
	}
	total := 0
	for _, n := range counts {
		if n > referenceLimit || total+int(n) > referenceLimit {
			return nil, errEndsChannel
		}
		total += int(n)
	}
	creation, err := referenceBits(r, total)
	if err != nil {
		return nil, err
	}
	parity, err := referenceBits(r, total)
	if err != nil {
		return nil, err
	}
	var sigs [][2][32]byte
	for range total {
		var sig [2][32]byte
		if _, err := io.ReadFull(r, sig[0][:]); err != nil {
			return nil, errEndsChannel
		}
		if _, err := io.ReadFull(r, sig[1][:]); err != nil {
			return nil, errEndsChannel
		}
		sigs = append(sigs, sig)
	}
	tos := make([]*common.Address, total)
	for i := range total {
		if creation.Bit(i) == 1 {
			continue
		}
		tos[i] = new(common.Address)
		if _, err := io.ReadFull(r, tos[i][:]); err != nil {
			return nil, errEndsChannel
		}
	}
	var datas [][]byte
	legacies := 0
	for range total {
		data, legacy, err := referenceTxData(r)
		if err != nil {
			return nil, err
		}
		if legacy {
			legacies++
		}
		datas = append(datas, data)
	}
	nonces, err := referenceUvarints(r, total)
	if err != nil {
		return nil, err
	}
	gases, err := referenceUvarints(r, total)
	if err != nil {
		return nil, err
	}
	protected, err := referenceBits(r, legacies)
	if err != nil {
		return nil, err
	}
	if p.BeforeDelta {
		return nil, errDropsBatch
	}

	var txs []hexutil.Bytes
	legacies = 0
	for i := range total {
		isProtected := false
		if datas[i][0] > 0x7F {
			isProtected = protected.Bit(legacies) == 1
			legacies++
		}
		tx, err := referenceTx(datas[i], nonces[i], gases[i], tos[i], sigs[i], parity.Bit(i), isProtected, p.ChainID)
		if err != nil {
			return nil, errDropsBatch
		}
		txs = append(txs, tx)
	}
	s.newEpoch = originBits.Bit(0) == 1
	for i := range counts {
		s.times = append(s.times, p.GenesisTime+s.relTimestamp+uint64(i)*p.BlockTime)
		later := uint64(0)
		for j := i + 1; j < len(counts); j++ {
			later += uint64(originBits.Bit(j))
		}
		s.epochs = append(s.epochs, s.l1OriginNum-later)
		s.txs = append(s.txs, txs[:counts[i]])
		txs = txs[counts[i]:]
	}
	return s, nil
}

func referenceTx(data []byte, nonce, gas uint64, to *common.Address, sig [2][32]byte, y uint, protected bool, chainID *big.Int) ([]byte, error) {
	r, s, v := new(big.Int).SetBytes(sig[0][:]), new(big.Int).SetBytes(sig[1][:]), new(big.Int).SetUint64(uint64(y))
	if data[0] > 0x7F {
		var d struct {
			Value, GasPrice *big.Int
			Data            []byte
		}
		if err := rlp.DecodeBytes(data, &d); err != nil {
			return nil, err
		}
		if protected {
			v.Add(v, big.NewInt(35)).Add(v, chainID).Add(v, chainID)
		} else {
			v.Add(v, big.NewInt(27))
		}
		return types.NewTx(&types.LegacyTx{Nonce: nonce, GasPrice: d.GasPrice, Gas: gas, To: to, Value: d.Value, Data: d.Data, V: v, R: r, S: s}).MarshalBinary()
	}
	switch data[0] {
	case types.AccessListTxType:
		var d struct {
			Value, GasPrice *big.Int
			Data            []byte
			AccessList      types.AccessList
		}
		if err := rlp.DecodeBytes(data[1:], &d); err != nil {
			return nil, err
		}
		return types.NewTx(&types.AccessListTx{
			ChainID: chainID, Nonce: nonce, GasPrice: d.GasPrice, Gas: gas, To: to, Value: d.Value, Data: d.Data, AccessList: d.AccessList,
			V: v, R: r, S: s,
		}).MarshalBinary()
	case types.DynamicFeeTxType:
		var d struct {
			Value, Tip, Fee *big.Int
			Data            []byte
			AccessList      types.AccessList
		}
		if err := rlp.DecodeBytes(data[1:], &d); err != nil {
			return nil, err
		}
		return types.NewTx(&types.DynamicFeeTx{
			ChainID: chainID, Nonce: nonce, GasTipCap: d.Tip, GasFeeCap: d.Fee, Gas: gas, To: to, Value: d.Value, Data: d.Data, AccessList: d.AccessList,
			V: v, R: r, S: s,
		}).MarshalBinary()
	case types.SetCodeTxType:
		var d struct {
			Value, Tip, Fee *uint256.Int
			Data            []byte
			AccessList      types.AccessList
			Auths           []types.SetCodeAuthorization
		}
		if err := rlp.DecodeBytes(data[1:], &d); err != nil {
			return nil, err
		}
		if to == nil {
			return nil, errDropsBatch
		}
		return types.NewTx(&types.SetCodeTx{
			ChainID: uint256.MustFromBig(chainID), Nonce: nonce, GasTipCap: d.Tip, GasFeeCap: d.Fee, Gas: gas, To: *to, Value: d.Value,
			Data: d.Data, AccessList: d.AccessList, AuthList: d.Auths,
			V: uint256.MustFromBig(v), R: uint256.MustFromBig(r), S: uint256.MustFromBig(s),
		}).MarshalBinary()
	case 0x7D:
		if to != nil || y != 0 || r.Sign() != 0 || s.Sign() != 0 || nonce != 0 || gas != 0 {
			return nil, errDropsBatch
		}
		return data, nil
	}
	return nil, errDropsBatch
}
