package inspect

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/channel"
)

// Blobs are the blobs of an input.
type Blobs struct {
	Count int    `json:"count"`
	Blobs []Blob `json:"blobs"`
}

// Blob is an EIP-4844 blob and the item in it (ecotone/derivation.md#blob-encoding).
type Blob struct {
	// VersionedHash is what transactions name it by, and Commitment what it is made of. Nil: the bytes are no blob.
	VersionedHash *common.Hash  `json:"versionedHash,omitempty"`
	Commitment    hexutil.Bytes `json:"kzgCommitment,omitempty"`
	// Dropped: the blob does not decode, and nodes ignore it.
	Dropped *Reason  `json:"dropped,omitempty"`
	Item    *Item    `json:"item,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// ReadBlobs reads blobs: one as hex or raw bytes, or several, one on a line or as JSON of the Beacon API.
func ReadBlobs(in Input, o Options) (*Blobs, error) {
	values, err := in.several(func(data []byte) bool { return len(data) == channel.BlobSize })
	if err != nil {
		return nil, err
	}
	out := &Blobs{Blobs: []Blob{}}
	if values = parts(values); len(values) == 0 {
		return nil, fmt.Errorf("expected a blob of %s, found nothing", count(channel.BlobSize, "byte"))
	}
	for _, v := range values {
		if len(v.data) != channel.BlobSize {
			return nil, notABlob(v)
		}
		if out.Count++; o.more(len(out.Blobs)) {
			out.Blobs = append(out.Blobs, readBlob((*[channel.BlobSize]byte)(v.data), v.kzg, o))
		}
	}
	return out, nil
}

// parts cuts raw bytes that are several blobs.
func parts(values []value) []value {
	if len(values) != 1 || len(values[0].data) == 0 || len(values[0].data)%channel.BlobSize != 0 {
		return values
	}
	v := values[0]
	var out []value
	for data := v.data; len(data) > 0; data = data[channel.BlobSize:] {
		part := v
		part.data = data[:channel.BlobSize]
		out = append(out, part)
	}
	return out
}

func notABlob(v value) error {
	found := count(len(v.data), "byte")
	if v.tx != nil {
		found = "a transaction ('cairn inspect tx' reads it)"
	}
	if v.where != "" {
		found += " in " + v.where
	}
	if len(v.data) > 1 && v.data[0] == channel.DerivationVersion0 {
		if _, reason := channel.ParseFrames(v.data); reason == channel.None {
			found += ", an item ('cairn inspect frame' reads it)"
		}
	}
	return fmt.Errorf("expected a blob of %s, found %s", count(channel.BlobSize, "byte"), found)
}

// readBlob reads one blob, whose commitment somebody claims unless it is empty.
func readBlob(blob *[channel.BlobSize]byte, claimed []byte, o Options) Blob {
	var out Blob
	commitment, err := kzg4844.BlobToCommitment((*kzg4844.Blob)(blob))
	if err != nil {
		out.Notes = append(out.Notes, "no L1 transaction can carry it: a field element is not below the modulus")
	} else {
		hash := common.Hash(kzg4844.CalcBlobHashV1(sha256.New(), &commitment))
		out.VersionedHash, out.Commitment = &hash, commitment[:]
		if len(claimed) > 0 && !bytes.Equal(claimed, commitment[:]) {
			out.Notes = append(out.Notes, fmt.Sprintf("the commitment given with it, %#x, is of another blob", claimed))
		}
	}
	item, reason := channel.DecodeBlob(blob)
	if out.Dropped = channelReason(reason); out.Dropped != nil {
		return out
	}
	out.Item, _ = readItem(item, o)
	return out
}

// WriteText writes the blobs for people.
func (b *Blobs) WriteText(w io.Writer) error {
	var p page
	for i := range b.Blobs {
		if i > 0 {
			p.WriteByte('\n')
		}
		name := ""
		if b.Count > 1 {
			name = fmt.Sprintf(" %d", i)
		}
		b.Blobs[i].text(&p, name)
	}
	p.left(b.Count, len(b.Blobs))
	return p.to(w)
}

func (b *Blob) text(p *page, name string) {
	if b.VersionedHash != nil {
		p.row("blob"+name, "%s", b.VersionedHash)
		p.row("commitment", "%s", b.Commitment)
	} else {
		p.row("blob"+name, "of no versioned hash")
	}
	p.why("dropped", b.Dropped)
	p.notes(b.Notes)
	if b.Item != nil {
		b.Item.text(p)
	}
}
