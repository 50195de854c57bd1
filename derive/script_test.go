package derive_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// The scripts are read by people: testdata/README.md explains the commands. A script is a list of steps
//
//	# comment
//	command arguments
//	more input, line by line
//	----
//	expected output
//
// with an empty line after each.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d scripts, want at least 20 (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) { runScript(t, path) })
	}
}

func runScript(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := script{t: t, fork: rollup.Holocene}
	var rewritten []string
	for _, step := range strings.Split(strings.TrimRight(string(text), "\n"), "\n\n") {
		head, _, _ := strings.Cut(step+"\n", "\n----\n")
		var input []string
		for line := range strings.Lines(head) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				input = append(input, line)
			}
		}
		if len(input) == 0 { // only a comment
			rewritten = append(rewritten, strings.TrimRight(head, "\n"))
			continue
		}
		s.out.Reset()
		s.do(input[0], input[1:])
		rewritten = append(rewritten, strings.TrimRight(strings.TrimRight(head, "\n")+"\n----\n"+s.out.String(), "\n"))
	}
	golden.File(t, path, strings.Join(rewritten, "\n\n")+"\n")
}

// script is the state between the steps of a script.
type script struct {
	t         *testing.T
	fork      rollup.Fork
	w         *world
	m         *derive.Machine
	history   derive.History
	snapshots map[string]derive.Snapshot
	channels  map[string][]channel.Frame
	declared  map[uint64]common.Hash // L2 blocks that batches in the script's channels stand for
	names     map[string]string      // names of transactions by their bytes
	want      derive.Want
	out       strings.Builder
	blocks    []uint64 // L1 blocks pushed, not printed yet
}

func (s *script) printf(format string, args ...any) {
	switch n := len(s.blocks); {
	case n == 1:
		fmt.Fprintf(&s.out, "L1 block %d\n", s.blocks[0])
	case n > 1:
		fmt.Fprintf(&s.out, "L1 blocks %d to %d\n", s.blocks[0], s.blocks[n-1])
	}
	s.blocks = nil
	fmt.Fprintf(&s.out, format+"\n", args...)
}

// do makes one step.
func (s *script) do(command string, body []string) {
	words := strings.Fields(command)
	args := words[1:]
	if s.w == nil && words[0] != "config" {
		s.t.Fatal("the first step of a script must be config")
	}
	switch words[0] {
	case "config":
		s.config(args)
	case "channel":
		s.channel(args, body)
	case "l1":
		s.l1(args, body)
	case "run":
		s.run(true)
	case "next":
		s.run(false)
	case "confirm":
		ref, _ := s.w.seal(s.want.(derive.Build).Derived)
		s.must(s.m.Confirm(ref))
		if s.m.Safe() == ref {
			s.printf("safe block %s", s.describe(ref))
			break
		}
		s.printf("safe block %s, pending %s", s.describe(s.m.Safe()), s.describe(s.m.PendingSafe()))
	case "reject":
		s.must(s.m.Reject())
		s.notes()
	case "reorg":
		number := s.number(args[0])
		s.w.reorg(number, args[1])
		s.printf("L1 ends at block %d; branch %s", number-1, args[1])
	case "snapshot":
		s.snapshots[args[0]] = s.m.Snapshot()
		s.printf("L1 block %d, safe block %s", s.m.Origin().Number, s.describe(s.m.Safe()))
	case "restore":
		s.m.Restore(s.snapshots[args[0]])
		s.printf("L1 block %d, safe block %s", s.m.Origin().Number, s.describe(s.m.Safe()))
	case "disk":
		s.disk()
	case "scratch":
		s.scratch()
	case "restart":
		s.restart(s.number(args[0]))
	default:
		s.t.Fatalf("unknown command %q", command)
	}
}

func (s *script) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) number(text string) uint64 {
	s.t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	s.must(err)
	return n
}

// options splits name=value words from the others.
func options(words []string) (values map[string]string, rest []string) {
	values = map[string]string{}
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok {
			values[name] = value
		} else {
			rest = append(rest, word)
		}
	}
	return values, rest
}

