// Package golden compares what code writes with files that people read, and writes those files anew. It is for tests only.
//
// A test makes a text and names the file that has it: a file of testdata, or the part of a document between two marks
//
//	<!-- faults: made by go test ./obs -run Operations -args -rewrite -->
//	<!-- /faults -->
//
// With -args -rewrite the text goes into the file; what changed is then read in the difference that git shows. Invariant:
// without it, no file is written.
package golden
