package main

import "time"

// nodeFlags are the flags of cairn node that do something. Those of op-node have its names, environment variables and
// defaults; Cairn's own have variables that begin with CAIRN_. A tag group names the part of the help.
type nodeFlags struct {
	Chain     chainFlags     `embed:"" group:"The chain: --network or --rollup.config"`
	L1        l1Flags        `embed:"" group:"L1"`
	L2        l2Flags        `embed:"" group:"L2: the execution engine"`
	Disk      diskFlags      `embed:"" group:"Disk"`
	P2P       p2pFlags       `embed:"" group:"Gossip: more in docs/from-op-node.md"`
	Sequencer sequencerFlags `embed:"" group:"Sequencing"`
	Serve     serveFlags     `embed:"" group:"RPC, metrics, profiles"`
	Log       nodeLogFlags   `embed:"" group:"Log"`
}

// chainFlags say which chain it is.
type chainFlags struct {
	Network       string `name:"network" help:"A public network; all: cairn networks." env:"OP_NODE_NETWORK" placeholder:"NAME"`
	RollupConfig  string `name:"rollup.config" help:"The chain's rollup.json, for any other." env:"OP_NODE_ROLLUP_CONFIG" placeholder:"FILE" type:"path"`
	L1ChainConfig string `name:"rollup.l1-chain-config" help:"Genesis of an L1 other than Mainnet, Sepolia, Hoodi." env:"OP_NODE_ROLLUP_L1_CHAIN_CONFIG" placeholder:"FILE" type:"path"`

	Override overrideFlags `embed:"" prefix:"override."`

	IgnoreMissingPectra bool `name:"ignore-missing-pectra-blob-schedule" help:"Start although an older chain on Sepolia has no pectra_blob_schedule_time." env:"OP_NODE_IGNORE_MISSING_PECTRA_BLOB_SCHEDULE" hidden:""`
}

// overrideFlags replace values of the rollup configuration. All of them are one line of the help.
type overrideFlags struct {
	Canyon              *uint64 `help:"Time of Canyon." env:"OP_NODE_OVERRIDE_CANYON" placeholder:"TIME" hidden:""`
	Delta               *uint64 `help:"Time of Delta." env:"OP_NODE_OVERRIDE_DELTA" placeholder:"TIME" hidden:""`
	Ecotone             *uint64 `help:"Time of Ecotone." env:"OP_NODE_OVERRIDE_ECOTONE" placeholder:"TIME" hidden:""`
	Fjord               *uint64 `help:"Time of Fjord." env:"OP_NODE_OVERRIDE_FJORD" placeholder:"TIME" hidden:""`
	Granite             *uint64 `help:"Time of Granite." env:"OP_NODE_OVERRIDE_GRANITE" placeholder:"TIME" hidden:""`
	Holocene            *uint64 `help:"Time of Holocene." env:"OP_NODE_OVERRIDE_HOLOCENE" placeholder:"TIME" hidden:""`
	Isthmus             *uint64 `help:"Time of Isthmus." env:"OP_NODE_OVERRIDE_ISTHMUS" placeholder:"TIME" hidden:""`
	Jovian              *uint64 `help:"Time of Jovian." env:"OP_NODE_OVERRIDE_JOVIAN" placeholder:"TIME" hidden:""`
	Karst               *uint64 `help:"Time of Karst." env:"OP_NODE_OVERRIDE_KARST" placeholder:"TIME" hidden:""`
	Lagoon              *uint64 `help:"Time of Lagoon, which was called Interop." aliases:"override.interop" env:"OP_NODE_OVERRIDE_LAGOON,OP_NODE_OVERRIDE_INTEROP" placeholder:"TIME" hidden:""`
	PectraBlobSchedule  *uint64 `name:"pectrablobschedule" help:"Time until which blobs are priced as before Prague." env:"OP_NODE_OVERRIDE_PECTRABLOBSCHEDULE" placeholder:"TIME" hidden:""`
	KeepKarstUpgradeGas *bool   `name:"keep-karst-upgrade-gas" help:"Whether the gas of Karst's upgrade stays in the gas limit." env:"OP_NODE_OVERRIDE_KEEP_KARST_UPGRADE_GAS" hidden:""`
	AsOpNode117         bool    `name:"as-op-node-1.17" help:"Derive as op-node 1.17 did, for recordings and test chains of that time." env:"CAIRN_OVERRIDE_AS_OP_NODE_1_17" hidden:""`
}

