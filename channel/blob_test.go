package channel

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

func mustEncodeBlob(tb testing.TB, data []byte) *[BlobSize]byte {
	tb.Helper()
	blob, err := EncodeBlob(data)
	if err != nil {
		tb.Fatal(err)
	}
	return blob
}

// lengths are those where a field element, a round or the blob gets full.
var lengths = []int{
	0, 1, 26, 27, 28, 31, 32, 58, 59, 60, 61, 91, 92, 122, 123, 124, 127, 128, 249, 250, 251,
	MaxBlobData - 128, MaxBlobData - 127, MaxBlobData - 126, MaxBlobData - 1, MaxBlobData,
}

func TestBlobRoundTripAtEveryEdge(t *testing.T) {
	for _, n := range lengths {
		for _, data := range [][]byte{noise(uint64(n), n), bytes.Repeat([]byte{0xff}, n), make([]byte, n)} {
			got, reason := DecodeBlob(mustEncodeBlob(t, data))
			if reason != None || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %.2x: %d bytes back, %v", n, data, len(got), reason)
			}
		}
	}
}

func TestBlobEncodingStaysBelowTheModulus(t *testing.T) {
	blob := mustEncodeBlob(t, bytes.Repeat([]byte{0xff}, MaxBlobData))
	for at := 0; at < BlobSize; at += 32 {
		if blob[at]&0xc0 != 0 {
			t.Fatalf("field element %d starts with %#x", at/32, blob[at])
		}
	}
}

func TestBlobTooMuchDataIsAnError(t *testing.T) {
	if _, err := EncodeBlob(make([]byte, MaxBlobData+1)); err == nil {
		t.Error("no error")
	}
}

// The layout in the words of the specification: bytes x, y, z between the field elements' 31-byte parts come from
// the six-bit parts A, B, C, D of four field elements.
func TestBlobLayout(t *testing.T) {
	var blob [BlobSize]byte
	a, b, c, d := byte(0x2a), byte(0x35), byte(0x13), byte(0x2d)
	blob[4] = 123
	blob[0], blob[32], blob[64], blob[96] = a, b, c, d
	blob[5], blob[31], blob[33], blob[63], blob[65], blob[97], blob[127] = 1, 2, 3, 4, 5, 6, 7
	got, reason := DecodeBlob(&blob)
	if reason != None {
		t.Fatal(reason)
	}
	want := make([]byte, 123)
	want[0], want[26] = 1, 2
	want[27] = a | (b&0x30)<<2
	want[28], want[58] = 3, 4
	want[59] = b&0x0f | (d&0x0f)<<4
	want[60] = 5
	want[91] = c | (d&0x30)<<2
	want[92], want[122] = 6, 7
	if !bytes.Equal(got, want) {
		t.Errorf("got  %.123x\nwant %.123x", got, want)
	}
	if *mustEncodeBlob(t, want) != blob {
		t.Error("encoding gives another blob")
	}
}

