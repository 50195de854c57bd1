package attributes_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// distinctConfig has another value in each field.
var distinctConfig = rollup.SystemConfig{
	BatcherAddr: common.Address{1}, Overhead: eth.Bytes32{31: 2}, Scalar: eth.Bytes32{31: 3}, GasLimit: 4,
	EIP1559Params: eth.Bytes8{7: 5, 3: 5}, OperatorFeeParams: eth.Bytes32{31: 6}, MinBaseFee: 7, DAFootprintGasScalar: 8,
}

// RULES 1.2, row by row.
func TestUpdateSystemConfig(t *testing.T) {
	const bedrock, ecotone = 1000, 2000 // L1 times on both sides of Ecotone, exactly at it
	type change = func(*rollup.SystemConfig)
	full := bytes.Repeat([]byte{0xff}, 32)
	padded := func(size int, value ...byte) []byte { return concat(make([]byte, size-len(value)), value) }
	with := func(b []byte, at int, v byte) []byte { b = bytes.Clone(b); b[at] = v; return b }

	for name, c := range map[string]struct {
		log    *types.Log
		time   uint64
		reason attributes.UpdateReason
		change change
	}{
		"0 batcher": {
			updateLog(0, common.BytesToHash(alice[:]).Bytes()), ecotone, 0, func(s *rollup.SystemConfig) { s.BatcherAddr = alice },
		},
		"0 batcher may be the zero address": {
			updateLog(0, word(0)), ecotone, 0, func(s *rollup.SystemConfig) { s.BatcherAddr = common.Address{} },
		},
		"0 batcher with padding set": {
			updateLog(0, with(common.BytesToHash(alice[:]).Bytes(), 11, 1)), ecotone, attributes.UpdateRange, nil,
		},
		"0 batcher of two words": {updateLog(0, word(1), word(1)), ecotone, attributes.UpdateLayout, nil},
		"1 fee scalars before Ecotone: both words as they are": {
			updateLog(1, full, full), ecotone - 1, 0, func(s *rollup.SystemConfig) {
				s.Overhead, s.Scalar = eth.Bytes32(full), eth.Bytes32(full)
			},
		},
		"1 fee scalars at Ecotone: scalar taken, overhead zero": {
			updateLog(1, full, with(word(7), 0, 1)), ecotone, 0, func(s *rollup.SystemConfig) {
				s.Overhead, s.Scalar = eth.Bytes32{}, eth.Bytes32{0: 1, 31: 7}
			},
		},
		"1 fee scalars at Ecotone, version 0": {
			updateLog(1, full, word(1<<32-1)), ecotone, 0, func(s *rollup.SystemConfig) {
				s.Overhead, s.Scalar = eth.Bytes32{}, eth.Bytes32(word(1<<32-1))
			},
		},
		"1 fee scalars at Ecotone, version 0 with padding set: both kept": {
			updateLog(1, full, word(1<<32)), ecotone, attributes.UpdateScalarVersion, nil,
		},
		"1 fee scalars at Ecotone, version 1 with padding set: both kept": {
			updateLog(1, full, with(with(word(7), 0, 1), 23, 1)), ecotone, attributes.UpdateScalarVersion, nil,
		},
		"1 fee scalars at Ecotone, unknown version: both kept": {
			updateLog(1, full, with(word(7), 0, 2)), ecotone, attributes.UpdateScalarVersion, nil,
		},
		"1 fee scalars of one word": {updateLog(1, word(1)), bedrock, attributes.UpdateLayout, nil},
		"2 gas limit":               {updateLog(2, word(1<<64-1)), ecotone, 0, func(s *rollup.SystemConfig) { s.GasLimit = 1<<64 - 1 }},
		"2 gas limit above 2^64":    {updateLog(2, padded(32, 1, 0, 0, 0, 0, 0, 0, 0, 0)), ecotone, attributes.UpdateRange, nil},
		"3 unsafe block signer: no-op": {
			updateLog(3, common.BytesToHash(alice[:]).Bytes()), ecotone, 0, func(*rollup.SystemConfig) {},
		},
		"3 unsafe block signer is not even parsed": {
			&types.Log{Address: systemConfig, Topics: updateLog(3).Topics, Data: []byte("rubbish")}, ecotone, 0, func(*rollup.SystemConfig) {},
		},
		"4 EIP-1559 params, before Holocene too": {
			updateLog(4, padded(32, 0, 0, 0, 9, 0, 0, 0, 8)), bedrock, 0, func(s *rollup.SystemConfig) {
				s.EIP1559Params = eth.Bytes8{3: 9, 7: 8}
			},
		},
		"4 EIP-1559 params: the upper 24 bytes do not count": {
			updateLog(4, concat(full[:24], []byte{0, 0, 0, 9, 0, 0, 0, 8})), ecotone, 0, func(s *rollup.SystemConfig) {
				s.EIP1559Params = eth.Bytes8{3: 9, 7: 8}
			},
		},
		"4 EIP-1559 params 0, 0": {
			updateLog(4, word(0)), ecotone, 0, func(s *rollup.SystemConfig) { s.EIP1559Params = eth.Bytes8{} },
		},
		"4 EIP-1559 params, denominator zero": {
			updateLog(4, padded(32, 0, 0, 0, 8)), ecotone, attributes.UpdateOneZero, nil,
		},
		"4 EIP-1559 params, elasticity zero": {
			updateLog(4, padded(32, 0, 0, 0, 9, 0, 0, 0, 0)), ecotone, attributes.UpdateOneZero, nil,
		},
		"5 operator fee: the whole word, before Isthmus too": {
			updateLog(5, full), bedrock, 0, func(s *rollup.SystemConfig) { s.OperatorFeeParams = eth.Bytes32(full) },
		},
		"6 min base fee, before Jovian too": {
			updateLog(6, word(1<<64-1)), bedrock, 0, func(s *rollup.SystemConfig) { s.MinBaseFee = 1<<64 - 1 },
		},
		"6 min base fee above 2^64": {updateLog(6, full), ecotone, attributes.UpdateRange, nil},
		"7 DA footprint gas scalar, before Jovian too": {
			updateLog(7, word(1<<16-1)), bedrock, 0, func(s *rollup.SystemConfig) { s.DAFootprintGasScalar = 1<<16 - 1 },
		},
		"7 DA footprint gas scalar above 2^16": {updateLog(7, word(1<<16)), ecotone, attributes.UpdateRange, nil},
		"8 is unknown":                         {updateLog(8, word(1)), ecotone, attributes.UpdateType, nil},
		"the type is the whole word": {
			func() *types.Log { l := updateLog(2, word(5)); l.Topics[2][0] = 1; return l }(), ecotone, attributes.UpdateType, nil,
		},
		"version 1": {
			func() *types.Log { l := updateLog(2, word(5)); l.Topics[1][31] = 1; return l }(), ecotone, attributes.UpdateVersion, nil,
		},
		"version above 2^64": {
			func() *types.Log { l := updateLog(2, word(5)); l.Topics[1][0] = 1; return l }(), ecotone, attributes.UpdateVersion, nil,
		},
		"two topics": {
			func() *types.Log { l := updateLog(2, word(5)); l.Topics = l.Topics[:2]; return l }(), ecotone, attributes.UpdateTopics, nil,
		},
		"four topics": {
			func() *types.Log { l := updateLog(2, word(5)); l.Topics = append(l.Topics, common.Hash{}); return l }(),
			ecotone, attributes.UpdateTopics, nil,
		},
		"offset is not 32": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data[31] = 33; return l }(), ecotone, attributes.UpdateLayout, nil,
		},
		"offset above 2^64": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data[0] = 1; return l }(), ecotone, attributes.UpdateLayout, nil,
		},
		"length is not the type's": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data[63] = 31; return l }(), ecotone, attributes.UpdateLayout, nil,
		},
		"length above 2^64": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data[32] = 1; return l }(), ecotone, attributes.UpdateLayout, nil,
		},
		"a trailing byte": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data = append(l.Data, 0); return l }(), ecotone, attributes.UpdateLayout, nil,
		},
		"a missing byte": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data = l.Data[:95]; return l }(), ecotone, attributes.UpdateLayout, nil,
		},
		"no data": {
			func() *types.Log { l := updateLog(2, word(5)); l.Data = nil; return l }(), ecotone, attributes.UpdateLayout, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := chain(t, rollup.Delta)
			at := uint64(ecotone)
			cfg.EcotoneTime = &at
			want, ignored := distinctConfig, []attributes.IgnoredUpdate(nil)
			if c.change != nil {
				c.change(&want)
			} else {
				ignored = []attributes.IgnoredUpdate{{LogIndex: 6, Reason: c.reason}}
			}
			c.log.Index = 6
			got, left := attributes.UpdateSystemConfig(cfg, distinctConfig, []*types.Log{c.log}, c.time)
			if got != want || !reflect.DeepEqual(left, ignored) {
				t.Errorf("got %+v\nwant %+v\nignored %v, want %v", got, want, left, ignored)
			}
		})
	}
}

