package rollup

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// duplicate refuses an object that has a key twice with different values: which of them counts is anybody's guess. Keys that
// differ in upper and lower case are the same where they mean something here. The text is valid JSON.
func duplicate(text []byte) error {
	return duplicateIn("", text, allKeys)
}

func duplicateIn(path string, value json.RawMessage, own keys) error {
	decoder := json.NewDecoder(bytes.NewReader(value))
	open, err := decoder.Token()
	if open != json.Delim('{') {
		return err
	}
	seen := make(map[string]json.RawMessage)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		name, meant := own.find(key)
		if !meant {
			name = key
		}
		var inner json.RawMessage
		if err := decoder.Decode(&inner); err != nil {
			return err
		}
		if before, ok := seen[name]; ok && !bytes.Equal(before, inner) {
			return &FieldError{Field: path + key, Value: string(inner), Fix: fmt.Sprintf("it is there twice, first as %s; leave out the wrong one", before)}
		}
		seen[name] = inner
		if err := duplicateIn(path+key+".", inner, own[name]); err != nil {
			return err
		}
	}
	return nil
}
