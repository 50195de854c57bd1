// Package upgrades knows the upgrade transactions of the forks: the deposits that the protocol itself makes in a fork's
// first block, which replace predeploys. [Transactions] is what attributes.Builder asks.
//
//	creation_code.json.gz, karst_nut_bundle.json.gz ─▶ assemble ─▶ hash check ─▶ Transactions
//
// Up to Jovian the transactions stand in a table here, and only the contracts' creation code comes from a file. From Karst
// on they come as a bundle (a JSON list). Both files are foreign data: package generate reads them out of the Go module
// github.com/ethereum-optimism/optimism that go.mod names, a test reads them again and compares, and nobody edits them.
//
// It does not say when a fork activates or how much gas its block gets (package attributes), and it does not know Lagoon,
// whose bundle is not final.
//
// Invariant: what Transactions gives has the pinned hash, transaction by transaction, or it gives nothing: a derivation
// that stops is repaired, one that goes on with another block is not.
//
// # The names in Karst's source hashes
//
// The source hash of a bundle's transaction names fork and position: "Karst 0: ConditionalDeployer Deployment". op-node
// v1.17.0 wrote the fork's name in lower case; v1.18.1 and all later releases write it with a capital letter, as kona does.
// v1.19.0 was the first release with activation times of Karst and mandatory for it, so no public chain has the lower-case
// form, and it is not here. Recordings of v1.17.0 (the project's harness and RULES 6.5, appendix A) differ in source hash
// and transaction hash, and in nothing else.
//
// Sources: specs, protocol/{ecotone,fjord,isthmus,jovian,karst}/derivation.md; for Jovian's intents and Karst's names
// op-node v1.19.6, with which the live chains agree. Hashes: RULES appendix A. The data is MIT-licensed, Copyright Optimism.
package upgrades

//go:generate go run ./generate