func TestUpdatesApplyInOrderAndOneByOne(t *testing.T) {
	elsewhere, otherEvent := updateLog(2, word(1)), updateLog(2, word(2))
	elsewhere.Address = portal
	otherEvent.Topics[0][0]++
	logs := l1Block(101,
		updateLog(2, word(10)), updateLog(9), updateLog(2, word(11)), updateLog(6, word(12)), elsewhere, otherEvent,
		&types.Log{Address: systemConfig}, updateLog(2),
	).Logs
	want := distinctConfig
	want.GasLimit, want.MinBaseFee = 11, 12
	got, ignored := attributes.UpdateSystemConfig(chain(t, rollup.Jovian), distinctConfig, logs, 2000)
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if left := []attributes.IgnoredUpdate{{1, attributes.UpdateType}, {7, attributes.UpdateLayout}}; !reflect.DeepEqual(ignored, left) {
		t.Errorf("ignored %v, want %v", ignored, left)
	}
}

func TestReasonNames(t *testing.T) {
	seen := map[string]bool{}
	for r := attributes.UpdateTaken; r <= attributes.UpdateScalarVersion; r++ {
		seen[r.String()] = true
	}
	for m := attributes.MismatchNone; m <= attributes.MismatchMinBaseFee; m++ {
		seen[m.String()] = true
	}
	if want := int(attributes.UpdateScalarVersion) + int(attributes.MismatchMinBaseFee) + 2; len(seen) != want || seen[""] {
		t.Errorf("%d different names %v, want %d", len(seen), seen, want)
	}
	for got, want := range map[string]string{
		attributes.UpdateLayout.String(): "data-layout", attributes.UpdateReason(200).String(): "update-reason-200",
		attributes.MismatchGasLimit.String(): "gas-limit", attributes.Mismatch(200).String(): "mismatch-200",
		attributes.UpdateScalarVersion.String(): "scalar-encoding", attributes.MismatchMinBaseFee.String(): "min-base-fee",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
