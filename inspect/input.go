package inspect

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// Input is what somebody has pasted or piped, recognised as text of hex digits, JSON, or raw bytes.
type Input struct {
	raw    []byte    // of raw bytes
	lines  []hexLine // of hex
	values []value   // of JSON
	isJSON bool
}

// hexLine is a line of hex digits.
type hexLine struct {
	digits   []byte
	prefixed bool
	number   int // from 1
}

// value is one piece of data.
type value struct {
	where   string             // names it where there are several: "line 3"
	data    []byte             // the bytes; nil if tx is set
	tx      *types.Transaction // a transaction as JSON
	claimed common.Hash        // the hash that JSON claims for tx; zero if it does not
	kzg     hexutil.Bytes      // the commitment that JSON claims for a blob
}

// Read recognises what an input is. Hex can have a prefix 0x, white space and line breaks anywhere. JSON can be a string of
// hex, an answer of a JSON-RPC or Beacon API with one in it, a transaction or a blob sidecar, or a list of them. Anything
// that is not text is taken as raw bytes.
//
// The error says in one line what was expected and what was found where; bytes are counted from 0.
func Read(text []byte) (Input, error) {
	trimmed := bytes.TrimSpace(text)
	switch {
	case len(text) > MaxText:
		return Input{}, fmt.Errorf("expected at most %s of data, found more than %s of text", count(MaxData, "byte"), count(MaxText, "byte"))
	case len(trimmed) == 0:
		return Input{}, errors.New("expected hex, JSON or raw bytes, found nothing")
	case !isText(text):
		if len(text) > MaxData {
			return Input{}, fmt.Errorf("expected at most %s, found more", count(MaxData, "byte"))
		}
		return Input{raw: text}, nil
	case strings.IndexByte(`{["`, trimmed[0]) >= 0:
		return readJSON(text, trimmed)
	}
	return readHex(text)
}

// isText says whether all is printable ASCII or white space.
func isText(text []byte) bool {
	for _, c := range text {
		if (c < ' ' || c > '~') && !isSpace(c) {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func readHex(text []byte) (Input, error) {
	var in Input
	at, total := 0, 0
	for number := 1; at < len(text); number++ {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i
		}
		line := hexLine{number: number}
		for at < end && isSpace(text[at]) {
			at++
		}
		if end-at >= 2 && text[at] == '0' && (text[at+1] == 'x' || text[at+1] == 'X') {
			line.prefixed = true
			at += 2
		}
		line.digits = make([]byte, 0, end-at)
		for ; at < end; at++ {
			switch c := text[at]; {
			case isDigit(c):
				line.digits = append(line.digits, c)
			case !isSpace(c):
				return Input{}, fmt.Errorf("expected hex, found %q at byte %d (line %d)", c, at, number)
			}
		}
		at++ // the line break
		if len(line.digits) > 0 || line.prefixed {
			in.lines = append(in.lines, line)
		}
		if total += len(line.digits); total > 2*MaxData {
			return Input{}, fmt.Errorf("expected at most %s, found more", count(MaxData, "byte"))
		}
	}
	return in, nil
}

// decode gives the bytes of hex digits.
func decode(digits []byte, where string) ([]byte, error) {
	if len(digits)%2 != 0 {
		if where != "" {
			where = " in " + where
		}
		return nil, fmt.Errorf("expected two hex digits for each byte, found %s%s: the last one, of byte %d, is alone", count(len(digits), "digit"), where, len(digits)/2)
	}
	if len(digits) == 0 {
		return nil, errors.New("expected hex, found nothing behind 0x")
	}
	data := make([]byte, len(digits)/2)
	_, err := hex.Decode(data, digits)
	return data, err
}

// one gives the input as a single value. Lines of hex are joined.
func (in *Input) one() (value, error) {
	switch {
	case in.raw != nil:
		return value{data: in.raw}, nil
	case in.isJSON && len(in.values) != 1:
		return value{}, fmt.Errorf("expected one value, found a JSON list of %d", len(in.values))
	case in.isJSON:
		return in.values[0], nil
	}
	all := slices.Clip(in.lines[0].digits)
	for _, line := range in.lines[1:] {
		if line.prefixed {
			return value{}, fmt.Errorf("expected one value, found another 0x at line %d", line.number)
		}
		all = append(all, line.digits...)
	}
	data, err := decode(all, "")
	return value{data: data}, err
}

// bytes is one for what has no form as JSON but a string.
func (in *Input) bytes(what string) ([]byte, error) {
	v, err := in.one()
	if err == nil && v.tx != nil {
		return nil, fmt.Errorf("expected %s as hex or raw bytes, found the JSON of a transaction ('cairn inspect tx' reads it)", what)
	}
	return v.data, err
}

// several gives the input as values. Lines of hex are values of their own if each has a prefix or the first one is whole
// by itself; otherwise it is one value, broken into lines.
func (in *Input) several(whole func([]byte) bool) ([]value, error) {
	if in.raw != nil {
		return []value{{data: in.raw}}, nil
	}
	if in.isJSON {
		return in.values, nil
	}
	split := len(in.lines) > 1
	for _, line := range in.lines {
		split = split && line.prefixed
	}
	if !split && len(in.lines) > 1 {
		first, err := decode(in.lines[0].digits, "")
		split = err == nil && whole(first)
	}
	if !split {
		v, err := in.one()
		return []value{v}, err
	}
	values := make([]value, len(in.lines))
	for i, line := range in.lines {
		where := fmt.Sprintf("line %d", line.number)
		data, err := decode(line.digits, where)
		if err != nil {
			return nil, err
		}
		values[i] = value{data: data, where: where}
	}
	return values, nil
}

// readJSON reads the forms of JSON that Read names.
func readJSON(text, trimmed []byte) (Input, error) {
	if err := json.Unmarshal(trimmed, new(json.RawMessage)); err != nil {
		at := len(text) - len(bytes.TrimLeft(text, " \t\r\n\v\f"))
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at += int(syntax.Offset)
			if int(syntax.Offset) < len(trimmed) || !strings.Contains(syntax.Error(), "unexpected end") {
				at-- // the offset counts the character that is wrong
			}
		}
		return Input{}, fmt.Errorf("expected JSON, as it begins with %q: %w at byte %d", trimmed[0], err, at)
	}
	in := Input{isJSON: true}
	return in, in.addJSON(trimmed, "")
}

// envelope are the parts of answers that lead to the data, and the ones by which data is recognised.
type envelope struct {
	Result json.RawMessage `json:"result"` // JSON-RPC
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
	Data json.RawMessage `json:"data"` // Beacon API

	Blob       json.RawMessage `json:"blob"` // a sidecar
	Commitment hexutil.Bytes   `json:"kzg_commitment"`

	Hash  *common.Hash    `json:"hash"` // a transaction
	Gas   json.RawMessage `json:"gas"`
	Input json.RawMessage `json:"input"`
}

func (in *Input) addJSON(text []byte, where string) error {
	if len(in.values) > maxFrames {
		return fmt.Errorf("expected at most %s, found more", count(maxFrames, "value"))
	}
	switch text[0] {
	case '"':
		return in.addString(text, where)
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return err
		}
		if len(list) == 0 {
			return errors.New("expected data, found an empty JSON list")
		}
		for i, element := range list {
			if element[0] == '[' {
				return errors.New("expected a JSON list of values, found a list in a list")
			}
			if err := in.addJSON(element, fmt.Sprintf("element %d", i)); err != nil {
				return err
			}
		}
		return nil
	case '{':
		return in.addObject(text, where)
	}
	return fmt.Errorf("expected data as a JSON string of hex, or an object with it, found %s", shorten(string(text)))
}

