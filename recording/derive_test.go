package recording_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/recording"
	"github.com/cairn-rollup/cairn/rollup"
)

// edit changes a JSON file of a recording.
func edit(t *testing.T, dir, name string, change func(object map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		t.Fatal(err)
	}
	change(object)
	if text, err = json.Marshal(object); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// put replaces a recorded L2 block; its hash is made right.
func (w *world) put(dir string, number uint64, change func(*eth.ExecutionPayload)) {
	w.t.Helper()
	old := w.l2[number]
	payload := *old.ExecutionPayload
	change(&payload)
	env := &eth.PayloadEnvelope{ParentBeaconBlockRoot: old.ParentBeaconBlockRoot, ExecutionPayload: &payload}
	payload.BlockHash = engine.BlockHash(w.cfg, env)
	text, err := json.Marshal(env)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "l2", numbered(number)), text, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func numbered(number uint64) string {
	return strconv.FormatUint(number, 10) + ".json"
}

func TestABlockThatIsNotWhatL1SaysIsShown(t *testing.T) {
	w, dir := story(t), t.TempDir()
	w.record(dir, 0, 6)
	for _, c := range []struct {
		name   string
		number uint64
		change func(p *eth.ExecutionPayload)
		want   string
	}{
		{"gas limit", 2, func(p *eth.ExecutionPayload) { p.GasLimit++ }, "block 2 of epoch 2 from L1 4 differs in gasLimit"},
		{"a transaction too few", 2, func(p *eth.ExecutionPayload) { p.Transactions = p.Transactions[:3] }, "block 2 of epoch 2 from L1 4 differs in number of transactions differs in transactions[3]"},
		{"another order", 2, func(p *eth.ExecutionPayload) {
			txs := p.Transactions
			p.Transactions = append(txs[:2:2], txs[3], txs[2])
		}, "block 2 of epoch 2 from L1 4 differs in transactions[2] differs in transactions[3]"},
		{"a forced block with a transaction", 5, func(p *eth.ExecutionPayload) { p.Transactions = append(p.Transactions[:1:1], tx(9, "x")) }, "block 5 of epoch 5 from L1 10 forced differs in number of transactions differs in transactions[1]"},
		{"fee recipient and randomness", 1, func(p *eth.ExecutionPayload) { p.FeeRecipient[3]++; p.PrevRandao[0]++ }, "block 1 of epoch 1 from L1 4 differs in prevRandao differs in feeRecipient"},
		{"extra data", 1, func(p *eth.ExecutionPayload) { p.ExtraData = append([]byte{}, p.ExtraData...); p.ExtraData[8] = 3 }, "block 1 of epoch 1 from L1 4 differs in extraData"},
		{"parent", 1, func(p *eth.ExecutionPayload) { p.ParentHash[9]++ }, "block 1 of epoch 1 from L1 4 differs in parentHash"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.put(dir, c.number, c.change)
			defer w.put(dir, c.number, func(*eth.ExecutionPayload) {})
			events, end, err := derived(t, dir, recording.Range{})
			if err != nil || end.Why != recording.Different || end.OK() || end.Head.Number != c.number-1 {
				t.Fatalf("ended with %+v, %v", end, err)
			}
			if got := lines(events); got[len(got)-1] != c.want {
				t.Errorf("got  %q\nwant %q", got[len(got)-1], c.want)
			}
		})
	}
}

