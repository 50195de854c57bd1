package derive_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math/big"

	"github.com/andybalholm/brotli"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// oracle derives a whole history at once, in the plainest way there is: L1 blocks in a loop, in it transactions, items,
// frames, channels, batches, blocks. It keeps everything and looks everything up. It shares no code with what it checks,
// and supports what scenarios make: span batches with transactions of type 2, channels that fit a channel bank.
type oracle struct {
	cfg    *rollup.Config
	l1     []*eth.L1Block
	blobs  map[common.Hash]*eth.Blob
	engine func(parent common.Hash, number uint64, epoch common.Hash, txs [][]byte) (common.Hash, bool)

	chain  []oracleBlock // from genesis on
	at     uint64        // number of the L1 block being read
	epoch  uint64        // the oldest epoch the next block may have
	staged []oracleFrame // the open channel
	opened uint64        // the L1 block it was opened in

	bank  []*oracleChannel // before Holocene
	queue []oracleStored   // before Holocene
}

// is says whether a fork is active at a time.
func (o *oracle) is(f rollup.Fork, time uint64) bool {
	at := o.cfg.Time(f)
	return at != nil && time >= *at
}

// now says whether a fork is active at the L1 block that is being read.
func (o *oracle) now(f rollup.Fork) bool { return o.is(f, o.l1[o.at].Time) }

// timeout is how many L1 blocks a channel may take.
func (o *oracle) timeout() uint64 {
	if o.now(rollup.Granite) {
		return 50
	}
	return o.cfg.ChannelTimeout
}

// drift is how far a block may be ahead of its origin.
func (o *oracle) drift(origin uint64) uint64 {
	if o.is(rollup.Fjord, o.l1[origin].Time) {
		return 1800
	}
	return o.cfg.MaxSequencerDrift
}

type oracleBlock struct {
	number, time, epoch, from uint64
	hash                      common.Hash
	txs                       [][]byte
}

type oracleFrame struct {
	id     [16]byte
	number uint16
	data   []byte
	last   bool
}

func (o *oracle) safe() oracleBlock { return o.chain[len(o.chain)-1] }

func (o *oracle) run() {
	o.chain = []oracleBlock{{time: o.cfg.Genesis.L2Time, hash: o.cfg.Genesis.L2.Hash}}
	batcher := o.cfg.Genesis.SystemConfig.BatcherAddr
	for _, block := range o.l1 {
		o.at = block.Number
		if o.now(rollup.Holocene) {
			o.bank, o.queue = nil, nil
		}
		for _, log := range block.Logs {
			if log.Address == o.cfg.L1SystemConfigAddress {
				batcher = common.BytesToAddress(log.Data)
			}
		}
		for _, tx := range block.Inbox {
			if tx.From != batcher {
				continue
			}
			if !tx.Blob {
				o.item(tx.Data)
			}
			for _, hash := range tx.BlobHashes {
				if data, ok := oracleBlob(o.blobs[hash]); ok {
					o.item(data)
				}
			}
		}
		if o.now(rollup.Holocene) {
			o.force()
		} else {
			o.readBank()
			for o.scan(true) {
			}
		}
	}
}

// oracleBlob unpacks a blob whose padding is right.
func oracleBlob(blob *eth.Blob) ([]byte, bool) {
	if blob[1] != 0 {
		return nil, false
	}
	length := int(blob[2])<<16 | int(blob[3])<<8 | int(blob[4])
	var out []byte
	for i := 0; len(out) < 4+length; i += 128 {
		fe := func(k int) []byte { return blob[i+32*k+1 : i+32*k+32] }
		a, b, c, d := blob[i], blob[i+32], blob[i+64], blob[i+96]
		out = append(append(out, fe(0)...), a|(b&0x30)<<2)
		out = append(append(out, fe(1)...), b&0x0f|(d&0x0f)<<4)
		out = append(append(out, fe(2)...), c|(d&0x30)<<2)
		out = append(out, fe(3)...)
	}
	return out[4 : 4+length], true
}

// item reads frames, all or none, prunes them, and adds them to channels.
func (o *oracle) item(item []byte) {
	if len(item) < 2 || item[0] != 0 {
		return
	}
	var frames []oracleFrame
	for rest := item[1:]; len(rest) > 0; {
		if len(rest) < 23 {
			return
		}
		size := int(binary.BigEndian.Uint32(rest[18:]))
		if size > 1_000_000 || len(rest) < 23+size || rest[22+size] > 1 {
			return
		}
		frames = append(frames, oracleFrame{
			id: [16]byte(rest), number: binary.BigEndian.Uint16(rest[16:]), data: rest[22 : 22+size], last: rest[22+size] == 1,
		})
		rest = rest[23+size:]
	}
	for i := 0; i+1 < len(frames) && o.now(rollup.Holocene); {
		current, next := frames[i], frames[i+1]
		dropNext, dropCurrent := false, false
		if current.id == next.id {
			dropNext = current.last || next.number != current.number+1
		} else {
			dropNext = next.number != 0
			dropCurrent = next.number == 0 && !current.last
		}
		switch {
		case dropNext:
			frames = append(frames[:i+1:i+1], frames[i+2:]...)
		case dropCurrent:
			frames = append(frames[:i:i], frames[i+1:]...)
			i = max(0, i-1)
		default:
			i++
		}
	}
	for _, f := range frames {
		o.frame(f)
	}
}

