package rollup_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

func fullFile(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "rollup.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A file with every key op-node writes is understood in full: written again it has the same keys and values.
func TestParseRoundTrip(t *testing.T) {
	text := fullFile(t)
	cfg, unknown, err := rollup.Parse(text)
	if err != nil || unknown != nil {
		t.Fatalf("%v, unknown keys %v", err, unknown)
	}
	again, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal(text, &want), json.Unmarshal(again, &got)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("wrote %s\nwant %s", again, text)
	}
	back, _, err := rollup.Parse(again)
	if err != nil || !reflect.DeepEqual(back, cfg) {
		t.Errorf("read again: %+v, %v; want %+v", back, err, cfg)
	}
}

func TestParseValues(t *testing.T) {
	cfg, _, err := rollup.Parse(fullFile(t))
	if err != nil {
		t.Fatal(err)
	}
	if at := cfg.Genesis.L1; at.Number != 17422590 || at.Hash != common.HexToHash("0x438335a20d98863a4c0c97999eb2481921ccd28553eac6f913af7c12aec04108") {
		t.Errorf("genesis.l1 = %+v", at)
	}
	want := rollup.SystemConfig{
		BatcherAddr: common.HexToAddress("0x6887246668a3b87f54deb3b94ba47a6f63f32985"),
		Overhead:    eth.Bytes32{31: 0xbc}, Scalar: eth.Bytes32{29: 0x0a, 30: 0x6f, 31: 0xe0}, GasLimit: 30_000_000,
		EIP1559Params: eth.Bytes8{3: 250, 7: 6}, OperatorFeeParams: eth.Bytes32{23: 1, 31: 2}, MinBaseFee: 3, DAFootprintGasScalar: 4,
	}
	if cfg.Genesis.SystemConfig != want {
		t.Errorf("genesis.system_config = %+v, want %+v", cfg.Genesis.SystemConfig, want)
	}
	for i, f := range rollup.Forks() {
		if at := cfg.Time(f); at == nil || (i > 0 && *at <= *cfg.Time(f - 1)) {
			t.Errorf("%s_time = %v", f, at)
		}
	}
	if *cfg.LagoonTime != 1900000000 || !cfg.KeepKarstUpgradeGas || *cfg.PectraBlobScheduleTime != 1742486400 {
		t.Errorf("lagoon_time %d, keep_karst_upgrade_gas %t, pectra_blob_schedule_time %d",
			*cfg.LagoonTime, cfg.KeepKarstUpgradeGas, *cfg.PectraBlobScheduleTime)
	}
	if a := cfg.AltDA; a == nil || a.CommitmentType != "KeccakCommitment" || a.DAChallengeWindow != 160 || a.DAResolveWindow != 170 {
		t.Errorf("alt_da = %+v", a)
	}
	if o := cfg.ChainOpConfig; o.EIP1559Elasticity != 6 || o.EIP1559Denominator != 50 || *o.EIP1559DenominatorCanyon != 250 {
		t.Errorf("chain_op_config = %+v", o)
	}
}

