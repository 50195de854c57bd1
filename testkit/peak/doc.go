// Package peak measures how large the heap of a piece of work gets. It is for tests only.
//
// The work runs in a process of its own, the test binary started again for one test. The heap of a Go program shrinks by
// collections only, so its peak is the largest size that a collection found when it began, or the size at the end. The
// runtime tells both (GODEBUG=gctrace=1): nothing is sampled and no moment is missed. The figure has the input of the work in
// it, and the 2 to 4 MB that any process of the project has.
//
// How much garbage lies around is the business of the collector, not of the code, so it is held small: collections stop the
// world (GODEBUG=gcstoptheworld=2) and come when the heap has grown by a twentieth (GOGC=5). The figure is therefore what
// the code holds at its worst moment, within a twentieth, and does not depend on how busy the machine is. With Go's default
// of GOGC=100 a process may take up to twice that from the operating system.
package peak