func (o *oracle) frame(f oracleFrame) {
	if !o.now(rollup.Holocene) {
		o.readBank()
		o.bankFrame(f)
		return
	}
	if o.opened+o.timeout() < o.at {
		o.staged = nil
	}
	if f.number == 0 {
		o.staged, o.opened = nil, o.at
	} else if len(o.staged) == 0 || o.staged[0].id != f.id || int(f.number) != len(o.staged) {
		return
	}
	o.staged = append(o.staged, f)
	if !f.last {
		return
	}
	var data []byte
	for _, f := range o.staged {
		data = append(data, f.data...)
	}
	o.staged = nil
	o.channel(data)
}

// channel reads batches until one is invalid.
func (o *oracle) channel(data []byte) {
	var reader io.Reader
	switch {
	case len(data) > 0 && data[0] == 1 && o.now(rollup.Fjord):
		reader = brotli.NewReader(bytes.NewReader(data[1:]))
	case len(data) > 0 && data[0] == 0x78:
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		reader = z
	default:
		return
	}
	rest, _ := io.ReadAll(reader) // what comes before a cut counts
	for len(rest) > 0 {
		kind, content, next, err := rlp.Split(rest)
		if err != nil || kind == rlp.List || !o.batch(content) {
			return
		}
		rest = next
	}
}

type oracleBatch struct {
	ParentHash common.Hash
	EpochNum   uint64
	EpochHash  common.Hash
	Timestamp  uint64
	Txs        [][]byte
}

// batch says whether to read on in its channel.
func (o *oracle) batch(item []byte) bool {
	switch {
	case len(item) > 0 && item[0] == 0:
		var b oracleBatch
		if rlp.Decode(bytes.NewReader(item[1:]), &b) != nil {
			return false
		}
		if !o.now(rollup.Holocene) {
			o.store(oracleStored{blocks: []oracleBatch{b}, from: o.at})
			return true
		}
		return o.safe().epoch >= o.at || o.singular(b)
	case len(item) > 0 && item[0] == 1:
		return o.span(item[1:])
	}
	return false
}

// singular applies the rules of a batch for one block.
func (o *oracle) singular(b oracleBatch) bool {
	safe := o.safe()
	next := safe.time + o.cfg.BlockTime
	if b.Timestamp < next {
		return true // past
	}
	if b.Timestamp > next || b.ParentHash != safe.hash || b.EpochNum+o.cfg.SeqWindowSize < o.at ||
		b.EpochNum < o.epoch || b.EpochNum > o.epoch+1 || b.EpochNum > o.at {
		return false
	}
	origin := o.l1[b.EpochNum]
	if b.EpochHash != origin.Hash || b.Timestamp < origin.Time {
		return false
	}
	if b.Timestamp > origin.Time+o.drift(b.EpochNum) {
		if len(b.Txs) > 0 || (b.EpochNum == o.epoch && b.Timestamp >= o.l1[o.epoch+1].Time) {
			return false
		}
	}
	for _, tx := range b.Txs {
		if len(tx) == 0 || tx[0] == 0x7e || tx[0] == 0x04 {
			return false
		}
	}
	return o.build(b.EpochNum, b.Txs)
}

// build asks the engine. If it refuses, the block has deposits only and the channel is void.
func (o *oracle) build(epoch uint64, txs [][]byte) bool {
	safe := o.safe()
	b := oracleBlock{number: safe.number + 1, time: safe.time + o.cfg.BlockTime, epoch: epoch, from: o.at, txs: txs}
	hash, valid := o.engine(safe.hash, b.number, o.l1[epoch].Hash, txs)
	if !valid {
		b.txs = nil
		hash, _ = o.engine(safe.hash, b.number, o.l1[epoch].Hash, nil)
	}
	b.hash = hash
	o.chain = append(o.chain, b)
	o.epoch = epoch
	return valid
}

// force makes the blocks of an epoch whose window has ended.
func (o *oracle) force() {
	for o.safe().epoch < o.at && o.epoch+o.cfg.SeqWindowSize <= o.at && o.epoch < o.at {
		first := o.epoch > o.safe().epoch
		if o.safe().time+o.cfg.BlockTime >= o.l1[o.epoch+1].Time && !first {
			o.epoch++
			return
		}
		o.build(o.epoch, nil)
	}
}

