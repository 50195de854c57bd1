package oracle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// ahead is a derivation at L1 block 3 (index) whose safe chain has 8 blocks: five in epoch 0, three in epoch 1.
func ahead(t testing.TB, fork rollup.Fork) *derivation {
	h := newHistory(t, fork)
	h.idle(3)
	h.world.Config.MaxSequencerDrift = 20
	d := h.start()
	d.strict = fork >= rollup.Holocene
	for i := 1; i <= 3; i++ {
		d.l1 = append(d.l1, h.ref(i))
	}
	d.current, d.epoch = 3, 1
	hashes := h.hashes(make([][][]byte, 8)...)
	for i := 1; i <= 8; i++ {
		block := L2Block{Number: 7 + uint64(i), Hash: hashes[i], Origin: l1Start}
		if i > 5 {
			block.Origin = l1Start + 1
		}
		block.Attributes.Transactions = append(block.Attributes.Transactions, []byte{types.DepositTxType})
		if i == 8 {
			block.Attributes.Transactions = append(block.Attributes.Transactions, fine)
		}
		d.chain = append(d.chain, block)
	}
	return d
}

func TestCheckSingular(t *testing.T) {
	type change = func(*derivation, *singular)
	for _, c := range []struct {
		name         string
		change       change
		inclusion    int
		before, from verdict
	}{
		{"next block", nil, 0, accept, accept},
		{"later", func(_ *derivation, b *singular) { b.Timestamp += 2 }, 0, future, drop},
		{"one second later", func(_ *derivation, b *singular) { b.Timestamp++ }, 0, future, drop},
		{"earlier", func(_ *derivation, b *singular) { b.Timestamp -= 2 }, 0, drop, past},
		{"other parent", func(_ *derivation, b *singular) { b.ParentHash[0]++ }, 0, drop, drop},
		{"at the window's end", nil, 2, accept, accept},
		{"after the window", nil, 3, drop, drop},
		{"epoch before", func(d *derivation, b *singular) { b.EpochNumber, b.EpochHash = d.l1[0].number, d.l1[0].hash }, 0, drop, drop},
		{"next epoch, too early", func(d *derivation, b *singular) { b.EpochNumber, b.EpochHash = d.l1[2].number, d.l1[2].hash }, 0, drop, drop},
		{"next epoch, in time", func(d *derivation, b *singular) {
			d.l1[2].time = b.Timestamp
			b.EpochNumber, b.EpochHash = d.l1[2].number, d.l1[2].hash
		}, 0, accept, accept},
		{"next epoch, not there yet", func(d *derivation, b *singular) { d.current, b.EpochNumber = 1, b.EpochNumber+1 }, 0, undecided, undecided},
		{"epoch after next", func(d *derivation, b *singular) { b.EpochNumber, b.EpochHash = d.l1[3].number, d.l1[3].hash }, 0, drop, drop},
		{"other epoch hash", func(_ *derivation, b *singular) { b.EpochHash[0]++ }, 0, drop, drop},
		{"before its origin", func(d *derivation, b *singular) { d.l1[1].time = b.Timestamp + 1 }, 0, drop, drop},
		{"at the drift", func(d *derivation, b *singular) { d.l1[1].time = b.Timestamp - d.maxDrift(0) }, 0, accept, accept},
		{"after the drift", func(d *derivation, b *singular) { d.l1[1].time = b.Timestamp - d.maxDrift(0) - 1 }, 0, drop, drop},
		{"after the drift, empty, before the next origin", func(d *derivation, b *singular) {
			d.l1[1].time, b.Transactions = b.Timestamp-d.maxDrift(0)-1, nil
		}, 0, accept, accept},
		{"after the drift, empty, could have the next origin", func(d *derivation, b *singular) {
			d.l1[1].time, d.l1[2].time, b.Transactions = b.Timestamp-d.maxDrift(0)-1, b.Timestamp, nil
		}, 0, drop, drop},
		{"after the drift, empty, next origin unknown", func(d *derivation, b *singular) {
			d.l1[1].time, d.current, b.Transactions = b.Timestamp-d.maxDrift(0)-1, 1, nil
		}, 0, undecided, undecided},
		{"after the drift, empty, in the next epoch", func(d *derivation, b *singular) {
			d.l1[2].time, b.Transactions = b.Timestamp-d.maxDrift(0)-1, nil
			b.EpochNumber, b.EpochHash = d.l1[2].number, d.l1[2].hash
		}, 0, accept, accept},
		{"an epoch ahead of the head", func(d *derivation, _ *singular) { d.epoch = 2 }, 0, drop, drop},
	} {
		for fork, want := range map[rollup.Fork]verdict{rollup.Bedrock: c.before, rollup.Granite: c.before, rollup.Holocene: c.from} {
			d := ahead(t, fork)
			b := singular{
				ParentHash: d.head().Hash, EpochNumber: d.l1[1].number, EpochHash: d.l1[1].hash, Timestamp: startTime + 18,
				Transactions: [][]byte{fine},
			}
			if c.change != nil {
				c.change(d, &b)
			}
			if got := d.checkSingular(&b, l1Start+3+uint64(c.inclusion)); got != want {
				t.Errorf("%v, %s: %d, want %d", fork, c.name, got, want)
			}
		}
	}
}

