package inspect

import (
	"errors"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
)

// form is what a field of a transaction has to be.
type form int

const (
	anyNumber form = iota // up to 256 bits
	small                 // up to 64 bits
	recipient             // 20 bytes, or none
	address               // 20 bytes
	word                  // 32 bytes
	text                  // any bytes
	list
)

type field struct {
	name string
	form form
}

// fieldsOf are the fields of each type, in their order (EIP-155, 2930, 1559, 4844, 7702; specs: protocol/deposits.md).
var fieldsOf = map[uint8][]field{
	types.LegacyTxType: {
		{"nonce", small},
		{"gas price", anyNumber},
		{"gas limit", small},
		{"to", recipient},
		{"value", anyNumber},
		{"data", text},
		{"v", anyNumber},
		{"r", anyNumber},
		{"s", anyNumber},
	},
	types.AccessListTxType: {
		{"chain id", anyNumber},
		{"nonce", small},
		{"gas price", anyNumber},
		{"gas limit", small},
		{"to", recipient},
		{"value", anyNumber},
		{"data", text},
		{"access list", list},
		{"y parity", anyNumber},
		{"r", anyNumber},
		{"s", anyNumber},
	},
	types.DynamicFeeTxType: {
		{"chain id", anyNumber},
		{"nonce", small},
		{"priority fee", anyNumber},
		{"max fee", anyNumber},
		{"gas limit", small},
		{"to", recipient},
		{"value", anyNumber},
		{"data", text},
		{"access list", list},
		{"y parity", anyNumber},
		{"r", anyNumber},
		{"s", anyNumber},
	},
	types.BlobTxType: {
		{"chain id", anyNumber},
		{"nonce", small},
		{"priority fee", anyNumber},
		{"max fee", anyNumber},
		{"gas limit", small},
		{"to", address},
		{"value", anyNumber},
		{"data", text},
		{"access list", list},
		{"max blob fee", anyNumber},
		{"blob hashes", list},
		{"y parity", anyNumber},
		{"r", anyNumber},
		{"s", anyNumber},
	},
	types.SetCodeTxType: {
		{"chain id", anyNumber},
		{"nonce", small},
		{"priority fee", anyNumber},
		{"max fee", anyNumber},
		{"gas limit", small},
		{"to", address},
		{"value", anyNumber},
		{"data", text},
		{"access list", list},
		{"authorizations", list},
		{"y parity", anyNumber},
		{"r", anyNumber},
		{"s", anyNumber},
	},
	types.DepositTxType: {
		{"source hash", word},
		{"from", address},
		{"to", recipient},
		{"mint", anyNumber},
		{"value", anyNumber},
		{"gas limit", small},
		{"is system", small},
		{"data", text},
	},
}

// locate says at which byte an encoding stops being a transaction. The error is that of decoding it, for defects that
// have no place.
func locate(raw []byte, err error) string {
	const lowestList = 0xc0
	if len(raw) == 0 {
		return "no bytes at all"
	}
	typ, at := raw[0], 1
	if raw[0] >= lowestList {
		typ, at = types.LegacyTxType, 0
	} else if raw[0] == types.LegacyTxType {
		return "0x00 at byte 0, which is no type: a legacy transaction begins with an RLP list"
	}
	fields, ok := fieldsOf[typ]
	if !ok {
		return fmt.Sprintf("0x%02x at byte 0, which is no type of transaction (a legacy one begins with an RLP list, c0 to ff)", typ)
	}
	name := typeNames[typ]
	kind, content, rest, splitErr := rlp.Split(raw[at:])
	switch {
	case len(raw) == at:
		return fmt.Sprintf("the type byte of a %s transaction and nothing behind it", name)
	case splitErr != nil:
		return fmt.Sprintf("at byte %d no whole RLP list of the fields of a %s transaction: %s", at, name, plain(splitErr))
	case kind != rlp.List:
		return fmt.Sprintf("at byte %d no RLP list of the fields of a %s transaction", at, name)
	case len(rest) > 0:
		return fmt.Sprintf("%s behind the end of a %s transaction, at byte %d", count(len(rest), "byte"), name, len(raw)-len(rest))
	}
	at = len(raw) - len(content)
	for i, f := range fields {
		if len(content) == 0 {
			return fmt.Sprintf("a %s transaction that ends at byte %d, after %s, without %q", name, at, count(i, "field"), f.name)
		}
		kind, value, rest, err := rlp.Split(content)
		if err != nil {
			return fmt.Sprintf("in the field %q of a %s transaction, at byte %d: %s", f.name, name, at, plain(err))
		}
		if typ == types.BlobTxType && i == 0 && kind == rlp.List {
			break // the network form: the fields are in a list of their own
		}
		if wrong := f.form.wrong(kind, value); wrong != "" {
			return fmt.Sprintf("in the field %q of a %s transaction, at byte %d: %s", f.name, name, at, wrong)
		}
		at += len(content) - len(rest)
		if content = rest; i == len(fields)-1 && len(rest) > 0 {
			return fmt.Sprintf("more than the %d fields of a %s transaction, at byte %d", len(fields), name, at)
		}
	}
	return fmt.Sprintf("a %s transaction that does not decode: %s", name, plain(err))
}

// wrong says why a value is not of a form; empty if it is.
func (f form) wrong(kind rlp.Kind, value []byte) string {
	isList := kind == rlp.List
	switch {
	case f == list && !isList:
		return "no list"
	case f == list || f == text && !isList:
		return ""
	case isList:
		return "a list"
	case (f == anyNumber || f == small) && len(value) > 0 && value[0] == 0:
		return "a number with a leading zero"
	case f == anyNumber && len(value) > common.HashLength:
		return fmt.Sprintf("a number of %d bytes", len(value))
	case f == small && len(value) > 8:
		return fmt.Sprintf("a number of %d bytes, more than 64 bits", len(value))
	case f == recipient && len(value) != 0 && len(value) != common.AddressLength:
		return fmt.Sprintf("%s instead of 20 or none", count(len(value), "byte"))
	case f == address && len(value) != common.AddressLength:
		return fmt.Sprintf("%s instead of 20", count(len(value), "byte"))
	case f == word && len(value) != common.HashLength:
		return fmt.Sprintf("%s instead of 32", count(len(value), "byte"))
	}
	return ""
}

// plain says what is wrong with RLP without the words of the library.
func plain(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it is cut off"
	case errors.Is(err, rlp.ErrValueTooLarge):
		return "it declares more bytes than there are"
	case errors.Is(err, rlp.ErrCanonSize):
		return "its header is not the shortest one"
	}
	return shorten(err.Error())
}

// hashOf is the hash of an encoded transaction.
func hashOf(raw []byte) common.Hash { return crypto.Keccak256Hash(raw) }
