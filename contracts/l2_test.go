package contracts_test

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/contracts"
)

var (
	depositor = common.HexToAddress("0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001")
	l1Block   = predeploy(0x15)
)

func predeploy(n byte) common.Address {
	address := common.HexToAddress("0x4200000000000000000000000000000000000000")
	address[19] = n
	return address
}

func selector(signature string) []byte {
	return crypto.Keccak256([]byte(signature))[:4]
}

// word reads a getter that returns one word.
func (w *world) word(to common.Address, signature string) common.Hash {
	w.t.Helper()
	ret := w.read(to, selector(signature))
	if len(ret) != 32 {
		w.t.Fatalf("%s of %s returns %x", signature, to, ret)
	}
	return common.BytesToHash(ret)
}

// l1Info is call data of the L1 attributes deposit since Jovian: the fields without padding behind the selector.
func l1Info() []byte {
	data := common.Hex2Bytes("3db6be2b")
	data = binary.BigEndian.AppendUint32(data, 1368)          // base fee scalar
	data = binary.BigEndian.AppendUint32(data, 810949)        // blob base fee scalar
	data = binary.BigEndian.AppendUint64(data, 3)             // sequence number
	data = binary.BigEndian.AppendUint64(data, 1_700_000_012) // L1 time
	data = binary.BigEndian.AppendUint64(data, 42)            // L1 number
	data = append(data, common.BigToHash(big.NewInt(7_000_000_000)).Bytes()...)
	data = append(data, common.BigToHash(big.NewInt(11)).Bytes()...)
	data = append(data, common.HexToHash("0xaa").Bytes()...) // L1 hash
	data = append(data, common.BytesToHash(batcher.Bytes()).Bytes()...)
	data = binary.BigEndian.AppendUint32(data, 5)   // operator fee scalar
	data = binary.BigEndian.AppendUint64(data, 6)   // operator fee constant
	return binary.BigEndian.AppendUint16(data, 400) // DA footprint gas scalar
}

func TestL1BlockTakesJovianAttributes(t *testing.T) {
	w := newWorld(t, l2Genesis(t))
	ret, _, reverted := w.send(depositor, l1Block, new(big.Int), l1Info())
	if reverted {
		t.Fatalf("setL1BlockValuesJovian reverts: %x", ret)
	}
	for signature, want := range map[string]common.Hash{
		"number()":               common.BigToHash(big.NewInt(42)),
		"timestamp()":            common.BigToHash(big.NewInt(1_700_000_012)),
		"basefee()":              common.BigToHash(big.NewInt(7_000_000_000)),
		"blobBaseFee()":          common.BigToHash(big.NewInt(11)),
		"hash()":                 common.HexToHash("0xaa"),
		"batcherHash()":          common.BytesToHash(batcher.Bytes()),
		"sequenceNumber()":       common.BigToHash(big.NewInt(3)),
		"baseFeeScalar()":        common.BigToHash(big.NewInt(1368)),
		"blobBaseFeeScalar()":    common.BigToHash(big.NewInt(810949)),
		"operatorFeeScalar()":    common.BigToHash(big.NewInt(5)),
		"operatorFeeConstant()":  common.BigToHash(big.NewInt(6)),
		"daFootprintGasScalar()": common.BigToHash(big.NewInt(400)),
	} {
		if value := w.word(l1Block, signature); value != want {
			t.Errorf("%s is %s, want %s", signature, value, want)
		}
	}
	if _, _, reverted := w.send(alice, l1Block, new(big.Int), l1Info()); !reverted {
		t.Error("anybody may set the L1 attributes")
	}
}

func TestGasPriceOracleIsInJovian(t *testing.T) {
	w := newWorld(t, l2Genesis(t))
	for _, signature := range []string{"isEcotone()", "isFjord()", "isIsthmus()", "isJovian()"} {
		if w.word(predeploy(0x0f), signature) != (common.Hash{31: 1}) {
			t.Errorf("%s is not true", signature)
		}
	}
}

func TestPredeploysAreTiedToTheirCounterparts(t *testing.T) {
	p := l2Params()
	p.L1 = contracts.L1Addresses{
		L1CrossDomainMessenger: common.HexToAddress("0xc101"),
		L1StandardBridge:       common.HexToAddress("0xc102"),
		L1ERC721Bridge:         common.HexToAddress("0xc103"),
	}
	tied, err := contracts.L2Genesis(p)
	if err != nil {
		t.Fatal(err)
	}
	with, without := newWorld(t, tied), newWorld(t, l2Genesis(t))
	for _, test := range []struct {
		of        common.Address
		signature string
		want      common.Address
		alone     common.Address // without counterparts on L1
	}{
		{predeploy(0x07), "otherMessenger()", p.L1.L1CrossDomainMessenger, common.Address{}},
		{predeploy(0x10), "otherBridge()", p.L1.L1StandardBridge, common.Address{}},
		{predeploy(0x14), "otherBridge()", p.L1.L1ERC721Bridge, common.Address{}},
		{predeploy(0x18), "owner()", owner, owner},
		{predeploy(0x11), "recipient()", receiver, receiver},
		{predeploy(0x19), "recipient()", receiver, receiver},
		{predeploy(0x1a), "recipient()", receiver, receiver},
		{predeploy(0x1b), "recipient()", predeploy(0x19), predeploy(0x19)},
	} {
		if value := with.word(test.of, test.signature); value != common.BytesToHash(test.want.Bytes()) {
			t.Errorf("%s of %s is %s, want %s", test.signature, test.of, value, test.want)
		}
		if value := without.word(test.of, test.signature); value != common.BytesToHash(test.alone.Bytes()) {
			t.Errorf("%s of %s without L1 bridges is %s, want %s", test.signature, test.of, value, test.alone)
		}
	}
}