func TestCheckSpan(t *testing.T) {
	for _, c := range []struct {
		name         string
		change       func(*derivation, *batch)
		before, from verdict
	}{
		{"next two blocks", nil, accept, accept},
		{"later", func(_ *derivation, b *batch) { shift(b, 2) }, future, drop},
		{"no block after the safe head", func(_ *derivation, b *batch) { shift(b, -4) }, drop, past},
		{"overlap of one block", func(d *derivation, b *batch) { overlap(d, b, 1) }, accept, accept},
		{"overlap with other transactions", func(d *derivation, b *batch) {
			overlap(d, b, 1)
			b.span[0].transactions = [][]byte{{2, 1}}
		}, drop, drop},
		{"overlap without the transaction", func(d *derivation, b *batch) {
			overlap(d, b, 1)
			b.span[0].transactions = nil
		}, drop, drop},
		{"overlap with another epoch", func(d *derivation, b *batch) {
			overlap(d, b, 3)
			d.chain[7].Origin--
		}, drop, drop},
		{"overlap with everything", func(d *derivation, b *batch) { overlap(d, b, 8) }, accept, accept},
		{"overlap with genesis", func(d *derivation, b *batch) {
			overlap(d, b, 8)
			b.span = append([]spanBlock{{timestamp: startTime, epoch: l1Start}}, b.span...)
		}, undecided, undecided},
		{"between the blocks", func(_ *derivation, b *batch) { shift(b, -1) }, drop, drop},
		{"between older blocks", func(d *derivation, b *batch) {
			overlap(d, b, 2)
			shift(b, 1)
		}, drop, drop},
		{"other parent", func(_ *derivation, b *batch) { b.checks.parent[19]++ }, drop, drop},
		{"at the window's end", func(_ *derivation, b *batch) { b.inclusion = l1Start + 5 }, accept, accept},
		{"after the window", func(_ *derivation, b *batch) { b.inclusion = l1Start + 6 }, drop, drop},
		{"skips an epoch", func(d *derivation, b *batch) { in(d, b, 3, 3) }, drop, drop},
		{"last epoch unknown", func(d *derivation, b *batch) { in(d, b, 1, 4) }, undecided, undecided},
		{"last epoch unknown and other parent", func(d *derivation, b *batch) {
			in(d, b, 1, 4)
			b.checks.parent[19]++
		}, drop, drop},
		{"other origin", func(_ *derivation, b *batch) { b.checks.origin[19]++ }, drop, drop},
		{"first epoch too old", func(d *derivation, b *batch) { in(d, b, 0, 1) }, drop, drop},
		{"next epoch first, not there yet", func(d *derivation, b *batch) {
			d.current = 1
			in(d, b, 2, 2)
		}, undecided, undecided},
		{"epoch before Delta", func(d *derivation, _ *batch) { delta(d, d.l1[1].time+1) }, drop, drop},
		{"next epoch at Delta", func(d *derivation, b *batch) {
			delta(d, d.l1[2].time)
			d.l1[2].time = b.span[0].timestamp
			delta(d, d.l1[2].time)
			in(d, b, 2, 2)
		}, accept, accept},
		// What is checked block by block from Holocene on.
		{"before its origin", func(d *derivation, _ *batch) { d.l1[1].time = startTime + 19 }, drop, accept},
		{"drift with a transaction", func(d *derivation, _ *batch) { d.l1[1].time = startTime + 18 - d.maxDrift(0) - 1 }, drop, accept},
		{"drift, empty", func(d *derivation, b *batch) {
			d.l1[1].time = startTime + 18 - d.maxDrift(0) - 1
			b.span[0].transactions = nil
		}, accept, accept},
		{"drift, empty, could have the next origin", func(d *derivation, b *batch) {
			d.l1[1].time, d.l1[2].time = startTime+18-d.maxDrift(0)-1, startTime+20
			b.span[0].transactions = nil
		}, drop, accept},
		{"drift, empty, next origin unknown", func(d *derivation, b *batch) {
			d.l1[1].time, d.current = startTime+18-d.maxDrift(0)-1, 1
			b.span[0].transactions = nil
		}, undecided, accept},
		{"drift, empty, starts the epoch", func(d *derivation, b *batch) {
			in(d, b, 2, 2)
			d.l1[2].time, d.l1[3].time = startTime+18-d.maxDrift(0)-1, startTime
			b.span = b.span[:1]
			b.span[0].transactions = nil
		}, accept, accept},
		{"empty transaction", func(_ *derivation, b *batch) { b.span[1].transactions = [][]byte{{}} }, drop, accept},
		{"deposit", func(_ *derivation, b *batch) { b.span[1].transactions = [][]byte{{0x7e}} }, drop, accept},
		{"epoch ahead of the head", func(d *derivation, b *batch) {
			d.epoch = 2
			in(d, b, 1, 2)
		}, drop, accept},
	} {
		for fork, want := range map[rollup.Fork]verdict{rollup.Delta: c.before, rollup.Granite: c.before, rollup.Holocene: c.from} {
			d := ahead(t, fork)
			b := batch{inclusion: l1Start + 3, span: []spanBlock{
				{timestamp: startTime + 18, epoch: l1Start + 1, transactions: [][]byte{fine}},
				{timestamp: startTime + 20, epoch: l1Start + 1},
			}}
			copy(b.checks.parent[:], d.head().Hash[:])
			in(d, &b, 1, 1)
			if c.change != nil {
				c.change(d, &b)
			}
			if got := d.checkSpan(&b); got != want {
				t.Errorf("%v, %s: %d, want %d", fork, c.name, got, want)
			}
		}
	}
}

