package txmgr

import (
	"context"
	"fmt"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/eth"
)

// Warm begins to load the KZG trusted setup of the process, which takes seconds, and returns at once; the channel is
// closed when it is there. Calling it again does no harm.
func Warm() <-chan struct{} {
	warmUp.Do(func() {
		go func() {
			defer close(warm)
			// An empty blob always has a commitment; only the loading matters.
			_, _ = kzg4844.BlobToCommitment(new(kzg4844.Blob))
		}()
	})
	return warm
}

var (
	warmUp sync.Once
	warm   = make(chan struct{})
)

// sealer makes the sidecar of blobs. cellProofs asks for version 1 (EIP-7594) instead of version 0 (EIP-4844). Both
// have the same hashes, so a transaction keeps its hash when its sidecar is exchanged.
type sealer func(ctx context.Context, blobs []*eth.Blob, cellProofs bool) (*types.BlobTxSidecar, error)

// sealBlobs is the sealer that computes. It takes some 40 ms a blob, 200 ms with cell proofs, and the first time of a
// process the loading of the trusted setup. Nothing interrupts that, so it is waited for only as long as ctx lasts.
func sealBlobs(ctx context.Context, blobs []*eth.Blob, cellProofs bool) (*types.BlobTxSidecar, error) {
	select {
	case <-Warm():
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	sc := &types.BlobTxSidecar{Version: types.BlobSidecarVersion0}
	if cellProofs {
		sc.Version = types.BlobSidecarVersion1
	}
	for i, b := range blobs {
		blob := (*kzg4844.Blob)(b)
		commitment, err := kzg4844.BlobToCommitment(blob)
		if err != nil {
			return nil, fmt.Errorf("%w: commit to blob %d: %w", ErrInvalidCandidate, i, err)
		}
		var proofs []kzg4844.Proof
		if cellProofs {
			proofs, err = kzg4844.ComputeCellProofs(blob)
		} else {
			proofs = make([]kzg4844.Proof, 1)
			proofs[0], err = kzg4844.ComputeBlobProof(blob, commitment)
		}
		if err != nil {
			return nil, fmt.Errorf("prove blob %d: %w", i, err)
		}
		sc.Blobs = append(sc.Blobs, *blob)
		sc.Commitments = append(sc.Commitments, commitment)
		sc.Proofs = append(sc.Proofs, proofs...)
	}
	return sc, nil
}

// emptySidecar carries one blob of zeros, for a self-transfer among blob transactions. The polynomial and its
// quotients are zero, so commitment and proofs are the compressed point at infinity and nothing has to be computed.
func emptySidecar(cellProofs bool) *types.BlobTxSidecar {
	sc := &types.BlobTxSidecar{
		Blobs:       make([]kzg4844.Blob, 1),
		Commitments: make([]kzg4844.Commitment, 1),
		Proofs:      make([]kzg4844.Proof, 1),
	}
	if cellProofs {
		sc.Version = types.BlobSidecarVersion1
		sc.Proofs = make([]kzg4844.Proof, kzg4844.CellProofsPerBlob)
	}
	sc.Commitments[0][0] = 0xc0
	for i := range sc.Proofs {
		sc.Proofs[i][0] = 0xc0
	}
	return sc
}

// cellProofTime resolves CellProofsAuto: the Osaka time of an L1 that geth knows, else 0, because every L1 in use has
// had Osaka.
func cellProofTime(configured uint64, chainID *big.Int) uint64 {
	if configured != CellProofsAuto {
		return configured
	}
	for _, known := range []*params.ChainConfig{
		params.MainnetChainConfig, params.SepoliaChainConfig, params.HoleskyChainConfig, params.HoodiChainConfig,
	} {
		if known.ChainID.Cmp(chainID) == 0 && known.OsakaTime != nil {
			return *known.OsakaTime
		}
	}
	return 0
}
