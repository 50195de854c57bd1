// Package corpus keeps the committed inputs of fuzz targets, the files in testdata/fuzz/<target>, in step with the tests
// that make them. It is for tests only.
//
// The inputs are made, not collected: a test says what each one is and what must come of it, and Check compares it with its
// file. An input that a fuzzer found and that is worth keeping is a file whose name begins with found_, followed by what it
// shows. Invariant: every file of a target is made by its test or is such a find, and is small.
//
// After a change to a format the files are written anew with
//
//	go test ./batch -run Corpus -args -corpus
//
// Source of the file format: https://go.dev/doc/security/fuzz, corpus files.
package corpus
