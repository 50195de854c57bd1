package rollup_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/corpus"
)

// tree is the text as encoding/json reads it into nothing in particular, with numbers as they are written.
func tree(text []byte) (out map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return out, decoder.Decode(&out)
}

// without removes what a path leads to.
func without(object map[string]any, path string) {
	for key := range object {
		inner, isObject := object[key].(map[string]any)
		switch rest, below := strings.CutPrefix(path, key+"."); {
		case path == key:
			delete(object, key)
		case below && isObject:
			without(inner, rest)
		}
	}
}

// at is the value of a key, which encoding/json takes in upper and lower case.
func at(object map[string]any, key string) any {
	for k, value := range object {
		if strings.EqualFold(k, key) {
			return value
		}
	}
	return nil
}

// keysOf are the keys at all depths.
func keysOf(object map[string]any) []string {
	keys := slices.Collect(maps.Keys(object))
	for _, value := range object {
		inner, _ := value.(map[string]any)
		keys = append(keys, keysOf(inner)...)
	}
	return keys
}

// FuzzRollupJSON reads any text. What it takes for a configuration passes Check, says what the text says where a key is
// plain, is the same without the keys it does not know, and is the same again when it is written and read.
func FuzzRollupJSON(f *testing.F) {
	full, err := tree(fullFile(f))
	if err != nil {
		f.Fatal(err)
	}
	known := append(keysOf(full), "interop_time", "use_plasma", "plasma_config", "da_challenge_address")
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, unknown, err := rollup.Parse(text)
		if err != nil {
			if cfg != nil || unknown != nil || err.Error() == "" {
				t.Fatalf("%+v and %v with error %q", cfg, unknown, err)
			}
			return
		}
		if err := cfg.Check(); err != nil {
			t.Fatalf("the result does not pass Check: %v", err)
		}
		again, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if back, left, err := rollup.Parse(again); err != nil || left != nil || !reflect.DeepEqual(back, cfg) {
			t.Fatalf("%+v\nbecame %+v, unknown keys %v, %v", cfg, back, left, err)
		}
		all, err := tree(text)
		if err != nil {
			t.Fatalf("a configuration that is no object: %v", err)
		}
		checkNumbers(t, cfg, all)
		for key := range all {
			meant := slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, key) })
			if !meant && !slices.Contains(unknown, key) {
				t.Fatalf("%q means nothing and is not among the unknown keys %q", key, unknown)
			}
			if _, own := full[strings.ToLower(key)]; own && slices.Contains(unknown, key) {
				t.Fatalf("%q is read and among the unknown keys %q", key, unknown)
			}
		}
		for _, path := range unknown {
			without(all, path)
		}
		plain, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		if same, left, err := rollup.Parse(plain); err != nil || left != nil || !reflect.DeepEqual(same, cfg) {
			t.Fatalf("without its unknown keys %q\n%s\nbecame %+v, unknown keys %q, %v; want %+v", unknown, plain, same, left, err, cfg)
		}
	})
}

// checkNumbers compares the numbers at the top with those of the text, digit by digit.
func checkNumbers(t *testing.T, cfg *rollup.Config, all map[string]any) {
	t.Helper()
	written, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	own, err := tree(written)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range own {
		said, isNumber := at(all, key).(json.Number)
		if got, ok := value.(json.Number); ok && isNumber && got != said {
			t.Fatalf("%s is %s, the text says %s", key, got, said)
		}
	}
	for _, f := range rollup.Forks() {
		if said, isNumber := at(all, f.String()+"_time").(json.Number); isNumber && cfg.Time(f) == nil {
			t.Fatalf("%s_time is not set, the text says %s", f, said)
		}
	}
}

