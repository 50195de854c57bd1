// Command mutants shows that the simulation sees faults: it puts one fault after the other into a copy of a rule, runs the
// simulation over it, and says after how many seeds it was found.
//
//	go run ./sim/mutants -seeds=2000
//
// It changes no file of the project: the compiler is told to read the mutated file instead (go test -overlay). It is not a
// general mutation tester: the faults are chosen by hand, one for each rule that implementations get wrong.
//
// Invariant: each fault's text occurs exactly once in its file, which a test checks, so that a refactoring notices.
package main