func (s *script) config(args []string) {
	window, blockTime, timeout, as117 := uint64(10), uint64(2), uint64(300), false
	later := map[rollup.Fork]*uint64{}
	values, _ := options(args)
	for name, value := range values {
		switch name {
		case "window":
			window = s.number(value)
		case "blocktime":
			blockTime = s.number(value)
		case "rules":
			as117 = value == "op-node-1.17"
		case "timeout":
			timeout = s.number(value)
		case "fork":
			s.fork, _ = forkNamed(value)
		default:
			fork, ok := forkNamed(name)
			if !ok {
				s.t.Fatalf("unknown option %q", name)
			}
			at := s.number(value)
			later[fork] = &at
		}
	}
	cfg := testConfig(s.fork, window, blockTime)
	cfg.ChannelTimeout = timeout
	for fork, at := range later {
		cfg.SetTime(fork, at)
	}
	s.w = newWorld(s.t, cfg)
	s.w.cfg.AsOpNode117, s.w.upgrades = as117, madeUpUpgrades
	s.m = s.w.machine()
	s.history = derive.History{}
	s.snapshots, s.channels = map[string]derive.Snapshot{}, map[string][]channel.Frame{}
	s.declared, s.names = map[uint64]common.Hash{}, map[string]string{}
	s.printf("block 0 of L1 and of L2 at %d; a new L2 block every %d s", genesisTime, blockTime)
}

func forkNamed(name string) (rollup.Fork, bool) {
	for _, f := range rollup.Forks() {
		if f.String() == name {
			return f, true
		}
	}
	return 0, false
}

// channel builds a channel: name, compression, options; one batch on each line of the body.
func (s *script) channel(args, body []string) {
	values, rest := options(args)
	name, compression := rest[0], rest[1]
	c := channelScript{script: s, hashes: map[uint64]common.Hash{}}
	var batches [][]byte
	for _, line := range body {
		batches = append(batches, c.batch(strings.Fields(line)))
	}
	algo := channel.Zlib
	if compression == "brotli" {
		algo = channel.Brotli
	}
	data := compress(s.t, algo, batches...)
	if compression == "unknown" {
		data[0] = 0x02
	}
	if n, ok := values["cut"]; ok {
		data = data[:len(data)-int(s.number(n))]
	}
	count := 1
	if n, ok := values["frames"]; ok {
		count = int(s.number(n))
	}
	var id channel.ID
	copy(id[:], name)
	s.channels[name] = cut(id, data, count)
	s.printf("batches: %d, frames: %d", len(batches), count)
}

// channelScript is a channel being built.
type channelScript struct {
	*script
	hashes map[uint64]common.Hash // of the L2 blocks the batches before stand for
}

// hash is the hash of an L2 block that a batch builds on: one of this channel, of the safe chain, of another channel.
func (c *channelScript) hash(number uint64) common.Hash {
	if hash, ok := c.hashes[number]; ok {
		return hash
	}
	if number <= c.m.Safe().Number {
		block := c.w.payload(c.m.Safe().Hash, number)
		if origin := c.w.l2[block.BlockHash].ref.L1Origin; c.w.l1HashAt(origin.Number) == origin.Hash {
			return block.BlockHash
		}
	}
	return c.declared[number]
}