func TestCorpusOfRollupJSON(t *testing.T) {
	number := func(s string) json.RawMessage { return json.RawMessage(s) }
	unscheduled := map[string]any{"chain_op_config": nil, "alt_da": nil, "max_sequencer_drift": 600}
	for _, f := range rollup.Forks() {
		unscheduled[f.String()+"_time"] = nil
	}
	full := string(edit(t, nil))
	var seeds []corpus.Seed
	for _, c := range []struct {
		name string
		text string
		good bool
	}{
		{"every_key", full, true},
		{"no_fork_scheduled", string(edit(t, unscheduled)), true},
		{"interop_time", string(edit(t, map[string]any{"interop_time": 1900000001, "lagoon_time": nil})), true},
		{"interop_time_contradicts_lagoon_time", string(edit(t, map[string]any{"interop_time": 1900000001})), false},
		{"plasma_keys", string(edit(t, map[string]any{"alt_da": nil, "use_plasma": true, "da_challenge_window": 5, "da_challenge_address": "0x0000000000000000000000000000000000000009"})), true},
		{"unknown_keys", string(edit(t, map[string]any{"cel2_time": 5, "espresso": map[string]any{"a": []int{1}}})), true},
		{"unknown_key_inside", string(edit(t, map[string]any{"chain_op_config": map[string]any{"eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250, "more": "x"}})), true},
		{"key_twice_the_same", strings.Replace(full, `{`, `{"block_time":2,`, 1), true},
		{"key_twice_with_other_values", strings.Replace(full, `{`, `{"block_time":3,`, 1), false},
		{"key_twice_in_other_case_the_same", strings.Replace(full, `{`, `{"Block_Time":2,`, 1), true},
		{"key_twice_in_other_case_with_other_values", strings.Replace(full, `{`, `{"Block_Time":3,`, 1), false},
		{"key_twice_with_a_long_s", strings.Replace(full, `{`, `{"seq_window_ſize":3,`, 1), false},
		{"interop_time_in_upper_case", string(edit(t, map[string]any{"INTEROP_TIME": 1900000001, "lagoon_time": nil})), true},
		{"unknown_keys_that_differ_in_case", string(edit(t, map[string]any{"other": 1, "OTHER": 2})), true},
		{"key_in_upper_case", strings.Replace(full, `"block_time"`, `"BLOCK_TIME"`, 1), true},
		{"fork_null", string(edit(t, map[string]any{"lagoon_time": number("null")})), true},
		{"forks_out_of_order", string(edit(t, map[string]any{"canyon_time": 1900000000})), false},
		{"fork_without_the_one_before", string(edit(t, map[string]any{"fjord_time": nil})), false},
		{"number_of_65_bits", string(edit(t, map[string]any{"lagoon_time": number("18446744073709551616")})), false},
		{"number_of_64_bits", string(edit(t, map[string]any{"lagoon_time": number("18446744073709551615")})), true},
		{"number_with_fraction", string(edit(t, map[string]any{"block_time": number("2.5")})), false},
		{"number_with_exponent", string(edit(t, map[string]any{"block_time": number("2e0")})), false},
		{"number_negative", string(edit(t, map[string]any{"block_time": number("-2")})), false},
		{"chain_id_of_100_bits", string(edit(t, map[string]any{"l2_chain_id": number("1267650600228229401496703205375")})), true},
		{"chain_ids_equal", string(edit(t, map[string]any{"l2_chain_id": 1})), false},
		{"hash_of_31_bytes", strings.Replace(full, "0x438335a2", "0x4383", 1), false},
		{"address_without_0x", strings.Replace(full, "0xbeb5fc57", "beb5fc57", 1), false},
		{"cut", full[:len(full)-1], false},
		{"array", "[1]", false},
		{"null", "null", false},
		{"empty", "", false},
	} {
		if _, _, err := rollup.Parse([]byte(c.text)); (err == nil) != c.good {
			t.Errorf("%s: %v, want that it is good: %v", c.name, err, c.good)
		}
		seeds = append(seeds, corpus.Seed{Name: c.name, Args: []any{[]byte(c.text)}})
	}
	corpus.Check(t, "FuzzRollupJSON", seeds)
}
