package main

import "time"

// legacyFlags are flags of op-node, of today and of years ago, that change nothing here. They are taken so that command
// lines and environments need no edit. The tags are the table that docs/from-op-node.md is made of:
//
//	legacy:"reason"  accepted; a warning with the reason if the value asks for something
//	refuse:"reason"  an error if the value asks for something, because to ignore it would be wrong
type legacyFlags struct {
	L1RPCKind      string `name:"l1.rpckind" env:"OP_NODE_L1_RPC_KIND" default:"standard" hidden:"" legacy:"one method that every L1 node of today has is used for receipts"`
	FinalityBack   uint64 `name:"finality.lookback" env:"OP_NODE_FINALITY_LOOKBACK" default:"0" hidden:"" legacy:"finality has no window that could be too small"`
	FinalityDelay  uint64 `name:"finality.delay" env:"OP_NODE_FINALITY_DELAY" default:"0" hidden:"" legacy:"each finalized L1 block is looked at, at once"`
	EngineKind     string `name:"l2.enginekind" env:"OP_NODE_L2_ENGINE_KIND" default:"reth" hidden:"" legacy:"all engines are driven alike; they sync by themselves only while nothing is final"`
	SkipStartCheck bool   `name:"l2.skip-sync-start-check" env:"OP_NODE_L2_SKIP_SYNC_START_CHECK" hidden:"" legacy:"the check at start is quick"`
	ExtraNetworks  bool   `name:"beta.extra-networks" env:"OP_NODE_BETA_EXTRA_NETWORKS" hidden:"" legacy:"op-node ignores it too: all networks are there"`
	BackupRPC      string `name:"l2.backup-unsafe-sync-rpc" env:"OP_NODE_L2_BACKUP_UNSAFE_SYNC_RPC" hidden:"" legacy:"op-node ignores it too"`
	BackupTrustRPC string `name:"l2.backup-unsafe-sync-rpc.trustrpc" env:"OP_NODE_L2_BACKUP_UNSAFE_SYNC_RPC_TRUST_RPC" hidden:"" legacy:"op-node ignores it too"`
	ReqResp        bool   `name:"syncmode.req-resp" env:"OP_NODE_SYNCMODE_REQ_RESP" hidden:"" legacy:"op-node ignores it too: that protocol is gone"`
	SnapshotLog    string `name:"snapshotlog.file" env:"OP_NODE_SNAPSHOT_LOG" hidden:"" legacy:"op-node ignores it too"`
	Heartbeat      bool   `name:"heartbeat.enabled" env:"OP_NODE_HEARTBEAT_ENABLED" hidden:"" legacy:"op-node ignores it too"`
	HeartbeatName  string `name:"heartbeat.moniker" env:"OP_NODE_HEARTBEAT_MONIKER" hidden:"" legacy:"op-node ignores it too"`
	HeartbeatURL   string `name:"heartbeat.url" env:"OP_NODE_HEARTBEAT_URL" hidden:"" legacy:"op-node ignores it too"`
	RollupHalt     string `name:"rollup.halt" env:"OP_NODE_ROLLUP_HALT" hidden:"" legacy:"op-node dropped it with v1.17.0: L1 no longer signals protocol versions"`
	LoadVersions   bool   `name:"rollup.load-protocol-versions" env:"OP_NODE_ROLLUP_LOAD_PROTOCOL_VERSIONS" hidden:"" legacy:"op-node dropped it with v1.17.0: L1 no longer signals protocol versions"`
	MaxSafeLag     uint64 `name:"sequencer.max-safe-lag" env:"OP_NODE_SEQUENCER_MAX_SAFE_LAG" default:"0" hidden:"" legacy:"op-node dropped it with v1.20.1: it could stop a chain for good"`
	SequencerAPI   bool   `name:"experimental.sequencer-api" env:"OP_NODE_EXPERIMENTAL_SEQUENCER_API" hidden:"" legacy:"opstack_* is not served; it is for op-node's own tests"`
	InteropRPCAddr string `name:"interop.rpc.addr" env:"OP_NODE_INTEROP_RPC_ADDR" hidden:"" legacy:"op-node dropped it with the supervisor"`
	InteropRPCPort int    `name:"interop.rpc.port" env:"OP_NODE_INTEROP_RPC_PORT" default:"9645" hidden:"" legacy:"op-node dropped it with the supervisor"`
	InteropJWT     string `name:"interop.jwt-secret" env:"OP_NODE_INTEROP_JWT_SECRET" hidden:"" legacy:"op-node dropped it with the supervisor"`
	InteropSet     string `name:"interop.dependency-set" env:"OP_NODE_INTEROP_DEPENDENCY_SET" hidden:"" legacy:"only a chain with Lagoon needs it, and such a chain is refused"`

	AltDA           bool          `name:"altda.enabled" env:"OP_NODE_ALTDA_ENABLED" hidden:"" refuse:"alternative data availability is not supported; use a chain that posts its batches to L1"`
	AltDAServer     string        `name:"altda.da-server" env:"OP_NODE_ALTDA_DA_SERVER" hidden:"" legacy:"it needs --altda.enabled, which is refused"`
	AltDAVerify     bool          `name:"altda.verify-on-read" env:"OP_NODE_ALTDA_VERIFY_ON_READ" default:"true" hidden:"" legacy:"it needs --altda.enabled, which is refused"`
	AltDAService    bool          `name:"altda.da-service" env:"OP_NODE_ALTDA_DA_SERVICE" hidden:"" legacy:"it needs --altda.enabled, which is refused"`
	AltDAPut        time.Duration `name:"altda.put-timeout" env:"OP_NODE_ALTDA_PUT_TIMEOUT" default:"0s" hidden:"" legacy:"it needs --altda.enabled, which is refused"`
	AltDAGet        time.Duration `name:"altda.get-timeout" env:"OP_NODE_ALTDA_GET_TIMEOUT" default:"0s" hidden:"" legacy:"it needs --altda.enabled, which is refused"`
	AltDAConcurrent uint64        `name:"altda.max-concurrent-da-requests" env:"OP_NODE_ALTDA_MAX_CONCURRENT_DA_REQUESTS" default:"1" hidden:"" legacy:"it needs --altda.enabled, which is refused"`

	Conductor        bool          `name:"conductor.enabled" env:"OP_NODE_CONDUCTOR_ENABLED" hidden:"" refuse:"op-conductor is not supported: without it two sequencers could run at once; leave it out where only one node sequences"`
	ConductorRPC     string        `name:"conductor.rpc" env:"OP_NODE_CONDUCTOR_RPC" default:"http://127.0.0.1:8547" hidden:"" legacy:"it needs --conductor.enabled, which is refused"`
	ConductorTimeout time.Duration `name:"conductor.rpc-timeout" env:"OP_NODE_CONDUCTOR_RPC_TIMEOUT" default:"1s" hidden:"" legacy:"it needs --conductor.enabled, which is refused"`

	FollowSource  string        `name:"l2.follow.source" env:"OP_NODE_L2_FOLLOW_SOURCE" hidden:"" refuse:"following another node is not supported; leave it out, the node derives from L1 itself"`
	FollowTimeout time.Duration `name:"l2.follow.source.rpc-timeout" env:"OP_NODE_L2_FOLLOW_SOURCE_RPC_TIMEOUT" default:"10s" hidden:"" legacy:"it needs --l2.follow.source, which is refused"`
	FollowSkip    bool          `name:"l2.follow.source.skip-l1-check" env:"OP_NODE_L2_FOLLOW_SOURCE_SKIP_L1_CHECK" hidden:"" legacy:"it needs --l2.follow.source, which is refused"`

	P2PScoringPeers string `name:"p2p.scoring.peers" hidden:"" legacy:"op-node ignores it too; --p2p.scoring has its place"`
	P2PScoreBands   string `name:"p2p.score.bands" hidden:"" legacy:"op-node ignores it too"`
	P2PScoreTopics  string `name:"p2p.scoring.topics" hidden:"" legacy:"op-node ignores it too; --p2p.scoring has its place"`
	P2PReqResp      bool   `name:"p2p.sync.req-resp" env:"OP_NODE_P2P_SYNC_REQ_RESP" default:"true" hidden:"" legacy:"that protocol is gone; gaps are filled by the engine or from L1"`
	P2POnlyStatic   bool   `name:"p2p.sync.onlyreqtostatic" env:"OP_NODE_P2P_SYNC_ONLYREQTOSTATIC" hidden:"" legacy:"that protocol is gone; gaps are filled by the engine or from L1"`
}
