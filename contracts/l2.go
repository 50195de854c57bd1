package contracts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	predeploys "github.com/ethereum-optimism/optimism/op-core/nuts/state"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// l2BaseFee is the base fee of the genesis block, in wei.
const l2BaseFee = params.GWei

// Predeploys (predeploys.md) that this package checks or changes.
var (
	l2CrossDomainMessenger = common.HexToAddress("0x4200000000000000000000000000000000000007")
	gasPriceOracle         = common.HexToAddress("0x420000000000000000000000000000000000000F")
	l2StandardBridge       = common.HexToAddress("0x4200000000000000000000000000000000000010")
	sequencerFeeVault      = common.HexToAddress("0x4200000000000000000000000000000000000011")
	l2ERC721Bridge         = common.HexToAddress("0x4200000000000000000000000000000000000014")
	l1Block                = common.HexToAddress("0x4200000000000000000000000000000000000015")
	proxyAdmin             = common.HexToAddress("0x4200000000000000000000000000000000000018")
	baseFeeVault           = common.HexToAddress("0x4200000000000000000000000000000000000019")
	l1FeeVault             = common.HexToAddress("0x420000000000000000000000000000000000001A")
)

// implementationSlot is where a proxy keeps the address of its code (EIP-1967).
var implementationSlot = common.HexToHash("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")

// jovianCode is the hash of the code behind a predeploy, as published in jovian/derivation.md: derivation writes to the
// first and every transaction's fee is checked against the second.
var jovianCode = []struct {
	predeploy common.Address
	hash      common.Hash
}{
	{l1Block, common.HexToHash("0x5f885ca815d2cf27a203123e50b8ae204fdca910b6995d90b2d7700cbb9240d1")},
	{gasPriceOracle, common.HexToHash("0xe9fc7c96c4db0d6078e3d359d7e8c982c350a513cb2c31121adf5e1e8a446614")},
}

// feeVaults are the vaults that pay out to an account fixed in their code, with the account the frozen state has there.
// OperatorFeeVault is not among them: it pays to the BaseFeeVault.
var feeVaults = []struct {
	predeploy, recipient common.Address
}{
	{sequencerFeeVault, common.HexToAddress("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")},
	{baseFeeVault, common.HexToAddress("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955")},
	{l1FeeVault, common.HexToAddress("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f")},
}

// L2Params describes an L2 genesis. Amounts are wei, times seconds since 1970.
type L2Params struct {
	ChainID  uint64
	Time     uint64
	GasLimit uint64

	// EIP1559Denominator is in force before Canyon, so never on this chain; its chain configuration still wants one.
	EIP1559Denominator       uint64
	EIP1559Elasticity        uint64
	EIP1559DenominatorCanyon uint64
	MinBaseFee               uint64

	Fund            map[common.Address]*big.Int // balances of plain accounts
	L1              L1Addresses
	ProxyAdminOwner common.Address // may upgrade the predeploys
	FeeRecipient    common.Address // L1 account to which the fee vaults withdraw
}

func (p L2Params) validate() error {
	positiveUint32 := func(v uint64) bool { return v > 0 && v <= math.MaxUint32 }
	switch {
	case p.ChainID == 0:
		return errors.New("ChainID is zero")
	case p.GasLimit < params.MinGasLimit:
		return fmt.Errorf("GasLimit %d is below %d", p.GasLimit, params.MinGasLimit)
	case !positiveUint32(p.EIP1559Denominator):
		return fmt.Errorf("EIP1559Denominator %d is not a positive uint32", p.EIP1559Denominator)
	case !positiveUint32(p.EIP1559Elasticity):
		return fmt.Errorf("EIP1559Elasticity %d is not a positive uint32", p.EIP1559Elasticity)
	case !positiveUint32(p.EIP1559DenominatorCanyon):
		return fmt.Errorf("EIP1559DenominatorCanyon %d is not a positive uint32", p.EIP1559DenominatorCanyon)
	case p.ProxyAdminOwner == (common.Address{}):
		return errors.New("ProxyAdminOwner is zero")
	case p.FeeRecipient == (common.Address{}):
		return errors.New("FeeRecipient is zero")
	}
	return nil
}

// L2Genesis returns an L2 with Jovian active from block 0: the frozen Jovian predeploys, tied to p.L1, p.ProxyAdminOwner
// and p.FeeRecipient. It errs on parameters that are missing, and if the predeploys are not the ones this code knows.
func L2Genesis(p L2Params) (*core.Genesis, error) {
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("check L2 parameters: %w", err)
	}
	// The state before Karst is the state Jovian left.
	alloc, err := predeploys.PreForkState(forks.Karst)
	if err != nil {
		return nil, fmt.Errorf("read Jovian predeploys: %w", err)
	}
	if err := checkJovianCode(alloc); err != nil {
		return nil, err
	}
	if err := tie(alloc, p); err != nil {
		return nil, err
	}
	for _, vault := range feeVaults {
		if err := replaceFeeRecipient(alloc, vault.predeploy, vault.recipient, p.FeeRecipient); err != nil {
			return nil, err
		}
	}
	alloc[params.BeaconRootsAddress] = types.Account{Code: params.BeaconRootsCode, Nonce: 1, Balance: new(big.Int)}
	alloc[params.HistoryStorageAddress] = types.Account{Code: params.HistoryStorageCode, Nonce: 1, Balance: new(big.Int)}
	if err := fund(alloc, p.Fund); err != nil {
		return nil, err
	}
	return &core.Genesis{
		Config: L2ChainConfig(p.ChainID, params.OptimismConfig{
			EIP1559Elasticity:        p.EIP1559Elasticity,
			EIP1559Denominator:       p.EIP1559Denominator,
			EIP1559DenominatorCanyon: &p.EIP1559DenominatorCanyon,
		}),
		Timestamp:  p.Time,
		ExtraData:  jovianExtraData(p),
		GasLimit:   p.GasLimit,
		BaseFee:    big.NewInt(l2BaseFee),
		Difficulty: new(big.Int),
		Coinbase:   sequencerFeeVault,
		Alloc:      alloc,
	}, nil
}

