package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// RULES 7.8: newPayload VALID, SYNCING and ACCEPTED, and forkchoiceUpdated VALID and SYNCING are fine.
func TestSyncToTakesWhatASyncingEngineAnswers(t *testing.T) {
	cfg := testConfig()
	env := built(cfg, parentHash, ordered(cfg, forkTime(rollup.Jovian)))
	fc := eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash}
	const fcu, put = "engine_forkchoiceUpdatedV3", "engine_newPayloadV4"
	both := []string{put, fcu}
	cases := []struct {
		name     string
		put, fcu any
		done     bool
		want     answerKind
		fault    eth.Fault
		called   []string
	}{
		{"VALID, VALID", status("VALID"), status("VALID"), true, done, "", both},
		{"SYNCING, SYNCING", status("SYNCING"), status("SYNCING"), false, done, "", both},
		{"ACCEPTED, SYNCING", status("ACCEPTED"), status("SYNCING"), false, done, "", both},
		{"SYNCING, VALID", status("SYNCING"), status("VALID"), true, done, "", both},
		{"VALID, SYNCING", status("VALID"), status("SYNCING"), false, done, "", both},
		{"INVALID", invalid("bad"), nil, false, rejected, eth.EngineRejectsBlock, both[:1]},
		{"INVALID_BLOCK_HASH", status("INVALID_BLOCK_HASH"), nil, false, rejected, eth.EngineRejectsBlock, both[:1]},
		{"SYNCING, INVALID", status("SYNCING"), invalid("bad ancestor"), false, rejected, eth.EngineRejectsBlock, both},
		{"SYNCING, ACCEPTED", status("SYNCING"), status("ACCEPTED"), false, unable, eth.EngineError, both},
		{"another status", status("MAYBE"), nil, false, unable, eth.EngineError, both[:1]},
		{"newPayload fails", codedError{code: -32000}, nil, false, unable, eth.EngineError, both[:1]},
		{"labels that do not fit", status("SYNCING"), codedError{code: -38002}, false, disagreement, eth.EngineRejectsLabels, both},
		{"forkchoiceUpdated fails", status("VALID"), codedError{code: -32000}, false, unable, eth.EngineError, both},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			f, c := newFake(t, cfg)
			f.answers[put], f.answers[fcu] = tc.put, tc.fcu
			if s, ok := tc.fcu.(map[string]any); ok {
				f.answers[fcu] = forkchoice(s, nil)
			}
			isDone, err := c.SyncTo(t.Context(), fc, env)
			if isDone != tc.done || kindOf(err) != tc.want || eth.FaultOf(err) != tc.fault {
				t.Errorf("done %t, fault %q: %v", isDone, eth.FaultOf(err), err)
			}
			if !slices.Equal(f.called, tc.called) {
				t.Errorf("called %v", f.called)
			}
		})
	}
	f, c := newFake(t, cfg)
	if isDone, err := c.SyncTo(t.Context(), onParent, env); isDone || err == nil || f.called != nil {
		t.Errorf("another head than the block: %t, %v, called %v", isDone, err, f.called)
	}
	if err := c.Insert(t.Context(), onParent, env); err == nil || f.called != nil {
		t.Errorf("insert under another head: %v, called %v", err, f.called)
	}
}

// The shapes are those of op-geth 1.101702, reth 1.9 and erigon 2.61.
func TestProgressOfASync(t *testing.T) {
	type object = map[string]any
	geth := func(current, highest string, more object) object {
		all := object{
			"startingBlock": "0x0", "currentBlock": current, "highestBlock": highest, "syncedAccounts": "0x0",
			"healingTrienodes": "0x0", "healingBytecode": "0x0", "txIndexFinishedBlocks": "0x0", "txIndexRemainingBlocks": "0x0",
		}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	type stage = map[string]any
	cases := []struct {
		name   string
		answer any
		want   *SyncProgress
		fault  eth.Fault
	}{
		{"no", false, nil, ""},
		{"geth fetches blocks", geth("0x5", "0x64", nil), &SyncProgress{Current: 5, Highest: 100}, ""},
		{"geth fetches blocks and state", geth("0x5", "0x64", object{"syncedAccounts": "0x1", "txIndexRemainingBlocks": "0x1"}), &SyncProgress{Current: 5, Highest: 100}, ""},
		{"geth has blocks and fetches state", geth("0x64", "0x64", object{"syncedAccounts": "0x1"}), &SyncProgress{Current: 100, Highest: 100, Stage: "state"}, ""},
		{"geth heals state", geth("0x64", "0x64", object{"syncedAccounts": "0x1", "healingTrienodes": "0x9"}), &SyncProgress{Current: 100, Highest: 100, Stage: "state healing"}, ""},
		{"geth heals code", geth("0x63", "0x64", object{"healingBytecode": "0x9"}), &SyncProgress{Current: 99, Highest: 100, Stage: "state healing"}, ""},
		{"geth makes its index", geth("0x64", "0x64", object{"txIndexRemainingBlocks": "0x3", "syncedAccounts": "0x1"}), &SyncProgress{Current: 100, Highest: 100, Stage: "transaction index"}, ""},
		{"geth with nothing left", geth("0x64", "0x64", nil), &SyncProgress{Current: 100, Highest: 100}, ""},
		{"reth", object{"startingBlock": "0x2", "currentBlock": "0x5", "highestBlock": "0x9", "stages": []stage{{"name": "Headers", "block": "0x9"}, {"name": "Bodies", "block": "0x5"}, {"name": "Execution", "block": "0x0"}}}, &SyncProgress{Starting: 2, Current: 5, Highest: 9, Stage: "Bodies"}, ""},
		{"erigon", object{"currentBlock": "0x0", "highestBlock": "0x9", "stages": []stage{{"stage_name": "Done", "block_number": "0x9"}, {"stage_name": "Snapshots", "block_number": "0x8"}}}, &SyncProgress{Highest: 9, Stage: "Snapshots"}, ""},
		{"highest below current", object{"currentBlock": "0x9", "highestBlock": "0x5"}, &SyncProgress{Current: 9, Highest: 9}, ""},
		{"an empty object", object{}, &SyncProgress{}, ""},
		{"true", true, nil, eth.EngineError},
		{"null", nil, nil, eth.EngineError},
		{"a number for a block", object{"currentBlock": 5}, nil, eth.EngineError},
		{"an error", errors.New("no"), nil, eth.EngineError},
		{"not served", codedError{code: -32601}, nil, eth.EngineOutdated},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			f, c := newFake(t, testConfig())
			f.answers["eth_syncing"] = tc.answer
			got, err := c.Syncing(t.Context())
			if (got == nil) != (tc.want == nil) || got != nil && *got != *tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if eth.FaultOf(err) != tc.fault || (err != nil) != (tc.fault != "") {
				t.Errorf("fault %q: %v", eth.FaultOf(err), err)
			}
		})
	}
	f, c := newFake(t, testConfig())
	f.answers["eth_syncing"] = strings.Repeat("x", 1<<20)
	if _, err := c.Syncing(t.Context()); err == nil || len(err.Error()) > 2*maxWords {
		t.Error("a long answer is repeated whole")
	}
}
