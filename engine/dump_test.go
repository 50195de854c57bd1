package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

func readInvalid(t *testing.T, path string) (v invalidFile) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mustUnmarshal(t, text, &v)
	return v
}

func TestInvalidBlockIsKept(t *testing.T) {
	cfg := testConfig()
	dir := filepath.Join(t.TempDir(), "made", "when needed")
	f, c := newFakeWith(t, cfg, Options{InvalidDir: dir, Report: func(err error) { t.Error(err) }})
	env := built(cfg, parentHash, ordered(cfg, forkTime(rollup.Jovian)))
	p := env.ExecutionPayload
	f.answers["engine_newPayloadV4"] = map[string]any{"status": "INVALID", "validationError": "bad root", "latestValidHash": parentHash}
	before := time.Now().Add(-time.Second)
	err := c.Insert(t.Context(), eth.ForkchoiceState{HeadBlockHash: p.BlockHash}, env)
	path := filepath.Join(dir, fmt.Sprintf("invalid-5-%x.json", p.BlockHash[:4]))
	if kindOf(err) != rejected || eth.FaultOf(err) != eth.EngineRejectsBlock || !strings.Contains(err.Error(), path) {
		t.Fatalf("fault %q: %v", eth.FaultOf(err), err)
	}
	v := readInvalid(t, path)
	if v.Method != "engine_newPayloadV4" || v.Status != "INVALID" || v.Reason != "bad root" || v.LatestValidHash == nil || *v.LatestValidHash != parentHash {
		t.Errorf("%+v", v)
	}
	if v.Time.Before(before) || v.Time.After(time.Now().Add(time.Second)) {
		t.Errorf("time %s", v.Time)
	}
	if v.Attributes != nil || v.Forkchoice != nil || v.Payload == nil {
		t.Fatal("not the payload alone")
	}
	if hash := blockHash(v.Payload, cfg.L2Rules(p.Timestamp)); hash != p.BlockHash || v.Payload.ExecutionPayload.BlockHash != hash {
		t.Errorf("the block in the file has hash %s, want %s", hash, p.BlockHash)
	}
	if names := files(t, dir); len(names) != 1 {
		t.Errorf("files %v", names)
	}
}

func TestInvalidAttributesAreKept(t *testing.T) {
	cfg := testConfig()
	cfg.Genesis.L2.Number, cfg.Genesis.L2Time = 40, 0
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	number := 40 + forkTime(rollup.Jovian)/2
	for name, tc := range map[string]struct {
		answer any
		status string
	}{
		"INVALID": {forkchoice(invalid("no such nonce"), nil), "INVALID"},
		"-38003":  {codedError{-38003, "no such nonce"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, c := newFakeWith(t, cfg, Options{InvalidDir: dir})
			f.answers["engine_forkchoiceUpdatedV3"] = tc.answer
			for _, order := range []eth.PayloadAttributes{*attrs, attrs.DepositsOnly(), *attrs} {
				if _, err := c.Start(t.Context(), onParent, &order); kindOf(err) != rejected || !strings.Contains(err.Error(), dir) {
					t.Fatal(err)
				}
			}
			names := files(t, dir)
			if len(names) != 2 { // the same attributes again are the same file
				t.Fatalf("files %v", names)
			}
			var sizes []int
			for _, name := range names {
				if !strings.HasPrefix(name, fmt.Sprintf("invalid-%d-", number)) {
					t.Errorf("name %s, want number %d", name, number)
				}
				v := readInvalid(t, filepath.Join(dir, name))
				if v.Status != tc.status || !strings.Contains(v.Reason, "no such nonce") || v.Payload != nil || v.Forkchoice == nil || *v.Forkchoice != onParent {
					t.Errorf("%+v", v)
				}
				sizes = append(sizes, len(v.Attributes.Transactions))
			}
			slices.Sort(sizes)
			if !slices.Equal(sizes, []int{1, 2}) {
				t.Errorf("transactions %v", sizes)
			}
		})
	}
}

