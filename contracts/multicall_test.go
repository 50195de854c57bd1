package contracts_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/contracts/bindings"
)

var multicall = bindings.NewMulticall3()

func TestMulticallStandsWhereClientsExpectIt(t *testing.T) {
	_, l1 := newL1(t)
	if want := common.HexToAddress("0xcA11bde05977b3631167028862bE2a173976CA11"); l1.Multicall3 != want {
		t.Errorf("at %s, want %s", l1.Multicall3, want)
	}
	// aggregate3((address,bool,bytes)[])
	if call := multicall.PackAggregate3(nil); !bytes.Equal(call[:4], []byte{0x82, 0xad, 0x56, 0xcb}) {
		t.Errorf("selector %x", call[:4])
	}
}

func TestMulticallReturnsEachResult(t *testing.T) {
	w, l1 := newL1(t)
	results := got[[]bindings.Multicall3Result](t)(multicall.UnpackAggregate3(w.read(l1.Multicall3, multicall.PackAggregate3([]bindings.Multicall3Call3{
		{Target: l1.SystemConfig, CallData: systemConfig.PackGasLimit()},
		{Target: l1.SystemConfig, CallData: systemConfig.PackSetMinBaseFee(1), AllowFailure: true},
		{Target: alice},
	}))))
	if len(results) != 3 {
		t.Fatalf("%d results", len(results))
	}
	if limit, err := systemConfig.UnpackGasLimit(results[0].ReturnData); err != nil || !results[0].Success || limit != l1Params().L2GasLimit {
		t.Errorf("a good call: %+v, %v", results[0], err)
	}
	reason, err := systemConfig.UnpackError(results[1].ReturnData)
	if refusal, ok := reason.(*bindings.SystemConfigNotOwner); err != nil || results[1].Success || !ok || refusal.Caller != l1.Multicall3 {
		t.Errorf("a call that may fail: %+v, %#v, %v", results[1], reason, err)
	}
	if !results[2].Success || len(results[2].ReturnData) != 0 {
		t.Errorf("a call without code: %+v", results[2])
	}
}

func TestMulticallRevertsWithACallThatMayNotFail(t *testing.T) {
	w, l1 := newL1(t)
	ret, _, reverted := w.send(alice, l1.Multicall3, new(big.Int), multicall.PackAggregate3([]bindings.Multicall3Call3{
		{Target: l1.OptimismPortal, CallData: portal.PackVersion()},
		{Target: l1.SystemConfig, CallData: systemConfig.PackSetMinBaseFee(1)},
	}))
	reason, err := abi.UnpackRevert(ret)
	if !reverted || err != nil || reason != "Multicall3: call failed" {
		t.Errorf("reverted %t, reason %q, %v", reverted, reason, err)
	}
}
