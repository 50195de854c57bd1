package channel

import "fmt"

// Place says where on L1 an item was. Rules do not look at it: it is for people who ask where a block came from.
type Place struct {
	L1   uint64 // number of the L1 block
	Tx   uint32 // index of the transaction in the block
	Blob uint32 // which of the transaction's blobs, from 1; 0 is its calldata
}

// String reads "L1 block 7, transaction 3, blob 1".
func (p Place) String() string {
	text := fmt.Sprintf("L1 block %d, transaction %d", p.L1, p.Tx)
	if p.Blob > 0 {
		text += fmt.Sprintf(", blob %d", p.Blob)
	}
	return text
}
