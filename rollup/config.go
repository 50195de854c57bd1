package rollup

import (
	"fmt"
	"math"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// Genesis says where the rollup starts.
type Genesis struct {
	L1           eth.BlockID  `json:"l1"`      // the L1 block the rollup starts after
	L2           eth.BlockID  `json:"l2"`      // the L2 genesis block
	L2Time       uint64       `json:"l2_time"` // seconds since 1970
	SystemConfig SystemConfig `json:"system_config"`
}

// ChainOpConfig holds the chain's EIP-1559 constants.
type ChainOpConfig struct {
	EIP1559Elasticity        uint64  `json:"eip1559Elasticity"`
	EIP1559Denominator       uint64  `json:"eip1559Denominator"`
	EIP1559DenominatorCanyon *uint64 `json:"eip1559DenominatorCanyon,omitempty"`
}

// AltDAConfig is the configuration of alternative data availability, which is recognised in order to be refused.
type AltDAConfig struct {
	DAChallengeAddress common.Address `json:"da_challenge_contract_address"`
	CommitmentType     string         `json:"da_commitment_type"`
	DAChallengeWindow  uint64         `json:"da_challenge_window"`
	DAResolveWindow    uint64         `json:"da_resolve_window"`
}

// Config is the rollup configuration, in the JSON form of op-node's rollup.json (shared facts: WIRE 1). Times are
// seconds since 1970; an absent fork time means "not scheduled", 0 means "from genesis".
type Config struct {
	Genesis           Genesis  `json:"genesis"`
	BlockTime         uint64   `json:"block_time"`                    // seconds between L2 blocks
	MaxSequencerDrift uint64   `json:"max_sequencer_drift,omitempty"` // seconds; a constant 1800 from Fjord
	SeqWindowSize     uint64   `json:"seq_window_size"`               // L1 blocks
	ChannelTimeout    uint64   `json:"channel_timeout"`               // L1 blocks; a constant 50 from Granite
	L1ChainID         *big.Int `json:"l1_chain_id"`
	L2ChainID         *big.Int `json:"l2_chain_id"`

	RegolithTime *uint64 `json:"regolith_time,omitempty"`
	CanyonTime   *uint64 `json:"canyon_time,omitempty"`
	DeltaTime    *uint64 `json:"delta_time,omitempty"`
	EcotoneTime  *uint64 `json:"ecotone_time,omitempty"`
	FjordTime    *uint64 `json:"fjord_time,omitempty"`
	GraniteTime  *uint64 `json:"granite_time,omitempty"`
	HoloceneTime *uint64 `json:"holocene_time,omitempty"`
	IsthmusTime  *uint64 `json:"isthmus_time,omitempty"`
	JovianTime   *uint64 `json:"jovian_time,omitempty"`
	KarstTime    *uint64 `json:"karst_time,omitempty"`
	LagoonTime   *uint64 `json:"lagoon_time,omitempty"`

	// KeepKarstUpgradeGas leaves the gas of Karst's upgrade transactions in the gas limit of later blocks.
	KeepKarstUpgradeGas bool `json:"keep_karst_upgrade_gas,omitempty"`
	// AsOpNode117 derives as op-node 1.17 did, for recordings and test chains of that time: Karst's upgrade transactions have
	// their early source hashes, and span batches are not compared with the safe blocks they cover, from Holocene on
	// (docs/adr/0010-as-op-node-1.17.md). It is no key of rollup.json: no public chain has such a history.
	AsOpNode117 bool `json:"-"`
	// PectraBlobScheduleTime is the L1 origin time until which the blob base fee is computed as before Prague.
	PectraBlobScheduleTime *uint64 `json:"pectra_blob_schedule_time,omitempty"`

	BatchInboxAddress      common.Address `json:"batch_inbox_address"`
	DepositContractAddress common.Address `json:"deposit_contract_address"`
	L1SystemConfigAddress  common.Address `json:"l1_system_config_address"`

	ChainOpConfig *ChainOpConfig `json:"chain_op_config,omitempty"`
	AltDA         *AltDAConfig   `json:"alt_da,omitempty"`
}

// BlockTimestamp is the time of the L2 block with a number: a pure function of height.
func (c *Config) BlockTimestamp(number uint64) uint64 {
	return c.Genesis.L2Time + (number-c.Genesis.L2.Number)*c.BlockTime
}

// BlockNumber is the number of the L2 block at, or the last one before, a time; an error before genesis.
func (c *Config) BlockNumber(time uint64) (uint64, error) {
	if time < c.Genesis.L2Time {
		return 0, fmt.Errorf("time %d is before the L2 genesis time %d", time, c.Genesis.L2Time)
	}
	return c.Genesis.L2.Number + (time-c.Genesis.L2Time)/c.BlockTime, nil
}

// GenesisL2Ref is the reference of the L2 genesis block.
func (c *Config) GenesisL2Ref() eth.L2Ref {
	return eth.L2Ref{
		Hash: c.Genesis.L2.Hash, Number: c.Genesis.L2.Number, Time: c.Genesis.L2Time, L1Origin: c.Genesis.L1,
	}
}

// FieldError names the field of a configuration that is wrong, its value, and what to do.
type FieldError struct {
	Field, Value, Fix string
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s = %s: %s", e.Field, e.Value, e.Fix) }

// Check says whether the configuration makes sense; the error is a *FieldError. It does not say whether this program
// can derive the chain: that depends on the forks derive supports.
func (c *Config) Check() error {
	bad := func(field string, value any, fix string) error {
		return &FieldError{Field: field, Value: fmt.Sprint(value), Fix: fix}
	}
	switch g := &c.Genesis; {
	case c.BlockTime == 0:
		return bad("block_time", 0, "set the seconds between L2 blocks, at least 1")
	case c.ChannelTimeout == 0:
		return bad("channel_timeout", 0, "set a number of L1 blocks, 300 is usual")
	case c.SeqWindowSize < 2:
		return bad("seq_window_size", c.SeqWindowSize, "set a number of L1 blocks of at least 2, 3600 is usual")
	case c.MaxSequencerDrift == 0:
		return bad("max_sequencer_drift", 0, "set seconds, 600 is usual (unused from Fjord on, but required)")
	case g.L1.Hash == (common.Hash{}):
		return bad("genesis.l1.hash", g.L1.Hash, "set the hash of the L1 block the rollup starts after")
	case g.L2.Hash == (common.Hash{}):
		return bad("genesis.l2.hash", g.L2.Hash, "set the hash of the L2 genesis block")
	case g.L1.Hash == g.L2.Hash:
		return bad("genesis.l2.hash", g.L2.Hash, "it equals genesis.l1.hash; one of them is of the wrong layer")
	case g.L2Time == 0:
		return bad("genesis.l2_time", 0, "set the timestamp of the L2 genesis block")
	case g.SystemConfig.BatcherAddr == (common.Address{}):
		return bad("genesis.system_config.batcherAddr", g.SystemConfig.BatcherAddr, "set the address of the batcher")
	case g.SystemConfig.Scalar == (eth.Bytes32{}):
		return bad("genesis.system_config.scalar", g.SystemConfig.Scalar, "set the fee scalar")
	case g.SystemConfig.GasLimit == 0:
		return bad("genesis.system_config.gasLimit", 0, "set the gas limit of L2 blocks")
	case c.L1ChainID == nil || c.L1ChainID.Sign() <= 0:
		return bad("l1_chain_id", c.L1ChainID, "set a positive chain id")
	case c.L2ChainID == nil || c.L2ChainID.Sign() <= 0:
		return bad("l2_chain_id", c.L2ChainID, "set a positive chain id")
	case c.L1ChainID.Cmp(c.L2ChainID) == 0:
		return bad("l2_chain_id", c.L2ChainID, "it equals l1_chain_id; the layers need different ids")
	case c.BatchInboxAddress == (common.Address{}):
		return bad("batch_inbox_address", c.BatchInboxAddress, "set the address batches are sent to")
	case c.DepositContractAddress == (common.Address{}):
		return bad("deposit_contract_address", c.DepositContractAddress, "set the address of the OptimismPortal")
	}
	if err := c.checkForkOrder(); err != nil {
		return err
	}
	if o := c.ChainOpConfig; o != nil {
		switch {
		case o.EIP1559Elasticity == 0:
			return bad("chain_op_config.eip1559Elasticity", 0, "set a positive number, 6 is usual")
		case o.EIP1559Denominator == 0:
			return bad("chain_op_config.eip1559Denominator", 0, "set a positive number, 50 is usual")
		case o.EIP1559Elasticity > math.MaxUint32:
			return bad("chain_op_config.eip1559Elasticity", o.EIP1559Elasticity, "set a number below 2^32: headers have 4 bytes for it")
		case o.EIP1559DenominatorCanyon != nil && *o.EIP1559DenominatorCanyon > math.MaxUint32:
			return bad("chain_op_config.eip1559DenominatorCanyon", *o.EIP1559DenominatorCanyon,
				"set a number below 2^32: headers have 4 bytes for it")
		case c.CanyonTime != nil && (o.EIP1559DenominatorCanyon == nil || *o.EIP1559DenominatorCanyon == 0):
			return bad("chain_op_config.eip1559DenominatorCanyon", 0, "canyon_time is set: set a positive number, 250 is usual")
		}
	}
	return nil
}

// checkForkOrder demands that no fork is scheduled before, or without, the one that precedes it.
func (c *Config) checkForkOrder() error {
	for f := Canyon; f < forkCount; f++ {
		at, before := c.Time(f), c.Time(f-1)
		switch {
		case at == nil:
		case before == nil:
			return &FieldError{
				Field: f.String() + "_time", Value: fmt.Sprint(*at),
				Fix: fmt.Sprintf("set %s_time too: a fork needs the one before it", f-1),
			}
		case *at < *before:
			return &FieldError{
				Field: f.String() + "_time", Value: fmt.Sprint(*at),
				Fix: fmt.Sprintf("it is before %s_time = %d; forks activate in order", f-1, *before),
			}
		}
	}
	return nil
}