// l1Flags say how L1 is read.
type l1Flags struct {
	Endpoints       []string      `name:"l1" help:"JSON-RPC of L1: HTTP, WebSocket, IPC; best first." default:"http://127.0.0.1:8545" env:"OP_NODE_L1_ETH_RPC" placeholder:"URL,URL"`
	Beacon          string        `name:"l1.beacon" help:"Beacon API of an L1 consensus node." env:"OP_NODE_L1_BEACON" placeholder:"URL"`
	BeaconFallbacks []string      `name:"l1.beacon-fallbacks" help:"More Beacon APIs, for blobs that one lacks." aliases:"l1.beacon-archiver" env:"OP_NODE_L1_BEACON_FALLBACKS,OP_NODE_L1_BEACON_ARCHIVER" placeholder:"URL,URL"`
	BeaconHeader    string        `name:"l1.beacon-header" help:"HTTP header for --l1.beacon: 'X-Key: value'." env:"OP_NODE_L1_BEACON_HEADER" placeholder:"HEADER"`
	BeaconIgnore    bool          `name:"l1.beacon.ignore" help:"Do without, on a chain whose batches are calldata." env:"OP_NODE_L1_BEACON_IGNORE"`
	BeaconFetchAll  bool          `name:"l1.beacon.fetch-all-sidecars" help:"For Beacon APIs that cannot pick blobs." env:"OP_NODE_L1_BEACON_FETCH_ALL_SIDECARS"`
	SlotDuration    uint64        `name:"l1.beacon.slot-duration-override" help:"Seconds of an L1 slot, if the API does not tell." env:"OP_NODE_L1_BEACON_SLOT_DURATION_OVERRIDE" default:"0"`
	Poll            time.Duration `name:"l1.http-poll-interval" help:"Time between two looks at L1's head." default:"12s" env:"OP_NODE_L1_HTTP_POLL_INTERVAL"`
	EpochPoll       time.Duration `name:"l1.epoch-poll-interval" help:"The same for L1's safe and finalized block." default:"6m24s" env:"OP_NODE_L1_EPOCH_POLL_INTERVAL"`
	MaxConcurrency  int           `name:"l1.max-concurrency" help:"Requests to L1 at the same time." default:"10" env:"OP_NODE_L1_MAX_CONCURRENCY"`
	RateLimit       float64       `name:"l1.rpc-rate-limit" help:"Requests to L1 per second; 0: any." default:"0" env:"OP_NODE_L1_RPC_RATE_LIMIT"`
	MaxBatchSize    int           `name:"l1.rpc-max-batch-size" help:"Requests to L1 in one message." default:"20" env:"OP_NODE_L1_RPC_MAX_BATCH_SIZE"`
	CacheSize       uint64        `name:"l1.cache-size" help:"L1 blocks to keep; 0: 3/2 sequencing windows." default:"900" env:"OP_NODE_L1_CACHE_SIZE"`
	TrustRPC        bool          `name:"l1.trustrpc" help:"Believe L1 nodes, and verify less." env:"OP_NODE_L1_TRUST_RPC"`
	VerifierConfs   uint64        `name:"verifier.l1-confs" help:"L1 blocks on top of one before it is read." default:"0" env:"OP_NODE_VERIFIER_L1_CONFS"`
}

// l2Flags say what executes blocks.
type l2Flags struct {
	Engine      string        `name:"engine" help:"external: the one at --l2. embedded: one in here." default:"external" env:"CAIRN_ENGINE" placeholder:"KIND"`
	Endpoint    string        `name:"l2" help:"Engine API of an external engine." env:"OP_NODE_L2_ENGINE_RPC" placeholder:"URL"`
	JWTSecret   string        `name:"l2.jwt-secret" help:"File with the Engine API's secret, in hex." env:"OP_NODE_L2_ENGINE_AUTH" placeholder:"FILE" type:"path"`
	Timeout     time.Duration `name:"l2.engine-rpc-timeout" help:"Time the engine has for an answer." default:"10s" env:"OP_NODE_L2_ENGINE_RPC_TIMEOUT"`
	SyncMode    string        `name:"syncmode" help:"execution-layer: the engine fetches old blocks; auto: if it is empty." default:"consensus-layer" env:"OP_NODE_SYNCMODE" placeholder:"MODE"`
	OffsetSafe  time.Duration `name:"syncmode.offset-el-safe" help:"Safe head begins this far behind fetched blocks." default:"12h" env:"OP_NODE_SYNCMODE_OFFSET_EL_SAFE"`
	EngineSync  bool          `name:"l2.engine-sync" help:"As --syncmode=execution-layer, which replaces it." env:"OP_NODE_L2_ENGINE_SYNC_ENABLED" hidden:""`
	GenesisFile string        `name:"l2.genesis" help:"Genesis of the embedded engine's chain." env:"CAIRN_L2_GENESIS" placeholder:"FILE" type:"path"`
	Archive     bool          `name:"l2.archive" help:"The embedded engine writes every state; =false: some, it goes back if killed." default:"true" env:"CAIRN_L2_ARCHIVE"`
	HTTPAddr    string        `name:"l2.http.addr" help:"IP address of the embedded engine's RPC." default:"127.0.0.1" env:"CAIRN_L2_HTTP_ADDR" placeholder:"IP"`
	HTTPPort    int           `name:"l2.http.port" help:"Port of the embedded engine's RPC." default:"9546" env:"CAIRN_L2_HTTP_PORT"`
}

