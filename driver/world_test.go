package driver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const genesisTime = 946_684_800 // 2000-01-01, where the clock of testing/synctest begins

var (
	inboxAddress   = common.Address{0xff, 1}
	portalAddress  = common.Address{0xdd, 2}
	configAddress  = common.Address{0xcc, 3}
	batcherAddress = common.Address{0xa1}

	updateTopic = crypto.Keccak256Hash([]byte("ConfigUpdate(uint256,uint8,bytes)"))
)

// fault is what a port call does wrong: nothing, or fail; late says that the call was done and the answer got lost.
type fault func(op string) (err error, late bool)

func noFault(string) (error, bool) { return nil, false }

// broken makes all calls of these names fail.
func broken(err error, ops ...string) fault {
	return func(op string) (error, bool) {
		if slices.Contains(ops, op) {
			return err, false
		}
		return nil, false
	}
}

var errDown = errors.New("connection refused")

// testConfig is a chain with all forks that are supported active at genesis.
func testConfig(window uint64) *rollup.Config {
	canyon := uint64(250)
	var scalar eth.Bytes32
	scalar[0], scalar[31] = 1, 100
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L2Time:       genesisTime,
			SystemConfig: rollup.SystemConfig{BatcherAddr: batcherAddress, Scalar: scalar, GasLimit: 30_000_000},
		},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: window, ChannelTimeout: 300,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
		BatchInboxAddress: inboxAddress, DepositContractAddress: portalAddress, L1SystemConfigAddress: configAddress,
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for _, f := range rollup.Forks() {
		if f <= rollup.Jovian {
			cfg.SetTime(f, new(uint64))
		}
	}
	cfg.Genesis.L2.Hash = payloadHash(genesisBlock())
	return cfg
}

// before makes a chain of it that has not activated a fork yet, nor those after it.
func before(cfg *rollup.Config, first rollup.Fork) *rollup.Config {
	for f := first; f <= rollup.Jovian; f++ {
		cfg.SetTime(f, nil)
	}
	return cfg
}

// builderOf knows a made-up upgrade transaction for each fork.
func builderOf(cfg *rollup.Config) *attributes.Builder {
	return &attributes.Builder{Config: cfg, Upgrades: func(f rollup.Fork) ([]hexutil.Bytes, bool) {
		return []hexutil.Bytes{attributes.UpgradeTx{Intent: f.String(), Gas: 1}.Encode()}, true
	}}
}

func genesisBlock() *eth.PayloadEnvelope {
	return &eth.PayloadEnvelope{ExecutionPayload: &eth.ExecutionPayload{Timestamp: genesisTime, BaseFeePerGas: new(big.Int)}}
}

// modelL1 is L1: its chain, its blobs, its labels. It may be used by several goroutines.
type modelL1 struct {
	mu        sync.Mutex
	fault     fault
	serial    uint64
	blocks    []*eth.L1Block
	blobs     map[common.Hash]*eth.Blob
	finalized uint64
	lag       uint64 // blocks between head and finalized block
}

func newModelL1() *modelL1 {
	l := &modelL1{fault: noFault, blobs: map[common.Hash]*eth.Blob{}, lag: 8}
	l.mine(genesisTime)
	return l
}

// mine adds a block.
func (l *modelL1) mine(time uint64, inbox ...eth.InboxTx) *eth.L1Block {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	number := uint64(len(l.blocks))
	excess, root := uint64(0), common.Hash{0xbe}
	b := &eth.L1Block{
		L1Ref:      eth.L1Ref{Number: number, Time: time},
		PrevRandao: common.Hash{0x3a, byte(number)}, BaseFee: big.NewInt(7), ExcessBlobGas: &excess, BeaconRoot: &root, Inbox: inbox,
	}
	if number > 0 {
		b.ParentHash = l.blocks[number-1].Hash
	}
	if number%5 == 3 { // a config update now and then: gas limit
		b.Logs = []*types.Log{gasLimitLog(30_000_000 + l.serial)}
	}
	b.Hash = crypto.Keccak256Hash(b.ParentHash[:], binary.BigEndian.AppendUint64(nil, l.serial))
	l.blocks = append(l.blocks, b)
	if number > l.lag {
		l.finalized = max(l.finalized, number-l.lag)
	}
	return b
}