func shift(b *batch, seconds int) {
	for i := range b.span {
		b.span[i].timestamp += uint64(seconds)
	}
}

// in sets the epochs of a span batch.
func in(d *derivation, b *batch, epochs ...int) {
	for i, e := range epochs {
		b.span[len(b.span)-len(epochs)+i].epoch = l1Start + uint64(e)
	}
	if last := epochs[len(epochs)-1]; last < len(d.l1) {
		copy(b.checks.origin[:], d.l1[last].hash[:])
	}
}

// overlap puts safe blocks before those of a span batch.
func overlap(d *derivation, b *batch, blocks int) {
	for i := 8; i > 8-blocks; i-- {
		safe := d.chain[i]
		block := spanBlock{timestamp: startTime + 2*uint64(i), epoch: safe.Origin}
		for _, tx := range safe.Attributes.Transactions[1:] {
			block.transactions = append(block.transactions, tx)
		}
		b.span = append([]spanBlock{block}, b.span...)
	}
	copy(b.checks.parent[:], d.chain[8-blocks].Hash[:])
}

func delta(d *derivation, time uint64) { d.config.SetTime(rollup.Delta, &time) }

// A span batch that is ahead of L1 holds up all that comes after it until L1 is there; from Holocene on it is given up, and
// the rest of its channel is not. At L1 block 4 the first epoch's window ends.
func TestSpanAheadOfL1(t *testing.T) {
	for fork, want := range map[rollup.Fork][]int{rollup.Granite: {0, 0, 0, 2, 5}, rollup.Holocene: {0, 2, 2, 2, 5}} {
		h := newHistory(t, fork)
		hashes := h.hashes(nil, nil)
		h.post([][]byte{aheadOf(h, 3), h.one(1, hashes[0], 0), h.one(2, hashes[1], 0)})
		h.idle(3)
		h.want(h.derive(), want...)
	}
}

