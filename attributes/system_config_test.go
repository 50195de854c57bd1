package attributes_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// blockOf is a block at height 8 of a chain with the given L1 info and extraData.
func blockOf(t testing.TB, cfg *rollup.Config, info attributes.L1Info, extra []byte) *eth.ExecutionPayload {
	t.Helper()
	rules := cfg.L2Rules(1002)
	return &eth.ExecutionPayload{
		BlockHash: common.Hash{8}, ParentHash: common.Hash{0x22}, BlockNumber: 8, Timestamp: 1002, GasLimit: 30_000_000, ExtraData: extra,
		Transactions: []hexutil.Bytes{attributes.L1InfoTx(&info, &rules)},
	}
}

// RULES 6.6, for every format.
func TestSystemConfigOf(t *testing.T) {
	params := eth.Bytes8{3: 100, 7: 4}
	for name, c := range map[string]struct {
		last  rollup.Fork
		info  rollup.InfoFormat
		extra []byte
		want  rollup.SystemConfig
	}{
		"Bedrock": {rollup.Bedrock, rollup.InfoBedrock, nil, rollup.SystemConfig{
			Overhead: eth.Bytes32(word(0xbc)), Scalar: eth.Bytes32(word(0xa6fe0)),
		}},
		"Ecotone: scalar becomes version 1, overhead zero": {rollup.Granite, rollup.InfoEcotone, nil, rollup.SystemConfig{
			Scalar: ecotoneScalar(1368, 810949),
		}},
		"Holocene: EIP-1559 params out of the header": {
			rollup.Holocene, rollup.InfoEcotone, concat([]byte{0}, params[:]), rollup.SystemConfig{
				Scalar: ecotoneScalar(1368, 810949), EIP1559Params: params,
			},
		},
		"Isthmus: operator fee out of the L1 info": {
			rollup.Isthmus, rollup.InfoIsthmus, concat([]byte{0}, params[:]), rollup.SystemConfig{
				Scalar: ecotoneScalar(1368, 810949), EIP1559Params: params, OperatorFeeParams: rollup.EncodeOperatorFee(0xabcd, 0xdcba),
			},
		},
		"Jovian: min base fee out of the header, DA scalar out of the L1 info": {
			rollup.Jovian, rollup.InfoJovian, concat([]byte{1}, params[:], word(77)[24:]), rollup.SystemConfig{
				Scalar: ecotoneScalar(1368, 810949), EIP1559Params: params, OperatorFeeParams: rollup.EncodeOperatorFee(0xabcd, 0xdcba),
				MinBaseFee: 77, DAFootprintGasScalar: 400,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := chain(t, c.last)
			p := blockOf(t, cfg, mainnetInfo(c.info), c.extra)
			c.want.BatcherAddr, c.want.GasLimit = batcher, 30_000_000
			if got, err := attributes.SystemConfigOf(cfg, p); err != nil || got != c.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, c.want)
			}
			info := mainnetInfo(c.info)
			want := eth.L2Ref{
				Hash: common.Hash{8}, Number: 8, ParentHash: common.Hash{0x22}, Time: 1002,
				L1Origin: eth.BlockID{Hash: info.BlockHash, Number: info.Number}, SequenceNumber: info.SequenceNumber,
			}
			if got, err := attributes.L2RefOf(cfg, p); err != nil || got != want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestGenesisBlock(t *testing.T) {
	cfg := chain(t, rollup.Jovian)
	p := &eth.ExecutionPayload{BlockHash: cfg.Genesis.L2.Hash, BlockNumber: 7, Timestamp: 1000, ExtraData: []byte("anything")}
	if got, err := attributes.SystemConfigOf(cfg, p); err != nil || got != cfg.Genesis.SystemConfig {
		t.Errorf("got %+v, %v; want the configured one", got, err)
	}
	if got, err := attributes.L2RefOf(cfg, p); err != nil || got != cfg.GenesisL2Ref() {
		t.Errorf("got %+v, %v; want %+v", got, err, cfg.GenesisL2Ref())
	}
	p.BlockHash = common.Hash{0x23}
	if _, err := attributes.SystemConfigOf(cfg, p); err == nil || !strings.Contains(err.Error(), "wrong chain") {
		t.Errorf("other genesis: %v", err)
	}
	if _, err := attributes.L2RefOf(cfg, p); err == nil || !strings.Contains(err.Error(), "wrong chain") {
		t.Errorf("other genesis: %v", err)
	}
}

func TestUnreadableBlocks(t *testing.T) {
	cfg := chain(t, rollup.Jovian)
	extra := concat([]byte{1}, []byte{3: 100, 7: 4}, make([]byte, 8))
	for name, c := range map[string]struct {
		change func(p *eth.ExecutionPayload)
		says   string
		ref    bool // the reference is still readable
	}{
		"no transactions":         {func(p *eth.ExecutionPayload) { p.Transactions = nil }, "no transaction", false},
		"an empty transaction":    {func(p *eth.ExecutionPayload) { p.Transactions[0] = nil }, "not a deposit", false},
		"first is not a deposit":  {func(p *eth.ExecutionPayload) { p.Transactions[0][0] = 2 }, "not a deposit", false},
		"first is cut off":        {func(p *eth.ExecutionPayload) { p.Transactions[0] = p.Transactions[0][:100] }, "decode deposit", false},
		"bytes after the deposit": {func(p *eth.ExecutionPayload) { p.Transactions[0] = append(p.Transactions[0], 0) }, "decode deposit", false},
		"a user's deposit comes first": {
			func(p *eth.ExecutionPayload) { p.Transactions[0] = attributes.UpgradeTx{Data: []byte{1}}.Encode() }, "L1 info", false,
		},
		"extraData of another fork": {func(p *eth.ExecutionPayload) { p.ExtraData = p.ExtraData[:9] }, "extraData", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := blockOf(t, cfg, mainnetInfo(rollup.InfoJovian), bytes.Clone(extra))
			c.change(p)
			if _, err := attributes.SystemConfigOf(cfg, p); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("system config: %v, want %q", err, c.says)
			}
			if _, err := attributes.L2RefOf(cfg, p); (err == nil) != c.ref {
				t.Errorf("reference: %v, want readable %t", err, c.ref)
			}
		})
	}
}

