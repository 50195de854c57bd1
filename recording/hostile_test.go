package recording_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/recording"
)

// set gives a change of one key; nested ones are joined by dots, and a nil value takes the key away.
func set(key string, value any) func(map[string]any) {
	return func(object map[string]any) {
		outer, inner, nested := strings.Cut(key, ".")
		switch {
		case nested:
			set(inner, value)(object[outer].(map[string]any))
		case value == nil:
			delete(object, outer)
		default:
			object[outer] = value
		}
	}
}

// in changes an element of a list.
func in(list string, index int, key string, value any) func(map[string]any) {
	return func(object map[string]any) { set(key, value)(object[list].([]any)[index].(map[string]any)) }
}

// Whatever is wrong with a file, the error names the file and the field, and nothing panics.
func TestABrokenFileIsNamedAndItsField(t *testing.T) {
	w, whole := story(t), t.TempDir()
	w.record(whole, 0, 6)
	hash32 := "0x" + strings.Repeat("ab", 32)
	huge := json.Number("18446744073709551616")
	for _, c := range []struct {
		file, field string
		change      func(map[string]any)
		want        string
	}{
		{"recording.json", "version", set("version", 2), "it is 2, and this program reads 1"},
		{"recording.json", "version", set("version", nil), "it is 0"},
		{"recording.json", "version", set("version", "1"), "JSON string"},
		{"recording.json", "from", set("from", -1), "JSON number -1"},
		{"recording.json", "form", set("form", 1), "there is no such key"},
		{"recording.json", "blobSchedule[0].updateFraction", set("blobSchedule", []any{map[string]any{"time": 5, "updateFraction": 0}}), "it is 0"},
		{"recording.json", "blobSchedule[1].time", set("blobSchedule", []any{map[string]any{"time": 5, "updateFraction": 1}, map[string]any{"time": 4, "updateFraction": 1}}), "4 is before"},
		{"recording.json", "blobSchedule", set("blobSchedule", make([]map[string]any, 300)), "more than 256"},

		{"rollup.json", "block_time", set("block_time", 0), "0: set the seconds"},
		{"rollup.json", "seq_window_size", set("seq_window_size", 1), "1: set a number"},
		{"rollup.json", "lagoon_time", func(o map[string]any) { o["karst_time"], o["lagoon_time"] = 0, 0 }, "not supported"},
		{"rollup.json", "genesis", set("genesis", 7), "found number"},

		{"l1/3.json", "number", set("number", 4), "it is 4, and the file is named for block 3"},
		{"l1/3.json", "number", set("number", huge), "JSON number 18446744073709551616"},
		{"l1/3.json", "number", set("number", nil), "it is missing"},
		{"l1/3.json", "hash", set("hash", nil), "it is missing"},
		{"l1/3.json", "hash", set("hash", "0x12"), "hex string has length 2"},
		{"l1/4.json", "parentHash", set("parentHash", hash32), "it does not stand on the block before"},
		{"l1/4.json", "timestamp", set("timestamp", 1_700_000_036), "1700000036 is not above 1700000036, which l1/3.json has"},
		{"l1/3.json", "prevRandao", set("prevRandao", nil), "it is missing"},
		{"l1/3.json", "baseFee", set("baseFee", "-1"), `"-1" is no amount`},
		{"l1/3.json", "baseFee", set("baseFee", "2"+strings.Repeat("0", 77)), "below 2^256"},
		{"l1/3.json", "baseFee", set("baseFee", strings.Repeat("9", 100)), "…"},
		{"l1/3.json", "baseFee", set("baseFee", 7), "JSON number"},
		{"l1/3.json", "excessBlobGas", set("excessBlobGas", "0x1"), "JSON string"},
		{"l1/3.json", "extra", set("extra", 1), "there is no such key"},
		{"l1/3.json", "inbox[0].from", in("inbox", 0, "from", nil), "it is missing"},
		{"l1/3.json", "inbox[0].data", in("inbox", 0, "data", "0x0"), "hex"},
		{"l1/3.json", "inbox[0].index", in("inbox", 0, "index", json.Number("4294967296")), "no position"},
		{"l1/3.json", "inbox[1].index", in("inbox", 1, "index", 1), "1 is not above"},
		{"l1/3.json", "inbox[0].data", in("inbox", 0, "blob", true), "in its blobs"},
		{"l1/3.json", "inbox[0].blobHashes", func(o map[string]any) { in("inbox", 0, "blob", true)(o); in("inbox", 0, "data", nil)(o) }, "has some"},
		{"l1/3.json", "inbox[0].blobHashes", in("inbox", 0, "blobHashes", []string{hash32}), "only a blob transaction"},
		{"blobs/" + hash32, "", func(o map[string]any) {
			in("inbox", 0, "blob", true)(o)
			in("inbox", 0, "data", nil)(o)
			in("inbox", 0, "blobHashes", []string{hash32})(o)
		}, "it is missing: the batcher's transaction in l1/3.json names it"},
		{"l1/2.json", "logs[0].address", in("logs", 0, "address", "0x"+strings.Repeat("11", 20)), "neither the deposit contract"},
		{"l1/2.json", "logs[0].topics", in("logs", 0, "topics", []string{hash32, hash32, hash32, hash32, hash32}), "5 topics"},
		{"l1/2.json", "logs[0].index", in("logs", 0, "index", nil), "it is missing"},
		{"l1/2.json", "logs[0].index", in("logs", 0, "index", -1), "JSON number -1"},
		{"l1/2.json", "logs[1].index", func(o map[string]any) { o["logs"] = append(o["logs"].([]any), o["logs"].([]any)[0]) }, "0 is not above"},
		{"l1/0.json", "hash", set("hash", hash32), "and the rollup starts after"},

		{"l2/2.json", "executionPayload", set("executionPayload", nil), "it is missing"},
		{"l2/2.json", "executionPayload.blockNumber", set("executionPayload.blockNumber", "0x3"), "it is 3, and the file is named for block 2"},
		{"l2/2.json", "executionPayload.timestamp", set("executionPayload.timestamp", "0x3"), "it is 3, and block 2 has the time 1700000024"},
		{"l2/2.json", "executionPayload.gasLimit", set("executionPayload.gasLimit", 7), "JSON"},
		{"l2/2.json", "executionPayload.blockHash", set("executionPayload.stateRoot", hash32), "one of its fields was changed"},
		{"l2/2.json", "executionPayload.blockHash", set("executionPayload.withdrawalsRoot", nil), "one of its fields was changed"},
		{"l2/2.json", "executionPayload.blockHash", set("parentBeaconBlockRoot", nil), "one of its fields was changed"},
		{"l2/2.json", "", set("executionPayload.baseFeePerGas", nil), "missing baseFeePerGas"},
		{"l2/2.json", "executionPayload.transactions[1]", func(o map[string]any) { o["executionPayload"].(map[string]any)["transactions"].([]any)[1] = "0xzz" }, "invalid hex"},
		{"l2/2.json", "executionPayload.parentHash", set("executionPayload.parentHash", "0x1"), "hex string of odd length"},
		{"l2/2.json", "executionPayload.transactions", set("executionPayload.transactions", "no"), "JSON string"},
		{"l2/0.json", "executionPayload.blockHash", set("executionPayload.blockHash", hash32), "and the genesis of rollup.json is"},
	} {
		t.Run(c.file+" "+c.field+" "+c.want, func(t *testing.T) {
			dir := copied(t, whole)
			source := c.file
			if strings.HasPrefix(c.file, "blobs/") {
				source = "l1/3.json"
			}
			edit(t, dir, source, c.change)
			checkBroken(t, dir, c.file, c.field, c.want)
		})
	}
	for _, file := range []string{"recording.json", "rollup.json", "l1/0.json", "l1/7.json", "l2/0.json", "l2/5.json"} {
		path := filepath.FromSlash(file)
		for _, c := range []struct {
			name, want string
			spoil      func(path string) error
		}{
			{"is empty", "it is empty", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
			{"is no JSON", "not JSON", func(path string) error { return os.WriteFile(path, []byte("\n{,"), 0o600) }},
			{"ends too early", "", func(path string) error {
				text, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				return os.WriteFile(path, text[:len(text)/2], 0o600)
			}},
			{"is null", "", func(path string) error { return os.WriteFile(path, []byte("null"), 0o600) }},
			{"is a list", "", func(path string) error { return os.WriteFile(path, []byte("[]"), 0o600) }},
			{"is a directory", "it is no file", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }},
			{"is too large", "bytes", func(path string) error { return os.Truncate(path, 300<<20) }},
		} {
			t.Run(file+" "+c.name, func(t *testing.T) {
				if c.name == "is too large" && !strings.HasSuffix(file, "g.json") {
					t.Skip("takes long to read")
				}
				dir := copied(t, whole)
				if err := c.spoil(filepath.Join(dir, path)); err != nil {
					t.Fatal(err)
				}
				checkBroken(t, dir, file, "*", c.want)
			})
		}
	}
	for _, c := range []struct{ file, broken, want string }{
		{"rollup.json", "rollup.json", "no such file"},
		{"l1/7.json", "l1/7.json", "it is missing: L1 blocks are consecutive, and 6 and 8 are there"},
	} {
		t.Run("without "+c.file, func(t *testing.T) {
			dir := copied(t, whole)
			if err := os.Remove(filepath.Join(dir, c.file)); err != nil {
				t.Fatal(err)
			}
			checkBroken(t, dir, c.broken, "", c.want)
		})
	}
	for _, name := range []string{"l1/07.json", "l1/x.json", "l1/7", "l2/-1.json", "l2/1.json.bak", "l2/18446744073709551616.json"} {
		t.Run("with "+name, func(t *testing.T) {
			dir := copied(t, whole)
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			checkBroken(t, dir, name, "", "it is no block")
		})
	}
	t.Run("with what a crash and a desktop leave", func(t *testing.T) {
		dir := copied(t, whole)
		for _, name := range []string{"l1/.writing-123", "l2/.DS_Store"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, end, err := derived(t, dir, recording.Range{}); err != nil || end.Why != recording.Reached {
			t.Errorf("ended with %+v, %v", end, err)
		}
	})
	t.Run("no recording", func(t *testing.T) {
		if _, err := recording.Open(t.TempDir()); !errors.Is(err, recording.ErrNone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no L1 blocks", func(t *testing.T) {
		dir := copied(t, whole)
		if err := os.RemoveAll(filepath.Join(dir, "l1")); err != nil {
			t.Fatal(err)
		}
		var start *recording.StartError
		if _, _, err := derived(t, dir, recording.Range{}); !errors.As(err, &start) || !strings.Contains(err.Error(), "no L1 block") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("blobs before Ecotone", func(t *testing.T) {
		dir := copied(t, whole)
		edit(t, dir, "rollup.json", func(o map[string]any) {
			for _, fork := range []string{"ecotone", "fjord", "granite", "holocene", "isthmus", "jovian"} {
				delete(o, fork+"_time")
			}
		})
		edit(t, dir, "l1/3.json", in("inbox", 0, "blob", true))
		checkBroken(t, dir, "l1/3.json", "inbox[0].blob", "before Ecotone")
	})
	t.Run("blocks below genesis", func(t *testing.T) {
		dir := copied(t, whole)
		edit(t, dir, "rollup.json", set("genesis.l1.number", 1))
		checkBroken(t, dir, "l1/0.json", "", "below the L1 block 1")
	})
}

func copied(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkBroken demands an error that names a file, a field and what is wrong. The field "*" is any.
func checkBroken(t *testing.T, dir, file, field, want string) {
	t.Helper()
	_, end, err := derived(t, dir, recording.Range{})
	var broken *recording.FileError
	if !errors.As(err, &broken) {
		t.Fatalf("got %+v, %v", end, err)
	}
	if broken.File != file || field != "*" && broken.Field != field || !strings.Contains(err.Error(), want) {
		t.Errorf("got %q of field %q, want %q of %s", err, broken.Field, want, fmt.Sprint(file, ": ", field))
	}
}