// aheadOf is a span batch of empty blocks after genesis up to the epoch last, whose hash it does not know.
func aheadOf(h *history, last int) []byte {
	parent := h.world.Config.Genesis.L2.Hash
	out := []byte{1}
	out = binary.AppendUvarint(out, 2)
	out = binary.AppendUvarint(out, l1Start+uint64(last))
	out = append(out, parent[:20]...)
	out = append(out, make([]byte, 20)...)
	out = binary.AppendUvarint(out, uint64(last+1))
	bits := byte(1)<<(last+1) - 2
	return append(append(out, bits), make([]byte, last+1)...)
}

// What is in L1's first block cannot come after genesis, whose origin that block is. Before Holocene it can.
func TestBatchInTheOriginOfTheSafeHead(t *testing.T) {
	for fork, want := range map[rollup.Fork]int{rollup.Granite: 1, rollup.Holocene: 0} {
		h := newHistory(t, fork)
		data := item(frame{data: compress(h.one(1, h.hashes()[0], 0)), last: true})
		h.world.L1[0].Transactions = types.Transactions{h.tx(batcherKey, data)}
		h.idle(1)
		h.want(h.derive(), want, want)
	}
}

func TestABatchThatSkipsAnEpochHalts(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	h.world.Config.SeqWindowSize = 2
	for i := range 3 { // L1 is slow: L2 is past the times of its first blocks
		if i > 0 {
			h.l1()
		}
		h.world.L1[i].Header.Time = startTime + uint64(i)
	}
	h.world.Config.Genesis.L1.Hash = h.ref(0).hash
	h.world.L1[1].Header.ParentHash, h.world.L1[2].Header.ParentHash = h.ref(0).hash, h.ref(1).hash
	h.post([][]byte{h.one(1, h.hashes()[0], 2)})
	r := Derive(h.world)
	if r.Halted == "" || len(r.Chain) != 1 {
		t.Fatalf("halted %q after %d blocks", r.Halted, len(r.Chain)-1)
	}
}

func TestAScalarWithoutMeaningHalts(t *testing.T) {
	h := newHistory(t, rollup.Ecotone)
	h.world.Config.Genesis.SystemConfig.Scalar = eth.Bytes32{0: 2}
	h.post([][]byte{h.one(1, h.hashes()[0], 0)})
	if r := Derive(h.world); r.Halted == "" || len(r.Chain) != 1 {
		t.Fatalf("halted %q after %d blocks", r.Halted, len(r.Chain)-1)
	}
}

func TestChannelBankFrames(t *testing.T) {
	f := func(number int, last bool) frame {
		return frame{number: number, last: last, data: []byte{byte('a' + number)}}
	}
	for name, c := range map[string]struct {
		frames []frame
		want   string
		size   uint64
	}{
		"any order":               {[]frame{f(2, true), f(0, false), f(1, false)}, "abc", 603},
		"duplicate":               {[]frame{f(0, false), {number: 0, data: []byte("x")}, f(1, true)}, "ab", 402},
		"second close":            {[]frame{f(1, true), {number: 2, last: true}, f(0, false)}, "ab", 402},
		"after the end":           {[]frame{f(1, true), f(2, false), f(0, false)}, "ab", 402},
		"closed below its frames": {[]frame{f(0, false), f(3, false), f(1, true)}, "ab", 201},
		"a gap":                   {[]frame{f(0, false), f(2, true)}, "", 402},
		"not closed":              {[]frame{f(0, false)}, "", 201},
	} {
		var channel bankChannel
		for _, f := range c.frames {
			channel.add(f)
		}
		got := ""
		if channel.ready() {
			got = string(channel.data())
		}
		if got != c.want || channel.size != c.size {
			t.Errorf("%s: %q of size %d, want %q of %d", name, got, channel.size, c.want, c.size)
		}
	}
}

