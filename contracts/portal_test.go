package contracts_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/contracts/bindings"
)

var portal = bindings.NewOptimismPortal()

var transactionDepositedTopic = common.HexToHash("0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32")

// forwarder is code that sends on its call data and value to a fixed address.
func forwarder(to common.Address) []byte {
	code := common.Hex2Bytes("3660006000376000600036600034" + "73")
	code = append(code, to.Bytes()...)
	return append(code, common.Hex2Bytes("5af160005260206000f3")...)
}

// delegation is the code of an EOA that runs the code of another account (EIP-7702).
func delegation(to common.Address) []byte {
	return append([]byte{0xef, 0x01, 0x00}, to.Bytes()...)
}

// depositData is the data of TransactionDeposited, put together by hand.
func depositData(mint, value *big.Int, gas uint64, isCreation bool, data []byte) []byte {
	opaque := append(common.LeftPadBytes(mint.Bytes(), 32), common.LeftPadBytes(value.Bytes(), 32)...)
	opaque = binary.BigEndian.AppendUint64(opaque, gas)
	creation := byte(0)
	if isCreation {
		creation = 1
	}
	opaque = append(append(opaque, creation), data...)
	out := append(common.BigToHash(big.NewInt(32)).Bytes(), common.BigToHash(big.NewInt(int64(len(opaque)))).Bytes()...)
	return append(out, common.RightPadBytes(opaque, (len(opaque)+31)/32*32)...)
}

func TestDepositEventLayout(t *testing.T) {
	target := common.HexToAddress("0x7a46e7")
	value := new(big.Int).Lsh(big.NewInt(1), 255)
	for _, test := range []struct {
		name string
		sent *big.Int
		call []byte
		to   common.Address
		want []byte
	}{
		{
			"a call: mint is the ether sent, value the argument",
			big.NewInt(7),
			portal.PackDepositTransaction(target, value, 100_001, false, []byte{1, 2, 3}),
			target,
			depositData(big.NewInt(7), value, 100_001, false, []byte{1, 2, 3}),
		},
		{
			"no ether: mint is zero",
			new(big.Int),
			portal.PackDepositTransaction(target, new(big.Int), 21_000, false, nil),
			target,
			depositData(new(big.Int), new(big.Int), 21_000, false, nil),
		},
		{
			"a creation: flag 1, target zero",
			new(big.Int),
			portal.PackDepositTransaction(common.Address{}, new(big.Int), 200_000, true, []byte{0x60, 0x00}),
			common.Address{},
			depositData(new(big.Int), new(big.Int), 200_000, true, []byte{0x60, 0x00}),
		},
		{
			"a call to the zero address is not a creation",
			new(big.Int),
			portal.PackDepositTransaction(common.Address{}, new(big.Int), 200_000, false, nil),
			common.Address{},
			depositData(new(big.Int), new(big.Int), 200_000, false, nil),
		},
		{
			"payload that fills its last word needs no padding",
			new(big.Int),
			portal.PackDepositTransaction(target, new(big.Int), 200_000, false, bytes.Repeat([]byte{0xff}, 96-73)),
			target,
			depositData(new(big.Int), new(big.Int), 200_000, false, bytes.Repeat([]byte{0xff}, 96-73)),
		},
		{
			"a plain transfer deposits to the sender with 100,000 gas",
			ether,
			nil,
			alice,
			depositData(ether, ether, 100_000, false, nil),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, l1 := newL1(t)
			ret, logs, reverted := w.send(alice, l1.OptimismPortal, test.sent, test.call)
			if reverted || len(logs) != 1 {
				t.Fatalf("reverted %t, %d logs, %x", reverted, len(logs), ret)
			}
			if logs[0].Address != l1.OptimismPortal {
				t.Errorf("log of %s, want %s", logs[0].Address, l1.OptimismPortal)
			}
			topics := []common.Hash{
				transactionDepositedTopic,
				common.BytesToHash(alice.Bytes()),
				common.BytesToHash(test.to.Bytes()),
				{},
			}
			if !reflect.DeepEqual(logs[0].Topics, topics) {
				t.Errorf("topics\n got %s\nwant %s", logs[0].Topics, topics)
			}
			if !bytes.Equal(logs[0].Data, test.want) {
				t.Errorf("data\n got %x\nwant %x", logs[0].Data, test.want)
			}
			if balance := w.state.GetBalance(l1.OptimismPortal).ToBig(); balance.Cmp(test.sent) != 0 {
				t.Errorf("portal holds %v, want %v", balance, test.sent)
			}
		})
	}
}