func gasLimitLog(limit uint64) *types.Log {
	word := func(n uint64) []byte { return common.BigToHash(new(big.Int).SetUint64(n)).Bytes() }
	return &types.Log{
		Address: configAddress, Topics: []common.Hash{updateTopic, {}, {31: 2}}, Data: slices.Concat(word(32), word(32), word(limit)),
	}
}

// drop removes the newest blocks, and gives them.
func (l *modelL1) drop(count int) []*eth.L1Block {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := len(l.blocks) - count
	gone := slices.Clone(l.blocks[at:])
	l.blocks = slices.Clone(l.blocks[:at])
	return gone
}

// reorg replaces the newest blocks by others without data.
func (l *modelL1) reorg(depth int) {
	for _, b := range l.drop(depth) {
		l.mine(b.Time)
	}
}

func (l *modelL1) head() eth.L1Ref { return l.blocks[len(l.blocks)-1].L1Ref }

func (l *modelL1) heads() L1Heads {
	l.mu.Lock()
	defer l.mu.Unlock()
	return L1Heads{Head: l.head(), Safe: l.blocks[l.finalized].L1Ref, Finalized: l.blocks[l.finalized].L1Ref}
}

// canonical says whether a block is on the chain.
func (l *modelL1) canonical(id eth.BlockID) bool {
	return id.Number < uint64(len(l.blocks)) && l.blocks[id.Number].Hash == id.Hash
}

func (l *modelL1) BlockByNumber(_ context.Context, number uint64) (*eth.L1Block, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err, _ := l.fault("l1"); err != nil {
		return nil, err
	}
	if number >= uint64(len(l.blocks)) {
		return nil, fmt.Errorf("L1 block %d: %w", number, eth.ErrNotFound)
	}
	return l.blocks[number], nil
}

func (l *modelL1) RefByNumber(ctx context.Context, number uint64) (eth.L1Ref, error) {
	b, err := l.BlockByNumber(ctx, number)
	if err != nil {
		return eth.L1Ref{}, err
	}
	return b.L1Ref, nil
}

// Blobs serves only blobs of blocks on the chain.
func (l *modelL1) Blobs(_ context.Context, block eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err, _ := l.fault("blobs"); err != nil {
		return nil, err
	}
	if !l.canonical(block.ID()) {
		return nil, fmt.Errorf("no blobs of slot: %w", eth.ErrNotFound)
	}
	out := make([]*eth.Blob, len(hashes))
	for i, hash := range hashes {
		out[i] = l.blobs[hash]
	}
	return out, nil
}

// blobTx makes a blob transaction that carries an item.
func (l *modelL1) blobTx(item []byte) eth.InboxTx {
	blob, err := channel.EncodeBlob(item)
	if err != nil {
		panic(err)
	}
	hash := crypto.Keccak256Hash(blob[:2000])
	l.blobs[hash] = (*eth.Blob)(blob)
	return eth.InboxTx{From: batcherAddress, Blob: true, BlobHashes: []common.Hash{hash}}
}

// modelEngine is an execution engine that executes nothing: hashes commit to what a block is made of. It may be used by
// several goroutines.
type modelEngine struct {
	mu     sync.Mutex
	cfg    *rollup.Config
	fault  fault
	blocks map[common.Hash]*eth.PayloadEnvelope
	canon  []common.Hash // by number
	peer   *modelEngine  // has all blocks that a sync needs
	lazy   bool          // calling an ancestor head does not shorten the chain (op-geth does so)

	safe, finalized common.Hash
	jobs            map[eth.PayloadID]*eth.PayloadEnvelope
	lastJob         uint64
	pool            func() []hexutil.Bytes
	invalid         func(tx []byte) bool // transactions that make a block invalid
	calls           []string             // what was asked, reads left out
	wrong           error                // an order no node may give
}

func newModelEngine(cfg *rollup.Config) *modelEngine {
	genesis := genesisBlock()
	genesis.ExecutionPayload.BlockHash = cfg.Genesis.L2.Hash
	e := &modelEngine{
		cfg: cfg, fault: noFault, blocks: map[common.Hash]*eth.PayloadEnvelope{cfg.Genesis.L2.Hash: genesis},
		canon: []common.Hash{cfg.Genesis.L2.Hash}, jobs: map[eth.PayloadID]*eth.PayloadEnvelope{},
		pool: func() []hexutil.Bytes { return nil }, invalid: isBad,
	}
	return e
}