// diskFlags say where what has to survive is kept.
type diskFlags struct {
	DataDir string `name:"datadir" help:"Directory of this node." default:"cairn-data" env:"CAIRN_DATADIR" placeholder:"DIR" type:"path"`
	Rebuild bool   `name:"datadir.rebuild" help:"Throw away what is damaged there and fills again from L1." env:"CAIRN_DATADIR_REBUILD"`
	SafeDB  string `name:"safedb.path" help:"Directory of the safe-head index, if elsewhere." env:"OP_NODE_SAFEDB_PATH" placeholder:"DIR" type:"path"`
}

// sequencerFlags say whether and how blocks are made.
type sequencerFlags struct {
	Enabled bool          `name:"sequencer.enabled" help:"Make blocks." env:"OP_NODE_SEQUENCER_ENABLED"`
	Stopped bool          `name:"sequencer.stopped" help:"Wait for admin_startSequencer." env:"OP_NODE_SEQUENCER_STOPPED"`
	Confs   uint64        `name:"sequencer.l1-confs" help:"L1 blocks on top of one before blocks use it." default:"4" env:"OP_NODE_SEQUENCER_L1_CONFS"`
	Sealing time.Duration `name:"sequencer.sealing-duration" help:"How long before its time a block is sealed." default:"50ms" env:"OP_NODE_SEQUENCER_SEALING_DURATION"`
	Recover bool          `name:"sequencer.recover" help:"Make empty blocks until L1 is caught up with." env:"OP_NODE_SEQUENCER_RECOVER"`
}

// serveFlags say what is served where.
type serveFlags struct {
	RPCAddr        string `name:"rpc.addr" help:"IP address of optimism_* and /readyz." default:"0.0.0.0" env:"OP_NODE_RPC_ADDR" placeholder:"IP"`
	RPCPort        int    `name:"rpc.port" help:"Port of optimism_* and /readyz." default:"9545" env:"OP_NODE_RPC_PORT"`
	EnableAdmin    bool   `name:"rpc.enable-admin" help:"Serve admin_* too." env:"OP_NODE_RPC_ENABLE_ADMIN"`
	AdminState     string `name:"rpc.admin-state" help:"File that remembers what admin_* changed." env:"OP_NODE_RPC_ADMIN_STATE" placeholder:"FILE" type:"path"`
	RootFromState  bool   `name:"fetch-withdrawal-root-from-state" help:"Prove withdrawal roots that headers have." env:"OP_NODE_FETCH_WITHDRAWAL_ROOT_FROM_STATE"`
	MetricsEnabled bool   `name:"metrics.enabled" help:"Serve Prometheus metrics at /metrics." env:"OP_NODE_METRICS_ENABLED"`
	MetricsAddr    string `name:"metrics.addr" help:"IP address of the metrics." default:"0.0.0.0" env:"OP_NODE_METRICS_ADDR" placeholder:"IP"`
	MetricsPort    int    `name:"metrics.port" help:"Port of the metrics." default:"7300" env:"OP_NODE_METRICS_PORT"`
	PprofEnabled   bool   `name:"pprof.enabled" help:"Serve profiles at /debug/pprof." env:"OP_NODE_PPROF_ENABLED"`
	PprofAddr      string `name:"pprof.addr" help:"IP address of the profiles." default:"0.0.0.0" env:"OP_NODE_PPROF_ADDR" placeholder:"IP"`
	PprofPort      int    `name:"pprof.port" help:"Port of the profiles." default:"6060" env:"OP_NODE_PPROF_PORT"`
	PprofType      string `name:"pprof.type" help:"Write a profile at the end: cpu, heap, allocs, ..." env:"OP_NODE_PPROF_TYPE" placeholder:"KIND"`
	PprofPath      string `name:"pprof.path" help:"File or directory for it." env:"OP_NODE_PPROF_PATH" placeholder:"PATH" type:"path"`
}

// nodeLogFlags say what is logged. A node is watched by its log: its default is more than that of other commands.
type nodeLogFlags struct {
	Level  string        `name:"log.level" help:"Lowest: trace, debug, info, warn, error, crit." default:"info" env:"OP_NODE_LOG_LEVEL" placeholder:"LEVEL"`
	Format string        `name:"log.format" help:"text, logfmt or json." default:"text" env:"OP_NODE_LOG_FORMAT" placeholder:"FORMAT"`
	Color  bool          `name:"log.color" help:"Colour the levels of text lines." env:"OP_NODE_LOG_COLOR"`
	PID    bool          `name:"log.pid" help:"Log the process id on every line." env:"OP_NODE_LOG_PID"`
	Status time.Duration `name:"status-interval" help:"Time between two lines of status; 0: none." default:"30s" env:"CAIRN_STATUS_INTERVAL"`
}
