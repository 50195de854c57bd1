package l1

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
)

// maxListed bounds what is read of one list: MAX_BLOB_COMMITMENTS_PER_BLOCK of the consensus specification. An answer of
// few bytes could otherwise list millions of things that are empty here and large in memory.
const maxListed = 4096

// readList reads the list "data" of an answer, item by item. The other fields are not read.
func readList[T any](answer []byte, item func(*json.Decoder) (T, error)) ([]T, error) {
	in := json.NewDecoder(bytes.NewReader(answer))
	if err := expect(in, '{'); err != nil {
		return nil, err
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, err
		}
		if name == "data" {
			return readItems(in, item)
		}
		var other json.RawMessage
		if err := in.Decode(&other); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no data")
}

func readItems[T any](in *json.Decoder, item func(*json.Decoder) (T, error)) ([]T, error) {
	if err := expect(in, '['); err != nil {
		return nil, err
	}
	var items []T
	for in.More() {
		if len(items) == maxListed {
			return nil, fmt.Errorf("data has more than %d items", maxListed)
		}
		it, err := item(in)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", len(items), err)
		}
		items = append(items, it)
	}
	return items, expect(in, ']')
}

// expect reads a bracket.
func expect(in *json.Decoder, want json.Delim) error {
	got, err := in.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s where %s should be", clip([]byte(fmt.Sprint(got))), want)
	}
	return nil
}

// blobText is a blob in JSON: 0x and the hex digits of exactly one blob.
type blobText struct {
	blob *eth.Blob
}

// blobSizeError is a blob in JSON that is shorter or longer than a blob.
type blobSizeError struct {
	digits int
}

func (e *blobSizeError) Error() string { return fmt.Sprintf("blob of %d hex digits", e.digits) }

// UnmarshalJSON reads a string, which needs no unescaping: any escape is not hex.
func (t *blobText) UnmarshalJSON(text []byte) error {
	if len(text) < 4 || string(text[:3]) != `"0x` {
		return errors.New("a blob is not 0x-hex")
	}
	digits := text[3 : len(text)-1]
	t.blob = new(eth.Blob)
	if len(digits) != 2*len(t.blob) {
		return &blobSizeError{digits: len(digits)}
	}
	if _, err := hex.Decode(t.blob[:], digits); err != nil {
		return fmt.Errorf("a blob is not hex: %w", err)
	}
	return nil
}
