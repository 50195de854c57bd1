// Package arch holds the architecture as tests: who may import whom, what pure packages may use, and that the map from
// rules to code and tests (docs/spec-map.md) names things that exist. There is no code in it to import.
//
// The one invariant: a rule that can be broken by accident fails here, with the rule's sentence.
//
// Source: the design page's sections on principles and imports.
package arch
