package l1

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
)

func TestPace(t *testing.T) {
	cfg := FollowConfig{Interval: 12 * time.Second, MaxBackoff: time.Minute}
	fast := FollowConfig{Interval: 100 * time.Millisecond, MaxBackoff: time.Minute}
	for _, tc := range []struct {
		name     string
		cfg      FollowConfig
		failures int
		ok       bool
		u        float64
		next     int
		wait     time.Duration
	}{
		{"well: the interval", cfg, 0, true, 0.9, 0, 12 * time.Second},
		{"well again: failures are forgotten", cfg, 7, true, 0, 0, 12 * time.Second},
		{"first failure: a second", cfg, 0, false, 0, 1, time.Second},
		{"each failure doubles", cfg, 3, false, 0, 4, 8 * time.Second},
		{"up to the limit", cfg, 6, false, 0, 7, time.Minute},
		{"any number of failures", cfg, 1 << 40, false, 0, 1<<40 + 1, time.Minute},
		{"jitter takes off up to half", cfg, 6, false, 0.5, 7, 45 * time.Second},
		{"a short interval is where it begins", fast, 1, false, 0, 2, 200 * time.Millisecond},
		{"a limit below the beginning holds", FollowConfig{Interval: time.Minute, MaxBackoff: time.Millisecond}, 0, false, 0, 1, time.Millisecond},
	} {
		next, wait := pace{failures: tc.failures}.after(tc.ok, tc.cfg, tc.u)
		if next.failures != tc.next || wait != tc.wait {
			t.Errorf("%s: %d failures and %s, want %d and %s", tc.name, next.failures, wait, tc.next, tc.wait)
		}
	}
}

func TestCacheIsBoundedByBytesAndDropsTheLeastRecent(t *testing.T) {
	made := func(n byte, size int) *eth.L1Block {
		b := &eth.L1Block{L1Ref: eth.L1Ref{Hash: common.Hash{n}}}
		if rest := size - int(sizeOf(b)); rest > 0 {
			b.Inbox = []eth.InboxTx{{}}
			b.Inbox[0].Data = make([]byte, size-int(sizeOf(b)))
		}
		return b
	}
	c := newBlockCache(10_000)
	holds := func(want ...byte) {
		t.Helper()
		if c.recent.Len() != len(want) || len(c.byHash) != len(want) || c.size > c.max {
			t.Errorf("%d blocks of %d bytes, want %d", c.recent.Len(), c.size, len(want))
		}
		for _, n := range want {
			if _, ok := c.byHash[common.Hash{n}]; !ok {
				t.Errorf("block %d is gone", n)
			}
		}
	}
	c.add(made(1, 4000))
	c.add(made(2, 4000))
	c.add(made(2, 4000))
	holds(1, 2)
	if _, ok := c.get(common.Hash{1}); !ok {
		t.Error("block 1 is gone")
	}
	c.add(made(3, 4000))
	holds(1, 3)
	c.add(made(4, 10_001))
	holds(1, 3)
	c.add(made(5, 10_000))
	holds(5)
	if c.size != 10_000 {
		t.Errorf("size %d", c.size)
	}
	if _, ok := c.get(common.Hash{1}); ok {
		t.Error("block 1 is still there")
	}
}

func BenchmarkVerifyRealBlock(b *testing.B) {
	file, err := os.Open("../../shared/vectors/l1-blocks/pre-shanghai-success.json.gz")
	if errors.Is(err, fs.ErrNotExist) {
		b.Skip("real L1 blocks are not there: ../shared/vectors/l1-blocks")
	}
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	in, err := gzip.NewReader(file)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := io.ReadAll(in)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		header, rest, err := readHeader(answer, false)
		if err != nil {
			b.Fatal(err)
		}
		body, err := readBody(rest)
		if err != nil {
			b.Fatal(err)
		}
		if err := verifyBody(header, body); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever an endpoint says, reading it ends in a value or an error.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"hash":null,"transactions":[null,{"hash":"0x0000000000000000000000000000000000000000000000000000000000000001"}],"withdrawals":[null]}`))
	f.Add([]byte(`[{"status":"0x1","cumulativeGasUsed":"0x1","gasUsed":"0x0","l1FeeScalar":"1e999999","logsBloom":"0x","logs":[null]}]`))
	f.Add([]byte(`{"data":[{"blob":"0x00","kzg_commitment":"0x","kzg_proof":null},null]}`))
	f.Add([]byte(`{"data":["0x","",null]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		h := &header{Header: &types.Header{Number: new(big.Int), Difficulty: new(big.Int)}}
		if _, err := readReceipts(h, answer, false); err == nil {
			t.Error("receipts match a root of zero")
		}
		if of, rest, err := readHeader(answer, false); err == nil {
			readAnyBody(t, of, rest, answer)
		}
		var rest blockAnswer
		if json.Unmarshal(answer, &rest) == nil {
			readAnyBody(t, h, &rest, answer)
		}
		w := newWanted(0, []common.Hash{{1}})
		for _, r := range []route{routeBlobs, routeSidecars} {
			if blobs, err := w.pick(t.Context(), r, answer); err == nil {
				t.Errorf("%d blobs of a hash that has none", len(blobs))
			}
		}
	})
}

func readAnyBody(t *testing.T, h *header, rest *blockAnswer, raw []byte) {
	t.Helper()
	body, err := readBody(rest)
	if err != nil {
		return
	}
	for _, tx := range body.unread {
		_ = body.setRaw(tx.index, raw)
	}
	if verifyBody(h, body) == nil && h.TxHash == (common.Hash{}) {
		t.Error("transactions match a root of zero")
	}
}

func newWanted(slot uint64, hashes []common.Hash) *wanted {
	return &wanted{slot: slot, hashes: distinct(hashes)}
}