func TestL2HasSystemContracts(t *testing.T) {
	genesis := l2Genesis(t)
	for address, code := range map[common.Address][]byte{
		params.BeaconRootsAddress:    params.BeaconRootsCode,
		params.HistoryStorageAddress: params.HistoryStorageCode,
	} {
		if account := genesis.Alloc[address]; !bytes.Equal(account.Code, code) || account.Nonce != 1 {
			t.Errorf("system contract %s: %d bytes of code, nonce %d", address, len(account.Code), account.Nonce)
		}
	}
}

func TestL2GenesisHeader(t *testing.T) {
	genesis := l2Genesis(t)
	header := genesis.ToBlock().Header()
	if want := common.Hex2Bytes("01" + "000000fa" + "00000006" + "0000000000000021"); !bytes.Equal(header.Extra, want) {
		t.Errorf("extra data %x, want %x", header.Extra, want)
	}
	if err := eip1559.ValidateOptimismExtraData(genesis.Config, header.Time, header.Extra); err != nil {
		t.Errorf("extra data: %v", err)
	}
	if header.BaseFee.Cmp(big.NewInt(1_000_000_000)) != 0 {
		t.Errorf("base fee %v", header.BaseFee)
	}
	if header.Coinbase != predeploy(0x11) {
		t.Errorf("coinbase %s, want the SequencerFeeVault", header.Coinbase)
	}
	if header.RequestsHash == nil || *header.RequestsHash != types.EmptyRequestsHash {
		t.Errorf("requests hash %v", header.RequestsHash)
	}
	// Isthmus: the header carries the storage root of the L2ToL1MessagePasser, a proxy, so never an empty one.
	if root := header.WithdrawalsHash; root == nil || *root == types.EmptyWithdrawalsHash || *root == (common.Hash{}) {
		t.Errorf("withdrawals root %v", root)
	}
	if header.Time != l2Params().Time || header.GasLimit != l2Params().GasLimit {
		t.Errorf("time %d, gas limit %d", header.Time, header.GasLimit)
	}
}

func TestL2ChainConfigEndsWithJovian(t *testing.T) {
	canyon := uint64(250)
	fees := params.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon}
	config := contracts.L2ChainConfig(901, fees)
	if err := config.CheckConfigForkOrder(); err != nil {
		t.Error(err)
	}
	for name, active := range map[string]bool{
		"Bedrock":  config.IsOptimismBedrock(new(big.Int)),
		"Regolith": config.IsOptimismRegolith(0),
		"Canyon":   config.IsOptimismCanyon(0),
		"Ecotone":  config.IsOptimismEcotone(0),
		"Fjord":    config.IsOptimismFjord(0),
		"Granite":  config.IsOptimismGranite(0),
		"Holocene": config.IsOptimismHolocene(0),
		"Isthmus":  config.IsOptimismIsthmus(0),
		"Jovian":   config.IsOptimismJovian(0),
		"Shanghai": config.IsShanghai(new(big.Int), 0),
		"Cancun":   config.IsCancun(new(big.Int), 0),
		"Prague":   config.IsPrague(new(big.Int), 0),
	} {
		if !active {
			t.Errorf("%s is not active at 0", name)
		}
	}
	if config.KarstTime != nil || config.LagoonTime != nil || config.OsakaTime != nil {
		t.Error("a fork after Jovian is scheduled")
	}
	if got := config.BaseFeeChangeDenominator(0); got != 250 {
		t.Errorf("denominator %d, want the one of Canyon", got)
	}
	if got := config.ElasticityMultiplier(); got != 6 {
		t.Errorf("elasticity %d", got)
	}
}

func TestL2ParametersAreRefused(t *testing.T) {
	for _, test := range []struct {
		says   string
		change func(*contracts.L2Params)
	}{
		{"ChainID is zero", func(p *contracts.L2Params) { p.ChainID = 0 }},
		{"GasLimit 0 is below 5000", func(p *contracts.L2Params) { p.GasLimit = 0 }},
		{"EIP1559Denominator 0 is not", func(p *contracts.L2Params) { p.EIP1559Denominator = 0 }},
		{"EIP1559Elasticity 0 is not", func(p *contracts.L2Params) { p.EIP1559Elasticity = 0 }},
		{"EIP1559DenominatorCanyon 0 is not", func(p *contracts.L2Params) { p.EIP1559DenominatorCanyon = 0 }},
		{"EIP1559DenominatorCanyon 4294967296 is not", func(p *contracts.L2Params) { p.EIP1559DenominatorCanyon = 1 << 32 }},
		{"ProxyAdminOwner is zero", func(p *contracts.L2Params) { p.ProxyAdminOwner = common.Address{} }},
		{"FeeRecipient is zero", func(p *contracts.L2Params) { p.FeeRecipient = common.Address{} }},
	} {
		t.Run(test.says, func(t *testing.T) {
			p := l2Params()
			test.change(&p)
			if _, err := contracts.L2Genesis(p); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}