// L2ChainConfig returns an OP Stack chain configuration with every fork up to Jovian active from block 0 and none after.
// An L2 has no blobs, hence no blob schedule.
func L2ChainConfig(chainID uint64, fees params.OptimismConfig) *params.ChainConfig {
	return &params.ChainConfig{
		ChainID:                 new(big.Int).SetUint64(chainID),
		HomesteadBlock:          new(big.Int),
		EIP150Block:             new(big.Int),
		EIP155Block:             new(big.Int),
		EIP158Block:             new(big.Int),
		ByzantiumBlock:          new(big.Int),
		ConstantinopleBlock:     new(big.Int),
		PetersburgBlock:         new(big.Int),
		IstanbulBlock:           new(big.Int),
		MuirGlacierBlock:        new(big.Int),
		BerlinBlock:             new(big.Int),
		LondonBlock:             new(big.Int),
		ArrowGlacierBlock:       new(big.Int),
		GrayGlacierBlock:        new(big.Int),
		MergeNetsplitBlock:      new(big.Int),
		TerminalTotalDifficulty: new(big.Int),
		BedrockBlock:            new(big.Int),
		RegolithTime:            new(uint64),
		CanyonTime:              new(uint64),
		ShanghaiTime:            new(uint64), // with Canyon
		EcotoneTime:             new(uint64),
		CancunTime:              new(uint64), // with Ecotone
		FjordTime:               new(uint64),
		GraniteTime:             new(uint64),
		HoloceneTime:            new(uint64),
		IsthmusTime:             new(uint64),
		PragueTime:              new(uint64), // with Isthmus
		JovianTime:              new(uint64),
		Optimism:                &fees,
	}
}

// jovianExtraData is the fee parameters as a Jovian header carries them (jovian/exec-engine.md): version 1, denominator,
// elasticity, minimum base fee. It holds the values in force, so the Canyon denominator.
func jovianExtraData(p L2Params) []byte {
	data := []byte{1}
	data = binary.BigEndian.AppendUint32(data, uint32(p.EIP1559DenominatorCanyon))
	data = binary.BigEndian.AppendUint32(data, uint32(p.EIP1559Elasticity))
	return binary.BigEndian.AppendUint64(data, p.MinBaseFee)
}

// implementation returns the address of the code behind a predeploy's proxy.
func implementation(alloc types.GenesisAlloc, predeploy common.Address) common.Address {
	return common.BytesToAddress(alloc[predeploy].Storage[implementationSlot].Bytes())
}

func checkJovianCode(alloc types.GenesisAlloc) error {
	for _, want := range jovianCode {
		got := crypto.Keccak256Hash(alloc[implementation(alloc, want.predeploy)].Code)
		if got != want.hash {
			return fmt.Errorf("check Jovian predeploy %s: code hash %s, published %s", want.predeploy, got, want.hash)
		}
	}
	return nil
}

// tie points the predeploys to their counterparts. The frozen state names those of the chain it was made from; a slot it
// does not have means that its layout is not the one known here.
func tie(alloc types.GenesisAlloc, p L2Params) error {
	for _, slot := range []struct {
		predeploy common.Address
		name      string
		key       common.Hash
		value     common.Address
	}{
		{l2CrossDomainMessenger, "otherMessenger", common.Hash{31: 0xcf}, p.L1.L1CrossDomainMessenger},
		{l2StandardBridge, "otherBridge", common.Hash{31: 4}, p.L1.L1StandardBridge},
		{l2ERC721Bridge, "otherBridge", common.Hash{31: 2}, p.L1.L1ERC721Bridge},
		{proxyAdmin, "owner", common.Hash{31: 0}, p.ProxyAdminOwner},
	} {
		storage := alloc[slot.predeploy].Storage
		if _, ok := storage[slot.key]; !ok {
			return fmt.Errorf("set %s of predeploy %s: no value at slot %s", slot.name, slot.predeploy, slot.key)
		}
		storage[slot.key] = common.BytesToHash(slot.value.Bytes())
		if slot.value == (common.Address{}) {
			delete(storage, slot.key)
		}
	}
	return nil
}

// feeRecipientUses is how often a vault's code pushes its recipient.
const feeRecipientUses = 6

// replaceFeeRecipient changes the immutable recipient in a vault's code: each use is a PUSH32 of the padded address.
func replaceFeeRecipient(alloc types.GenesisAlloc, vault, from, to common.Address) error {
	address := implementation(alloc, vault)
	account := alloc[address]
	push := func(recipient common.Address) []byte {
		const push32 = 0x7f
		return append([]byte{push32}, common.LeftPadBytes(recipient.Bytes(), 32)...)
	}
	if n := bytes.Count(account.Code, push(from)); n != feeRecipientUses {
		return fmt.Errorf("set recipient of fee vault %s: its code has recipient %s %d times, want %d", vault, from, n, feeRecipientUses)
	}
	account.Code = bytes.ReplaceAll(account.Code, push(from), push(to))
	alloc[address] = account
	return nil
}
