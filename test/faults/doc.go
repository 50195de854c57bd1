// Package faults puts a real node, with real clients of L1, beacon node and engine, behind connections that fail: each
// test case injects one condition, reads with cairn_explain what an operator would see, ends the condition, and demands
// that the safe head goes on along the sequencer's chain.
//
// It is for tests only. What the clients do with single answers is tested in l1 and engine, and what the node decides
// about errors in driver; here it is the way from a connection to the sentence on the screen, and back to health.
package faults
