package derive

import (
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// CheckSupported says whether this program has rules the chain needs: those from Holocene on, with all activations up to
// Karst. Where derivation begins decides whether they are enough: see CheckStart. A chain that has scheduled Lagoon can be
// followed until then; the machine halts before Lagoon's first block. The error is a *rollup.FieldError.
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
	if cfg.HoloceneTime == nil {
		return &rollup.FieldError{
			Field: "holocene_time", Value: timeString(nil),
			Fix: "only chains that have activated Holocene are supported",
		}
	}
	if at := cfg.LagoonTime; at != nil && *at <= cfg.Genesis.L2Time {
		return &rollup.FieldError{
			Field: "lagoon_time", Value: timeString(at),
			Fix: "leave it out: the rules of lagoon are not supported; a chain can be followed up to an activation after its genesis",
		}
	}
	return nil
}

// CheckStart says whether derivation can begin at an L1 block: the rules for reading data before Holocene are not here.
func CheckStart(cfg *rollup.Config, base eth.L1Ref) error {
	switch {
	case cfg.L1Rules(base.Time).StrictOrder:
		return nil
	case cfg.HoloceneTime == nil:
		return fmt.Errorf("derivation would begin at L1 block %s, and Holocene is not scheduled: this version derives from Holocene on", base)
	}
	return fmt.Errorf("derivation would begin at L1 block %s of %s, before Holocene (%s): this version derives from Holocene on; "+
		"give the engine a database whose safe head is later", base, date(base.Time), date(*cfg.HoloceneTime))
}

func date(at uint64) string { return time.Unix(int64(at), 0).UTC().Format(time.DateTime) } //nolint:gosec // a time of a block

func timeString(at *uint64) string {
	if at == nil {
		return "not set"
	}
	return fmt.Sprint(*at)
}
