// Package node puts one rollup node together: driver, L1 source, engine and RPC, started in order and stopped in reverse.
//
// It decides nothing. Engine and L1 connections are given by whoever knows where they are: a devnet, or the command line.
package node
