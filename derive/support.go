package derive

import (
	"fmt"

	"github.com/cairn-rollup/cairn/rollup"
)

// CheckSupported says whether this program has the rules the chain needs: those from Bedrock to Karst. A chain that has
// scheduled Lagoon can be followed until then; the machine halts before Lagoon's first block. The error is a
// *rollup.FieldError.
func CheckSupported(cfg *rollup.Config) error {
	if cfg.AltDA != nil {
		return &rollup.FieldError{
			Field: "alt_da", Value: cfg.AltDA.CommitmentType,
			Fix: "alternative data availability is not supported; use a chain that posts its batches to L1",
		}
	}
	if cfg.ChainOpConfig == nil {
		return &rollup.FieldError{
			Field: "chain_op_config", Value: "not set",
			Fix: "set eip1559Elasticity, eip1559Denominator and eip1559DenominatorCanyon as the chain's genesis has them; 6, 50 and 250 are usual",
		}
	}
	if at := cfg.LagoonTime; at != nil && *at <= cfg.Genesis.L2Time {
		return &rollup.FieldError{
			Field: "lagoon_time", Value: fmt.Sprint(*at),
			Fix: "leave it out: the rules of lagoon are not supported; a chain can be followed up to an activation after its genesis",
		}
	}
	return nil
}
