package attributes

import (
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// validEIP1559Params says whether denominator and elasticity are both set, or both zero, which stands for the chain's
// constants (specs: protocol/holocene/exec-engine.md).
func validEIP1559Params(p eth.Bytes8) bool {
	denominator, elasticity := rollup.DecodeEIP1559Params(p)
	return (denominator == 0) == (elasticity == 0)
}

// effectiveEIP1559Params puts the chain's constants in the place of zeros, as the engine does when it writes a header. A
// configuration without constants leaves the zeros, which no header may have.
func effectiveEIP1559Params(cfg *rollup.Config, p eth.Bytes8) eth.Bytes8 {
	denominator, _ := rollup.DecodeEIP1559Params(p)
	constants := cfg.ChainOpConfig
	if denominator != 0 || constants == nil || constants.EIP1559DenominatorCanyon == nil {
		return p
	}
	// Parameters exist from Holocene on, so Canyon's denominator is the one that counts.
	return rollup.EncodeEIP1559Params(uint32(*constants.EIP1559DenominatorCanyon), uint32(constants.EIP1559Elasticity))
}
