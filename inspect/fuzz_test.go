package inspect_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/inspect"
)

// FuzzInspect reads any input in every way. It is described by a text that a terminal can show and by JSON, neither of
// them long, or refused in one line; and the same bytes in another form, or a transaction as JSON, are described alike.
func FuzzInspect(f *testing.F) {
	for _, c := range examples(f) {
		if raw, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(c.in)), "0x")); err == nil {
			c.in = raw
		}
		if len(c.in) <= channel.BlobSize {
			f.Add(c.in, uint8(0x11))
		}
	}
	for _, text := range []string{
		`{"result":{"gas":"0x1"}}`, `{"data":[{"blob":"0x00","kzg_commitment":"0x"}]}`, `{"error":{"message":"\u001b[2J\u0085"}}`, `{"error":{"message":"a` + strings.Repeat(`\u00e9`, 40) + `"}}`, "0x", `["`, "\x7e\xc0", "\x7d\x00",
	} {
		f.Add([]byte(text), uint8(0x11))
	}
	cfg, chains := opMainnet(f), known(f)
	f.Fuzz(func(t *testing.T, text []byte, choice uint8) {
		o := inspect.Options{Known: chains, Limit: int(choice >> 4)}
		if choice&1 != 0 {
			o.Chain = cfg
		}
		if choice&2 != 0 && o.Chain != nil {
			at := *cfg.HoloceneTime - 1
			o.At = &at
		}
		digits := hex.EncodeToString(text)
		for _, as := range []describer{asTx, asBlobs, asItem, asChannel, asBatch, batchOf(int(choice >> 6))} {
			said(t, as, text, o)
			if len(text) > 4096 {
				continue // blobs take time
			}
			want := said(t, as, []byte("0x"+digits), o)
			if got := said(t, as, []byte(`{"result":"`+strings.ToUpper(digits)+`"}`), o); got != want && len(text) > 0 {
				t.Fatalf("as JSON\n%s\nand as hex\n%s", got, want)
			}
		}
		tx := new(types.Transaction)
		if tx.UnmarshalBinary(text) != nil {
			return
		}
		tx = tx.WithoutBlobTxSidecar() // JSON has none
		object, err := tx.MarshalJSON()
		if err != nil || new(types.Transaction).UnmarshalJSON(object) != nil {
			return // a signature that JSON cannot have
		}
		if got, want := said(t, asTx, object, o), said(t, asTx, hexLines(encode(t, tx)), o); got != want {
			t.Fatalf("%s is\n%s\nand as hex\n%s", object, got, want)
		}
	})
}

// said is all that an input is described by, or the error. It is fit to be shown.
func said(t *testing.T, as describer, text []byte, o inspect.Options) string {
	t.Helper()
	in, err := inspect.Read(text)
	var out described
	if err == nil {
		out, err = as(in, o)
	}
	if err != nil {
		if len(err.Error()) > 1000 || !printable(err.Error()) {
			t.Errorf("not one line to be shown: %q", err)
		}
		return err.Error()
	}
	page, object := written(t, out)
	if !printable(string(bytes.ReplaceAll(page, []byte("\n"), nil))) {
		t.Errorf("not to be shown: %q", page)
	}
	if !json.Valid(object) || !utf8.Valid(object) {
		t.Errorf("no JSON: %q", object)
	}
	if most := 1 << 20; o.Limit > 0 && len(page)+len(object) > most {
		t.Errorf("%d bytes of text and %d of JSON about %d bytes", len(page), len(object), len(text))
	}
	return string(page) + string(object)
}

// printable says whether a text is one line that changes nothing about the terminal.
func printable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