// userTx is a transaction that a span batch can carry. Its name is its call data.
func userTx(name string) hexutil.Bytes {
	tx, err := types.NewTx(&types.DynamicFeeTx{
		ChainID: big.NewInt(10), GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(2), Gas: 21_000,
		To: &common.Address{0x70}, Value: new(big.Int), Data: []byte(name),
		V: new(big.Int), R: big.NewInt(3), S: big.NewInt(4),
	}).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return tx
}

// badTx makes a block invalid.
var badTx = userTx("bad")

func isBad(tx []byte) bool { return slices.Equal(tx, badTx) }

// call does one call, with its fault.
func (e *modelEngine) call(op string, do func() error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if op != "read" {
		e.calls = append(e.calls, op)
	}
	fail, late := e.fault(op)
	if fail != nil && !late {
		return fail
	}
	if err := do(); err != nil {
		return err
	}
	return fail
}

// make is the block that comes out of attributes.
func (e *modelEngine) make(parent common.Hash, a *eth.PayloadAttributes) (*eth.PayloadEnvelope, error) {
	p, ok := e.blocks[parent]
	if !ok {
		return nil, eth.ErrForkchoice
	}
	rules := e.cfg.L2Rules(a.Timestamp)
	var extra attributes.ExtraData
	if a.EIP1559Params != nil {
		extra.EIP1559Params = *a.EIP1559Params
		if extra.EIP1559Params == (eth.Bytes8{}) {
			extra.EIP1559Params = rollup.EncodeEIP1559Params(uint32(*e.cfg.ChainOpConfig.EIP1559DenominatorCanyon), uint32(e.cfg.ChainOpConfig.EIP1559Elasticity))
		}
	}
	if a.MinBaseFee != nil {
		extra.MinBaseFee = *a.MinBaseFee
	}
	txs := slices.Clone(a.Transactions)
	if !a.NoTxPool {
		txs = append(txs, e.pool()...)
	}
	if slices.ContainsFunc(txs, func(tx hexutil.Bytes) bool { return e.invalid(tx) }) {
		return nil, eth.Rejected("a transaction is bad")
	}
	env := &eth.PayloadEnvelope{ParentBeaconBlockRoot: a.ParentBeaconBlockRoot, ExecutionPayload: &eth.ExecutionPayload{
		ParentHash: parent, FeeRecipient: a.SuggestedFeeRecipient, PrevRandao: a.PrevRandao,
		BlockNumber: p.ExecutionPayload.BlockNumber + 1, GasLimit: a.GasLimit, Timestamp: a.Timestamp,
		ExtraData: extra.Encode(&rules), BaseFeePerGas: new(big.Int), Transactions: txs, Withdrawals: a.Withdrawals,
	}}
	if rules.BeaconRoot {
		env.ExecutionPayload.BlobGasUsed, env.ExecutionPayload.ExcessBlobGas = new(uint64), new(uint64)
	}
	if rules.WithdrawalsRoot {
		env.ExecutionPayload.WithdrawalsRoot = &common.Hash{}
	}
	env.ExecutionPayload.BlockHash = payloadHash(env)
	return env, nil
}

func payloadHash(env *eth.PayloadEnvelope) common.Hash {
	p := env.ExecutionPayload
	h := crypto.NewKeccakState()
	number := func(n uint64) { h.Write(binary.BigEndian.AppendUint64(nil, n)) }
	h.Write(p.ParentHash[:])
	h.Write(p.FeeRecipient[:])
	h.Write(p.PrevRandao[:])
	for _, n := range []uint64{p.BlockNumber, p.GasLimit, p.Timestamp, uint64(len(p.ExtraData))} {
		number(n)
	}
	h.Write(p.ExtraData)
	for _, tx := range p.Transactions {
		number(uint64(len(tx)))
		h.Write(tx)
	}
	return common.BytesToHash(h.Sum(nil))
}