// RULES 6.6: the gas limit of Karst's first block has the upgrade gas in it.
func TestKarstUpgradeGasIsTakenOffAgain(t *testing.T) {
	extra := concat([]byte{1}, []byte{3: 100, 7: 4}, make([]byte, 8))
	for name, c := range map[string]struct {
		karst    uint64
		keep     bool
		gasLimit uint64
		want     uint64
		ok       bool
	}{
		"activation block":                         {1001, false, attributes.KarstUpgradeGas + 30_000_000, 30_000_000, true},
		"activation block, keep_karst_upgrade_gas": {1001, true, attributes.KarstUpgradeGas + 30_000_000, 85_370_657, true},
		"the block after":                          {1000, false, 30_000_000, 30_000_000, true},
		"activation block with less than that":     {1002, false, attributes.KarstUpgradeGas - 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := chain(t, rollup.Jovian)
			cfg.KarstTime, cfg.KeepKarstUpgradeGas = &c.karst, c.keep
			p := blockOf(t, cfg, mainnetInfo(rollup.InfoJovian), extra)
			p.GasLimit = c.gasLimit
			got, err := attributes.SystemConfigOf(cfg, p)
			if got.GasLimit != c.want || (err == nil) != c.ok {
				t.Errorf("gas limit %d, %v; want %d, readable %t", got.GasLimit, err, c.want, c.ok)
			}
		})
	}
}

func FuzzSystemConfigOf(f *testing.F) {
	last := []rollup.Fork{rollup.Bedrock, rollup.Ecotone, rollup.Holocene, rollup.Isthmus, rollup.Jovian}
	extras := [][]byte{nil, nil, make([]byte, 9), make([]byte, 9), make([]byte, 17)}
	for i, fork := range last {
		cfg := chain(f, fork)
		info := cfg.L2Rules(1002).Info
		p := blockOf(f, cfg, mainnetInfo(info), extras[i])
		f.Add(uint8(i), []byte(p.Transactions[0]), p.ExtraData)
	}
	f.Fuzz(func(t *testing.T, fork uint8, tx, extra []byte) {
		cfg := chain(t, last[int(fork)%len(last)])
		p := &eth.ExecutionPayload{BlockNumber: 8, Timestamp: 1002, GasLimit: 1, ExtraData: extra, Transactions: []hexutil.Bytes{tx}}
		sys, err := attributes.SystemConfigOf(cfg, p)
		ref, refErr := attributes.L2RefOf(cfg, p)
		if err == nil && refErr != nil {
			t.Fatalf("system config is readable, reference is not: %v", refErr)
		}
		if err != nil {
			return
		}
		// A transaction that was understood is a deposit that op-geth understands too.
		var decoded types.Transaction
		if err := decoded.UnmarshalBinary(tx); err != nil {
			t.Fatal(err)
		}
		info, err := attributes.ParseL1Info(decoded.Data(), cfg.L2Rules(1002).Info)
		if err != nil || info.BatcherAddr != sys.BatcherAddr || info.Number != ref.L1Origin.Number {
			t.Errorf("got %+v and %+v out of %+v, %v", sys, ref, info, err)
		}
	})
}
