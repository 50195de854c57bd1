package devl1

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
)

// Beacon serves the part of the Beacon API that rollup nodes use: genesis, spec, version, blobs and blob sidecars by
// slot. Sidecars carry no inclusion proof: there is no beacon block to prove anything about.
func (c *Chain) Beacon(version string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /eth/v1/beacon/genesis", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{
			"genesis_time":            strconv.FormatUint(c.genesis.Time, 10),
			"genesis_validators_root": common.Hash{}.Hex(),
			"genesis_fork_version":    "0x00000000",
		})
	})
	mux.HandleFunc("GET /eth/v1/config/spec", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{
			"SECONDS_PER_SLOT": strconv.FormatUint(c.cfg.BlockTime, 10), "SLOTS_PER_EPOCH": "32",
			"DEPOSIT_CHAIN_ID": c.cfg.Chain.Config().ChainID.String(),
		})
	})
	mux.HandleFunc("GET /eth/v1/node/version", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{"version": "cairn-devnet/" + version})
	})
	mux.HandleFunc("GET /eth/v1/beacon/blobs/{slot}", c.serveBlobs)
	mux.HandleFunc("GET /eth/v1/beacon/blob_sidecars/{slot}", c.serveSidecars)
	return mux
}

func answer(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	// The connection may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func refuse(w http.ResponseWriter, code int, format string, args ...any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": fmt.Sprintf(format, args...)})
}

// slot reads the slot of a request: a number, or head or finalized.
func (c *Chain) slot(w http.ResponseWriter, r *http.Request) ([]Sidecar, bool) {
	var slot uint64
	switch id := r.PathValue("slot"); id {
	case "head":
		slot = c.slotOf(c.cfg.Chain.Head())
	case "genesis":
	default:
		var err error
		if slot, err = strconv.ParseUint(id, 10, 64); err != nil {
			refuse(w, http.StatusBadRequest, "invalid block id %q: write a slot number, head or genesis", id)
			return nil, false
		}
	}
	blobs, err := c.cfg.Blobs.At(slot)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "%s", err)
		return nil, false
	}
	return blobs, true
}

// serveBlobs is getBlobs: the blobs themselves, those asked for by versioned hash or all.
func (c *Chain) serveBlobs(w http.ResponseWriter, r *http.Request) {
	sidecars, ok := c.slot(w, r)
	if !ok {
		return
	}
	var hashes []common.Hash
	for _, param := range r.URL.Query()["versioned_hashes"] {
		for _, text := range strings.Split(param, ",") {
			raw, err := hexutil.Decode(text)
			if err != nil || len(raw) != common.HashLength {
				refuse(w, http.StatusBadRequest, "invalid versioned hash %q", text)
				return
			}
			hashes = append(hashes, common.BytesToHash(raw))
		}
	}
	blobs := []hexutil.Bytes{}
	hasher := sha256.New()
	for _, sc := range sidecars {
		if len(hashes) == 0 || slices.Contains(hashes, kzg4844.CalcBlobHashV1(hasher, &sc.Commitment)) {
			blobs = append(blobs, sc.Blob[:])
		}
	}
	answer(w, blobs)
}

// serveSidecars is getBlobSidecars. The proof is computed when it is asked for: the transaction carried cell proofs.
func (c *Chain) serveSidecars(w http.ResponseWriter, r *http.Request) {
	sidecars, ok := c.slot(w, r)
	if !ok {
		return
	}
	type sidecar struct {
		Index      string             `json:"index"`
		Blob       hexutil.Bytes      `json:"blob"`
		Commitment kzg4844.Commitment `json:"kzg_commitment"`
		Proof      kzg4844.Proof      `json:"kzg_proof"`
	}
	out := []sidecar{}
	for _, sc := range sidecars {
		proof, err := kzg4844.ComputeBlobProof(sc.Blob, sc.Commitment)
		if err != nil {
			refuse(w, http.StatusInternalServerError, "prove blob: %s", err)
			return
		}
		out = append(out, sidecar{strconv.FormatUint(sc.Index, 10), sc.Blob[:], sc.Commitment, proof})
	}
	answer(w, out)
}
