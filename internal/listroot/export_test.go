package listroot

import "github.com/ethereum/go-ethereum/common"

// OfOneByOne is Of as on a processor that cannot hash four nodes at once.
func OfOneByOne(elements [][]byte) common.Hash { return with(newBuilder(false), elements) }

// OfFourAtOnce is Of with four lanes on any processor.
func OfFourAtOnce(elements [][]byte) common.Hash { return with(newBuilder(true), elements) }
