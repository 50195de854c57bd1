// Package rpc serves a node's own JSON-RPC: optimism_*, admin_* and health_* with the shapes and error texts of op-node,
// cairn_* where there is more to say, and GET /healthz.
//
// It holds no state and decides nothing: it reads the published status and passes requests on. The one thing it writes is
// [AdminState], because what an operator switched has to outlive the process.
//
// Some error texts and their prefixes are those of op-node to the letter, since its clients look for them.
//
// Sources: op-node's RPC (v1.19.6); shared facts: WIRE 2.
package rpc
