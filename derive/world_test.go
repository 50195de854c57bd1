package derive_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	genesisTime = 1000 // of L1 block 0 and L2 block 0
	l1BlockTime = 12
)

var (
	inboxAddress  = common.Address{0xff, 1}
	portalAddress = common.Address{0xdd, 2}
	configAddress = common.Address{0xcc, 3}
	batcherAlice  = common.Address{0xa1}
	batcherBob    = common.Address{0xb0}

	depositTopic = crypto.Keccak256Hash([]byte("TransactionDeposited(address,address,uint256,bytes)"))
	updateTopic  = crypto.Keccak256Hash([]byte("ConfigUpdate(uint256,uint8,bytes)"))
)

// world is a model of L1 and of an execution engine. Hashes are made up but commit to what hashes commit to.
type world struct {
	cfg    *rollup.Config
	branch string                       // name of the L1 branch; part of the hashes of blocks to come
	l1     []*eth.L1Block               // the canonical chain by number
	blobs  map[common.Hash]*eth.Blob    // by versioned hash
	l2     map[common.Hash]*sealedBlock // everything the engine ever made

	upgrades attributes.Upgrades // made-up ones; nil: none are known
}

// sealedBlock is a block the engine made.
type sealedBlock struct {
	ref eth.L2Ref
	txs []hexutil.Bytes
}

// testConfig has every fork up to last active at genesis.
func testConfig(last rollup.Fork, window, blockTime uint64) *rollup.Config {
	canyon := uint64(250)
	var scalar eth.Bytes32
	scalar[0], scalar[31] = 1, 100
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: l1Hash("", 0)}, L2: eth.BlockID{Hash: common.Hash{0x22}}, L2Time: genesisTime,
			SystemConfig: rollup.SystemConfig{BatcherAddr: batcherAlice, Scalar: scalar, GasLimit: 30_000_000},
		},
		BlockTime: blockTime, MaxSequencerDrift: 600, SeqWindowSize: window, ChannelTimeout: 300,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
		BatchInboxAddress: inboxAddress, DepositContractAddress: portalAddress, L1SystemConfigAddress: configAddress,
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for _, f := range rollup.Forks() {
		if f <= last {
			cfg.SetTime(f, new(uint64))
		}
	}
	return cfg
}

func newWorld(tb testing.TB, cfg *rollup.Config) *world {
	tb.Helper()
	if err := cfg.Check(); err != nil {
		tb.Fatal(err)
	}
	if err := derive.CheckSupported(cfg); err != nil {
		tb.Fatal(err)
	}
	w := &world{cfg: cfg, blobs: map[common.Hash]*eth.Blob{}, l2: map[common.Hash]*sealedBlock{}}
	w.l2[cfg.Genesis.L2.Hash] = &sealedBlock{ref: cfg.GenesisL2Ref()}
	w.mine(genesisTime, nil, nil)
	return w
}

// machine starts at genesis.
func (w *world) machine() *derive.Machine { return w.machineAt(0, w.cfg.GenesisL2Ref()) }

func (w *world) builder() *attributes.Builder {
	return &attributes.Builder{Config: w.cfg, Upgrades: w.upgrades}
}

// machineAt starts at an L1 block.
func (w *world) machineAt(base uint64, safe eth.L2Ref) *derive.Machine {
	return derive.New(w.builder(), derive.Start{
		Base: w.l1[base], Inbox: w.configAt(base), Safe: safe, Chain: w.configAt(safe.L1Origin.Number),
	})
}

// configAt is the system config as of an L1 block.
func (w *world) configAt(number uint64) rollup.SystemConfig {
	sys := w.cfg.Genesis.SystemConfig
	for _, b := range w.l1[:number+1] {
		sys, _ = attributes.UpdateSystemConfig(w.cfg, sys, b.Logs, b.Time)
	}
	return sys
}

func l1Hash(branch string, number uint64) common.Hash {
	return crypto.Keccak256Hash([]byte(fmt.Sprintf("L1 %s %d", branch, number)))
}

// l1HashAt is the hash of an L1 block, mined or to come.
func (w *world) l1HashAt(number uint64) common.Hash {
	if number < uint64(len(w.l1)) {
		return w.l1[number].Hash
	}
	return l1Hash(w.branch, number)
}

// head is the last L1 block.
func (w *world) head() *eth.L1Block { return w.l1[len(w.l1)-1] }

// mine adds an L1 block.
func (w *world) mine(time uint64, inbox []eth.InboxTx, logs []*types.Log) *eth.L1Block {
	number := uint64(len(w.l1))
	excess, root := uint64(0), common.Hash{0xbe}
	b := &eth.L1Block{
		L1Ref:      eth.L1Ref{Hash: l1Hash(w.branch, number), Number: number, Time: time},
		PrevRandao: common.Hash{0x3a}, BaseFee: big.NewInt(7), ExcessBlobGas: &excess, BeaconRoot: &root,
		Inbox: inbox, Logs: logs,
	}
	if number > 0 {
		b.ParentHash = w.head().Hash
	}
	for i := range inbox {
		b.Inbox[i].Index = uint64(i)
	}
	for i := range logs {
		logs[i].Index = uint(i)
	}
	w.l1 = append(w.l1, b)
	return b
}

// reorg cuts L1 off below a number; what is mined from here on belongs to another branch.
func (w *world) reorg(number uint64, branch string) {
	w.l1, w.branch = w.l1[:number:number], branch
}

