// Package rpc serves a node's own JSON-RPC: optimism_* and admin_*, with the shapes and error texts of op-node, and
// GET /healthz.
//
// It holds no state and decides nothing: it reads the published status and passes requests on.
//
// Sources: op-node's RPC; shared facts: WIRE 2.
package rpc