// batch encodes the batch a line describes.
func (c *channelScript) batch(words []string) []byte {
	values, blocks := options(words[1:])
	switch words[0] {
	case "singular":
		b := c.block(blocks[0])
		switch values["parent"] {
		case "bad":
			b.ParentHash = common.Hash{0xba, 0xd}
		case "safe":
			b.ParentHash = c.m.Safe().Hash
		}
		if values["hash"] == "bad" {
			b.EpochHash = common.Hash{0xba, 0xd}
		}
		single := batch.Singular{
			ParentHash: b.ParentHash, EpochNum: b.EpochNum, EpochHash: b.EpochHash, Timestamp: b.Timestamp, Transactions: b.Transactions,
		}
		if late, ok := values["late"]; ok {
			single.Timestamp += c.number(late)
		}
		return single.Encode()
	case "span":
		span := make([]batch.Block, len(blocks))
		for i, text := range blocks {
			span[i] = c.block(text)
		}
		if values["parent"] == "bad" {
			span[0].ParentHash = common.Hash{0xba, 0xd}
		}
		if values["hash"] == "bad" {
			span[len(span)-1].EpochHash = common.Hash{0xba, 0xd}
		}
		item, err := batch.EncodeSpan(c.w.spanParams(), span)
		c.must(err)
		if values["type"] == "5" { // of the first transaction: its data is the type and a list that begins with value, tip, fee
			item[bytes.Index(item, []byte{0x80, 0x01, 0x02})-2] = 5
		}
		return item
	case "raw":
		item, err := hex.DecodeString(blocks[0])
		c.must(err)
		return item
	}
	c.t.Fatalf("unknown batch %q", words)
	return nil
}

// block reads number:epoch:transactions.
func (c *channelScript) block(text string) batch.Block {
	parts := strings.Split(text, ":")
	number, epoch := c.number(parts[0]), c.number(parts[1])
	b := batch.Block{
		Timestamp: c.w.cfg.BlockTimestamp(number), ParentHash: c.hash(number - 1),
		EpochNum: epoch, EpochHash: c.w.l1HashAt(epoch),
	}
	if len(parts) > 2 {
		for _, name := range strings.Split(parts[2], ",") {
			b.Transactions = append(b.Transactions, c.tx(name))
		}
	}
	hash := l2Hash(b.ParentHash, number, b.EpochHash, b.Transactions)
	c.hashes[number], c.declared[number] = hash, hash
	return b
}

// tx gives the transaction of a name. Some names stand for bytes that no batch should carry.
func (s *script) tx(name string) hexutil.Bytes {
	tx := map[string]hexutil.Bytes{
		"EMPTY": {}, "DEPOSIT": {types.DepositTxType, 1}, "SETCODE": {types.SetCodeTxType, 1}, "JUNK": {0xff, 1},
	}[name]
	if tx == nil {
		tx = userTx(name)
	}
	s.names[string(tx)] = name
	return tx
}

// l1 adds L1 blocks: options say what the contracts log, each line of the body is a transaction to the inbox.
func (s *script) l1(args, body []string) {
	values, flags := options(args)
	var logs []*types.Log
	time, count := s.w.head().Time+l1BlockTime, uint64(1)
	for _, flag := range flags {
		switch flag {
		case "deposit":
			logs = append(logs, depositLog(true))
		case "malformed-deposit":
			logs = append(logs, depositLog(false))
		case "malformed-update":
			logs = append(logs, updateLog(2, []byte{1}))
		default:
			s.t.Fatalf("unknown option %q", flag)
		}
	}
	for name, value := range values {
		switch name {
		case "time":
			time = s.number(value)
		case "count":
			count = s.number(value)
		case "batcher":
			logs = append(logs, batcherLog(person(value)))
		case "gaslimit":
			logs = append(logs, updateLog(2, word(s.number(value))))
		case "eip1559":
			denominator, elasticity, _ := strings.Cut(value, "/")
			params := rollup.EncodeEIP1559Params(uint32(s.number(denominator)), uint32(s.number(elasticity)))
			logs = append(logs, updateLog(4, common.LeftPadBytes(params[:], 32)))
		default:
			s.t.Fatalf("unknown option %q", name)
		}
	}
	var inbox []eth.InboxTx
	for _, line := range body {
		inbox = append(inbox, s.inboxTx(strings.Fields(line)))
	}
	first := s.w.mine(time, inbox, logs)
	for range count - 1 {
		s.w.mine(s.w.head().Time+l1BlockTime, nil, nil)
	}
	if last := s.w.head(); count > 1 {
		s.printf("L1 blocks %d to %d, at %d to %d", first.Number, last.Number, first.Time, last.Time)
		return
	}
	s.printf("L1 block %d at %d", first.Number, first.Time)
}

func person(name string) common.Address {
	return map[string]common.Address{"alice": batcherAlice, "bob": batcherBob, "eve": {0xe5}}[name]
}

