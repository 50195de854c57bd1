package l1

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/eth"
)

// Whatever a beacon node answers: what is taken from it has the hash asked for, and what is not taken is a marked error.
// In an input, @ and $ stand for two whole blobs, so that a few bytes can be a meaningful answer.
func FuzzBlobAnswers(f *testing.F) {
	var blobs [2]eth.Blob
	blobs[1][31] = 1
	var texts [2]string
	var commitments [2]kzg4844.Commitment
	var wants []common.Hash
	for i := range blobs {
		var err error
		if commitments[i], err = kzg4844.BlobToCommitment((*kzg4844.Blob)(&blobs[i])); err != nil {
			f.Fatal(err)
		}
		texts[i] = fmt.Sprintf("0x%x", blobs[i][:])
		wants = append(wants, versionedHash(&commitments[i]))
	}
	proof, err := kzg4844.ComputeBlobProof((*kzg4844.Blob)(&blobs[1]), commitments[1])
	if err != nil {
		f.Fatal(err)
	}
	one := fmt.Sprintf(`{"index":"0","blob":"$","kzg_commitment":"0x%x","kzg_proof":"0x%x"}`, commitments[1][:], proof[:])
	f.Add([]byte(`{"data":["@","$"]}`), false, false)
	f.Add([]byte(`{"data":["$"],"finalized":true}`), false, true)
	f.Add([]byte(`{"version":"deneb","data":[`+one+`,{"blob":"@"}]}`), true, false)
	f.Add([]byte(`{"data":[`+one+`,`+strings.Replace(one, "$", "@", 1)+`]}`), true, true)
	f.Add([]byte(`{"data":[{},{"blob":null,"kzg_commitment":"0x"}]}`), true, false)
	f.Add([]byte(`{"data":[`), true, false)
	f.Fuzz(func(t *testing.T, answer []byte, sidecars, all bool) {
		if bytes.Count(answer, []byte("@"))+bytes.Count(answer, []byte("$")) > 8 {
			t.Skip("many blobs take long and show nothing new")
		}
		answer = bytes.ReplaceAll(answer, []byte("@"), []byte(texts[0]))
		answer = bytes.ReplaceAll(answer, []byte("$"), []byte(texts[1]))
		w := newWanted(42, []common.Hash{wants[1], wants[0], wants[1]})
		w.all = all
		r := routeBlobs
		if sidecars {
			r = routeSidecars
		}
		found, err := w.pick(t.Context(), r, answer)
		for hash, blob := range found {
			if i := slices.Index(wants, hash); i < 0 || *blob != blobs[i] {
				t.Errorf("hash %s got another blob", hash)
			}
		}
		if (err == nil) != (len(found) == len(wants)) {
			t.Errorf("%d of %d found, error %v", len(found), len(wants), err)
		}
		var missing *MissingBlobsError
		if errors.As(err, &missing) && len(missing.Hashes)+len(found) != len(wants) {
			t.Errorf("%d found, %d missing", len(found), len(missing.Hashes))
		}
		if err != nil && (eth.FaultOf(err) == "" || len(err.Error()) > 2000) {
			t.Errorf("error of %d bytes, marked %q: %.300v", len(err.Error()), eth.FaultOf(err), err)
		}
	})
}
