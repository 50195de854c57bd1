// Package contracts makes the genesis of a devnet: an L1 that holds our own contracts, and an L2 that holds the OP Stack's
// predeploys.
//
// On L1 stand a SystemConfig, the deposit side of an OptimismPortal and a Multicall3, written for this project
// (src/*.sol) from the ABI and events that derivation and client libraries know. Their compiled code is committed
// (artifacts/contracts.json), so nothing here needs a Solidity compiler. [L1Genesis] runs each constructor in an
// in-memory EVM and writes the outcome, code and storage, into the genesis at a fixed address: there are no deployment
// transactions. On L2, [L2Genesis] takes the frozen Jovian predeploys of the module ethereum-optimism/optimism, checks
// them against published code hashes, and ties them to the L1.
//
// It is not a deployer: for a public chain, deploy the OP Stack's audited contracts. It knows no withdrawals and no
// token bridges. Go bindings are in package contracts/bindings.
//
// The invariant: a genesis is a function of its parameters. Equal parameters give the same block hash on every machine,
// and the hash survives a JSON round trip.
//
// Sources: specs/protocol/system-config.md, deposits.md, predeploys.md, jovian/derivation.md.
package contracts