// inboxTx reads a transaction: "tx" and an item, or "blob" and items with a bar between each.
func (s *script) inboxTx(words []string) eth.InboxTx {
	from := batcherAlice
	values, rest := options(words[1:])
	if name, ok := values["from"]; ok {
		from = person(name)
	}
	if words[0] == "tx" {
		return eth.InboxTx{From: from, Data: s.item(rest)}
	}
	var blobs []*eth.Blob
	for _, text := range strings.Split(strings.Join(rest, " "), "|") {
		blob := encodeBlob(s.t, s.item(strings.Fields(text)))
		if strings.Contains(text, "UNDECODABLE") {
			blob[1] = 7 // encoding version
		}
		blobs = append(blobs, blob)
	}
	return s.w.blobTx(from, blobs...)
}

// item reads frames, A0 being the first one of channel A, and words for what may be wrong with an item.
func (s *script) item(words []string) (item []byte) {
	var frames []channel.Frame
	version, cut := byte(0), 0
	for _, word := range words {
		switch word {
		case "EMPTY", "UNDECODABLE":
			return nil
		case "VERSION1":
			version = 1
		case "CUT":
			cut = 1
		default:
			name := strings.TrimRight(word, "0123456789")
			frames = append(frames, s.channels[name][s.number(word[len(name):])])
		}
	}
	item = channel.AppendItem(nil, frames...)
	item[0] = version
	return item[:len(item)-cut]
}

// run lets the machine work, bringing it what it wants, until L1 ends. Without confirm it stops at the next Build.
func (s *script) run(confirm bool) {
	for {
		s.want = s.m.Next()
		s.notes()
		switch want := s.want.(type) {
		case derive.Working:
		case derive.NeedL1:
			s.history.Add(s.m.Snapshot())
			if want.Number >= uint64(len(s.w.l1)) {
				s.printf("need L1 block %d; safe block %s", want.Number, s.describe(s.m.Safe()))
				return
			}
			s.push(s.w.l1[want.Number])
		case derive.NeedBlobs:
			s.printf("  fetch blobs: %d", len(want.Hashes))
			s.must(s.m.PushBlobs(s.w.blobsFor(want)))
		case derive.NeedL2:
			s.printf("  read safe block %d", want.Number)
			s.must(s.m.PushL2(s.w.payload(s.m.Safe().Hash, want.Number)))
		case derive.Build:
			s.build(want.Derived)
			if !confirm {
				return
			}
			if ref, ok := s.w.seal(want.Derived); ok {
				s.must(s.m.Confirm(ref))
			} else {
				s.printf("  the engine rejects it")
				s.must(s.m.Reject())
				s.notes()
			}
		case derive.Rewind:
			s.printf("rewind")
			return
		case derive.Halt:
			s.printf("halt: %s", want.Reason)
			return
		}
	}
}

func (s *script) push(block *eth.L1Block) {
	err := s.m.Push(block)
	if !errors.Is(err, derive.ErrNotNext) {
		s.must(err)
		s.blocks = append(s.blocks, block.Number)
		s.notes()
		return
	}
	snapshot, ok := s.history.Before(s.m.Origin().Number)
	if !ok {
		s.t.Fatal("reorg below the oldest snapshot")
	}
	s.m.Restore(snapshot)
	s.printf("L1 block %d does not fit; back to L1 block %d, safe block %s", block.Number, snapshot.Origin().Number, s.describe(snapshot.Safe()))
}

func (s *script) build(d *derive.Derived) {
	s.printf("  build %s", s.line(d))
}