// blobTx makes a blob transaction to the inbox and keeps its blobs.
func (w *world) blobTx(from common.Address, blobs ...*eth.Blob) eth.InboxTx {
	tx := eth.InboxTx{From: from, Blob: true}
	for _, b := range blobs {
		hash := common.BigToHash(big.NewInt(int64(len(w.blobs) + 1)))
		w.blobs[hash] = b
		tx.BlobHashes = append(tx.BlobHashes, hash)
	}
	return tx
}

func encodeBlob(tb testing.TB, item []byte) *eth.Blob {
	tb.Helper()
	b, err := channel.EncodeBlob(item)
	if err != nil {
		tb.Fatal(err)
	}
	return (*eth.Blob)(b)
}

// blobsFor answers NeedBlobs.
func (w *world) blobsFor(need derive.NeedBlobs) []*eth.Blob {
	out := make([]*eth.Blob, len(need.Hashes))
	for i, hash := range need.Hashes {
		out[i] = w.blobs[hash]
	}
	return out
}

// l2Hash is the hash of an L2 block. It does not commit to deposits, which follow from the epoch.
func l2Hash(parent common.Hash, number uint64, epoch common.Hash, txs []hexutil.Bytes) common.Hash {
	h := crypto.NewKeccakState()
	h.Write(parent[:])
	h.Write(binary.BigEndian.AppendUint64(nil, number))
	h.Write(epoch[:])
	for _, tx := range txs {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(tx))))
		h.Write(tx)
	}
	return common.BytesToHash(h.Sum(nil))
}

// userTxs are the transactions of a block that are not deposits.
func userTxs(all []hexutil.Bytes) (txs []hexutil.Bytes) {
	for _, tx := range all {
		if len(tx) == 0 || tx[0] != types.DepositTxType {
			txs = append(txs, tx)
		}
	}
	return txs
}

// seal is the engine: it makes a block, or calls it invalid if a transaction in it is named bad….
func (w *world) seal(d *derive.Derived) (eth.L2Ref, bool) {
	txs := userTxs(d.Attributes.Transactions)
	for _, tx := range txs {
		if isBad(tx) {
			return eth.L2Ref{}, false
		}
	}
	ref := d.Ref(l2Hash(d.Parent.Hash, d.Parent.Number+1, d.Origin.Hash, txs))
	w.l2[ref.Hash] = &sealedBlock{ref: ref, txs: d.Attributes.Transactions}
	return ref, true
}

// payload answers NeedL2: the block at a height of the chain that ends in head.
func (w *world) payload(head common.Hash, number uint64) *eth.ExecutionPayload {
	b := w.l2[head]
	for b.ref.Number > number {
		b = w.l2[b.ref.ParentHash]
	}
	return &eth.ExecutionPayload{
		BlockHash: b.ref.Hash, BlockNumber: b.ref.Number, ParentHash: b.ref.ParentHash, Timestamp: b.ref.Time, Transactions: b.txs,
	}
}

// userTx is a transaction that a span batch can carry. Its name is its call data.
func userTx(name string) hexutil.Bytes {
	tx, err := types.NewTx(&types.DynamicFeeTx{
		ChainID: big.NewInt(10), Nonce: uint64(len(name)), GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(2), Gas: 21_000,
		To: &common.Address{0x70}, Value: new(big.Int), Data: []byte(name),
		V: new(big.Int), R: big.NewInt(3), S: big.NewInt(4),
	}).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return tx
}

func isBad(tx []byte) bool { return bytes.Contains(tx, []byte("bad")) }

// word is a number as an ABI word.
func word(n uint64) []byte { return common.BigToHash(new(big.Int).SetUint64(n)).Bytes() }

// updateLog is a ConfigUpdate of a type; the payload is one word.
func updateLog(kind uint64, payload []byte) *types.Log {
	return &types.Log{
		Address: configAddress, Topics: []common.Hash{updateTopic, {}, common.Hash(word(kind))},
		Data: bytes.Join([][]byte{word(32), word(uint64(len(payload))), payload}, nil),
	}
}

func batcherLog(batcher common.Address) *types.Log {
	return updateLog(0, common.LeftPadBytes(batcher[:], 32))
}

// depositLog is a deposit of nothing, or a malformed one.
func depositLog(ok bool) *types.Log {
	opaque := make([]byte, 96)
	log := &types.Log{
		Address: portalAddress, Topics: []common.Hash{depositTopic, {31: 1}, {31: 2}, {}},
		Data: bytes.Join([][]byte{word(32), word(73), opaque}, nil),
	}
	if !ok {
		log.Data = log.Data[:len(log.Data)-1]
	}
	return log
}

// spanParams are what the span format takes from the chain.
func (w *world) spanParams() batch.Params { return batch.ParamsAt(w.cfg, genesisTime) }

// compress makes a channel of batches.
func compress(tb testing.TB, algo channel.Algo, batches ...[]byte) []byte {
	tb.Helper()
	level := 9
	if algo == channel.Brotli {
		level = 3
	}
	cw, err := channel.NewWriter(algo, level)
	if err != nil {
		tb.Fatal(err)
	}
	for _, b := range batches {
		if err := cw.Add(b); err != nil {
			tb.Fatal(err)
		}
	}
	if err := cw.Close(); err != nil {
		tb.Fatal(err)
	}
	return cw.Bytes()
}

// cut splits a channel into a number of frames.
func cut(id channel.ID, data []byte, count int) []channel.Frame {
	frames := make([]channel.Frame, count)
	size := (len(data) + count - 1) / count
	for i := range frames {
		part := data[min(i*size, len(data)):min((i+1)*size, len(data))]
		frames[i] = channel.Frame{ID: id, Number: uint16(i), Data: part, IsLast: i == count-1}
	}
	return frames
}
