package attributes_test

import (
	"bytes"
	"testing"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

func TestExtraData(t *testing.T) {
	before, holocene := rollup.L2Rules{}, rollup.L2Rules{EIP1559Params: true}
	jovian := rollup.L2Rules{EIP1559Params: true, MinBaseFee: true}
	params := eth.Bytes8{0, 0, 0, 250, 0, 0, 0, 6}
	for name, c := range map[string]struct {
		rules rollup.L2Rules
		data  []byte
		want  attributes.ExtraData
		ok    bool
	}{
		"before Holocene: empty":            {before, nil, attributes.ExtraData{}, true},
		"before Holocene: not empty":        {before, []byte{0}, attributes.ExtraData{}, false},
		"Holocene":                          {holocene, concat([]byte{0}, params[:]), attributes.ExtraData{EIP1559Params: params}, true},
		"Holocene: empty":                   {holocene, nil, attributes.ExtraData{}, false},
		"Holocene: version 1":               {holocene, concat([]byte{1}, params[:]), attributes.ExtraData{}, false},
		"Holocene: a byte short":            {holocene, concat([]byte{0}, params[:7]), attributes.ExtraData{}, false},
		"Holocene: with the Jovian layout":  {holocene, concat([]byte{1}, params[:], make([]byte, 8)), attributes.ExtraData{}, false},
		"Holocene: denominator zero":        {holocene, []byte{0, 0, 0, 0, 0, 0, 0, 0, 6}, attributes.ExtraData{}, false},
		"Holocene: elasticity zero":         {holocene, []byte{0, 0, 0, 0, 250, 0, 0, 0, 0}, attributes.ExtraData{}, false},
		"Jovian, minimum base fee 0":        {jovian, concat([]byte{1}, params[:], make([]byte, 8)), attributes.ExtraData{EIP1559Params: params}, true},
		"Jovian":                            {jovian, concat([]byte{1}, params[:], word(258)[24:]), attributes.ExtraData{EIP1559Params: params, MinBaseFee: 258}, true},
		"Jovian: version 0":                 {jovian, concat([]byte{0}, params[:], make([]byte, 8)), attributes.ExtraData{}, false},
		"Jovian: with the Holocene layout":  {jovian, concat([]byte{0}, params[:]), attributes.ExtraData{}, false},
		"Jovian: a byte long":               {jovian, concat([]byte{1}, params[:], make([]byte, 9)), attributes.ExtraData{}, false},
		"Jovian: both EIP-1559 params zero": {jovian, concat([]byte{1}, make([]byte, 16)), attributes.ExtraData{}, false},
	} {
		got, err := attributes.DecodeExtraData(c.data, &c.rules)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: got %+v, %v; want %+v, valid %t", name, got, err, c.want, c.ok)
		}
		if again := got.Encode(&c.rules); c.ok && !bytes.Equal(again, c.data) {
			t.Errorf("%s: encoded %x, want %x", name, again, c.data)
		}
	}
}
