package oracle

import "github.com/cairn-rollup/cairn/eth"

// decodeBlob reads the data out of a blob (specs: Ecotone, blob encoding). Four field elements carry 127 bytes: 31 bytes
// each, and three more made of the low six bits of their first bytes. The data starts with a version, which is 0, and
// its length; after it all must be zero.
func decodeBlob(blob *eth.Blob) (data []byte, ok bool) {
	all := make([]byte, 0, len(blob)/128*127)
	for round := 0; round < len(blob); round += 4 * 32 {
		first := func(i int) byte { return blob[round+32*i] }
		rest := func(i int) []byte { return blob[round+32*i+1 : round+32*i+32] }
		for i := range 4 {
			// The chains that run do not look at the top bits of the very first element.
			if first(i)>>6 != 0 && (round > 0 || i > 0) {
				return nil, false
			}
		}
		a, b, c, d := first(0)&0x3f, first(1), first(2), first(3)
		all = append(all, rest(0)...)
		all = append(all, a|(b&0x30)<<2)
		all = append(all, rest(1)...)
		all = append(all, b&0x0f|(d&0x0f)<<4)
		all = append(all, rest(2)...)
		all = append(all, c|(d&0x30)<<2)
		all = append(all, rest(3)...)
	}
	version, length, all := all[0], int(all[1])<<16|int(all[2])<<8|int(all[3]), all[4:]
	if version != 0 || length > len(all) {
		return nil, false
	}
	for _, b := range all[length:] {
		if b != 0 {
			return nil, false
		}
	}
	return all[:length], true
}
