// Package process runs programs as their users do, and kills them as a power cut would. It is for tests only, and runs on
// Linux.
//
// Invariant: no program outlives the test that started it, not even one that was killed itself.
package process