func TestBlobDecode(t *testing.T) {
	full := bytes.Repeat([]byte{0xff}, MaxBlobData)
	for _, tc := range []struct {
		name   string
		data   []byte
		damage func(*[BlobSize]byte)
		want   Reason
	}{
		{"all zero is a valid empty item", nil, func(*[BlobSize]byte) {}, None},
		{"27 times ff", full[:27], func(*[BlobSize]byte) {}, None},
		{"32 times ff", full[:32], func(*[BlobSize]byte) {}, None},
		{"version byte is not 0", full[:27], func(b *[BlobSize]byte) { b[1] = 1 }, BlobVersion},
		{"length 130044 is accepted", full, func(*[BlobSize]byte) {}, None},
		{"length 130045 is too long", full, func(b *[BlobSize]byte) { b[4]++ }, BlobLength},
		{"length ffffff is too long", full, func(b *[BlobSize]byte) { b[2], b[3], b[4] = 255, 255, 255 }, BlobLength},
		{"top bits of field element 0 are ignored", bytes.Repeat([]byte{1}, 200), func(b *[BlobSize]byte) { b[0] |= 0xc0 }, None},
		{"top bit of field element 1", full[:200], func(b *[BlobSize]byte) { b[32] |= 0x80 }, BlobFieldElement},
		{"second bit of field element 2", full[:200], func(b *[BlobSize]byte) { b[64] |= 0x40 }, BlobFieldElement},
		{"top bit of field element 3", full[:200], func(b *[BlobSize]byte) { b[96] |= 0x80 }, BlobFieldElement},
		{"top bit of the first field element of round 1", full[:200], func(b *[BlobSize]byte) { b[128] |= 0x80 }, BlobFieldElement},
		{"top bit of the last field element read", full, func(b *[BlobSize]byte) { b[BlobSize-32] |= 0x40 }, BlobFieldElement},
		{"byte behind the data in the same field element", full[:20], func(b *[BlobSize]byte) { b[5+20] = 1 }, BlobPadding},
		{"byte behind the data in the same round", full[:20], func(b *[BlobSize]byte) { b[127] = 1 }, BlobPadding},
		{"six bits behind the data in the same round", full[:20], func(b *[BlobSize]byte) { b[96] = 1 }, BlobPadding},
		{"byte in an unread round", full[:123], func(b *[BlobSize]byte) { b[129] = 1 }, BlobPadding},
		{"last byte of the blob", full[:20], func(b *[BlobSize]byte) { b[BlobSize-1] = 1 }, BlobPadding},
		{"round 0 is read even if the length is 0", nil, func(b *[BlobSize]byte) { b[127] = 1 }, BlobPadding},
	} {
		t.Run(tc.name, func(t *testing.T) {
			blob := mustEncodeBlob(t, tc.data)
			tc.damage(blob)
			got, reason := DecodeBlob(blob)
			if reason != tc.want {
				t.Fatalf("reason %v, want %v", reason, tc.want)
			}
			if reason == None && !bytes.Equal(got, tc.data) {
				t.Errorf("got %.40x…", got)
			}
			if reason != None && got != nil {
				t.Errorf("a dropped blob gave %d bytes", len(got))
			}
		})
	}
}

// Real blobs, whoever wrote them: they decode and encode to themselves, or are dropped.
func TestBlobsOfGoerli(t *testing.T) {
	zipped, err := gzip.NewReader(bytes.NewReader(vector(t, "beacon-blob-sidecars-7422094-goerli.json.gz")))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data []struct {
			Blob string `json:"blob"`
		} `json:"data"`
	}
	if err := json.NewDecoder(zipped).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Data) == 0 {
		t.Fatal("no sidecars")
	}
	for i, sidecar := range answer.Data {
		raw, err := hex.DecodeString(strings.TrimPrefix(sidecar.Blob, "0x"))
		if err != nil || len(raw) != BlobSize {
			t.Fatalf("blob %d: %d bytes, %v", i, len(raw), err)
		}
		blob := (*[BlobSize]byte)(raw)
		data, reason := DecodeBlob(blob)
		t.Logf("blob %d: %d bytes, %v", i, len(data), reason)
		if reason == None && *mustEncodeBlob(t, data) != *blob {
			t.Errorf("blob %d encodes to another one", i)
		}
	}
}

func FuzzBlobRoundTrip(f *testing.F) {
	for _, n := range lengths[:20] {
		f.Add(noise(1, n), uint32(0), byte(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint32, xor byte) {
		if len(data) > MaxBlobData {
			return
		}
		blob := mustEncodeBlob(t, data)
		got, reason := DecodeBlob(blob)
		if reason != None || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes in, %d out, %v", len(data), len(got), reason)
		}
		// Except for the ignored bits, there is one encoding only: a damaged blob is dropped or has other data.
		at %= BlobSize
		if at == 0 {
			xor &= elementFree
		}
		if xor == 0 {
			return
		}
		blob[at] ^= xor
		got, reason = DecodeBlob(blob)
		if reason == None && (bytes.Equal(got, data) || *mustEncodeBlob(t, got) != canonical(*blob)) {
			t.Fatalf("damage at %d decodes to data that encodes differently", at)
		}
	})
}

func canonical(blob [BlobSize]byte) [BlobSize]byte {
	blob[0] &= elementFree
	return blob
}

func BenchmarkDecodeBlob(b *testing.B) {
	blob := mustEncodeBlob(b, noise(1, MaxBlobData))
	b.SetBytes(MaxBlobData)
	b.ReportAllocs()
	for b.Loop() {
		if _, reason := DecodeBlob(blob); reason != None {
			b.Fatal(reason)
		}
	}
}

func BenchmarkEncodeBlob(b *testing.B) {
	data := noise(1, MaxBlobData)
	b.SetBytes(MaxBlobData)
	b.ReportAllocs()
	for b.Loop() {
		mustEncodeBlob(b, data)
	}
}
