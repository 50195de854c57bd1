package txmgr

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/eth"
)

// verify holds a sidecar against the KZG library, as a pool does.
func verify(t *testing.T, sc *types.BlobTxSidecar) {
	t.Helper()
	if err := sc.ValidateBlobCommitmentHashes(sc.BlobHashes()); err != nil {
		t.Error(err)
	}
	if sc.Version == types.BlobSidecarVersion1 {
		if err := kzg4844.VerifyCellProofs(sc.Blobs, sc.Commitments, sc.Proofs); err != nil {
			t.Errorf("cell proofs: %v", err)
		}
		return
	}
	for i := range sc.Blobs {
		if err := kzg4844.VerifyBlobProof(&sc.Blobs[i], sc.Commitments[i], sc.Proofs[i]); err != nil {
			t.Errorf("blob proof %d: %v", i, err)
		}
	}
}

func TestSidecarsOfBothVersionsVerifyAndHaveTheSameHashes(t *testing.T) {
	<-Warm()
	bs := []*eth.Blob{blobs("one").Blobs[0], blobs("two").Blobs[0]}
	var sealed [2]*types.BlobTxSidecar
	for i, cells := range []bool{false, true} {
		sc, err := sealBlobs(t.Context(), bs, cells)
		if err != nil {
			t.Fatal(err)
		}
		if sc.Version != byte(i) || len(sc.Blobs) != 2 || len(sc.Proofs) != []int{2, 2 * kzg4844.CellProofsPerBlob}[i] {
			t.Fatalf("version %d, %d blobs, %d proofs", sc.Version, len(sc.Blobs), len(sc.Proofs))
		}
		verify(t, sc)
		verify(t, emptySidecar(cells))
		sealed[i] = sc
	}
	if a, b := sealed[0].BlobHashes(), sealed[1].BlobHashes(); a[0] != b[0] || a[1] != b[1] || a[0] == a[1] {
		t.Errorf("hashes %v and %v", a, b)
	}
}

func TestBlobThatIsNoListOfFieldElementsIsInvalid(t *testing.T) {
	b := new(eth.Blob)
	for i := range 32 {
		b[i] = 0xff
	}
	if _, err := sealBlobs(t.Context(), []*eth.Blob{b}, true); err == nil {
		t.Error("sealed a blob whose first element is above the modulus")
	}
}

func TestCellProofTime(t *testing.T) {
	for _, tc := range []struct {
		name       string
		configured uint64
		chain      int64
		want       uint64
	}{
		{"mainnet: Osaka's time", CellProofsAuto, 1, 1764798551},
		{"sepolia: Osaka's time", CellProofsAuto, 11155111, 1760427360},
		{"unknown L1: always", CellProofsAuto, 900, 0},
		{"configured: that", 12345, 1, 12345},
	} {
		if got := cellProofTime(tc.configured, big.NewInt(tc.chain)); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

func BenchmarkSealBlob(b *testing.B) {
	<-Warm()
	bs := blobs("bench").Blobs
	for _, v := range []struct {
		name  string
		cells bool
	}{{"v0", false}, {"v1", true}} {
		b.Run(v.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := sealBlobs(b.Context(), bs, v.cells); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	c, now := testConfig(), time.Unix(1_800_000_000, 0)
	s := state{bid: bid{fees: offer3(1*gwei, 21*gwei, 2*gwei), blob: true}, answer: accepted, out: true, first: true, since: now, pricedAt: now.Add(-time.Minute)}
	o := observation{now: now, first: true, market: market{wei(gwei), wei(10 * gwei), wei(gwei)}}
	for b.Loop() {
		if decide(&c, s.observe(o), o).verb != offer {
			b.Fatal("want an offer")
		}
	}
}