// onChain says whether a block is another one or its ancestor.
func (e *modelEngine) onChain(hash, tip common.Hash) bool {
	block, ok := e.blocks[hash]
	for at := e.blocks[tip]; ok && at != nil && at.ExecutionPayload.BlockNumber >= block.ExecutionPayload.BlockNumber; {
		if at == block {
			return true
		}
		number := at.ExecutionPayload.BlockNumber
		if number < uint64(len(e.canon)) && e.canon[number] == at.ExecutionPayload.BlockHash {
			return e.canon[block.ExecutionPayload.BlockNumber] == hash
		}
		at = e.blocks[at.ExecutionPayload.ParentHash]
	}
	return false
}

// check refuses labels that contradict each other, and remembers what no node may ask for.
func (e *modelEngine) check(fc eth.ForkchoiceState) error {
	if _, ok := e.blocks[fc.HeadBlockHash]; !ok {
		return fmt.Errorf("head is unknown: %w", eth.ErrForkchoice)
	}
	for _, label := range []common.Hash{fc.SafeBlockHash, fc.FinalizedBlockHash} {
		if label != (common.Hash{}) && !e.onChain(label, fc.HeadBlockHash) {
			e.wrong = fmt.Errorf("labels contradict each other: %+v", fc)
			return fmt.Errorf("a label is not on the head's chain: %w", eth.ErrForkchoice)
		}
	}
	if e.finalized != (common.Hash{}) && !e.onChain(e.finalized, fc.FinalizedBlockHash) {
		e.wrong = fmt.Errorf("finalized block moves from %s to %s", e.finalized, fc.FinalizedBlockHash)
	}
	return nil
}

func (e *modelEngine) setLabels(fc eth.ForkchoiceState) {
	e.safe, e.finalized = fc.SafeBlockHash, fc.FinalizedBlockHash
}

// SyncTo takes a block once the model's peer has all before it that the model lacks.
func (e *modelEngine) SyncTo(_ context.Context, fc eth.ForkchoiceState, env *eth.PayloadEnvelope) (done bool, err error) {
	err = e.call("sync", func() error {
		if e.peer == nil {
			return nil
		}
		for hash := fc.HeadBlockHash; e.blocks[hash] == nil; hash = e.blocks[hash].ExecutionPayload.ParentHash {
			block, ok := e.peer.blocks[hash]
			if !ok {
				return nil
			}
			e.blocks[hash] = block
		}
		if fc.SafeBlockHash != (common.Hash{}) && !e.onChain(fc.SafeBlockHash, fc.HeadBlockHash) {
			return fmt.Errorf("the safe block is not on the head's chain: %w", eth.ErrForkchoice) // others chose the head
		}
		done = true
		e.setHead(env.ExecutionPayload.BlockHash)
		return nil
	})
	return done, err
}

// lose drops the newest blocks, as a killed engine does that had not written them, down to the finalized one.
func (e *modelEngine) lose(count int) {
	for ; count > 0 && len(e.canon) > 1; count-- {
		tip := e.canon[len(e.canon)-1]
		if tip == e.finalized {
			return
		}
		if tip == e.safe {
			e.safe = e.blocks[tip].ExecutionPayload.ParentHash
		}
		delete(e.blocks, tip)
		e.canon = e.canon[:len(e.canon)-1]
	}
}

// prune forgets what blocks below a number hold.
func (e *modelEngine) prune(below uint64) {
	for _, hash := range e.canon[:below] {
		delete(e.blocks, hash)
	}
}

// setHead makes a block the tip of the canonical chain.
func (e *modelEngine) setHead(hash common.Hash) {
	number := e.blocks[hash].ExecutionPayload.BlockNumber
	if number < uint64(len(e.canon)) && e.canon[number] == hash && e.lazy {
		return
	}
	chain := []common.Hash{}
	at := e.blocks[hash].ExecutionPayload
	for ; at.BlockNumber >= uint64(len(e.canon)) || e.canon[at.BlockNumber] != at.BlockHash; at = e.blocks[at.ParentHash].ExecutionPayload {
		chain = append(chain, at.BlockHash)
	}
	slices.Reverse(chain)
	e.canon = append(slices.Clip(e.canon[:at.BlockNumber+1]), chain...)
}

func (e *modelEngine) Build(_ context.Context, fc eth.ForkchoiceState, a *eth.PayloadAttributes) (env *eth.PayloadEnvelope, err error) {
	err = e.call("build", func() error {
		if err := e.check(fc); err != nil {
			return err
		}
		e.setHead(fc.HeadBlockHash) // also if the attributes are not valid
		if env, err = e.make(fc.HeadBlockHash, a); err != nil {
			return err
		}
		e.blocks[env.ExecutionPayload.BlockHash] = env
		e.setHead(env.ExecutionPayload.BlockHash)
		e.setLabels(fc)
		return nil
	})
	return env, err
}

