package l1

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/eth"
)

// wanted is what is looked for in the answer of a beacon node.
type wanted struct {
	slot   uint64
	hashes []common.Hash // each once, in the order of first occurrence
}

func newWanted(slot uint64, hashes []common.Hash) *wanted {
	w := &wanted{slot: slot}
	for _, hash := range hashes {
		if !slices.Contains(w.hashes, hash) {
			w.hashes = append(w.hashes, hash)
		}
	}
	return w
}

// sidecar is a blob of an answer; commitment and proof are zero where the route has none.
type sidecar struct {
	Blob       blobText           `json:"blob"`
	Commitment kzg4844.Commitment `json:"kzg_commitment"`
	Proof      kzg4844.Proof      `json:"kzg_proof"`

	hash  common.Hash // found by identify
	wrong error       // why the blob is not the one of its commitment
}

// pick reads the answer of a route and gives the blobs wanted, each verified. Blobs are wrong rather than missing where
// others came in their place.
func (w *wanted) pick(ctx context.Context, r route, answer []byte) (map[common.Hash]*eth.Blob, error) {
	sidecars, err := w.read(r, answer)
	if err != nil {
		return nil, err
	}
	if err := w.identify(ctx, sidecars); err != nil {
		return nil, err
	}
	found := make(map[common.Hash]*eth.Blob, len(w.hashes))
	wrong := ""
	for i := range sidecars {
		switch s := &sidecars[i]; {
		case s.wrong != nil:
			wrong = s.wrong.Error()
		case slices.Contains(w.hashes, s.hash):
			found[s.hash] = s.Blob.blob
		case r == routeBlobs:
			wrong = s.hash.String() // filtered by hash, so it stands in for another one
		}
	}
	var missing []common.Hash
	for _, hash := range w.hashes {
		if found[hash] == nil {
			missing = append(missing, hash)
		}
	}
	switch {
	case len(missing) == 0:
		return found, nil
	case wrong != "":
		return nil, &VerificationError{What: MismatchBlobHash, Of: fmt.Sprintf("slot %d", w.slot), Got: wrong, Want: missing[0].String()}
	}
	return nil, &MissingBlobsError{Slot: w.slot, Hashes: missing}
}

// read decodes an answer. Blobs without commitments become sidecars without.
func (w *wanted) read(r route, answer []byte) ([]sidecar, error) {
	var sidecars struct {
		Data []sidecar `json:"data"`
	}
	var blobs struct {
		Data []blobText `json:"data"`
	}
	into := any(&sidecars)
	if r == routeBlobs {
		into = &blobs
	}
	err := json.Unmarshal(answer, into)
	var size *blobSizeError
	switch {
	case errors.As(err, &size):
		return nil, &VerificationError{
			What: MismatchBlobSize, Of: fmt.Sprintf("slot %d", w.slot),
			Got: fmt.Sprintf("%d hex digits", size.digits), Want: fmt.Sprintf("%d hex digits", 2*len(eth.Blob{})),
		}
	case err != nil:
		return nil, fmt.Errorf("read answer of the beacon node: %w", err)
	case sidecars.Data == nil && blobs.Data == nil:
		return nil, errors.New("read answer of the beacon node: no data")
	}
	for _, text := range blobs.Data {
		sidecars.Data = append(sidecars.Data, sidecar{Blob: text})
	}
	return sidecars.Data, nil
}

// identify finds and verifies the hashes, on as many goroutines as there are processors, until ctx is done.
func (w *wanted) identify(ctx context.Context, sidecars []sidecar) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range sidecars {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			sidecars[i].identify(w.hashes)
			return nil
		})
	}
	return group.Wait()
}

// identify sets hash, and wrong if the blob does not belong to it. A commitment that is not wanted is taken at its word.
//
// The proof is the cheap way, by a factor of 14. It may be absent or wrong, since consensus does not need it from Fulu
// on: then the commitment is computed.
func (s *sidecar) identify(wanted []common.Hash) {
	claimed := s.Commitment != kzg4844.Commitment{}
	s.hash = versionedHash(&s.Commitment)
	if claimed && !slices.Contains(wanted, s.hash) {
		return
	}
	if s.Blob.blob == nil {
		s.wrong = errors.New("no blob")
		return
	}
	blob := (*kzg4844.Blob)(s.Blob.blob)
	if claimed && kzg4844.VerifyBlobProof(blob, s.Commitment, s.Proof) == nil {
		return
	}
	commitment, err := kzg4844.BlobToCommitment(blob)
	if err != nil {
		s.wrong = fmt.Errorf("a blob that has none: %w", err)
		return
	}
	if hash := versionedHash(&commitment); claimed && hash != s.hash {
		s.wrong = errors.New(hash.String())
	} else {
		s.hash = hash
	}
}

// versionedHash is the hash by which a transaction names the blob of a commitment (EIP-4844).
func versionedHash(commitment *kzg4844.Commitment) common.Hash {
	hash := sha256.Sum256(commitment[:])
	hash[0] = 0x01
	return hash
}

// blobText is a blob in JSON: 0x and the hex digits of exactly one blob.
type blobText struct {
	blob *eth.Blob
}

// blobSizeError is a blob in JSON that is shorter or longer than a blob.
type blobSizeError struct {
	digits int
}

func (e *blobSizeError) Error() string { return fmt.Sprintf("blob of %d hex digits", e.digits) }

// UnmarshalJSON reads a string, which needs no unescaping: any escape is not hex.
func (t *blobText) UnmarshalJSON(text []byte) error {
	if len(text) < 4 || string(text[:3]) != `"0x` {
		return errors.New("a blob is not 0x-hex")
	}
	digits := text[3 : len(text)-1]
	t.blob = new(eth.Blob)
	if len(digits) != 2*len(t.blob) {
		return &blobSizeError{digits: len(digits)}
	}
	if _, err := hex.Decode(t.blob[:], digits); err != nil {
		return fmt.Errorf("a blob is not hex: %w", err)
	}
	return nil
}