func TestOnlyContractsAreAliased(t *testing.T) {
	var (
		_, l1    = l1Genesis(t)
		contract = common.HexToAddress("0xc0de")
		other    = common.HexToAddress("0x0b0b")
		last     = common.HexToAddress("0xffffffffffffffffffffffffffffffffffffffff")
	)
	// Sends its value, without data, to the address in its call data; padded with STOPs to the length of a delegation.
	as23Bytes := common.RightPadBytes(common.Hex2Bytes("5f5f5f5f345f355af100"), 23)
	deposit := portal.PackDepositTransaction(alice, new(big.Int), 50_000, false, nil)

	for _, test := range []struct {
		name string
		code map[common.Address][]byte
		to   common.Address
		data []byte
		from common.Address
	}{
		{
			"EOA that sends the transaction",
			nil,
			l1.OptimismPortal, deposit,
			alice,
		},
		{
			"delegated EOA that sends the transaction",
			map[common.Address][]byte{alice: delegation(contract), contract: forwarder(l1.OptimismPortal)},
			l1.OptimismPortal, deposit,
			alice,
		},
		{
			"delegated EOA that runs its delegate in its own transaction",
			map[common.Address][]byte{alice: delegation(contract), contract: forwarder(l1.OptimismPortal)},
			alice, deposit,
			alice,
		},
		{
			"delegated EOA called by somebody else",
			map[common.Address][]byte{other: delegation(contract), contract: forwarder(l1.OptimismPortal)},
			other, deposit,
			other,
		},
		{
			"contract",
			map[common.Address][]byte{contract: forwarder(l1.OptimismPortal)},
			contract, deposit,
			common.HexToAddress("0x111100000000000000000000000000000000d1ef"),
		},
		{
			"contract whose alias wraps around",
			map[common.Address][]byte{last: forwarder(l1.OptimismPortal)},
			last, deposit,
			common.HexToAddress("0x1111000000000000000000000000000000001110"),
		},
		{
			"contract with code as long as a delegation",
			map[common.Address][]byte{contract: as23Bytes},
			contract, common.LeftPadBytes(l1.OptimismPortal.Bytes(), 32),
			common.HexToAddress("0x111100000000000000000000000000000000d1ef"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, _ := newL1(t)
			for address, code := range test.code {
				w.place(address, code)
			}
			ret, logs, reverted := w.send(alice, test.to, big.NewInt(5), test.data)
			if reverted || len(logs) != 1 {
				t.Fatalf("reverted %t, %d logs, %x", reverted, len(logs), ret)
			}
			if from := common.BytesToAddress(logs[0].Topics[1].Bytes()); from != test.from {
				t.Errorf("from %s, want %s", from, test.from)
			}
		})
	}
}

func TestDepositIsRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		call []byte
		want any // nil: accepted
	}{
		{"creation with a target", portal.PackDepositTransaction(alice, new(big.Int), 100_000, true, nil), &bindings.OptimismPortalBadTarget{}},
		{"gas below 21,000", portal.PackDepositTransaction(alice, new(big.Int), 20_999, false, nil), &bindings.OptimismPortalSmallGasLimit{}},
		{"gas below 21,000 + 40 per byte", portal.PackDepositTransaction(alice, new(big.Int), 21_119, false, make([]byte, 3)), &bindings.OptimismPortalSmallGasLimit{}},
		{"gas of 21,000 + 40 per byte", portal.PackDepositTransaction(alice, new(big.Int), 21_120, false, make([]byte, 3)), nil},
		{"120,000 bytes", portal.PackDepositTransaction(alice, new(big.Int), 4_821_000, false, make([]byte, 120_000)), nil},
		{"120,001 bytes", portal.PackDepositTransaction(alice, new(big.Int), 20_000_000, false, make([]byte, 120_001)), &bindings.OptimismPortalLargeCalldata{}},
		{"20,000,000 gas", portal.PackDepositTransaction(alice, new(big.Int), 20_000_000, false, nil), nil},
		{"20,000,001 gas", portal.PackDepositTransaction(alice, new(big.Int), 20_000_001, false, nil), &bindings.OptimismPortalDepositGasExceeded{Asked: 20_000_001, Left: 20_000_000}},
		{"all the gas of a uint64", portal.PackDepositTransaction(alice, new(big.Int), 1<<64-1, false, nil), &bindings.OptimismPortalDepositGasExceeded{Asked: 1<<64 - 1, Left: 20_000_000}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, l1 := newL1(t)
			ret, _, reverted := w.send(alice, l1.OptimismPortal, new(big.Int), test.call)
			if reverted != (test.want != nil) {
				t.Fatalf("reverted %t: %x", reverted, ret)
			}
			if test.want == nil {
				return
			}
			if reason, err := portal.UnpackError(ret); err != nil || !reflect.DeepEqual(reason, test.want) {
				t.Errorf("got %#v, %v, want %#v", reason, err, test.want)
			}
		})
	}
}

func TestDepositsOfOneBlockShareTheGasBudget(t *testing.T) {
	w, l1 := newL1(t)
	deposit := func(gas uint64) error {
		ret, _, reverted := w.send(alice, l1.OptimismPortal, new(big.Int), portal.PackDepositTransaction(alice, new(big.Int), gas, false, nil))
		if !reverted {
			return nil
		}
		reason, err := portal.UnpackError(ret)
		return fmt.Errorf("%+v %w", reason, err)
	}
	accept := func(gas uint64) {
		t.Helper()
		if err := deposit(gas); err != nil {
			t.Errorf("block %d, %d gas: %v", w.block, gas, err)
		}
	}
	refuse := func(gas uint64) {
		t.Helper()
		if deposit(gas) == nil {
			t.Errorf("block %d, %d gas: accepted", w.block, gas)
		}
	}
	accept(12_000_000)
	refuse(8_000_001) // costs the budget nothing
	accept(7_979_000)
	refuse(21_001)
	accept(21_000)
	refuse(21_000)
	if ret, _, reverted := w.send(alice, l1.OptimismPortal, ether, nil); !reverted {
		t.Errorf("block %d: plain transfer accepted without budget: %x", w.block, ret)
	}

	w.block++
	accept(20_000_000)
	refuse(21_000)
	if gas := got[uint64](t)(portal.UnpackDepositGas(w.read(l1.OptimismPortal, portal.PackDepositGas()))); gas != 20_000_000 {
		t.Errorf("depositGas %d", gas)
	}
	if block := got[uint64](t)(portal.UnpackDepositBlock(w.read(l1.OptimismPortal, portal.PackDepositBlock()))); block != uint64(w.block) {
		t.Errorf("depositBlock %d, want %d", block, w.block)
	}
}

func TestPortalNamesItsRollup(t *testing.T) {
	w, l1 := newL1(t)
	if at := got[common.Address](t)(portal.UnpackSystemConfig(w.read(l1.OptimismPortal, portal.PackSystemConfig()))); at != l1.SystemConfig {
		t.Errorf("systemConfig %s, want %s", at, l1.SystemConfig)
	}
	if version := got[string](t)(portal.UnpackVersion(w.read(l1.OptimismPortal, portal.PackVersion()))); version != "4.0.0" {
		t.Errorf("version %q", version)
	}
	if gas := got[uint64](t)(portal.UnpackMinimumGasLimit(w.read(l1.OptimismPortal, portal.PackMinimumGasLimit(10)))); gas != 21_400 {
		t.Errorf("minimumGasLimit(10) = %d", gas)
	}
}
