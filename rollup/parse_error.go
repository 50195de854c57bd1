package rollup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// jsonError turns the decoder's error into one that says where in the file it is: the line where the text is not JSON,
// or the field whose value does not fit.
func jsonError(text []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte{'\n'})
		return fmt.Errorf("not JSON at line %d: %w", line, err)
	}
	path, value, err := wrongField(nil, text, err)
	if len(path) == 0 {
		return fmt.Errorf("read rollup configuration: want a JSON object: %w", err)
	}
	fix := err.Error()
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typ) && typ.Type.String() == "uint64":
		fix = "write a whole number of at least 0, without quotes"
	case typ != nil:
		fix = fmt.Sprintf("found %s, want %s", typ.Value, typ.Type)
	}
	return &FieldError{Field: strings.Join(path, "."), Value: string(value), Fix: fix}
}

// wrongField finds the first field at or below path that Config does not take even on its own, as deep as it goes. The
// decoder itself does not tell: it knows the field for some errors only, not for a hash of the wrong length.
func wrongField(path []string, value json.RawMessage, whole error) ([]string, json.RawMessage, error) {
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) != nil {
		return path, value, whole
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		inner := append(slices.Clone(path), key)
		if err := decodeAlone(inner, object[key]); err != nil {
			return wrongField(inner, object[key], err)
		}
	}
	return path, value, whole
}

// decodeAlone reads a configuration that has nothing but one field.
func decodeAlone(path []string, value json.RawMessage) error {
	for _, key := range slices.Backward(path) {
		object, err := json.Marshal(map[string]json.RawMessage{key: value})
		if err != nil {
			return err
		}
		value = object
	}
	return json.Unmarshal(value, new(Config))
}
