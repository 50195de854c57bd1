package attributes_test

import (
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var (
	portal       = common.HexToAddress("0xbEb5Fc579115071764c7423A4f12eDde41f106Ed")
	systemConfig = common.HexToAddress("0x229047fed2591dbec1eF1118d64F7aF3dB9EB290")
	batcher      = common.HexToAddress("0x6887246668a3b87F54DeB3b94Ba47a6f63F32985")

	depositTopic = crypto.Keccak256Hash([]byte("TransactionDeposited(address,address,uint256,bytes)"))
	updateTopic  = crypto.Keccak256Hash([]byte("ConfigUpdate(uint256,uint8,bytes)"))
)

// chain is a valid configuration with every fork up to and including last active at genesis (time 1000, block time 2).
func chain(t testing.TB, last rollup.Fork) *rollup.Config {
	t.Helper()
	canyon := uint64(250)
	cfg := &rollup.Config{
		Genesis: rollup.Genesis{
			L1:     eth.BlockID{Hash: common.Hash{0x11}, Number: 100},
			L2:     eth.BlockID{Hash: common.Hash{0x22}, Number: 7},
			L2Time: 1000,
			SystemConfig: rollup.SystemConfig{
				BatcherAddr: batcher,
				Scalar:      ecotoneScalar(1368, 810949),
				GasLimit:    60_000_000,
			},
		},
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 3600, ChannelTimeout: 300,
		L1ChainID: big.NewInt(1), L2ChainID: big.NewInt(10),
		BatchInboxAddress: common.HexToAddress("0xFF00000000000000000000000000000000000010"), DepositContractAddress: portal,
		L1SystemConfigAddress: systemConfig,
		ChainOpConfig:         &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for _, f := range rollup.Forks() {
		if f <= last {
			cfg.SetTime(f, new(uint64))
		}
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func ecotoneScalar(base, blob uint32) (s eth.Bytes32) {
	s[0] = 1
	binary.BigEndian.PutUint32(s[24:], blob)
	binary.BigEndian.PutUint32(s[28:], base)
	return s
}

// l1Block is a block at height number, 12 s apart from its neighbours, with the given logs.
func l1Block(number uint64, logs ...*types.Log) *eth.L1Block {
	excess, root := uint64(0), common.Hash{0xbe, byte(number)}
	b := &eth.L1Block{
		L1Ref:      eth.L1Ref{Hash: l1Hash(number), Number: number, ParentHash: l1Hash(number - 1), Time: 1000 + 12*(number-100)},
		PrevRandao: common.Hash{0x3a, byte(number)}, BaseFee: big.NewInt(int64(7_000_000_000 + number)),
		ExcessBlobGas: &excess, BeaconRoot: &root,
	}
	for i, log := range logs {
		log.Index = uint(i)
	}
	b.Logs = logs
	return b
}

func l1Hash(number uint64) common.Hash {
	if number == 100 {
		return common.Hash{0x11}
	}
	return common.Hash{0x11, byte(number)}
}

// word is a number as an ABI word.
func word(n uint64) []byte { return common.BigToHash(new(big.Int).SetUint64(n)).Bytes() }

func concat(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// updateLog is a ConfigUpdate of a type with a payload.
func updateLog(kind uint64, payload ...[]byte) *types.Log {
	p := concat(payload...)
	return &types.Log{
		Address: systemConfig,
		Topics:  []common.Hash{updateTopic, {}, common.Hash(word(kind))},
		Data:    concat(word(32), word(uint64(len(p))), p),
	}
}

// depositLog is a TransactionDeposited with opaque data.
func depositLog(from, to common.Address, opaque []byte) *types.Log {
	padding := make([]byte, (32-len(opaque)%32)%32)
	return &types.Log{
		Address: portal,
		Topics:  []common.Hash{depositTopic, common.BytesToHash(from[:]), common.BytesToHash(to[:]), {}},
		Data:    concat(word(32), word(uint64(len(opaque))), opaque, padding),
	}
}

// opaque is the packed data of a deposit.
func opaque(mint, value, gas uint64, isCreation byte, data []byte) []byte {
	return concat(word(mint), word(value), binary.BigEndian.AppendUint64(nil, gas), []byte{isCreation}, data)
}

// forkTimes answers op-geth's questions about forks.
type forkTimes struct{ *rollup.Config }

func (f forkTimes) active(fork rollup.Fork, t uint64) bool {
	at := f.Time(fork)
	return at != nil && *at <= t
}
func (f forkTimes) IsHolocene(t uint64) bool { return f.active(rollup.Holocene, t) }
func (f forkTimes) IsJovian(t uint64) bool   { return f.active(rollup.Jovian, t) }

// execute answers attributes as an engine does: op-geth writes the extraData, the hash is made up.
func execute(cfg *rollup.Config, parent eth.L2Ref, a *eth.PayloadAttributes) *eth.PayloadEnvelope {
	p := &eth.ExecutionPayload{
		ParentHash: parent.Hash, BlockNumber: parent.Number + 1, Timestamp: a.Timestamp, PrevRandao: a.PrevRandao,
		FeeRecipient: a.SuggestedFeeRecipient, GasLimit: a.GasLimit, Transactions: a.Transactions, Withdrawals: a.Withdrawals,
		BaseFeePerGas: big.NewInt(1),
	}
	if forks := (forkTimes{cfg}); forks.IsHolocene(a.Timestamp) {
		denominator, elasticity := eip1559.DecodeHolocene1559Params(a.EIP1559Params[:])
		if denominator == 0 {
			denominator, elasticity = *cfg.ChainOpConfig.EIP1559DenominatorCanyon, cfg.ChainOpConfig.EIP1559Elasticity
		}
		p.ExtraData = eip1559.EncodeOptimismExtraData(forks, a.Timestamp, denominator, elasticity, a.MinBaseFee)
	}
	if (forkTimes{cfg}).active(rollup.Isthmus, a.Timestamp) {
		p.WithdrawalsRoot = &common.Hash{0x77}
	}
	p.BlockHash = crypto.Keccak256Hash(parent.Hash[:], a.Transactions[0], p.ExtraData)
	return &eth.PayloadEnvelope{ParentBeaconBlockRoot: a.ParentBeaconBlockRoot, ExecutionPayload: p}
}

// madeUpUpgrades gives one transaction for each fork.
func madeUpUpgrades(f rollup.Fork) ([]hexutil.Bytes, bool) {
	return []hexutil.Bytes{{0x7e, byte(f)}}, true
}
