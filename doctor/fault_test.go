package doctor_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/doctor"
	"github.com/cairn-rollup/cairn/rollup"
)

// want is one finding that a fault has to give.
type want struct {
	check     string
	level     doctor.Level
	text, fix string // parts of them
}

func status(code int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, code) })
}

// prunedBelow makes a method know nothing of blocks below a number.
func prunedBelow(f *fakeRPC, method string, c *chain, number uint64) {
	inner := f.answers[method]
	f.answers[method] = func(p []json.RawMessage) (any, error) {
		if b := c.find(p[0]); b != nil && b.NumberU64() < number {
			return nil, &coded{4444, "pruned history unavailable"}
		}
		return inner(p)
	}
}

// at is a time that is some time from now, as a fork time.
func at(d time.Duration) *uint64 {
	n := uint64(time.Now().Add(d).Unix())
	return &n
}

// Each fault gives the finding of its own check, with what to do; what needs the broken thing is skipped.
func TestEachFaultIsFoundByName(t *testing.T) {
	const nobody = "http://127.0.0.1:1"
	for _, c := range []struct {
		name  string
		fault func(*world)
		want  []want
	}{
		// L1.
		{"nothing listens at L1", func(w *world) { w.cfg.L1 = []string{nobody} }, []want{
			{doctor.L1Reachable, doctor.Fail, "nothing listens there", "start it, or correct --l1"},
			{doctor.L1ChainID, doctor.Skip, "needs l1.reachable", ""},
			{doctor.L1Receipts, doctor.Skip, "needs l1.reachable", ""},
			{doctor.ContractsPortal, doctor.Skip, "needs an L1 endpoint", ""},
			{doctor.BeaconOldBlob, doctor.Skip, "needs an L1 endpoint", ""},
		}},
		{"L1 wants a key", func(w *world) { w.l1.instead = status(401, "no") }, []want{{doctor.L1Reachable, doctor.Fail, "refuses: HTTP status 401", "check the key in --l1"}}},
		{"L1 limits the rate", func(w *world) { w.l1.instead = status(429, "slow down") }, []want{{doctor.L1Reachable, doctor.Fail, "limits the rate", "allows more requests"}}},
		{"L1's path is wrong", func(w *world) { w.l1.instead = status(404, "no") }, []want{{doctor.L1Reachable, doctor.Fail, "404", "check port and path of --l1"}}},
		{"L1 is no JSON-RPC", func(w *world) { w.l1.instead = status(200, "<html>") }, []want{{doctor.L1Reachable, doctor.Fail, "no usable answer", "check that --l1"}}},
		{"L1 has no such host", func(w *world) { w.cfg.L1 = []string{"http://nobody.invalid:8545"} }, []want{{doctor.L1Reachable, doctor.Fail, "no such host", "correct the host name"}}},
		{"L1 is of another chain", func(w *world) { w.l1.answers["eth_chainId"] = value("0x1") }, []want{
			{doctor.L1ChainID, doctor.Fail, "it is of chain 1, the rollup's L1 is chain 900", "correct l1_chain_id"},
			{doctor.L1Synced, doctor.Skip, "needs l1.chain-id", ""},
		}},
		{"L1 catches up, and its head is old", func(w *world) {
			w.l1.answers["eth_syncing"] = value(map[string]string{"currentBlock": "0x5", "highestBlock": "0x64"})
			w.cfg.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
		}, []want{{doctor.L1Synced, doctor.Fail, "catching up: block 5 of 100", "wait until it has caught up"}}},
		{"L1's head is minutes old", func(w *world) { w.cfg.Now = func() time.Time { return time.Now().Add(10 * time.Minute) } }, []want{
			{doctor.L1Synced, doctor.Warn, "149 is 10 min old", "wait until it has caught up"},
		}},
		{"L1's head is hours old", func(w *world) { w.cfg.Now = func() time.Time { return time.Now().Add(3 * time.Hour) } }, []want{
			{doctor.L1Synced, doctor.Fail, "149 is 3 h old", "wait until it has caught up"},
		}},
		{"L1 has no head", func(w *world) { w.l1.answers["eth_getBlockByNumber"] = value(nil) }, []want{{doctor.L1Synced, doctor.Fail, "no latest block", "synchronised"}}},
		{"L1 alters its head", func(w *world) {
			w.l1.answers["eth_getBlockByNumber"] = func(p []json.RawMessage) (any, error) {
				b := blockJSON(w.chain.find(p[0]), false)
				b["stateRoot"] = common.Hash{1}
				return b, nil
			}
		}, []want{{doctor.L1Synced, doctor.Fail, "says its hash is", "check that --l1"}}},
		{"all L1 endpoints have pruned old blocks", func(w *world) {
			for _, f := range []*fakeRPC{w.l1, w.l1b} {
				prunedBelow(f, "eth_getBlockByNumber", w.chain, 77)
			}
		}, []want{
			{doctor.L1ArchiveDepth, doctor.Fail, "it has blocks back to about 77; a start may read back to 50", "more history"},
			{doctor.L1Receipts, doctor.Fail, "back to about 77", "more history"},
			{doctor.L1Origin, doctor.OK, "120", ""},
		}},
		{"one L1 endpoint of two has pruned old receipts", func(w *world) { prunedBelow(w.l1, "eth_getBlockReceipts", w.chain, 60) }, []want{
			{doctor.L1Receipts, doctor.Warn, "it has receipts back to about 60; a start may read back to 50; ", "more history"},
			{doctor.L1ArchiveDepth, doctor.OK, "", ""},
		}},
		{"L1 gives an empty list of receipts", func(w *world) {
			w.cfg.L1 = w.cfg.L1[:1]
			w.cfg.Rollup.SeqWindowSize = 19 // block 51, which has a transaction
			w.l1.answers["eth_getBlockReceipts"] = value([]any{})
		}, []want{{doctor.L1Receipts, doctor.Fail, "a start may read back to 51", "more history"}}},
		{"L1 lies about receipts", func(w *world) {
			w.cfg.Rollup.SeqWindowSize = 19
			w.l1.answers["eth_getBlockReceipts"] = func(p []json.RawMessage) (any, error) {
				return types.Receipts{{Type: 3, CumulativeGasUsed: 1, Logs: []*types.Log{}}}, nil
			}
		}, []want{{doctor.L1Receipts, doctor.Warn, "have root", "check that --l1"}}},
		{"L1 does not serve receipts of a block", func(w *world) { w.cfg.L1 = w.cfg.L1[:1]; delete(w.l1.answers, "eth_getBlockReceipts") }, []want{
			{doctor.L1Receipts, doctor.Fail, "does not serve eth_getBlockReceipts", "use an endpoint that serves it"},
		}},
		{"L1 is not the one the engine's chain came from", func(w *world) {
			other := makeL1(time.Now().Add(-time.Second))
			w.cfg.L1 = w.cfg.L1[:1]
			w.l1.answers["eth_getBlockByNumber"], w.l1.answers["eth_getBlockByHash"] = other.block, other.block
		}, []want{{doctor.L1Origin, doctor.Fail, "the engine's safe head stands on", "engine data of this L1"}}},
		{"L1 is not that of the genesis", func(w *world) {
			w.cfg.Rollup.SeqWindowSize = 1000
			w.cfg.Rollup.Genesis.L1.Hash = common.Hash{1}
		}, []want{{doctor.L1ArchiveDepth, doctor.Fail, "the rollup's genesis stands on", "correct genesis.l1"}}},
		{"L1's head is below what the engine knows", func(w *world) { w.chain.labels["latest"] = 100 }, []want{
			{doctor.L1Origin, doctor.Fail, "its head 100 is below block 120", "caught up"},
		}},
		{"L1 prices blobs otherwise", func(w *world) { w.cfg.BlobSchedule[0].UpdateFraction = 42 }, []want{
			{doctor.L1BlobSchedule, doctor.Fail, "L1 prices blobs by update fraction 5007716, the configuration says 42", "--rollup.l1-chain-config"},
		}},
		{"L1 will price blobs otherwise", func(w *world) {
			w.l1.answers["eth_config"] = value(map[string]any{
				"current": map[string]any{"activationTime": 0, "blobSchedule": map[string]any{"baseFeeUpdateFraction": l1Fraction}},
				"next":    map[string]any{"activationTime": at(time.Hour), "blobSchedule": map[string]any{"baseFeeUpdateFraction": 7}},
			})
		}, []want{{doctor.L1BlobSchedule, doctor.Warn, "on L1 prices blobs by update fraction 7", "--rollup.l1-chain-config"}}},
		{"L1 does not tell how it prices blobs", func(w *world) { delete(w.l1.answers, "eth_config") }, []want{{doctor.L1BlobSchedule, doctor.Skip, "eth_config", ""}}},
		{"L1 endpoints do not agree", func(w *world) {
			other := makeL1(time.Now().Add(-time.Second))
			w.l1b.answers["eth_getBlockByNumber"], w.l1b.answers["eth_getBlockByHash"] = other.block, other.block
		}, []want{{doctor.L1Agree, doctor.Fail, "they have different blocks 85", "remove the endpoint that is wrong"}}},
		{"there is one L1 endpoint", func(w *world) { w.cfg.L1 = w.cfg.L1[:1] }, []want{{doctor.L1Agree, doctor.Skip, "needs a second L1 endpoint", ""}}},

		// Beacon.
		{"nothing listens at the beacon", func(w *world) { w.cfg.Beacons = []string{nobody} }, []want{
			{doctor.BeaconReachable, doctor.Fail, "nothing listens there", "--l1.beacon"},
			{doctor.BeaconOldBlob, doctor.Skip, "needs beacon.reachable", ""},
		}},
		{"the beacon's URL is none", func(w *world) { w.cfg.Beacons = []string{"beacon:5052"} }, []want{{doctor.BeaconReachable, doctor.Fail, "http(s)://host:port", "--l1.beacon"}}},
		{"the beacon wants a key", func(w *world) { w.beacon.instead = status(403, "no") }, []want{{doctor.BeaconReachable, doctor.Fail, "403", "check the key in --l1.beacon"}}},
		{"the beacon is of another L1", func(w *world) { w.beacon.spec = map[string]string{"SECONDS_PER_SLOT": "12", "DEPOSIT_CHAIN_ID": "1"} }, []want{
			{doctor.BeaconClock, doctor.Fail, "it is of L1 chain 1", "L1 chain 900"},
			{doctor.BeaconOldBlob, doctor.Skip, "needs beacon.clock", ""},
		}},
		{"the beacon's slots do not fit L1", func(w *world) {
			w.beacon.genesis = map[string]string{"genesis_time": fmt.Sprint(w.chain.blocks[0].Time() + 5)}
		}, []want{{doctor.BeaconClock, doctor.Fail, "L1's head is at no slot of it", "the rollup's L1"}}},
		{"the beacon does not tell the length of a slot", func(w *world) { w.beacon.spec = map[string]string{} }, []want{
			{doctor.BeaconClock, doctor.Fail, "does not tell the seconds of a slot", "--l1.beacon.slot-duration-override"},
		}},
		{"the length of a slot is given", func(w *world) { w.beacon.spec, w.cfg.SlotSeconds = nil, 12 }, []want{
			{doctor.BeaconClock, doctor.OK, "12 s per slot", ""}, {doctor.BeaconOldBlob, doctor.OK, "", ""},
		}},
		{"the beacon catches up", func(w *world) { w.beacon.syncing = map[string]any{"is_syncing": true, "sync_distance": "77"} }, []want{
			{doctor.BeaconSynced, doctor.Fail, "77 slots behind", "wait until"},
		}},
		{"the beacon's execution node is offline", func(w *world) { w.beacon.syncing = map[string]any{"el_offline": true} }, []want{
			{doctor.BeaconSynced, doctor.Warn, "offline", "start the execution node"},
		}},
		{"the beacon has pruned old blobs", func(w *world) { w.beacon.oldest = 100 }, []want{
			{doctor.BeaconOldBlob, doctor.Fail, "it keeps blobs back to about slot 102", "add an archive source (--l1.beacon-fallbacks)"},
			{doctor.BeaconOldBlob, doctor.Fail, "need back to slot 54", "archive"},
			{doctor.BeaconRecentBlob, doctor.OK, "slot 144", ""},
		}},
		{"the beacon has pruned old blobs, and an archive has them", func(w *world) { w.beacon.oldest = 100; w.withArchive() }, []want{
			{doctor.BeaconOldBlob, doctor.Warn, " has it", "archive"},
			{doctor.BeaconOldBlob, doctor.OK, "slot 54", ""},
		}},
		{"the beacon has no blobs", func(w *world) { w.beacon.oldest = 1 << 40 }, []want{
			{doctor.BeaconRecentBlob, doctor.Fail, "does not have the blobs of slot 144", "supernode"},
			{doctor.BeaconOldBlob, doctor.Fail, "has no blobs; need back to slot 54", "archive"},
		}},
		{"the beacon has something else for a blob", func(w *world) { w.beacon.blob = "0x" + strings.Repeat("00", 131071) + "01" }, []want{
			{doctor.BeaconOldBlob, doctor.Fail, "what it has as a blob of slot 54 is none", "use another beacon node"},
		}},
		{"L1 has no blobs", func(w *world) {
			w.cfg.L1 = w.cfg.L1[:1]
			w.l1.answers["eth_getBlockByHash"] = value(nil)
		}, []want{{doctor.BeaconOldBlob, doctor.Skip, "none in blocks 50 to 145", ""}, {doctor.BeaconRecentBlob, doctor.Skip, "none in the last 96 blocks", ""}}},

		{"L1 makes up transactions, so the beacon is not to blame", func(w *world) {
			w.cfg.L1 = w.cfg.L1[:1]
			w.l1.answers["eth_getBlockByHash"] = func(p []json.RawMessage) (any, error) {
				b := blockJSON(w.chain.find(p[0]), true)
				b["transactions"] = w.chain.blocks[9].Transactions() // other ones than the header's
				return b, nil
			}
		}, []want{{doctor.BeaconOldBlob, doctor.Skip, "none in blocks 50 to 145", ""}}},

		// Engine.
		{"nothing listens at the engine", func(w *world) { w.cfg.Engine = nobody }, []want{
			{doctor.EngineReachable, doctor.Fail, "nothing listens there", "start it, or correct --l2"},
			{doctor.EngineJWT, doctor.Skip, "needs engine.reachable", ""},
			{doctor.L1ArchiveDepth, doctor.Skip, "needs engine.reachable", ""},
			{doctor.BeaconOldBlob, doctor.Skip, "needs engine.reachable", ""},
			{doctor.BeaconRecentBlob, doctor.OK, "slot 144", ""},
		}},
		{"a beacon that stands by is away", func(w *world) { w.cfg.Beacons = append(w.cfg.Beacons, nobody) }, []want{
			{doctor.BeaconReachable, doctor.Fail, "nothing listens there", "--l1.beacon-fallbacks"},
		}},
		{"the secret is another one", func(w *world) { w.engine.secret = make([]byte, 32) }, []want{
			{doctor.EngineReachable, doctor.OK, "", ""},
			{doctor.EngineJWT, doctor.Fail, "its secret is another one (signature is invalid)", "give --l2.jwt-secret and the engine (--authrpc.jwtsecret) the same file"},
			{doctor.EngineSync, doctor.Skip, "needs engine.jwt", ""},
		}},
		{"the engine finds the token stale", func(w *world) { w.engine.instead = status(401, "stale token") }, []want{{doctor.EngineJWT, doctor.Fail, "for its time", "clocks"}}},
		{"the clock is off when the engine refuses", func(w *world) {
			w.engine.secret = make([]byte, 32)
			w.cfg.Now = func() time.Time { return time.Now().Add(-2 * time.Minute) }
		}, []want{{doctor.EngineJWT, doctor.Fail, " ahead of this machine's", "NTP"}}},
		{"the engine refuses a WebSocket", func(w *world) {
			w.engine.instead = status(401, "no")
			w.cfg.Engine = strings.Replace(w.engine.url, "http", "ws", 1)
		}, []want{{doctor.EngineReachable, doctor.OK, "", ""}, {doctor.EngineJWT, doctor.Fail, "its secret is another one", "the same file"}}},
		{"the engine's socket is not there", func(w *world) { w.cfg.Engine = filepath.Join(w.dir, "engine.ipc") }, []want{
			{doctor.EngineReachable, doctor.Fail, "no such socket", "--l2"},
		}},
		{"there is no secret", func(w *world) { w.cfg.JWTSecret = filepath.Join(w.dir, "none") }, []want{{doctor.EngineJWT, doctor.Fail, "does not exist", "--authrpc.jwtsecret"}}},
		{"the engine is of another chain", func(w *world) { w.engine.answers["eth_chainId"] = value("0xa") }, []want{
			{doctor.EngineChainID, doctor.Fail, "it is of chain 10, the rollup is chain 901", "correct l2_chain_id"},
		}},
		{"the engine does not tell its chain", func(w *world) { delete(w.engine.answers, "eth_chainId") }, []want{{doctor.EngineChainID, doctor.Fail, "does not tell", "execution RPC"}}},
		{"the engine has another genesis", func(w *world) { w.cfg.Rollup.Genesis.L2.Hash = common.Hash{1} }, []want{
			{doctor.EngineGenesis, doctor.Fail, "the engine's block 0 is", "geth init"},
			{doctor.EngineSync, doctor.Skip, "needs engine.genesis", ""},
		}},
		{"the engine has no genesis", func(w *world) { w.cfg.Rollup.Genesis.L2.Number = 99 }, []want{{doctor.EngineGenesis, doctor.Fail, "has no block 99", "geth init"}}},
		{"the engine is op-geth", func(w *world) {
			w.engine.answers["web3_clientVersion"] = value("Geth/v1.101702.3/linux-amd64/go1.26")
		}, []want{{doctor.EngineKind, doctor.OK, "op-geth: Geth/v1.101702.3/linux-amd64/go1.26; its support ended on 2026-05-31", ""}}},
		{"the engine is op-geth, and Karst comes", func(w *world) {
			w.engine.answers["web3_clientVersion"] = value("Geth/v1.101702.3")
			w.cfg.Rollup.SetTime(rollup.Karst, at(time.Hour))
		}, []want{{doctor.EngineKind, doctor.Warn, "op-geth", "move to op-reth"}}},
		{"the engine does not say what it is", func(w *world) { delete(w.engine.answers, "engine_getClientVersionV1") }, []want{{doctor.EngineKind, doctor.OK, "does not tell what it is", ""}}},
		{"the engine syncs", func(w *world) {
			w.engine.answers["eth_syncing"] = value(map[string]string{"currentBlock": "0x5", "highestBlock": "0x64"})
		}, []want{{doctor.EngineSync, doctor.Warn, "it is syncing: block 5 of 100; unsafe 3", "let it finish"}}},
		{"the engine is at its genesis", func(w *world) { w.l2.labels = map[string]int{"latest": 0, "safe": -1, "finalized": -1} }, []want{
			{doctor.EngineSync, doctor.OK, "at its genesis", ""},
			{doctor.L1ArchiveDepth, doctor.OK, "it has block 5 of", ""},
			{doctor.BeaconOldBlob, doctor.OK, "slot 9 ", ""},
			{doctor.ContractsAgree, doctor.OK, "L2 block 0", ""},
		}},
		{"the engine's head is below its finalized block", func(w *world) { w.l2.labels = map[string]int{"latest": 1, "safe": 2, "finalized": 3} }, []want{
			{doctor.EngineSync, doctor.Fail, "below its finalized block", "backup"},
		}},
		{"the engine's blocks have no L1 info of the forks", func(w *world) { w.cfg.Rollup.JovianTime = nil }, []want{
			{doctor.EngineSync, doctor.Fail, "its latest block cannot be read", "forks.schedule"},
			{doctor.ForksSchedule, doctor.Fail, "it has the mark of jovian, which is configured never", "correct the fork times"},
		}},
		{"the engine's blocks lack the mark of a fork", func(w *world) {
			b := w.l2.blocks[3]
			h := b.Header()
			h.Extra = h.Extra[:9]
			w.l2.blocks[3] = types.NewBlockWithHeader(h).WithBody(*b.Body())
		}, []want{{doctor.ForksSchedule, doctor.Fail, "it lacks the mark of jovian, which is configured from genesis", "correct the fork times"}}},
		{"it is not the engine's authenticated port", func(w *world) { delete(w.engine.answers, "engine_exchangeCapabilities") }, []want{
			{doctor.EngineMethods, doctor.Fail, "not the Engine API", "8551"},
		}},
		{"the engine lacks a method", func(w *world) {
			w.engine.answers["engine_exchangeCapabilities"] = value([]string{"engine_forkchoiceUpdatedV3", "engine_newPayloadV4"})
		}, []want{{doctor.EngineMethods, doctor.Fail, "engine_getPayloadV4", "newer version of the engine"}}},
		{"the engine lacks a method of the next fork", func(w *world) {
			w.cfg.Rollup.SetTime(rollup.Karst, at(time.Hour))
			w.engine.answers["engine_exchangeCapabilities"] = value([]string{"engine_forkchoiceUpdatedV3", "engine_newPayloadV4", "engine_getPayloadV4"})
		}, []want{{doctor.EngineMethods, doctor.Warn, "karst needs engine_getPayloadV5", "newer version of the engine before 2"}}},

		// Forks.
		{"the engine's chain configuration has another time of a fork", func(w *world) {
			w.engine.answers["debug_chainConfig"] = value(map[string]any{
				"chainId": 901, "regolithTime": 0, "canyonTime": 0, "ecotoneTime": 0, "fjordTime": 0, "graniteTime": 0, "holoceneTime": 0,
				"isthmusTime": 0, "jovianTime": 1_700_000_000,
			})
			w.cfg.Rollup.Genesis.L2Time = 1_600_000_000
		}, []want{{doctor.ForksSchedule, doctor.Fail, "jovian: configuration from genesis, engine 2023-11-14 22:13:20Z (1700000000) (by debug_chainConfig)", "--override.jovian=0"}}},
		{"the engine's node information lacks a fork of the future", func(w *world) {
			w.cfg.Rollup.SetTime(rollup.Karst, at(time.Hour))
			w.engine.answers["admin_nodeInfo"] = value(map[string]any{"protocols": map[string]any{"eth": map[string]any{"config": map[string]any{
				"regolithTime": 0, "canyonTime": 0, "ecotoneTime": 0, "fjordTime": 0, "graniteTime": 0, "holoceneTime": 0, "isthmusTime": 0, "jovianTime": 0,
			}}}})
		}, []want{{doctor.ForksSchedule, doctor.Warn, "engine never (by admin_nodeInfo)", "--override.karst="}}},
		{"the engine's chain configuration is the same", func(w *world) {
			w.engine.answers["debug_chainConfig"] = value(map[string]any{
				"regolithTime": 0, "canyonTime": 0, "ecotoneTime": 0, "fjordTime": 0, "graniteTime": 0, "holoceneTime": 0, "isthmusTime": 0, "jovianTime": 0,
			})
		}, []want{{doctor.ForksSchedule, doctor.OK, "all the same (debug_chainConfig)", ""}}},
		{"eth_config lacks the next fork", func(w *world) { w.cfg.Rollup.SetTime(rollup.Karst, at(time.Hour)) }, []want{
			{doctor.ForksSchedule, doctor.Warn, "karst: configuration 2", "--override.karst="},
		}},
		{"eth_config has a fork that the configuration lacks", func(w *world) {
			w.engine.answers["eth_config"] = value(map[string]any{"current": map[string]any{"activationTime": 0}, "next": map[string]any{"activationTime": at(time.Hour)}})
		}, []want{{doctor.ForksSchedule, doctor.Warn, "karst: configuration never, engine 2", "correct the one that is wrong"}}},
		{"eth_config is at another fork", func(w *world) {
			w.engine.answers["eth_config"] = value(map[string]any{"current": map[string]any{"activationTime": w.cfg.Rollup.Genesis.L2Time + 1}})
		}, []want{{doctor.ForksSchedule, doctor.Fail, "isthmus: configuration from genesis, engine 2", "give both the same schedule"}}},
		{"the engine shows no schedule", func(w *world) { delete(w.engine.answers, "eth_config") }, []want{{doctor.ForksSchedule, doctor.OK, "does not show its schedule", ""}}},
		{"a fork is ahead, and the engine shows no schedule", func(w *world) {
			w.cfg.Rollup.SetTime(rollup.Karst, at(72*time.Hour))
			delete(w.engine.answers, "eth_config")
		}, []want{{doctor.ForksSchedule, doctor.Warn, ", in 3 days, and the engine does not show whether it has it", "--override.karst="}}},
		{"a fork is ahead, and eth_config cannot show it", func(w *world) {
			w.cfg.Rollup.SetTime(rollup.Lagoon, at(72*time.Hour))
			w.cfg.Rollup.SetTime(rollup.Karst, &[]uint64{0}[0])
		}, []want{{doctor.ForksSchedule, doctor.Warn, "lagoon is at 2", "--override.lagoon="}}},
		{"a fork is ahead", func(w *world) {
			w.cfg.Rollup.SetTime(rollup.Karst, at(72*time.Hour))
			w.engine.answers["eth_config"] = value(map[string]any{"current": map[string]any{"activationTime": 0}, "next": map[string]any{"activationTime": w.cfg.Rollup.KarstTime}})
		}, []want{{doctor.ForksSchedule, doctor.OK, "next is karst at 2", ""}, {doctor.ForksSchedule, doctor.OK, ", in 3 days", ""}}},
		{"this program lacks the rules", func(w *world) { w.cfg.Rollup.AltDA = &rollup.AltDAConfig{CommitmentType: "KeccakCommitment"} }, []want{
			{doctor.ConfigForks, doctor.Fail, "alt_da", "version of cairn"},
		}},

		// Contracts.
		{"there are no contracts", func(w *world) { w.l1.answers["eth_getCode"] = value("0x"); w.cfg.L1 = w.cfg.L1[:1] }, []want{
			{doctor.ContractsSystemConfig, doctor.Fail, "there is no contract at", "correct l1_system_config_address"},
			{doctor.ContractsPortal, doctor.Fail, "there is no contract at", "correct deposit_contract_address"},
			{doctor.ContractsAgree, doctor.Skip, "needs contracts.system-config", ""},
			{doctor.BatcherActive, doctor.Skip, "needs contracts.system-config", ""},
		}},
		{"the contract is no SystemConfig", func(w *world) { clear(w.words) }, []want{{doctor.ContractsSystemConfig, doctor.Fail, "no SystemConfig", "correct l1_system_config_address"}}},
		{"the SystemConfig names another inbox", func(w *world) { w.words[selector("batchInbox")] = common.Hash{31: 1} }, []want{
			{doctor.ContractsSystemConfig, doctor.Fail, "batch_inbox_address is 0xFf", "correct batch_inbox_address"},
		}},
		{"the SystemConfig names another portal", func(w *world) { w.words[selector("optimismPortal")] = common.Hash{31: 1} }, []want{
			{doctor.ContractsSystemConfig, doctor.Fail, "deposit_contract_address is 0xc0", "correct deposit_contract_address"},
		}},
		{"an older SystemConfig does not name them", func(w *world) {
			delete(w.words, selector("batchInbox"))
			delete(w.words, selector("optimismPortal"))
		}, []want{{doctor.ContractsSystemConfig, doctor.OK, batcher.String(), ""}}},
		{"L2 has another batcher than the contract", func(w *world) { w.words[selector("batcherHash")] = common.Hash{31: 7} }, []want{
			{doctor.ContractsAgree, doctor.Warn, "batcherHash: contract 0x0000000000000000000000000000000000000007, L2 " + batcher.String(), "l1_system_config_address"},
		}},
		{"L2 has another gas limit and scalar than the contract", func(w *world) {
			w.words[selector("gasLimit")] = common.Hash{31: 7}
			w.words[selector("basefeeScalar")] = common.Hash{31: 8}
		}, []want{{doctor.ContractsAgree, doctor.Warn, "gasLimit: contract 7, L2 30000000; basefeeScalar: contract 8, L2 11", "l1_system_config_address"}}},
		{"L1's state at the origin is gone", func(w *world) {
			for _, f := range []*fakeRPC{w.l1, w.l1b} {
				inner := f.answers["eth_call"]
				f.answers["eth_call"] = func(p []json.RawMessage) (any, error) {
					if string(p[1]) != `"latest"` {
						return nil, &coded{-32000, "missing trie node"}
					}
					return inner(p)
				}
			}
		}, []want{{doctor.ContractsAgree, doctor.Skip, "L1's state at block 130", ""}}},
		{"the batcher is broke", func(w *world) {
			for _, f := range []*fakeRPC{w.l1, w.l1b} {
				f.answers["eth_getBalance"] = value("0x0")
			}
		}, []want{{doctor.BatcherActive, doctor.Warn, "cannot post batches", "fund it"}}},
		{"the batcher sends nothing", func(w *world) {
			for _, f := range []*fakeRPC{w.l1, w.l1b} {
				f.answers["eth_getTransactionCount"] = value("0x10")
			}
		}, []want{{doctor.BatcherActive, doctor.Warn, "has sent nothing since L1 block 49", "the safe head waits for it"}}},

		// This machine.
		{"the clock is ahead", func(w *world) { w.cfg.Now = func() time.Time { return time.Now().Add(10 * time.Second) } }, []want{
			{doctor.ClockSkew, doctor.Warn, "s ahead", "NTP"},
		}},
		{"the clock is far behind", func(w *world) { w.cfg.Now = func() time.Time { return time.Now().Add(-40 * time.Second) } }, []want{
			{doctor.ClockSkew, doctor.Fail, "s behind", "NTP"},
		}},
		{"the clock is far ahead", func(w *world) { w.cfg.Now = func() time.Time { return time.Now().Add(40 * time.Second) } }, []want{
			{doctor.ClockSkew, doctor.Fail, "s ahead", "NTP"},
		}},
		{"the data directory cannot be made", func(w *world) {
			file := filepath.Join(w.dir, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				panic(err)
			}
			w.cfg.DataDir = filepath.Join(file, "data")
		}, []want{{doctor.DiskWritable, doctor.Fail, "no directory", "correct --datadir"}, {doctor.DiskSpace, doctor.Skip, "needs disk.writable", ""}}},
		{"nothing is kept on disk", func(w *world) { w.cfg.DataDir = "" }, []want{{doctor.DiskWritable, doctor.Skip, "data directory", ""}}},
		{"the node brings its own engine, and is new", func(w *world) { w.cfg.Engine = "" }, []want{
			{doctor.L1ArchiveDepth, doctor.OK, "block 5 of", ""}, {doctor.ContractsAgree, doctor.Skip, "needs an engine that runs on its own", ""},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.fault(w)
			all, v := w.examine(t)
			for _, want := range c.want {
				if !slices.ContainsFunc(of(all, want.check), func(f doctor.Finding) bool {
					return f.Level == want.level && strings.Contains(f.Text, want.text) && strings.Contains(f.Fix, want.fix)
				}) {
					t.Errorf("want %+v, got %+v", want, of(all, want.check))
				}
				if want.level == doctor.Fail && v.Level != doctor.Fail {
					t.Errorf("the verdict is %s", v.Level)
				}
			}
		})
	}
}

func TestAPortThatIsInUseIsFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	w := newWorld(t)
	w.cfg.Ports = append(w.cfg.Ports, doctor.ServerPort("metrics", listener.Addr().String()),
		doctor.Port{Name: "discovery", UDP: true, Address: conn.LocalAddr().String(), AddrFlag: "p2p.listen.ip", PortFlag: "p2p.listen.udp"})
	all, v := w.examine(t)
	ports := of(all, doctor.PortsFree)
	if len(ports) != 3 || v.Level != doctor.Fail {
		t.Fatalf("got %+v, verdict %s", ports, v.Level)
	}
	for _, f := range ports {
		switch f.Of {
		case "metrics " + listener.Addr().String():
			if f.Level != doctor.Fail || f.Text != "it is in use" || !strings.HasSuffix(f.Fix, "--metrics.port") {
				t.Errorf("got %+v", f)
			}
		case "discovery " + conn.LocalAddr().String():
			if f.Level != doctor.Fail || f.Text != "it is in use" || !strings.HasSuffix(f.Fix, "--p2p.listen.udp") {
				t.Errorf("got %+v", f)
			}
		default:
			if f.Level != doctor.OK {
				t.Errorf("got %+v", f)
			}
		}
	}
}
