package contracts

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/contracts/bindings"
)

// Where L1Genesis places the contracts. Multicall3's address is the one client libraries expect on every chain.
var (
	systemConfigAddress   = common.HexToAddress("0xC000000000000000000000000000000000000001")
	optimismPortalAddress = common.HexToAddress("0xC000000000000000000000000000000000000002")
	multicall3Address     = common.HexToAddress("0xcA11bde05977b3631167028862bE2a173976CA11")
)

// L1Params describes an L1 genesis and the rollup its contracts are for. Amounts are wei, times seconds since 1970.
type L1Params struct {
	ChainID  uint64
	Time     uint64
	GasLimit uint64
	Fund     map[common.Address]*big.Int // balances of plain accounts

	Owner             common.Address // may change the SystemConfig
	Batcher           common.Address
	UnsafeBlockSigner common.Address
	BatchInbox        common.Address

	L2ChainID            *big.Int
	L2GasLimit           uint64 // 21,000,000 to 500,000,000
	BasefeeScalar        uint32
	BlobbasefeeScalar    uint32
	EIP1559Denominator   uint32 // with EIP1559Elasticity: both zero leaves L2 to its chain configuration
	EIP1559Elasticity    uint32
	OperatorFeeScalar    uint32
	OperatorFeeConstant  uint64 // wei
	MinBaseFee           uint64 // wei
	DAFootprintGasScalar uint16 // zero means the protocol's default, 400
}

// L1Addresses says where the rollup's contracts are on L1. The bridges of the second group are not part of this
// package's L1; for an L1 that has them, L2Genesis ties their L2 sides to these. Zero leaves an L2 side without a
// counterpart, so that nobody can speak for it.
type L1Addresses struct {
	SystemConfig   common.Address
	OptimismPortal common.Address
	Multicall3     common.Address

	L1CrossDomainMessenger common.Address
	L1StandardBridge       common.Address
	L1ERC721Bridge         common.Address
}

func (p L1Params) validate() error {
	switch {
	case p.ChainID == 0:
		return errors.New("parameter ChainID is zero")
	case p.GasLimit < params.MinGasLimit:
		return fmt.Errorf("GasLimit %d is below %d", p.GasLimit, params.MinGasLimit)
	case p.Owner == (common.Address{}):
		return errors.New("parameter Owner is zero")
	case p.Batcher == (common.Address{}):
		return errors.New("parameter Batcher is zero")
	case p.BatchInbox == (common.Address{}):
		return errors.New("parameter BatchInbox is zero")
	case p.L2ChainID == nil || p.L2ChainID.Sign() <= 0 || p.L2ChainID.BitLen() > 256:
		return fmt.Errorf("L2ChainID %v is not a positive uint256", p.L2ChainID)
	case p.L2ChainID.Cmp(new(big.Int).SetUint64(p.ChainID)) == 0:
		return fmt.Errorf("L2ChainID equals ChainID %d", p.ChainID)
	}
	return nil
}

// L1Genesis returns a proof-of-stake L1, Prague and Osaka active from block 0, that holds the rollup's contracts, and
// says where they are. System contracts of the protocol (EIP-4788, 2935, 7002, 7251) are in place; there is no deposit
// contract for validators. It errs on parameters that are missing or that SystemConfig refuses.
func L1Genesis(p L1Params) (*core.Genesis, L1Addresses, error) {
	if err := p.validate(); err != nil {
		return nil, L1Addresses{}, fmt.Errorf("check L1 parameters: %w", err)
	}
	code, err := readArtifact()
	if err != nil {
		return nil, L1Addresses{}, err
	}
	genesis := core.DeveloperGenesisBlock(p.GasLimit, nil)
	genesis.Config = l1ChainConfig(p.ChainID)
	genesis.Timestamp = p.Time

	systemConfig, portal := bindings.NewSystemConfig(), bindings.NewOptimismPortal()
	contracts := []struct {
		name        string
		address     common.Address
		arguments   []byte
		unpackError func([]byte) (any, error)
	}{
		{"SystemConfig", systemConfigAddress, systemConfig.PackConstructor(p.systemConfig()), systemConfig.UnpackError},
		{"OptimismPortal", optimismPortalAddress, portal.PackConstructor(systemConfigAddress), portal.UnpackError},
		{"Multicall3", multicall3Address, nil, nil},
	}
	for _, c := range contracts {
		account, revert, err := construct(genesis.Config, p.Time, c.address, append(code[c.name].Creation, c.arguments...))
		if err != nil && c.unpackError != nil && len(revert) >= 4 { // unpackError needs a selector
			if reason, unknown := c.unpackError(revert); unknown == nil {
				err = fmt.Errorf("%w: %#v", err, reason)
			}
		}
		if err != nil {
			return nil, L1Addresses{}, fmt.Errorf("construct %s: %w", c.name, err)
		}
		genesis.Alloc[c.address] = account
	}
	if err := fund(genesis.Alloc, p.Fund); err != nil {
		return nil, L1Addresses{}, err
	}
	return genesis, L1Addresses{
		SystemConfig:   systemConfigAddress,
		OptimismPortal: optimismPortalAddress,
		Multicall3:     multicall3Address,
	}, nil
}

// l1ChainConfig has every L1 fork up to Osaka at 0. Its fields may be replaced, as may those of the blob schedule; what
// the other pointers point to belongs to op-geth.
func l1ChainConfig(chainID uint64) *params.ChainConfig {
	config := *params.AllDevChainProtocolChanges
	config.ChainID = new(big.Int).SetUint64(chainID)
	blobs := *config.BlobScheduleConfig
	config.BlobScheduleConfig = &blobs
	return &config
}

func (p L1Params) systemConfig() bindings.SystemConfigParams {
	return bindings.SystemConfigParams{
		Owner:                p.Owner,
		Batcher:              p.Batcher,
		UnsafeBlockSigner:    p.UnsafeBlockSigner,
		BatchInbox:           p.BatchInbox,
		OptimismPortal:       optimismPortalAddress,
		L2ChainId:            p.L2ChainID,
		GasLimit:             p.L2GasLimit,
		BasefeeScalar:        p.BasefeeScalar,
		BlobbasefeeScalar:    p.BlobbasefeeScalar,
		Eip1559Denominator:   p.EIP1559Denominator,
		Eip1559Elasticity:    p.EIP1559Elasticity,
		OperatorFeeScalar:    p.OperatorFeeScalar,
		OperatorFeeConstant:  p.OperatorFeeConstant,
		MinBaseFee:           p.MinBaseFee,
		DaFootprintGasScalar: p.DAFootprintGasScalar,
	}
}