// span decodes a span batch and applies its rules, then those of each of its new blocks.
func (o *oracle) span(body []byte) bool {
	parentCheck, originCheck, batches, ok := o.decodeSpan(body)
	if !ok {
		return false
	}
	if !o.now(rollup.Holocene) {
		if o.now(rollup.Delta) {
			o.store(oracleStored{span: true, parentCheck: parentCheck, originCheck: originCheck, blocks: batches, from: o.at})
		}
		return true
	}
	safe := o.safe()
	first, last, next := batches[0], batches[len(batches)-1], safe.time+o.cfg.BlockTime
	if safe.epoch >= o.at {
		return true
	}
	if v := o.deltaVerdict(first.EpochNum); v != "accept" {
		return v == "undecided"
	}
	switch {
	case last.Timestamp < next:
		return true
	case first.Timestamp > next || (next-first.Timestamp)%o.cfg.BlockTime != 0:
		return false
	case first.Timestamp <= o.cfg.Genesis.L2Time:
		return true // no parent to compare: undecided
	}
	parent := o.chain[(first.Timestamp-o.cfg.Genesis.L2Time)/o.cfg.BlockTime-1]
	if !bytes.Equal(parentCheck, parent.hash[:20]) || first.EpochNum+o.cfg.SeqWindowSize < o.at || first.EpochNum > parent.epoch+1 {
		return false
	}
	if last.EpochNum < o.epoch || last.EpochNum > o.at {
		return true // undecided
	}
	if !bytes.Equal(originCheck, o.l1[last.EpochNum].Hash[:20]) || first.EpochNum < parent.epoch {
		return false
	}
	for parent.number < safe.number { // overlap
		b := batches[0]
		batches = batches[1:]
		parent = o.chain[parent.number+1]
		if b.EpochNum != parent.epoch || !bytes.Equal(bytes.Join(b.Txs, []byte("|")), bytes.Join(parent.txs, []byte("|"))) {
			return false
		}
	}
	for _, b := range batches {
		if b.EpochNum < safe.epoch || b.EpochNum < o.epoch || b.EpochNum > o.at {
			return false
		}
	}
	for _, b := range batches {
		b.ParentHash, b.EpochHash = o.safe().hash, o.l1[b.EpochNum].Hash
		if !o.singular(b) {
			return false
		}
	}
	return true
}

// decodeSpan reads a span batch as batchers encode it.
func (o *oracle) decodeSpan(body []byte) (parentCheck, originCheck []byte, batches []oracleBatch, ok bool) {
	defer func() { ok = recover() == nil && len(batches) > 0 }()
	take := func(n int) (out []byte) {
		out, body = body[:n:n], body[n:]
		return out
	}
	number := func() uint64 {
		n, size := binary.Uvarint(body)
		take(size)
		return n
	}
	bits := func(n int) *big.Int { return new(big.Int).SetBytes(take((n + 7) / 8)) }

	time := o.cfg.Genesis.L2Time + number()
	epoch := number()
	parentCheck, originCheck = take(20), take(20)
	batches = make([]oracleBatch, number())
	originBits := bits(len(batches))
	count := 0
	for i := range batches {
		batches[i].Timestamp = time + uint64(i)*o.cfg.BlockTime
		batches[i].Txs = make([][]byte, number())
		count += len(batches[i].Txs)
	}
	for i := len(batches) - 1; i >= 0; i-- {
		batches[i].EpochNum = epoch
		epoch -= uint64(originBits.Bit(i))
	}
	txs := make([]types.DynamicFeeTx, count)
	bits(count) // contract creation: none
	parity := bits(count)
	for i := range txs {
		txs[i].ChainID, txs[i].V = o.cfg.L2ChainID, big.NewInt(int64(parity.Bit(i)))
		txs[i].R, txs[i].S = new(big.Int).SetBytes(take(32)), new(big.Int).SetBytes(take(32))
	}
	for i := range txs {
		to := common.Address(take(20))
		txs[i].To = &to
	}
	for i := range txs {
		var fields struct {
			Value, Tip, Fee *big.Int
			Data            []byte
			AccessList      types.AccessList
		}
		take(1) // type 2
		_, _, rest, _ := rlp.Split(body)
		if err := rlp.DecodeBytes(take(len(body)-len(rest)), &fields); err != nil {
			panic(err)
		}
		txs[i].Value, txs[i].GasTipCap, txs[i].GasFeeCap = fields.Value, fields.Tip, fields.Fee
		txs[i].Data, txs[i].AccessList = fields.Data, fields.AccessList
	}
	for i := range txs {
		txs[i].Nonce = number()
	}
	for i := range txs {
		txs[i].Gas = number()
	}
	for i := range batches {
		for j := range batches[i].Txs {
			batches[i].Txs[j], _ = types.NewTx(&txs[0]).MarshalBinary()
			txs = txs[1:]
		}
	}
	return parentCheck, originCheck, batches, true
}