func TestChannelBankDropsTheOldestWhenFull(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	d := h.start()
	d.ingest(frame{id: channelID{1}})
	d.ingest(frame{id: channelID{2}})
	d.bank[0].size = 100_000_000 - 400
	d.ingest(frame{id: channelID{3}})
	if len(d.bank) != 3 {
		t.Fatalf("%d channels in a bank that is just full", len(d.bank))
	}
	d.ingest(frame{id: channelID{2}, number: 1})
	if len(d.bank) != 2 || d.bank[0].id != (channelID{2}) {
		t.Fatalf("%d channels", len(d.bank))
	}
}

func TestAssemble(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	a, b := channelID{1}, channelID{2}
	data := func(id channelID, number int, text string, last bool) frame {
		return frame{id: id, number: number, data: []byte(text), last: last}
	}
	for name, c := range map[string]struct {
		frames []frame
		want   string
	}{
		"in order":                      {[]frame{data(a, 0, "x", false), data(a, 1, "y", true)}, "[xy]"},
		"other channel's frame dropped": {[]frame{data(a, 0, "x", false), data(b, 1, "?", true), data(a, 1, "y", true)}, "[xy]"},
		"gap dropped":                   {[]frame{data(a, 0, "x", false), data(a, 2, "?", true), data(a, 1, "y", true)}, "[xy]"},
		"no first frame":                {[]frame{data(a, 1, "?", true)}, "[]"},
		"a new first frame starts over": {[]frame{data(a, 0, "?", false), data(a, 0, "x", false), data(a, 1, "y", true)}, "[xy]"},
		"two channels":                  {[]frame{data(a, 0, "x", true), data(a, 1, "?", true), data(b, 0, "y", true)}, "[x y]"},
	} {
		d := h.start()
		got := []string{}
		for _, f := range c.frames {
			if channel, complete := d.assemble(f); complete {
				got = append(got, string(channel))
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	for extra, want := range map[int]bool{0: true, 1: false} {
		d := h.start()
		d.assemble(frame{id: a})
		d.staged.size = 100_000_000 - 200
		if _, complete := d.assemble(frame{id: a, number: 1, last: true, data: make([]byte, extra)}); complete != want {
			t.Errorf("%d bytes over the limit: complete %v", extra, complete)
		}
	}
}

// spanBody encodes a span batch of one block with transactions.
func spanBody(txs []*types.Transaction) []byte {
	out := binary.AppendUvarint(nil, 2)
	out = binary.AppendUvarint(out, l1Start)
	out = append(out, make([]byte, 40)...)
	out = append(out, 1, 0)
	out = binary.AppendUvarint(out, uint64(len(txs)))
	creations, parities, protected := new(big.Int), new(big.Int), new(big.Int)
	var signatures, recipients, datas, nonces, gases []byte
	legacy := 0
	for i, tx := range txs {
		v, r, s := tx.RawSignatureValues()
		parity := v.Uint64()
		if tx.Type() == types.LegacyTxType {
			if tx.Protected() {
				protected.SetBit(protected, legacy, 1)
				parity -= 35 + 2*901
			} else {
				parity -= 27
			}
			legacy++
		}
		parities.SetBit(parities, i, uint(parity))
		signatures = append(append(signatures, bigWord(r)...), bigWord(s)...)
		if tx.To() == nil {
			creations.SetBit(creations, i, 1)
		} else {
			recipients = append(recipients, tx.To()[:]...)
		}
		fields := []any{tx.Value(), tx.GasPrice(), tx.Data()}
		switch tx.Type() {
		case types.AccessListTxType:
			fields = append(fields, tx.AccessList())
		case types.DynamicFeeTxType:
			fields = []any{tx.Value(), tx.GasTipCap(), tx.GasFeeCap(), tx.Data(), tx.AccessList()}
		case types.SetCodeTxType:
			fields = []any{tx.Value(), tx.GasTipCap(), tx.GasFeeCap(), tx.Data(), tx.AccessList(), tx.SetCodeAuthorizations()}
		}
		if tx.Type() != types.LegacyTxType {
			datas = append(datas, tx.Type())
		}
		datas = append(datas, rlpBytes(fields)...)
		nonces = binary.AppendUvarint(nonces, tx.Nonce())
		gases = binary.AppendUvarint(gases, tx.Gas())
	}
	list := func(bits *big.Int, n int) []byte { return bits.FillBytes(make([]byte, (n+7)/8)) }
	return concat(out, list(creations, len(txs)), list(parities, len(txs)), signatures, recipients, datas, nonces, gases,
		list(protected, legacy))
}

func TestSpanTransactions(t *testing.T) {
	h := newHistory(t, rollup.Isthmus)
	d := h.start()
	signer := types.LatestSignerForChainID(big.NewInt(901))
	access := types.AccessList{{Address: user, StorageKeys: []common.Hash{{1}}}}
	var txs []*types.Transaction
	for i := range uint64(6) {
		to := &user
		if i%3 == 1 {
			to = nil
		}
		price, value, data := big.NewInt(int64(1000*i)), big.NewInt(int64(i)), bytes.Repeat([]byte{9}, int(i)*30)
		legacy := &types.LegacyTx{Nonce: 200 * i, GasPrice: price, Gas: 21000 * i, To: to, Value: value, Data: data}
		txs = append(
			txs,
			types.MustSignNewTx(batcherKey, types.HomesteadSigner{}, legacy),
			types.MustSignNewTx(batcherKey, signer, legacy),
			types.MustSignNewTx(batcherKey, signer, &types.AccessListTx{
				Nonce: i, GasPrice: price, Gas: i, To: to, Value: value, Data: data, AccessList: access,
			}),
			types.MustSignNewTx(otherKey, signer, &types.DynamicFeeTx{
				ChainID: big.NewInt(901), Nonce: i, GasTipCap: big.NewInt(3), GasFeeCap: price, To: to, Value: value, Data: data,
			}),
			types.MustSignNewTx(otherKey, signer, &types.SetCodeTx{
				ChainID: uint256.NewInt(901), Nonce: i, GasTipCap: uint256.NewInt(3), GasFeeCap: uint256.NewInt(1), Value: uint256.NewInt(i),
				To: user, Data: data, AccessList: access, AuthList: []types.SetCodeAuthorization{{Address: user, Nonce: i, V: 1}},
			}),
		)
	}
	body := spanBody(txs)
	raw, ok := readSpan(body)
	if !ok {
		t.Fatal("a span batch of good transactions cannot be read")
	}
	blocks, err := d.spanBlocks(raw)
	if err != nil || len(blocks) != 1 || len(blocks[0].transactions) != len(txs) {
		t.Fatalf("%v, %v", blocks, err)
	}
	for i, tx := range txs {
		want, err := tx.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(blocks[0].transactions[i], want) {
			t.Errorf("transaction %d: %x, want %x", i, blocks[0].transactions[i], want)
		}
	}
	for n := range body {
		if _, ok := readSpan(body[:n]); ok {
			t.Fatalf("the first %d of %d bytes can be read", n, len(body))
		}
	}
}

func TestSpanLimitsAndBadParts(t *testing.T) {
	prefix := func(tail ...byte) []byte { return append(append([]byte{2, 100}, make([]byte, 40)...), tail...) }
	tenMillion := binary.AppendUvarint(nil, 10_000_000)
	tooMany := binary.AppendUvarint(nil, 10_000_001)
	for name, body := range map[string][]byte{
		"no blocks":              prefix(0),
		"too many blocks":        append(prefix(tooMany...), make([]byte, 12_000_000)...),
		"origin bit of no block": prefix(1, 2, 0),
		"too many transactions":  append(prefix(append([]byte{1, 0}, tooMany...)...), make([]byte, 10_000)...),
		"too many in all":        prefix(append(append([]byte{2, 0}, tenMillion...), 1)...),
		"a number of 11 bytes":   bytes.Repeat([]byte{0xff}, 100),
		"creation bit of no tx":  prefix(append([]byte{1, 0, 1, 2}, make([]byte, 1000)...)...),
		"data that is no list":   prefix(append([]byte{1, 0, 1, 1, 0}, make([]byte, 1000)...)...),
	} {
		if _, ok := readSpan(body); ok {
			t.Errorf("%s: can be read", name)
		}
	}
	if s, ok := readSpan(append(prefix(tenMillion...), make([]byte, 11_250_000)...)); !ok || len(s.txCounts) != 10_000_000 {
		t.Error("ten million blocks cannot be read")
	}
	if _, ok := readSpan(append([]byte{0x82, 0x00, 100}, prefix(1, 0, 0)[2:]...)); !ok {
		t.Error("a number with a byte more than it needs cannot be read")
	}

	zero := new(big.Int)
	list := func(kind byte, fields ...any) []byte { return append([]byte{kind}, rlpBytes(fields)...) }
	postExec := list(postExecTxType, uint64(1))
	for name, c := range map[string]struct {
		parts txParts
		ok    bool
	}{
		"type 2":                    {txParts{data: list(2, zero, zero, zero, []byte{}, types.AccessList{})}, true},
		"type 2, a field too few":   {txParts{data: list(2, zero, zero, zero, []byte{})}, false},
		"type 2, a field too many":  {txParts{data: list(2, zero, zero, zero, []byte{}, types.AccessList{}, zero)}, false},
		"type 1 with type 2's":      {txParts{data: list(1, zero, zero, zero, []byte{}, types.AccessList{})}, false},
		"legacy, a field too few":   {txParts{data: rlpBytes([]any{zero, zero})}, false},
		"type 0":                    {txParts{data: list(0, zero, zero, []byte{})}, false},
		"type 3":                    {txParts{data: list(3, zero, zero, zero, []byte{}, types.AccessList{})}, false},
		"type 4 that creates":       {txParts{data: list(4, zero, zero, zero, []byte{}, types.AccessList{}, []any{})}, false},
		"type 4":                    {txParts{to: &user, data: list(4, zero, zero, zero, []byte{}, types.AccessList{}, []any{})}, true},
		"type 4 without a list":     {txParts{to: &user, data: list(4, zero, zero, zero, []byte{}, types.AccessList{})}, false},
		"post-exec":                 {txParts{data: postExec}, true},
		"post-exec with a nonce":    {txParts{data: postExec, nonce: 1}, false},
		"post-exec with gas":        {txParts{data: postExec, gas: 1}, false},
		"post-exec to somebody":     {txParts{data: postExec, to: &user}, false},
		"post-exec with a parity":   {txParts{data: postExec, parity: 1}, false},
		"post-exec with signature":  {txParts{data: postExec, r: big.NewInt(1)}, false},
		"post-exec with signature2": {txParts{data: postExec, s: big.NewInt(1)}, false},
	} {
		c.parts.chainID = big.NewInt(901)
		if c.parts.r == nil {
			c.parts.r = new(big.Int)
		}
		if c.parts.s == nil {
			c.parts.s = new(big.Int)
		}
		tx, err := c.parts.transaction()
		if (err == nil) != c.ok {
			t.Errorf("%s: %x, %v", name, tx, err)
		}
	}
}

// The system config of a block is that of the block before, as far as the block says it, and what its L1 origin changes.
func TestSystemConfigLivesInTheBlocks(t *testing.T) {
	h := newHistory(t, rollup.Granite)
	holocene, jovian := uint64(startTime+20), uint64(startTime+40)
	h.world.Config.SeqWindowSize = 2
	h.world.Config.SetTime(rollup.Holocene, &holocene)
	h.world.Config.SetTime(rollup.Isthmus, &jovian)
	h.world.Config.SetTime(rollup.Jovian, &jovian)
	updates := func(i int, logs ...*types.Log) {
		h.world.L1[i].Receipts = types.Receipts{{Status: types.ReceiptStatusSuccessful, Logs: logs}}
	}
	h.idle(9)
	// Origin 1 (blocks 6 to 11): lost, as Holocene is first at block 10; the gas limit stays.
	updates(1, update(4, word(7<<32|8)), update(5, word(9<<64>>64)), update(2, word(40_000_000)))
	// Origin 2 (from block 12): the parameters stay, the minimum is lost.
	updates(2, update(4, word(70<<32|8)), update(6, word(33)))
	// Origin 4 (from block 24), after Jovian's first block 20.
	updates(4, update(6, word(34)), update(7, word(35)), update(5, bigWord(new(big.Int).Lsh(big.NewInt(36), 64))))
	r := Derive(h.world)
	if r.Halted != "" || len(r.Chain) < 26 {
		t.Fatalf("halted %q after %d blocks", r.Halted, len(r.Chain)-1)
	}
	for i, want := range map[int]eth.Bytes8{10: {}, 11: {3: 250, 7: 6}, 12: {3: 70, 7: 8}, 25: {3: 70, 7: 8}} {
		if got := *r.Chain[i].Attributes.EIP1559Params; got != want {
			t.Errorf("block %d: EIP-1559 parameters %v, want %v", i, got, want)
		}
	}
	for i, want := range map[int]uint64{5: 30_000_000, 6: 40_000_000, 25: 40_000_000} {
		if got := r.Chain[i].Attributes.GasLimit; got != want {
			t.Errorf("block %d: gas limit %d, want %d", i, got, want)
		}
	}
	for i, want := range map[int]uint64{20: 0, 23: 0, 24: 34, 25: 34} {
		if got := *r.Chain[i].Attributes.MinBaseFee; got != want {
			t.Errorf("block %d: minimum base fee %d, want %d", i, got, want)
		}
	}
	for i, want := range map[int]string{20: "164", 21: "178 0 400", 24: "178 36 35", 25: "178 36 35"} {
		data := infoData(t, r.Chain[i])
		got := fmt.Sprint(len(data))
		if len(data) == 178 {
			got += fmt.Sprintf(" %d %d", getUint(data[164:168]), getUint(data[176:]))
		}
		if got != want {
			t.Errorf("block %d: L1 info %s, want %s", i, got, want)
		}
	}
}

// FuzzDerive feeds bytes of which nothing is known to be good as a data item, a channel and a batch.
func FuzzDerive(f *testing.F) {
	h := newHistory(f, rollup.Granite)
	f.Add(compress(h.one(1, h.hashes()[0], 0, fine)), true)
	f.Add(h.span(h.hashes()[0], []int{0, 0}, map[int]uint64{1: 5}), false)
	f.Fuzz(func(t *testing.T, data []byte, strict bool) {
		last := rollup.Granite
		if strict {
			last = rollup.Jovian
		}
		h := newHistory(t, last)
		h.l1(
			h.tx(batcherKey, data),
			h.tx(batcherKey, item(frame{data: data[:min(len(data), maxFrameData)], last: true})),
			h.tx(batcherKey, item(frame{id: channelID{1}, data: compress(data), last: true})),
		)
		h.idle(5)
		r := h.derive()
		for i, b := range r.Chain[1:] {
			if b.Number != 8+uint64(i) || b.Attributes.Timestamp != startTime+2*uint64(i+1) {
				t.Fatalf("block %d is %+v", i+1, b)
			}
			if b.Origin < r.Chain[i].Origin || b.Origin > r.Chain[i].Origin+1 {
				t.Fatalf("block %d has the origin %d after %d", i+1, b.Origin, r.Chain[i].Origin)
			}
			var tx types.Transaction
			if err := tx.UnmarshalBinary(b.Attributes.Transactions[0]); err != nil || tx.Type() != types.DepositTxType {
				t.Fatalf("block %d starts with %x", i+1, b.Attributes.Transactions[0])
			}
		}
	})
}