func (e *modelEngine) Start(_ context.Context, fc eth.ForkchoiceState, a *eth.PayloadAttributes) (id eth.PayloadID, err error) {
	err = e.call("start", func() error {
		if err := e.check(fc); err != nil {
			return err
		}
		env, err := e.make(fc.HeadBlockHash, a)
		if err != nil {
			return err
		}
		e.setHead(fc.HeadBlockHash)
		e.setLabels(fc)
		e.lastJob++
		binary.BigEndian.PutUint64(id[:], e.lastJob)
		e.jobs[id] = env
		return nil
	})
	return id, err
}

func (e *modelEngine) Seal(_ context.Context, id eth.PayloadID) (env *eth.PayloadEnvelope, err error) {
	err = e.call("seal", func() error {
		var ok bool
		if env, ok = e.jobs[id]; !ok {
			return eth.ErrUnknownPayload
		}
		e.blocks[env.ExecutionPayload.BlockHash] = env
		return nil
	})
	return env, err
}

func (e *modelEngine) Insert(_ context.Context, fc eth.ForkchoiceState, env *eth.PayloadEnvelope) error {
	return e.call("insert", func() error {
		if _, ok := e.blocks[env.ExecutionPayload.ParentHash]; !ok {
			return eth.ErrNotFound
		}
		e.blocks[env.ExecutionPayload.BlockHash] = env
		if err := e.check(fc); err != nil {
			return err
		}
		e.setHead(fc.HeadBlockHash)
		e.setLabels(fc)
		return nil
	})
}

func (e *modelEngine) Forkchoice(_ context.Context, fc eth.ForkchoiceState) error {
	return e.call("label", func() error {
		if err := e.check(fc); err != nil {
			return err
		}
		e.setHead(fc.HeadBlockHash)
		e.setLabels(fc)
		return nil
	})
}

func (e *modelEngine) read(find func() common.Hash) (env *eth.PayloadEnvelope, err error) {
	err = e.call("read", func() error {
		if env = e.blocks[find()]; env == nil {
			return eth.ErrNotFound
		}
		return nil
	})
	return env, err
}

func (e *modelEngine) PayloadByNumber(_ context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	return e.read(func() (hash common.Hash) {
		if number < uint64(len(e.canon)) {
			hash = e.canon[number]
		}
		return hash
	})
}

func (e *modelEngine) PayloadByHash(_ context.Context, hash common.Hash) (*eth.PayloadEnvelope, error) {
	return e.read(func() common.Hash { return hash })
}

func (e *modelEngine) PayloadByLabel(_ context.Context, label string) (*eth.PayloadEnvelope, error) {
	return e.read(func() common.Hash {
		return map[string]common.Hash{"latest": e.canon[len(e.canon)-1], "safe": e.safe, "finalized": e.finalized}[label]
	})
}

// extend adds blocks on the canonical tip without a node: one per L1 origin given, empty.
func (e *modelEngine) extend(origins ...*eth.L1Block) {
	builder := builderOf(e.cfg)
	for _, origin := range origins {
		tip := e.blocks[e.canon[len(e.canon)-1]]
		parent, err := attributes.L2RefOf(e.cfg, tip.ExecutionPayload)
		if err != nil {
			panic(err)
		}
		sys, err := attributes.SystemConfigOf(e.cfg, tip.ExecutionPayload)
		if err != nil {
			panic(err)
		}
		attrs, _, err := builder.Build(parent, sys, origin, nil)
		if err != nil {
			panic(err)
		}
		env, err := e.make(parent.Hash, &attrs)
		if err != nil {
			panic(err)
		}
		e.blocks[env.ExecutionPayload.BlockHash] = env
		e.setHead(env.ExecutionPayload.BlockHash)
	}
}

// ref is the block of the canonical chain at a number.
func (e *modelEngine) ref(number uint64) eth.L2Ref {
	ref, err := attributes.L2RefOf(e.cfg, e.blocks[e.canon[number]].ExecutionPayload)
	if err != nil {
		panic(err)
	}
	return ref
}
