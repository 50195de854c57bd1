package l1

import (
	"context"
	"crypto/sha256"
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
	hashes []common.Hash // each once
	all    bool          // no beacon node was told what is looked for
}

// distinct gives each hash once, in the order of first occurrence.
func distinct(hashes []common.Hash) []common.Hash {
	var once []common.Hash
	for _, hash := range hashes {
		if !slices.Contains(once, hash) {
			once = append(once, hash)
		}
	}
	return once
}

// absent gives the hashes of which there is no blob.
func absent(hashes []common.Hash, found map[common.Hash]*eth.Blob) []common.Hash {
	var missing []common.Hash
	for _, hash := range hashes {
		if found[hash] == nil {
			missing = append(missing, hash)
		}
	}
	return missing
}

// inOrder gives the blob of each hash.
func inOrder(found map[common.Hash]*eth.Blob, hashes []common.Hash) []*eth.Blob {
	blobs := make([]*eth.Blob, len(hashes))
	for i, hash := range hashes {
		blobs[i] = found[hash]
	}
	return blobs
}

// sidecar is a blob of an answer; commitment and proof are zero where the route has none.
type sidecar struct {
	Blob       blobText           `json:"blob"`
	Commitment kzg4844.Commitment `json:"kzg_commitment"`
	Proof      kzg4844.Proof      `json:"kzg_proof"`

	hash  common.Hash // found by identify
	wrong error       // why the blob is not the one of its commitment
}

// pick reads the answer of a route and gives the blobs wanted that are there, each verified, and what is wrong with the
// others, if there are any. They are wrong rather than missing where others came in their place.
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
		case r == routeBlobs && !w.all:
			wrong = s.hash.String() // filtered by hash, so it stands in for another one
		}
	}
	missing := absent(w.hashes, found)
	switch {
	case len(missing) == 0:
		return found, nil
	case wrong != "":
		return found, w.mismatch(MismatchBlobHash, wrong, missing[0].String())
	}
	return found, eth.WithFault(eth.BlobsMissing, &MissingBlobsError{Slot: w.slot, Hashes: missing})
}

func (w *wanted) mismatch(what Mismatch, got, want string) error {
	return eth.WithFault(eth.BeaconLying, &VerificationError{What: what, Of: fmt.Sprintf("slot %d", w.slot), Got: got, Want: want})
}

// read decodes an answer. Blobs without commitments become sidecars without.
func (w *wanted) read(r route, answer []byte) ([]sidecar, error) {
	var sidecars []sidecar
	var err error
	if r == routeBlobs {
		sidecars, err = readList(answer, func(in *json.Decoder) (s sidecar, err error) { return s, in.Decode(&s.Blob) })
	} else {
		sidecars, err = readList(answer, func(in *json.Decoder) (s sidecar, err error) { return s, in.Decode(&s) })
	}
	var size *blobSizeError
	if errors.As(err, &size) {
		return nil, w.mismatch(MismatchBlobSize, fmt.Sprintf("%d hex digits", size.digits), fmt.Sprintf("%d hex digits", 2*len(eth.Blob{})))
	}
	if err != nil {
		return nil, eth.WithFault(eth.BeaconError, fmt.Errorf("read answer of the beacon node: %w", err))
	}
	return sidecars, nil
}

// identify finds and verifies the hashes, on as many goroutines as there are processors, until ctx is done.
func (w *wanted) identify(ctx context.Context, sidecars []sidecar) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range sidecars {
		group.Go(func() error {
			if ctx.Err() != nil {
				return asTrouble(ctx, eth.BeaconSlow, context.Cause(ctx))
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
