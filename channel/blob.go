package channel

import (
	"bytes"
	"fmt"
)

// BlobSize is the number of bytes of an EIP-4844 blob: 4096 field elements of 32 bytes.
const BlobSize = 4096 * 32

// MaxBlobData is the number of data bytes one blob can carry.
const MaxBlobData = blobRounds*roundData - blobHeader

const (
	blobRounds  = 1024
	roundData   = 4*31 + 3 // data bytes of one round
	roundBlob   = 4 * 32   // blob bytes of one round: four field elements
	blobHeader  = 4        // version byte and 24-bit length, at the front of the data of round 0
	blobVersion = 0
	elementFree = 0x3f // a field element's first byte has six usable bits, so that its value stays below the modulus
)

var zeroBlob [BlobSize]byte

// DecodeBlob unpacks the item in a blob (ecotone/derivation.md#blob-encoding). The packed bytes are version ‖ length ‖
// data ‖ zeros; every round of four field elements carries 127 of them. An all-zero blob is a valid, empty item.
//
// As in op-node the two top bits of field element 0 are masked, not checked, unlike those of all others.
func DecodeBlob(blob *[BlobSize]byte) ([]byte, Reason) {
	if blob[1] != blobVersion {
		return nil, BlobVersion
	}
	length := int(blob[2])<<16 | int(blob[3])<<8 | int(blob[4])
	if length > MaxBlobData {
		return nil, BlobLength
	}
	rounds := (blobHeader + length + roundData - 1) / roundData
	packed := make([]byte, rounds*roundData)
	var tops byte
	for i := range rounds {
		from := (*[roundBlob]byte)(blob[i*roundBlob:])
		unpackRound((*[roundData]byte)(packed[i*roundData:]), from)
		tops |= from[32] | from[64] | from[96]
		if i > 0 {
			tops |= from[0]
		}
	}
	if tops&^elementFree != 0 {
		return nil, BlobFieldElement
	}
	end := blobHeader + length
	if !isZero(packed[end:]) || !isZero(blob[rounds*roundBlob:]) {
		return nil, BlobPadding
	}
	return packed[blobHeader:end:end], None
}

// EncodeBlob packs data into a blob. It fails if data is longer than MaxBlobData.
func EncodeBlob(data []byte) (*[BlobSize]byte, error) {
	if len(data) > MaxBlobData {
		return nil, fmt.Errorf("encode blob: %d bytes are more than the %d a blob can carry", len(data), MaxBlobData)
	}
	blob := new([BlobSize]byte)
	if len(data) == 0 {
		return blob, nil
	}
	// Round 0 and the last round are short of data, so they are packed from a padded copy.
	first := [roundData]byte{blobVersion, byte(len(data) >> 16), byte(len(data) >> 8), byte(len(data))}
	rest := data[copy(first[blobHeader:], data):]
	packRound((*[roundBlob]byte)(blob[:]), &first)
	at := roundBlob
	for ; len(rest) >= roundData; at += roundBlob {
		packRound((*[roundBlob]byte)(blob[at:]), (*[roundData]byte)(rest))
		rest = rest[roundData:]
	}
	if len(rest) > 0 {
		var last [roundData]byte
		copy(last[:], rest)
		packRound((*[roundBlob]byte)(blob[at:]), &last)
	}
	return blob, nil
}

// A round moves 31 bytes per field element as they are, and cuts the three bytes between them (x, y, z) into four
// values of six bits, one for the free part of each field element's first byte.

func unpackRound(dst *[roundData]byte, src *[roundBlob]byte) {
	a, b, c, d := src[0], src[32], src[64], src[96]
	*(*[31]byte)(dst[0:]) = *(*[31]byte)(src[1:])
	dst[31] = a&0x3f | b&0x30<<2
	*(*[31]byte)(dst[32:]) = *(*[31]byte)(src[33:])
	dst[63] = b&0x0f | d&0x0f<<4
	*(*[31]byte)(dst[64:]) = *(*[31]byte)(src[65:])
	dst[95] = c&0x3f | d&0x30<<2
	*(*[31]byte)(dst[96:]) = *(*[31]byte)(src[97:])
}

func packRound(dst *[roundBlob]byte, src *[roundData]byte) {
	x, y, z := src[31], src[63], src[95]
	dst[0] = x & 0x3f
	*(*[31]byte)(dst[1:]) = *(*[31]byte)(src[0:])
	dst[32] = y&0x0f | x>>6<<4
	*(*[31]byte)(dst[33:]) = *(*[31]byte)(src[32:])
	dst[64] = z & 0x3f
	*(*[31]byte)(dst[65:]) = *(*[31]byte)(src[64:])
	dst[96] = y>>4 | z>>6<<4
	*(*[31]byte)(dst[97:]) = *(*[31]byte)(src[96:])
}

func isZero(b []byte) bool { return bytes.Equal(b, zeroBlob[:len(b)]) }
