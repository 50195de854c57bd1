package obs

import "github.com/cairn-rollup/cairn/eth"

// advice is what people are told of a fault: one sentence, and what to do. Both are without a full stop, so that they
// can stand in a longer line; no fix: it passes by itself.
type advice struct{ text, fix string }

// faults has every eth.Fault. Flags are those of cairn node, which are op-node's.
var faults = map[eth.Fault]advice{
	eth.L1Unreachable: {
		"no connection to the L1 endpoint",
		"check that it runs and that the address given with --l1 is right",
	},
	eth.L1Slow: {
		"the L1 endpoint does not answer in time",
		"look at its load and at the network, or add another endpoint with --l1",
	},
	eth.L1RateLimited: {
		"the L1 endpoint refuses requests because there are too many",
		"raise the limit at the provider, or use an L1 node of your own with --l1",
	},
	eth.L1Unauthorized: {
		"the L1 endpoint refuses access",
		"check the key or password in the address given with --l1",
	},
	eth.L1Error: {
		"the L1 endpoint answers with an error, or with what cannot be read",
		"read the last error and the endpoint's own log",
	},
	eth.L1Lying: {
		"the L1 endpoint gave data that contradict the hash they were asked for by",
		"use another endpoint with --l1: this one is broken or false; what it gave was not used",
	},
	eth.L1Oversized: {
		"an answer of the L1 endpoint is larger than a true one can be",
		"check that the address given with --l1 is that of an L1 node, or use another endpoint",
	},
	eth.L1BlockMissing: {
		"the L1 endpoint lacks a block that its own head stands on",
		"wait if it is catching up; else use an endpoint that keeps all blocks and is one server, not several that differ",
	},
	eth.L1ReceiptsMissing: {
		"the L1 endpoint has a block but not its receipts",
		"use an endpoint that keeps the receipts of all blocks: these are pruned, or not indexed yet",
	},
	eth.L1WrongChain: {
		"the L1 endpoint is of another chain than the L1 of the rollup",
		"give an endpoint of the L1 that --rollup.config names",
	},

	eth.BeaconUnreachable: {
		"no connection to the beacon endpoint",
		"check that it runs and that the address given with --l1.beacon is right",
	},
	eth.BeaconSlow: {
		"the beacon endpoint does not answer in time",
		"look at its load and at the network, or add another endpoint with --l1.beacon-fallbacks",
	},
	eth.BeaconRateLimited: {
		"the beacon endpoint refuses requests because there are too many",
		"raise the limit at the provider, or use a beacon node of your own with --l1.beacon",
	},
	eth.BeaconUnauthorized: {
		"the beacon endpoint refuses access",
		"check the key or password in the address given with --l1.beacon",
	},
	eth.BeaconError: {
		"the beacon endpoint answers with an error, or with what cannot be read",
		"read the last error and the log of the beacon node",
	},
	eth.BeaconLying: {
		"the beacon endpoint gave a blob that does not have the hash asked for",
		"use another endpoint with --l1.beacon: this one is broken or false; what it gave was not used",
	},
	eth.BeaconOversized: {
		"an answer of the beacon endpoint is larger than a true one can be",
		"check that the address given with --l1.beacon is that of a beacon node, or use another endpoint",
	},
	eth.BeaconWrongChain: {
		"the chain of the beacon endpoint begins after the L1 block whose blobs are needed",
		"give a beacon node of the same L1 as --l1",
	},
	eth.BlobsMissing: {
		"no beacon endpoint has the blobs of the L1 block that derivation is at",
		"add an endpoint that keeps all blobs of that time: beacon nodes delete them after 18 days, and many keep only a part",
	},

	eth.EngineUnreachable: {
		"no connection to the execution engine",
		"check that it runs and that --l2 is the address of its Engine API, often port 8551",
	},
	eth.EngineSlow: {
		"the execution engine does not answer in time",
		"look at its load, its disk and its own log",
	},
	eth.EngineUnauthorized: {
		"the execution engine refuses the token of this node",
		"give both the same secret with --l2.jwt-secret, and check that both clocks are right",
	},
	eth.EngineError: {
		"the execution engine answers with an error",
		"read the last error and the engine's own log",
	},
	eth.EngineSyncing: {
		"the execution engine has yet to catch up with the blocks that it was told of",
		"wait; its own log says how far it is, and whether it has peers to sync from",
	},
	eth.EngineRejectsBlock: {
		"the execution engine calls a block invalid",
		"check that its version and its genesis have all forks of this chain, and update it if not",
	},
	eth.EngineRejectsLabels: {
		"the execution engine calls the safe or finalized block inconsistent with the head",
		"nothing if it passes, as the node looks for its start again; if it stays, restore the engine's database",
	},
	eth.EngineForgotBlock: {
		"the execution engine no longer has a block that it had",
		"nothing if it passes, as the node makes the block again; if it stays, restore the engine's database",
	},
	eth.EngineLying: {
		"the execution engine gave another block than the one ordered",
		"check that no other node drives the same engine, then update the engine",
	},
	eth.EngineWrongChain: {
		"the execution engine has another genesis block than the rollup",
		"initialise the engine with the genesis of this chain, or give the --rollup.config of the engine's chain",
	},
	eth.EnginePruned: {
		"the execution engine lacks the body of an old block that the start needs",
		"restore the engine from a snapshot that has it, and let it keep the bodies of a sequencing window",
	},
	eth.EngineOutdated: {
		"the execution engine lacks a method or a fork that this chain needs",
		"update the engine",
	},
	eth.EngineBehind: {
		"the head of the execution engine is below the block that it called finalized",
		"restore the engine's database: it has lost blocks",
	},

	eth.StoreFailed: {
		"the disk cannot be written or read",
		"check the space, the permissions and the health of the disk with the data directory",
	},
	eth.L2OriginMissing: {
		"an L2 block stands on an L1 block that is not on L1's chain",
		"check that --l1 and --rollup.config are of one L1; after a deep reorg of L1, set the engine back to before it",
	},
	eth.L1ReorgTooDeep: {
		"L1 has reorganised deeper than the node remembers, so it looks for its start again",
		"nothing if it passes; if it stays, the L1 endpoint contradicts what it called final: use another with --l1",
	},
	eth.DerivationHalted: {
		"the protocol has no way on from here",
		"update this program: it may lack a fork of this chain; if it is new, report the last error",
	},
}

// unnamed is told of an error that nobody has marked.
var unnamed = advice{"a request fails for a reason that has no name", "read the last error"}

// adviceOn is never empty.
func adviceOn(fault eth.Fault) advice {
	if a, ok := faults[fault]; ok {
		return a
	}
	return unnamed
}

// codeOf names a fault, or says that it has no name.
func codeOf(fault eth.Fault) Code {
	if fault == "" {
		return Unknown
	}
	return Code(fault)
}