func (in *Input) addString(text []byte, where string) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	if strings.TrimSpace(s) == "" {
		return errors.New("expected hex, found an empty JSON string")
	}
	parsed, err := readHex([]byte(s))
	if err != nil {
		return fmt.Errorf("in a JSON string: %w", err)
	}
	v, err := parsed.one()
	if err != nil {
		return fmt.Errorf("in a JSON string: %w", err)
	}
	v.where = where
	in.values = append(in.values, v)
	return nil
}

func (in *Input) addObject(text []byte, where string) error {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return fmt.Errorf("expected an answer, a transaction or a blob sidecar as JSON: %w", err)
	}
	switch {
	case e.Error != nil:
		return fmt.Errorf("expected data, found the error of a JSON-RPC: %s", shorten(e.Error.Message))
	case string(e.Result) == "null":
		return errors.New("expected data, found a JSON-RPC answer with the result null: that node does not know it")
	case e.Result != nil && e.Result[0] != '[':
		return in.addJSON(e.Result, where)
	case e.Blob != nil:
		before := len(in.values)
		if err := in.addJSON(e.Blob, where); err != nil {
			return err
		}
		if len(in.values) == before+1 {
			in.values[before].kzg = e.Commitment
		}
		return nil
	case e.Gas != nil || e.Input != nil:
		tx := new(types.Transaction)
		if err := tx.UnmarshalJSON(text); err != nil {
			return fmt.Errorf("expected a transaction as JSON: %w", err)
		}
		v := value{tx: tx, where: where}
		if e.Hash != nil {
			v.claimed = *e.Hash
		}
		in.values = append(in.values, v)
		return nil
	case e.Data != nil && string(e.Data) != "null":
		return in.addJSON(e.Data, where)
	}
	return errors.New("expected a transaction (it has gas), a blob sidecar (blob), or an answer (result, data), found a JSON object without")
}

// shorten cuts a text that is quoted in an error, and leaves nothing in it that a terminal would obey.
func shorten(text string) string {
	const most = 60
	text = strings.Join(strings.Fields(text), " ")
	shown := []rune(text[:min(len(text), 4*most+4)]) // more than will be shown, as a rune has up to four bytes
	for i, r := range shown {
		if !unicode.IsPrint(r) {
			shown[i] = '?'
		}
	}
	if len(shown) > most {
		return string(shown[:most]) + "…"
	}
	return string(shown)
}