func TestOnlyInvalidIsKept(t *testing.T) {
	cfg := testConfig()
	dir := t.TempDir()
	f, c := newFakeWith(t, cfg, Options{InvalidDir: dir})
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	env := built(cfg, parentHash, attrs)
	fc := eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash}
	for _, answer := range []any{status("SYNCING"), codedError{code: -32000}, invalid("missing trie node"), status("MAYBE")} {
		f.answers["engine_newPayloadV4"] = answer
		if err := c.Insert(t.Context(), fc, env); err == nil {
			t.Errorf("%v: no error", answer)
		}
	}
	f.answers["engine_forkchoiceUpdatedV3"] = forkchoice(invalid("bad head"), nil)
	if err := c.Forkchoice(t.Context(), fc); kindOf(err) != rejected {
		t.Error(err)
	}
	if names := files(t, dir); names != nil {
		t.Errorf("files %v", names)
	}
}

func TestNewestInvalidBlocksAreKept(t *testing.T) {
	cfg := testConfig()
	dir := t.TempDir()
	for _, foreign := range []string{"notes.json", "invalid-1.md"} {
		if err := os.WriteFile(filepath.Join(dir, foreign), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, foreign), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	f, c := newFakeWith(t, cfg, Options{InvalidDir: dir, Report: func(err error) { t.Error(err) }})
	f.answers["engine_newPayloadV4"] = status("INVALID")
	env := built(cfg, parentHash, ordered(cfg, forkTime(rollup.Jovian)))
	old := time.Now().Add(-time.Hour)
	for n := range uint64(maxInvalid + 4) {
		p := *env.ExecutionPayload
		p.BlockNumber, p.BlockHash = 100-n, common.Hash{byte(n)} // names in the order opposite to time
		err := c.Insert(t.Context(), eth.ForkchoiceState{HeadBlockHash: p.BlockHash}, &eth.PayloadEnvelope{ExecutionPayload: &p, ParentBeaconBlockRoot: env.ParentBeaconBlockRoot})
		if kindOf(err) != rejected {
			t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprintf("invalid-%d-%08x.json", 100-n, n<<24))
		at := old.Add(time.Duration(n) * time.Second)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for n := maxInvalid + 3; n >= 4; n-- {
		want = append(want, fmt.Sprintf("invalid-%d-%08x.json", 100-n, n<<24))
	}
	want = append([]string{"invalid-1.md"}, append(want, "notes.json")...)
	if names := files(t, dir); !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
}

// Not to be able to write changes nothing about the answer.
func TestUnwritableFolderIsReported(t *testing.T) {
	cfg := testConfig()
	notAFolder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notAFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	occupied := t.TempDir()
	if err := os.MkdirAll(filepath.Join(occupied, "invalid.part"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{notAFolder, occupied} {
		var reports []error
		f, c := newFakeWith(t, cfg, Options{InvalidDir: dir, Report: func(err error) { reports = append(reports, err) }})
		f.answers["engine_newPayloadV4"] = invalid("bad root")
		env := built(cfg, parentHash, ordered(cfg, forkTime(rollup.Jovian)))
		err := c.Insert(t.Context(), eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash}, env)
		if kindOf(err) != rejected || err.Error() != "rejected by the engine: bad root" {
			t.Errorf("%v", err)
		}
		if len(reports) != 1 || !strings.Contains(reports[0].Error(), dir) {
			t.Errorf("reports %v", reports)
		}
		_, silent := newFakeWith(t, cfg, Options{InvalidDir: dir})
		silent.dump.report(err) // nobody is told
	}
}

func TestInvalidFileNamesItsFields(t *testing.T) {
	var got map[string]any
	mustUnmarshal(t, mustJSON(t, invalidFile{Payload: built(testConfig(), parentHash, ordered(testConfig(), forkTime(rollup.Jovian))), Forkchoice: &onParent, Attributes: ordered(testConfig(), forkTime(rollup.Jovian)), Status: "INVALID"}), &got)
	for _, field := range []string{"time", "method", "status", "reason", "latestValidHash", "payload", "forkchoiceState", "payloadAttributes"} {
		if _, ok := got[field]; !ok {
			t.Errorf("no field %s", field)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d fields", len(got))
	}
}