// line describes a block that is to be built.
func (s *script) line(d *derive.Derived) string {
	a := &d.Attributes
	text := fmt.Sprintf("%d at %d: epoch %d, seq %d", d.Parent.Number+1, a.Timestamp, d.Origin.Number, d.SequenceNumber)
	txs := userTxs(a.Transactions)
	if n := len(a.Transactions) - len(txs) - 1; n > 0 {
		text += fmt.Sprintf(", deposits: %d", n)
	}
	if len(txs) > 0 {
		text += ", txs:"
	}
	for _, tx := range txs {
		text += " " + s.names[string(tx)]
	}
	if a.GasLimit != 30_000_000 {
		text += fmt.Sprintf(", gas limit %d", a.GasLimit)
	}
	// The chain's constants, which an engine writes into the header when the system config has none, are 250/6.
	if p := a.EIP1559Params; p != nil && *p != (eth.Bytes8{}) && *p != rollup.EncodeEIP1559Params(250, 6) {
		denominator, elasticity := rollup.DecodeEIP1559Params(*p)
		text += fmt.Sprintf(", eip1559 %d/%d", denominator, elasticity)
	}
	if d.Replaced {
		text += ", deposits only"
	}
	if !d.Concluding {
		text += ", pending"
	}
	return text + fmt.Sprintf(" (L1 block %d)", d.DerivedFrom.Number)
}

func (s *script) describe(ref eth.L2Ref) string {
	return fmt.Sprintf("%d in epoch %d", ref.Number, ref.L1Origin.Number)
}

func (s *script) notes() {
	alike := func(a, b derive.Note) bool { return a.What == b.What && a.Reason == b.Reason }
	for notes := s.m.Notes(); len(notes) > 0; {
		n, count := notes[0], 1
		for count < len(notes) && alike(n, notes[count]) {
			count++
		}
		notes = notes[count:]
		text := fmt.Sprintf("  drop %s: %s", n.What, n.Reason)
		if count > 1 {
			text += fmt.Sprintf(" (%d)", count)
		}
		s.printf("%s", text)
	}
}

// restart makes a new machine that begins at an L1 block, with the present safe head.
func (s *script) restart(base uint64) {
	safe := s.m.Safe()
	s.m = s.w.machineAt(base, safe)
	s.history = derive.History{}
	s.printf("L1 block %d, safe block %s", base, s.describe(safe))
}

// disk goes on from what the machine would leave on disk now.
func (s *script) disk() {
	text, err := s.m.Snapshot().Encode(s.w.cfg)
	s.must(err)
	snapshot, err := derive.DecodeSnapshot(s.w.cfg, text)
	s.must(err)
	s.m = derive.Resume(s.w.builder(), snapshot)
	s.printf("L1 block %d, safe block %s", s.m.Origin().Number, s.describe(s.m.Safe()))
}

// scratch derives the present L1 chain again from genesis, with a new machine.
func (s *script) scratch() {
	safe := deriveAll(s.t, s.w, s.w.machine(), nil)
	if safe == s.m.Safe() {
		s.printf("from scratch: the same safe block")
		return
	}
	s.printf("from scratch: safe block %s, another one", s.describe(safe))
}

// deriveAll lets a machine derive all of L1 and gives the safe block, at the end or where it halts. Every block the engine
// made goes to each.
func deriveAll(tb testing.TB, w *world, m *derive.Machine, each func(*derive.Derived)) eth.L2Ref {
	tb.Helper()
	for {
		if done := advance(tb, w, m, m.Next(), each); done {
			return m.Safe()
		}
	}
}

// advance gives the machine what it wants; done is whether there is nothing more to give.
func advance(tb testing.TB, w *world, m *derive.Machine, want derive.Want, each func(*derive.Derived)) (done bool) {
	tb.Helper()
	var err error
	switch want := want.(type) {
	case derive.Working:
	case derive.NeedL1:
		if want.Number >= uint64(len(w.l1)) {
			return true
		}
		err = m.Push(w.l1[want.Number])
	case derive.NeedBlobs:
		err = m.PushBlobs(w.blobsFor(want))
	case derive.NeedL2:
		err = m.PushL2(w.payload(m.Safe().Hash, want.Number))
	case derive.Build:
		ref, ok := w.seal(want.Derived)
		if !ok {
			err = m.Reject()
			break
		}
		if each != nil {
			each(want.Derived)
		}
		err = m.Confirm(ref)
	case derive.Rewind, derive.Halt:
		return true
	}
	if err != nil {
		tb.Fatal(err)
	}
	return false
}
