// Package bindings encodes calls to, and decodes answers, events and errors of, the contracts in contracts/src.
//
// All of bindings.go is generated: [SystemConfig], [OptimismPortal] and [Multicall3] each have Pack methods (calls),
// Unpack methods (answers), UnpackXEvent (logs) and UnpackError (revert data), and Instance binds one to an address for
// package accounts/abi/bind/v2. It holds no bytecode: package contracts places the contracts in a genesis.
//
// The invariant: bindings.go is what abigen gives for ../artifacts/contracts.json; a test regenerates and compares.
package bindings

//go:generate go test -run TestBindingsAreWhatTheArtifactGives -args -rewrite