// edit changes top-level keys of the test file; a nil value removes the key.
func edit(t testing.TB, changes map[string]any) []byte {
	t.Helper()
	var all map[string]any
	dec := json.NewDecoder(strings.NewReader(string(fullFile(t))))
	dec.UseNumber()
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for key, value := range changes {
		if all[key] = value; value == nil {
			delete(all, key)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParseListsUnknownKeys(t *testing.T) {
	// Keys other stacks write, and one op-node has given up.
	text := edit(t, map[string]any{"protocol_versions_address": "0x00", "cel2_time": 5, "espresso_origin": map[string]any{"number": 1}})
	cfg, unknown, err := rollup.Parse(text)
	if want := []string{"cel2_time", "espresso_origin", "protocol_versions_address"}; err != nil || !slices.Equal(unknown, want) {
		t.Fatalf("unknown keys %v, %v; want %v", unknown, err, want)
	}
	same, _, err := rollup.Parse(edit(t, nil))
	if err != nil || !reflect.DeepEqual(cfg, same) {
		t.Errorf("unknown keys changed the configuration: %+v, want %+v", cfg, same)
	}
	deeper := map[string]any{"eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250, "eip1559DenominatorCannyon": 251}
	_, unknown, err = rollup.Parse(edit(t, map[string]any{"chain_op_config": deeper}))
	if want := []string{"chain_op_config.eip1559DenominatorCannyon"}; err != nil || !slices.Equal(unknown, want) {
		t.Errorf("unknown keys %v, %v; want %v", unknown, err, want)
	}
}

func TestParseInteropTimeIsLagoonTime(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		want    *uint64
	}{
		"old name":       {map[string]any{"interop_time": 1900000001, "lagoon_time": nil}, new(uint64(1900000001))},
		"both, the same": {map[string]any{"interop_time": 1900000000}, new(uint64(1900000000))},
		"old name, null": {map[string]any{"interop_time": json.RawMessage("null"), "lagoon_time": nil}, nil},
		"neither":        {map[string]any{"lagoon_time": nil}, nil},
	} {
		cfg, unknown, err := rollup.Parse(edit(t, c.changes))
		if err != nil || !reflect.DeepEqual(cfg.LagoonTime, c.want) || unknown != nil {
			t.Errorf("%s: lagoon time %v, unknown keys %v, %v", name, cfg.LagoonTime, unknown, err)
		}
	}
	_, _, err := rollup.Parse(edit(t, map[string]any{"interop_time": 5, "lagoon_time": nil}))
	checkFieldError(t, err, "lagoon_time", "5", "forks activate in order")
	_, _, err = rollup.Parse(edit(t, map[string]any{"interop_time": 1900000001}))
	checkFieldError(t, err, "interop_time", "1900000001", "lagoon_time = 1900000000 is the same fork")
	_, _, err = rollup.Parse(edit(t, map[string]any{"interop_time": "soon", "lagoon_time": nil}))
	checkFieldError(t, err, "interop_time", `"soon"`, "lagoon_time")
}

// A chain whose batches are elsewhere stays known as one, however old its file.
func TestParseReadsThePlasmaKeysOfOldFiles(t *testing.T) {
	address := "0x1234567812345678123456781234567812345678"
	for name, c := range map[string]struct {
		changes map[string]any
		altDA   *rollup.AltDAConfig
		unknown []string
	}{
		"use_plasma": {
			map[string]any{"alt_da": nil, "use_plasma": true, "da_challenge_address": address, "da_challenge_window": 7, "da_resolve_window": 8},
			&rollup.AltDAConfig{DAChallengeAddress: common.HexToAddress(address), CommitmentType: "KeccakCommitment", DAChallengeWindow: 7, DAResolveWindow: 8}, nil,
		},
		"plasma_config": {
			map[string]any{"alt_da": nil, "plasma_config": map[string]any{"da_commitment_type": "GenericCommitment", "da_challenge_window": 7}},
			&rollup.AltDAConfig{CommitmentType: "GenericCommitment", DAChallengeWindow: 7}, nil,
		},
		"not used":                  {map[string]any{"alt_da": nil, "use_plasma": false}, nil, nil},
		"not used, with parameters": {map[string]any{"alt_da": nil, "da_challenge_window": 0}, nil, []string{"da_challenge_window"}},
	} {
		cfg, unknown, err := rollup.Parse(edit(t, c.changes))
		if err != nil || !reflect.DeepEqual(cfg.AltDA, c.altDA) || !slices.Equal(unknown, c.unknown) {
			t.Errorf("%s: alt_da %+v, unknown keys %v, %v", name, cfg.AltDA, unknown, err)
		}
	}
	_, _, err := rollup.Parse(edit(t, map[string]any{"use_plasma": true, "da_challenge_window": 1}))
	var field *rollup.FieldError
	if !errors.As(err, &field) || field.Field != "alt_da" || !strings.Contains(field.Value, `"da_challenge_window":160`) || !strings.Contains(field.Fix, `"da_challenge_window":1,`) {
		t.Errorf("old and new keys that differ: %v", err)
	}
	_, _, err = rollup.Parse(edit(t, map[string]any{"use_plasma": false}))
	checkFieldError(t, err, "use_plasma", "false", "alt_da is set")
	_, _, err = rollup.Parse(edit(t, map[string]any{"use_plasma": "yes"}))
	checkFieldError(t, err, "use_plasma", `"yes"`, "leave it out")
}

func TestParseRefusesAKeyWithTwoValues(t *testing.T) {
	text := string(edit(t, nil))
	with := func(more string) []byte { return []byte("{" + more + "," + text[1:]) }
	if _, _, err := rollup.Parse(with(`"block_time":2`)); err != nil {
		t.Errorf("twice the same: %v", err)
	}
	_, _, err := rollup.Parse(with(`"block_time":1`))
	checkFieldError(t, err, "block_time", "2", "it is there twice, first as 1")
	_, _, err = rollup.Parse(with(`"genesis":{"l2_time":1,"l2_time":2}`))
	checkFieldError(t, err, "genesis.l2_time", "2", "first as 1")
}

// Keys are read in upper and lower case, so they are compared like that too: keys of today and of old, at any depth. Keys
// that mean nothing here may differ in case alone.
func TestParseComparesKeysInUpperAndLowerCase(t *testing.T) {
	text := string(edit(t, nil))
	with := func(more string) []byte { return []byte("{" + more + "," + text[1:]) }
	for _, more := range []string{`"Block_Time":2`, `"BLOCK_TIME":2,"block_Time":2`, `"seq_window_ſize":3600`} {
		cfg, unknown, err := rollup.Parse(with(more))
		if err != nil || unknown != nil || cfg.BlockTime != 2 {
			t.Errorf("%s: unknown keys %v, %v", more, unknown, err)
		}
	}
	for _, c := range []struct{ more, field, value, fix string }{
		{`"Block_Time":99`, "block_time", "2", "it is there twice, first as 99"},
		{`"seq_window_\u017fize":1`, "seq_window_size", "3600", "first as 1"}, // a long s folds to s
		{`"Genesis":{"l2_time":1}`, "genesis", "", "twice"},
		{`"genesis":{"l2_time":1,"L2_TIME":2}`, "genesis.L2_TIME", "2", "first as 1"},
		{`"interop_time":1,"Interop_Time":2`, "Interop_Time", "2", "first as 1"},
		{`"plasma_config":{"da_challenge_window":1,"DA_challenge_window":2}`, "plasma_config.DA_challenge_window", "2", "first as 1"},
	} {
		_, _, err := rollup.Parse(with(c.more))
		var field *rollup.FieldError
		if !errors.As(err, &field) || field.Field != c.field || c.value != "" && field.Value != c.value || !strings.Contains(field.Fix, c.fix) {
			t.Errorf("%s: %v", c.more, err)
		}
	}
	_, _, err := rollup.Parse([]byte(strings.Replace(text, `"genesis":{`, `"GENESIS":{"L2_TIME":1,`, 1)))
	checkFieldError(t, err, "GENESIS.l2_time", "1686068903", "first as 1")
	cfg, unknown, err := rollup.Parse(edit(t, map[string]any{
		"lagoon_time": nil, "Interop_Time": 1900000001, "alt_da": nil, "Use_Plasma": true, "DA_Challenge_Window": 7,
		"other": map[string]any{"a": 1, "A": 2}, "Other": 5,
	}))
	if want := []string{"Other", "other"}; err != nil || !slices.Equal(unknown, want) {
		t.Fatalf("unknown keys %v, %v; want %v", unknown, err, want)
	}
	if *cfg.LagoonTime != 1900000001 || cfg.AltDA == nil || cfg.AltDA.DAChallengeWindow != 7 {
		t.Errorf("lagoon time %d, alt_da %+v", *cfg.LagoonTime, cfg.AltDA)
	}
	_, _, err = rollup.Parse(edit(t, map[string]any{"Interop_Time": "soon", "lagoon_time": nil}))
	checkFieldError(t, err, "Interop_Time", `"soon"`, "lagoon_time")
}

func TestParseUncheckedLeavesCheckToTheCaller(t *testing.T) {
	cfg, _, err := rollup.ParseUnchecked(edit(t, map[string]any{"block_time": 0}))
	if err != nil || cfg.BlockTime != 0 {
		t.Errorf("%v, %v", cfg, err)
	}
}

func TestParseChecks(t *testing.T) {
	_, _, err := rollup.Parse(edit(t, map[string]any{"block_time": 0}))
	checkFieldError(t, err, "block_time", "0", "at least 1")
	_, _, err = rollup.Parse(edit(t, map[string]any{"genesis": nil}))
	checkFieldError(t, err, "genesis.l1.hash", common.Hash{}.String(), "set the hash")
}

// A value of the wrong type or shape is an error that names the field by its path and shows the value.
func TestParseLocatesWrongTypes(t *testing.T) {
	object := func(keys string, value any) any {
		parts := strings.Split(keys, ".")
		for _, key := range slices.Backward(parts) {
			value = map[string]any{key: value}
		}
		return value
	}
	for _, c := range []struct {
		field string
		value any
		shown string
		fix   string
	}{
		{"block_time", "2", `"2"`, "without quotes"},
		{"block_time", -2, "-2", "at least 0"},
		{"block_time", 1.5, "1.5", "whole number"},
		{"seq_window_size", json.RawMessage("99999999999999999999"), "99999999999999999999", "whole number"},
		{"jovian_time", "0x10", `"0x10"`, "whole number"},
		{"keep_karst_upgrade_gas", "yes", `"yes"`, "want bool"},
		{"l1_chain_id", "mainnet", `"mainnet"`, "big.Int"},
		{"batch_inbox_address", "ff00", `"ff00"`, "without 0x prefix"},
		{"batch_inbox_address", "0xff00", `"0xff00"`, "want 40"},
		{"genesis", 5, "5", "found number"},
		{"genesis.l1.hash", "0x12", `"0x12"`, "want 64"},
		{"genesis.l2.number", "0x12", `"0x12"`, "whole number"},
		{"genesis.system_config.scalar", "0x12", `"0x12"`, "want 64"},
		{"genesis.system_config.eip1559Params", 5, "5", "found number"},
		{"genesis.system_config.daFootprintGasScalar", 65536, "65536", "uint16"},
		{"chain_op_config.eip1559Elasticity", "6", `"6"`, "whole number"},
		{"alt_da.da_challenge_contract_address", "0x12", `"0x12"`, "want 40"},
	} {
		t.Run(c.field, func(t *testing.T) {
			top, inner, nested := strings.Cut(c.field, ".")
			value := c.value
			if nested {
				value = object(inner, value)
			}
			_, _, err := rollup.Parse(edit(t, map[string]any{top: value}))
			checkFieldError(t, err, c.field, c.shown, c.fix)
		})
	}
}

func TestParseLocatesSyntaxErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"comma before the end": {"{\n\"block_time\": 2,\n}", "line 3"},
		"cut off":              {"{\n\"block_time\": 2,\n\n", "line 4"},
		"empty":                {"", "line 1"},
		"text after the end":   {"{}\n\nx", "line 3"},
		"not an object":        {"[]", "want a JSON object"},
		"only a word":          {`"rollup"`, "want a JSON object"},
	} {
		if _, _, err := rollup.Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func TestSystemConfigJSONKeys(t *testing.T) {
	text, err := json.Marshal(rollup.SystemConfig{})
	if err != nil {
		t.Fatal(err)
	}
	zero32 := `"0x` + strings.Repeat("0", 64) + `"`
	want := `{"batcherAddr":"0x0000000000000000000000000000000000000000","overhead":` + zero32 + `,"scalar":` + zero32 +
		`,"gasLimit":0,"eip1559Params":"0x0000000000000000","operatorFeeParams":` + zero32 + `,"minBaseFee":0,"daFootprintGasScalar":0}`
	if string(text) != want {
		t.Errorf("got %s\nwant %s", text, want)
	}
}

func TestOptionalKeysAreOmitted(t *testing.T) {
	cfg := valid()
	unschedule(cfg, rollup.Regolith)
	cfg.ChainOpConfig = nil
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	var got []string
	for key := range keys {
		got = append(got, key)
	}
	slices.Sort(got)
	want := []string{
		"batch_inbox_address", "block_time", "channel_timeout", "deposit_contract_address", "genesis", "l1_chain_id",
		"l1_system_config_address", "l2_chain_id", "max_sequencer_drift", "seq_window_size",
	}
	if !slices.Equal(got, want) || string(keys["l1_chain_id"]) != "1" {
		t.Errorf("keys %v, want %v; l1_chain_id %s, want a number", got, want, keys["l1_chain_id"])
	}
}

func TestPackedParams(t *testing.T) {
	sys := rollup.SystemConfig{EIP1559Params: rollup.EncodeEIP1559Params(0x01020304, 0x05060708), OperatorFeeParams: rollup.EncodeOperatorFee(0x090a0b0c, 0x0d0e0f1011121314)}
	if want := (eth.Bytes8{1, 2, 3, 4, 5, 6, 7, 8}); sys.EIP1559Params != want {
		t.Errorf("EIP-1559 params %s, want %s", sys.EIP1559Params, want)
	}
	if want := (eth.Bytes32{20: 9, 21: 10, 22: 11, 23: 12, 24: 13, 25: 14, 26: 15, 27: 16, 28: 17, 29: 18, 30: 19, 31: 20}); sys.OperatorFeeParams != want {
		t.Errorf("operator fee params %s, want %s", sys.OperatorFeeParams, want)
	}
	if d, e := sys.EIP1559(); d != 0x01020304 || e != 0x05060708 {
		t.Errorf("EIP-1559 params %x, %x", d, e)
	}
	if s, c := sys.OperatorFee(); s != 0x090a0b0c || c != 0x0d0e0f1011121314 {
		t.Errorf("operator fee %x, %x", s, c)
	}
}
