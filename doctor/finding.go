package doctor

import (
	"encoding/json"
	"time"
)

// Level is how bad a finding is.
type Level string

// The levels. A check is skipped if what it needs is not there; the need has a finding of its own.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
	Skip Level = "skip"
)

// The checks. Names are stable: scripts may rely on them.
const (
	ConfigForks = "config.forks" // this program can derive the chain

	L1Reachable    = "l1.reachable"
	L1ChainID      = "l1.chain-id"
	L1Synced       = "l1.synced"
	L1ArchiveDepth = "l1.archive-depth" // it has the oldest block that a start may need
	L1Origin       = "l1.origin"        // it has the block that the engine's safe head stands on
	L1Receipts     = "l1.receipts"      // it has the receipts of the oldest block
	L1BlobSchedule = "l1.blob-schedule" // it prices blobs as the configuration does
	L1Agree        = "l1.agree"         // the endpoints have the same block some way below the head

	BeaconReachable  = "beacon.reachable"
	BeaconClock      = "beacon.clock" // genesis and slots, of this L1
	BeaconSynced     = "beacon.synced"
	BeaconRecentBlob = "beacon.recent-blob"
	BeaconOldBlob    = "beacon.old-blob" // it has a blob as old as a start may need

	EngineReachable = "engine.reachable"
	EngineJWT       = "engine.jwt"
	EngineChainID   = "engine.chain-id"
	EngineGenesis   = "engine.genesis"
	EngineKind      = "engine.kind"
	EngineSync      = "engine.sync"
	EngineMethods   = "engine.methods" // it has the methods that this and the next fork need

	ForksSchedule = "forks.schedule" // engine and configuration agree on the forks

	ContractsSystemConfig = "contracts.system-config"
	ContractsPortal       = "contracts.portal"
	ContractsAgree        = "contracts.agree" // the L2 head has what the contract said at its L1 origin
	BatcherActive         = "batcher.active"

	ClockSkew    = "clock.skew"
	DiskSpace    = "disk.space"
	DiskWritable = "disk.writable"
	DiskLocked   = "disk.locked"
	PortsFree    = "ports.free"
)

// Finding is the outcome of one check.
type Finding struct {
	Check string        // one of the constants above
	Of    string        // what was looked at: host and port of an endpoint, a port, a directory; "" if there is one only
	Level Level         //
	Text  string        // what was found
	Fix   string        // what to do; "" unless Level is Warn or Fail
	Took  time.Duration // without waiting for what the check needs
}

type findingJSON struct {
	Check  string  `json:"check"`
	Of     string  `json:"of,omitempty"`
	Level  Level   `json:"level"`
	Text   string  `json:"text"`
	Fix    string  `json:"fix,omitempty"`
	TookMS float64 `json:"took_ms"`
}

// MarshalJSON writes the time in milliseconds, with three digits after the point.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(findingJSON{f.Check, f.Of, f.Level, f.Text, f.Fix, float64(f.Took.Microseconds()) / 1000})
}

// Verdict sums up an examination.
type Verdict struct {
	Level Level // Fail if anything failed, else Warn if there was a warning, else OK
	Count map[Level]int
	Took  time.Duration
}

func (v *Verdict) add(f Finding) {
	v.Count[f.Level]++
	if f.Level == Fail || (f.Level == Warn && v.Level != Fail) {
		v.Level = f.Level
	}
}