// Differences says no more and no less than attributes.Matches.
func TestDifferencesAreThereIfTheBlockDoesNotMatch(t *testing.T) {
	w := story(t)
	env := w.l2[2]
	p := *env.ExecutionPayload
	attrs := eth.PayloadAttributes{
		Timestamp: p.Timestamp, PrevRandao: p.PrevRandao, SuggestedFeeRecipient: p.FeeRecipient, Withdrawals: p.Withdrawals,
		ParentBeaconBlockRoot: env.ParentBeaconBlockRoot, Transactions: p.Transactions, GasLimit: p.GasLimit,
		EIP1559Params: &eth.Bytes8{3: 250, 7: 6}, MinBaseFee: new(uint64),
	}
	if got := recording.Differences(w.cfg, &attrs, p.ParentHash, env); len(got) > 0 {
		t.Fatalf("the same block differs: %+v", got)
	}
	five := uint64(5)
	for name, change := range map[string]func(a *eth.PayloadAttributes, p *eth.ExecutionPayload){
		"timestamp":       func(a *eth.PayloadAttributes, _ *eth.ExecutionPayload) { a.Timestamp++ },
		"withdrawals":     func(_ *eth.PayloadAttributes, p *eth.ExecutionPayload) { p.Withdrawals = nil },
		"withdrawalsRoot": func(_ *eth.PayloadAttributes, p *eth.ExecutionPayload) { p.WithdrawalsRoot = nil },
		"extraData":       func(a *eth.PayloadAttributes, _ *eth.ExecutionPayload) { a.MinBaseFee = &five },
		"parentBeaconBlockRoot": func(a *eth.PayloadAttributes, _ *eth.ExecutionPayload) {
			a.ParentBeaconBlockRoot = nil
		},
		"transactions[0]": func(a *eth.PayloadAttributes, _ *eth.ExecutionPayload) {
			a.Transactions = append(a.Transactions[1:2:2], a.Transactions[1:]...)
		},
	} {
		a, payload := attrs, p
		change(&a, &payload)
		block := &eth.PayloadEnvelope{ParentBeaconBlockRoot: env.ParentBeaconBlockRoot, ExecutionPayload: &payload}
		got := recording.Differences(w.cfg, &a, p.ParentHash, block)
		if attributes.Matches(w.cfg, &a, p.ParentHash, block) == attributes.MismatchNone || len(got) != 1 || got[0].Field != name || got[0].Recorded == got[0].Derived {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// One byte of a batch: what happened then is told, with the reason.
func TestAChangedBatchIsDroppedForAReason(t *testing.T) {
	w, dir := story(t), t.TempDir()
	w.record(dir, 0, 6)
	edit(t, dir, "l1/5.json", func(object map[string]any) {
		inbox := object["inbox"].([]any)[0].(map[string]any)
		data := []byte(inbox["data"].(string))
		at := len(data) / 2
		if data[at] == '0' {
			data[at] = '1'
		} else {
			data[at] = '0'
		}
		inbox["data"] = string(data)
	})
	events, end, err := derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.Different || end.Head.Number != 2 {
		t.Fatalf("ended with %+v, %v", end, err)
	}
	got := strings.Join(lines(events), "\n")
	for _, want := range []string{"dropped channel stream-corrupt at L1 5", "block 3 of epoch 3 from L1 8 forced differs in number of transactions"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestABlockThatIsNotRecordedEndsDerivation(t *testing.T) {
	w, dir := story(t), t.TempDir()
	w.record(dir, 0, 6)
	if err := os.Remove(filepath.Join(dir, "l2", "3.json")); err != nil {
		t.Fatal(err)
	}
	events, end, err := derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.NotRecorded || end.Need != 3 || end.Head.Number != 2 || !end.OK() {
		t.Fatalf("ended with %+v, %v", end, err)
	}
	block := events[len(events)-1].(*recording.Block)
	if block.Number != 3 || block.Recorded != nil || len(block.Attributes.Transactions) != 2 {
		t.Errorf("the last thing told is %+v", block)
	}
	from, to := uint64(3), uint64(2)
	var start *recording.StartError
	if _, _, err := derived(t, dir, recording.Range{From: &from}); !errors.As(err, &start) || !strings.Contains(err.Error(), "block 3 is not recorded: there are 6, from 0 to 6") {
		t.Errorf("from block 3: %v", err)
	}
	if _, _, err := derived(t, dir, recording.Range{From: &to, To: &to}); !errors.As(err, &start) {
		t.Errorf("from 2 to 2: %v", err)
	}
	if _, end, err := derived(t, dir, recording.Range{To: &to}); err != nil || end.Why != recording.Reached || end.Head.Number != 2 {
		t.Errorf("to block 2: %+v, %v", end, err)
	}
}

// old is a chain before Holocene, and long: channels time out after 3 L1 blocks.
func old(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, rollup.Fjord)
	w.cfg.ChannelTimeout = 3
	w.mine()
	for n := range uint64(12) {
		b := w.sequence(n+1, tx(n, "hello"))
		w.mine(calldata(w.channelOf(byte(n+1), 1, singular(b))...))
	}
	w.derive()
	if len(w.l2) != 13 {
		t.Fatalf("%d blocks", len(w.l2))
	}
	return w
}

func TestReadingBeginsAChannelTimeoutBelow(t *testing.T) {
	w, dir := old(t), t.TempDir()
	events := w.record(dir, 8, 11)
	began := events[0].(*recording.Began)
	if began.Base.Number != 5 || began.Safe.Number != 8 || began.To != 11 {
		t.Errorf("began at %+v", began)
	}
	events, end, err := derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.Reached {
		t.Fatalf("ended with %+v, %v", end, err)
	}
	same(t, "told", lines(events), []string{
		"dropped batch before-safe-head at L1 5 early",
		"dropped batch before-safe-head at L1 6 early",
		"dropped batch before-safe-head at L1 7 early",
		"dropped batch timestamp-past at L1 8 early",
		"dropped batch timestamp-past at L1 9 early",
		"block 9 of epoch 9 from L1 10",
		"block 10 of epoch 10 from L1 11",
		"block 11 of epoch 11 from L1 12",
	})
	for _, e := range events {
		if b, ok := e.(*recording.Block); ok && (len(b.FrameTxs) != 1 || b.FrameTxs[0] != w.l1[b.DerivedFrom.Number].Inbox[0].Hash) {
			t.Errorf("the frame of block %d was in %v", b.Number, b.FrameTxs)
		}
	}
	// The block with the origin of the lowest L1 block is there to say who the batcher is, and nothing can begin on it.
	from := uint64(5)
	var start *recording.StartError
	if _, _, err := derived(t, dir, recording.Range{From: &from}); !errors.As(err, &start) || !strings.Contains(err.Error(), "3 L1 blocks before the lowest recorded one, 5") {
		t.Errorf("from block 5: %v", err)
	}
	for _, safe := range []uint64{7, 4} { // with L1 blocks below what is there
		if _, err := recording.Record(t.Context(), w.order(dir, safe, 11), w.sources(), func(recording.Event) {}); !errors.Is(err, recording.ErrOther) {
			t.Errorf("from block %d: %v", safe, err)
		}
	}
	other := copied(t, dir)
	edit(t, other, "l1/5.json", set("hash", "0x"+strings.Repeat("ab", 32)))
	checkBroken(t, other, "l1/5.json", "hash", "L2 block 5 has its origin in")
	edit(t, dir, "recording.json", func(object map[string]any) { delete(object, "from") })
	if events, _, err := derived(t, dir, recording.Range{}); err != nil || events[0].(*recording.Began).Safe.Number != 8 {
		t.Errorf("the lowest block that can be: %v, %v", events, err)
	}
	for name, want := range map[string]string{
		"l2/5.json": "no recorded L2 block has its origin in the lowest recorded L1 block, 5",
		"l2/8.json": "", // others are far enough above
	} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		_, _, err := derived(t, dir, recording.Range{})
		if (err == nil) != (want == "") && !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v, want %q", name, err, want)
		}
		w.record(dir, 8, 11) // makes it again
	}
}

// Before Holocene the next batch gets its turn when the engine refuses a block.
func TestBeforeHoloceneTheNextCandidateIsTried(t *testing.T) {
	w := newWorld(t, rollup.Fjord)
	w.mine()
	bad := w.sequence(1, tx(0, "bad"))
	good := bad
	good.Transactions = nil
	w.mine(calldata(w.channelOf(1, 1, singular(bad), singular(good))...))
	w.derive()
	dir := t.TempDir()
	w.record(dir, 0, 1)
	events, end, err := derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.Reached || len(end.Tried) != 0 {
		t.Fatalf("ended with %+v, %v", end, err)
	}
	same(t, "told", lines(events), []string{
		"dropped block engine-rejected at L1 2",
		"block 1 of epoch 1 from L1 2 after 1 others",
	})
	// A chain that has neither.
	w.put(dir, 1, func(p *eth.ExecutionPayload) { p.GasLimit++ })
	_, end, err = derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.Different || len(end.Tried) != 1 || end.OK() {
		t.Errorf("a block that L1 does not have: %+v, %v", end, err)
	}
	w.put(dir, 1, func(p *eth.ExecutionPayload) { p.Transactions = append(p.Transactions[:1:1], tx(7, "who")) })
	edit(t, dir, "l1/2.json", func(object map[string]any) {
		object["inbox"].([]any)[0].(map[string]any)["data"] = hexutil.Encode(calldata(w.channelOf(1, 1, singular(bad))...).Data)
	})
	_, end, err = derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.EndOfL1 || len(end.Tried) != 1 || end.Tried[0].Number() != 1 || end.OK() {
		t.Errorf("nothing that fits: %+v, %v", end, err)
	}
}

// With one block of a span batch go all of it.
func TestBeforeHoloceneASpanBatchGoesAsAWhole(t *testing.T) {
	w := newWorld(t, rollup.Fjord)
	w.mine()
	w.mine()
	one, two := w.sequence(1, tx(0, "one")), w.sequence(2, tx(1, "bad"))
	good := two
	good.Transactions = nil
	w.mine(calldata(w.channelOf(1, 1, w.span(one, two))...))
	w.mine(calldata(w.channelOf(2, 1, singular(one), singular(good))...))
	w.derive()
	dir := t.TempDir()
	w.record(dir, 0, 2)
	events, end, err := derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.Reached || len(end.Tried) != 0 {
		t.Fatalf("ended with %+v, %v", end, err)
	}
	same(t, "told", lines(events), []string{
		"block 1 of epoch 1 from L1 3",
		"dropped block engine-rejected at L1 3 back to 0",
		"block 1 of epoch 1 from L1 4",
		"block 2 of epoch 2 from L1 4 after 1 others",
	})
	// A block in the midst of a span batch can be the last one that is asked for.
	to := uint64(1)
	if _, end, err := derived(t, dir, recording.Range{To: &to}); err != nil || end.Why != recording.Reached || end.L1.Number != 3 || end.Head.Number != 1 || end.Safe.Number != 0 {
		t.Errorf("to block 1: %+v, %v", end, err)
	}
}

// The channel timeout that counts is that at the block where reading begins: Granite made it shorter.
func TestReadingBeginsALongerTimeoutBelowBeforeGranite(t *testing.T) {
	w := newWorld(t, rollup.Fjord)
	w.cfg.ChannelTimeout = 60
	granite := uint64(genesisTime + 70*blockTime)
	w.cfg.GraniteTime = &granite
	w.mine()
	for n := range uint64(80) {
		w.mine(calldata(w.channelOf(byte(n+1), 1, singular(w.sequence(n+1)))...))
	}
	w.derive()
	dir := t.TempDir()
	if began := w.record(dir, 75, 76)[0].(*recording.Began); began.Base.Number != 15 {
		t.Errorf("reading begins at %s, want L1 block 15", began.Base)
	}
	if _, end, err := derived(t, dir, recording.Range{}); err != nil || end.Why != recording.Reached {
		t.Errorf("ended with %+v, %v", end, err)
	}
}
