package main

import "time"

// legacyFlags are flags of op-node, of today and of years ago, that change nothing here. They are taken so that command
// lines and environments need no edit. The tags are the table that docs/from-op-node.md is made of:
//
//	legacy:"reason"  accepted; a warning with the reason if the value asks for something
//	legacy:"gossip"  accepted; all of these share one warning
//	refuse:"reason"  an error if the value asks for something, because to ignore it would be wrong
//	when:"sequencing"  refused only together with --sequencer.enabled
type legacyFlags struct {
	L1RPCKind      string        `name:"l1.rpckind" env:"OP_NODE_L1_RPC_KIND" default:"standard" hidden:"" legacy:"one method that every L1 node of today has is used for receipts"`
	FinalityBack   uint64        `name:"finality.lookback" env:"OP_NODE_FINALITY_LOOKBACK" default:"0" hidden:"" legacy:"finality has no window that could be too small"`
	FinalityDelay  uint64        `name:"finality.delay" env:"OP_NODE_FINALITY_DELAY" default:"0" hidden:"" legacy:"each finalized L1 block is looked at, at once"`
	EngineKind     string        `name:"l2.enginekind" env:"OP_NODE_L2_ENGINE_KIND" default:"reth" hidden:"" legacy:"all engines are driven alike; they sync by themselves only while nothing is final"`
	RuntimeReload  time.Duration `name:"l1.runtime-config-reload-interval" env:"OP_NODE_L1_RUNTIME_CONFIG_RELOAD_INTERVAL" default:"10m" hidden:"" legacy:"it is about the signer of gossip, which is not built in yet"`
	SkipStartCheck bool          `name:"l2.skip-sync-start-check" env:"OP_NODE_L2_SKIP_SYNC_START_CHECK" hidden:"" legacy:"the check at start is quick"`
	ExtraNetworks  bool          `name:"beta.extra-networks" env:"OP_NODE_BETA_EXTRA_NETWORKS" hidden:"" legacy:"op-node ignores it too: all networks are there"`
	BackupRPC      string        `name:"l2.backup-unsafe-sync-rpc" env:"OP_NODE_L2_BACKUP_UNSAFE_SYNC_RPC" hidden:"" legacy:"op-node ignores it too"`
	BackupTrustRPC string        `name:"l2.backup-unsafe-sync-rpc.trustrpc" env:"OP_NODE_L2_BACKUP_UNSAFE_SYNC_RPC_TRUST_RPC" hidden:"" legacy:"op-node ignores it too"`
	ReqResp        bool          `name:"syncmode.req-resp" env:"OP_NODE_SYNCMODE_REQ_RESP" hidden:"" legacy:"op-node ignores it too: that protocol is gone"`
	SnapshotLog    string        `name:"snapshotlog.file" env:"OP_NODE_SNAPSHOT_LOG" hidden:"" legacy:"op-node ignores it too"`
	Heartbeat      bool          `name:"heartbeat.enabled" env:"OP_NODE_HEARTBEAT_ENABLED" hidden:"" legacy:"op-node ignores it too"`
	HeartbeatName  string        `name:"heartbeat.moniker" env:"OP_NODE_HEARTBEAT_MONIKER" hidden:"" legacy:"op-node ignores it too"`
	HeartbeatURL   string        `name:"heartbeat.url" env:"OP_NODE_HEARTBEAT_URL" hidden:"" legacy:"op-node ignores it too"`
	RollupHalt     string        `name:"rollup.halt" env:"OP_NODE_ROLLUP_HALT" hidden:"" legacy:"op-node dropped it with v1.17.0: L1 no longer signals protocol versions"`
	LoadVersions   bool          `name:"rollup.load-protocol-versions" env:"OP_NODE_ROLLUP_LOAD_PROTOCOL_VERSIONS" hidden:"" legacy:"op-node dropped it with v1.17.0: L1 no longer signals protocol versions"`
	MaxSafeLag     uint64        `name:"sequencer.max-safe-lag" env:"OP_NODE_SEQUENCER_MAX_SAFE_LAG" default:"0" hidden:"" legacy:"op-node dropped it with v1.20.1: it could stop a chain for good"`
	SequencerAPI   bool          `name:"experimental.sequencer-api" env:"OP_NODE_EXPERIMENTAL_SEQUENCER_API" hidden:"" legacy:"opstack_* is not served; it is for op-node's own tests"`
	InteropRPCAddr string        `name:"interop.rpc.addr" env:"OP_NODE_INTEROP_RPC_ADDR" hidden:"" legacy:"op-node dropped it with the supervisor"`
	InteropRPCPort int           `name:"interop.rpc.port" env:"OP_NODE_INTEROP_RPC_PORT" default:"9645" hidden:"" legacy:"op-node dropped it with the supervisor"`
	InteropJWT     string        `name:"interop.jwt-secret" env:"OP_NODE_INTEROP_JWT_SECRET" hidden:"" legacy:"op-node dropped it with the supervisor"`
	InteropSet     string        `name:"interop.dependency-set" env:"OP_NODE_INTEROP_DEPENDENCY_SET" hidden:"" legacy:"only a chain with Lagoon needs it, and such a chain is refused"`

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

	SignerEndpoint string   `name:"signer.endpoint" env:"OP_NODE_SIGNER_ENDPOINT" hidden:"" refuse:"a remote signer is not supported, and a sequencer's blocks would not be announced; leave it out if blocks may reach others through L1 only" when:"sequencing"`
	SignerAddress  string   `name:"signer.address" env:"OP_NODE_SIGNER_ADDRESS" hidden:"" legacy:"it needs --signer.endpoint, which is refused for sequencers"`
	SignerHeader   []string `name:"signer.header" env:"OP_NODE_SIGNER_HEADER" hidden:"" legacy:"it needs --signer.endpoint, which is refused for sequencers"`
	SignerTLS      bool     `name:"signer.tls.enabled" env:"OP_NODE_SIGNER_TLS_ENABLED" default:"true" hidden:"" legacy:"it needs --signer.endpoint, which is refused for sequencers"`
	SignerTLSCA    string   `name:"signer.tls.ca" env:"OP_NODE_SIGNER_TLS_CA" default:"tls/ca.crt" hidden:"" legacy:"it needs --signer.endpoint, which is refused for sequencers"`
	SignerTLSCert  string   `name:"signer.tls.cert" env:"OP_NODE_SIGNER_TLS_CERT" default:"tls/tls.crt" hidden:"" legacy:"it needs --signer.endpoint, which is refused for sequencers"`
	SignerTLSKey   string   `name:"signer.tls.key" env:"OP_NODE_SIGNER_TLS_KEY" default:"tls/tls.key" hidden:"" legacy:"it needs --signer.endpoint, which is refused for sequencers"`

	P2PSequencerKey string `name:"p2p.sequencer.key" env:"OP_NODE_P2P_SEQUENCER_KEY" hidden:"" refuse:"gossip is not built in yet, and a sequencer's blocks would not be announced; leave it out if blocks may reach others through L1 only" when:"sequencing" secret:""`

	P2PDisable      bool          `name:"p2p.disable" env:"OP_NODE_P2P_DISABLE" hidden:"" legacy:"gossip"`
	P2PNoDiscovery  bool          `name:"p2p.no-discovery" env:"OP_NODE_P2P_NO_DISCOVERY" hidden:"" legacy:"gossip"`
	P2PScoring      string        `name:"p2p.scoring" env:"OP_NODE_P2P_PEER_SCORING" default:"light" hidden:"" legacy:"gossip"`
	P2PScoringPeers string        `name:"p2p.scoring.peers" hidden:"" legacy:"gossip"`
	P2PScoreBands   string        `name:"p2p.score.bands" hidden:"" legacy:"gossip"`
	P2PScoreTopics  string        `name:"p2p.scoring.topics" hidden:"" legacy:"gossip"`
	P2PBan          bool          `name:"p2p.ban.peers" env:"OP_NODE_P2P_PEER_BANNING" default:"true" hidden:"" legacy:"gossip"`
	P2PBanThreshold float64       `name:"p2p.ban.threshold" env:"OP_NODE_P2P_PEER_BANNING_THRESHOLD" default:"-100" hidden:"" legacy:"gossip"`
	P2PBanDuration  time.Duration `name:"p2p.ban.duration" env:"OP_NODE_P2P_PEER_BANNING_DURATION" default:"1h" hidden:"" legacy:"gossip"`
	P2PPrivPath     string        `name:"p2p.priv.path" env:"OP_NODE_P2P_PRIV_PATH" default:"opnode_p2p_priv.txt" hidden:"" legacy:"gossip"`
	P2PPrivRaw      string        `name:"p2p.priv.raw" env:"OP_NODE_P2P_PRIV_RAW" hidden:"" legacy:"gossip" secret:""`
	P2PListenIP     string        `name:"p2p.listen.ip" env:"OP_NODE_P2P_LISTEN_IP" default:"0.0.0.0" hidden:"" legacy:"gossip"`
	P2PListenTCP    uint64        `name:"p2p.listen.tcp" env:"OP_NODE_P2P_LISTEN_TCP_PORT" default:"9222" hidden:"" legacy:"gossip"`
	P2PListenUDP    uint64        `name:"p2p.listen.udp" env:"OP_NODE_P2P_LISTEN_UDP_PORT" default:"0" hidden:"" legacy:"gossip"`
	P2PAdvertiseIP  string        `name:"p2p.advertise.ip" env:"OP_NODE_P2P_ADVERTISE_IP" hidden:"" legacy:"gossip"`
	P2PAdvertiseTCP uint64        `name:"p2p.advertise.tcp" env:"OP_NODE_P2P_ADVERTISE_TCP" default:"0" hidden:"" legacy:"gossip"`
	P2PAdvertiseUDP uint64        `name:"p2p.advertise.udp" env:"OP_NODE_P2P_ADVERTISE_UDP" default:"0" hidden:"" legacy:"gossip"`
	P2PBootnodes    []string      `name:"p2p.bootnodes" env:"OP_NODE_P2P_BOOTNODES" hidden:"" legacy:"gossip"`
	P2PStatic       string        `name:"p2p.static" env:"OP_NODE_P2P_STATIC" hidden:"" legacy:"gossip"`
	P2PNetRestrict  string        `name:"p2p.netrestrict" env:"OP_NODE_P2P_NETRESTRICT" hidden:"" legacy:"gossip"`
	P2PMux          string        `name:"p2p.mux" env:"OP_NODE_P2P_MUX" default:"yamux,mplex" hidden:"" legacy:"gossip"`
	P2PSecurity     string        `name:"p2p.security" env:"OP_NODE_P2P_SECURITY" default:"noise" hidden:"" legacy:"gossip"`
	P2PPeersLo      uint64        `name:"p2p.peers.lo" env:"OP_NODE_P2P_PEERS_LO" default:"20" hidden:"" legacy:"gossip"`
	P2PPeersHi      uint64        `name:"p2p.peers.hi" env:"OP_NODE_P2P_PEERS_HI" default:"30" hidden:"" legacy:"gossip"`
	P2PPeersGrace   time.Duration `name:"p2p.peers.grace" env:"OP_NODE_P2P_PEERS_GRACE" default:"30s" hidden:"" legacy:"gossip"`
	P2PNAT          bool          `name:"p2p.nat" env:"OP_NODE_P2P_NAT" hidden:"" legacy:"gossip"`
	P2PUserAgent    string        `name:"p2p.useragent" env:"OP_NODE_P2P_AGENT" default:"optimism" hidden:"" legacy:"gossip"`
	P2PNegotiation  time.Duration `name:"p2p.timeout.negotiation" env:"OP_NODE_P2P_TIMEOUT_NEGOTIATION" default:"10s" hidden:"" legacy:"gossip"`
	P2PAccept       time.Duration `name:"p2p.timeout.accept" env:"OP_NODE_P2P_TIMEOUT_ACCEPT" default:"10s" hidden:"" legacy:"gossip"`
	P2PDial         time.Duration `name:"p2p.timeout.dial" env:"OP_NODE_P2P_TIMEOUT_DIAL" default:"10s" hidden:"" legacy:"gossip"`
	P2PPeerstore    string        `name:"p2p.peerstore.path" env:"OP_NODE_P2P_PEERSTORE_PATH" default:"opnode_peerstore_db" hidden:"" legacy:"gossip"`
	P2PDiscovery    string        `name:"p2p.discovery.path" env:"OP_NODE_P2P_DISCOVERY_PATH" default:"opnode_discovery_db" hidden:"" legacy:"gossip"`
	P2PMeshD        uint64        `name:"p2p.gossip.mesh.d" env:"OP_NODE_P2P_GOSSIP_MESH_D" default:"8" hidden:"" legacy:"gossip"`
	P2PMeshLo       uint64        `name:"p2p.gossip.mesh.lo" env:"OP_NODE_P2P_GOSSIP_MESH_DLO" default:"6" hidden:"" legacy:"gossip"`
	P2PMeshHi       uint64        `name:"p2p.gossip.mesh.dhi" env:"OP_NODE_P2P_GOSSIP_MESH_DHI" default:"12" hidden:"" legacy:"gossip"`
	P2PMeshLazy     uint64        `name:"p2p.gossip.mesh.dlazy" env:"OP_NODE_P2P_GOSSIP_MESH_DLAZY" default:"6" hidden:"" legacy:"gossip"`
	P2PFlood        bool          `name:"p2p.gossip.mesh.floodpublish" env:"OP_NODE_P2P_GOSSIP_FLOOD_PUBLISH" hidden:"" legacy:"gossip"`
	P2PThreshold    time.Duration `name:"p2p.gossip.timestamp.threshold" env:"OP_NODE_P2P_GOSSIP_TIMESTAMP_THRESHOLD" default:"60s" hidden:"" legacy:"gossip"`
	P2PReqResp      bool          `name:"p2p.sync.req-resp" env:"OP_NODE_P2P_SYNC_REQ_RESP" default:"true" hidden:"" legacy:"gossip"`
	P2POnlyStatic   bool          `name:"p2p.sync.onlyreqtostatic" env:"OP_NODE_P2P_SYNC_ONLYREQTOSTATIC" hidden:"" legacy:"gossip"`
	P2PPing         bool          `name:"p2p.ping" env:"OP_NODE_P2P_PING" default:"true" hidden:"" legacy:"gossip"`
}

// gossipReason stands for hidden:"" legacy:"gossip".
const gossipReason = "gossip is not built in yet: unsafe blocks come with L1"
