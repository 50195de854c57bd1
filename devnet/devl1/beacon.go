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

// blobsOf gives the blobs of the slot that a request names: a number, or head, finalized or genesis. An empty slot has
// none, which is no error: a devnet skips the slots in which it does not run.
func (c *Chain) blobsOf(w http.ResponseWriter, r *http.Request) ([]Sidecar, bool) {
	var slot uint64
	switch id := r.PathValue("slot"); id {
	case "head":
		slot = c.slotOf(c.cfg.Chain.Head())
	case "finalized":
		if h := c.cfg.Chain.Finalized(); h != nil {
			slot = c.slotOf(h)
		}
	case "genesis":
	default:
		var err error
		if slot, err = strconv.ParseUint(id, 10, 64); err != nil {
			refuse(w, http.StatusBadRequest, "invalid block id %q: write a slot number, head, finalized or genesis", id)
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

// listed are the values of a query parameter, which may be repeated and may be lists with commas.
func listed(r *http.Request, name string) (all []string) {
	for _, param := range r.URL.Query()[name] {
		all = append(all, strings.Split(param, ",")...)
	}
	return all
}

// canonical says whether a block is on the chain of the head.
func (c *Chain) canonical(hash common.Hash) bool {
	block := c.cfg.Chain.BlockByHash(hash)
	if block == nil {
		return false
	}
	on := c.cfg.Chain.BlockByNumber(block.NumberU64())
	return on != nil && on.Hash() == hash
}

// serveBlobs is getBlobs: the blobs themselves, those asked for by versioned hash, also of blocks that a reorg replaced,
// or all of the canonical block.
func (c *Chain) serveBlobs(w http.ResponseWriter, r *http.Request) {
	sidecars, ok := c.blobsOf(w, r)
	if !ok {
		return
	}
	var hashes []common.Hash
	for _, text := range listed(r, "versioned_hashes") {
		raw, err := hexutil.Decode(text)
		if err != nil || len(raw) != common.HashLength {
			refuse(w, http.StatusBadRequest, "invalid versioned hash %q", text)
			return
		}
		hashes = append(hashes, common.BytesToHash(raw))
	}
	blobs := []hexutil.Bytes{}
	hasher := sha256.New()
	for _, sc := range sidecars {
		hash := kzg4844.CalcBlobHashV1(hasher, &sc.Commitment)
		if len(hashes) == 0 && c.canonical(sc.Block) || slices.Contains(hashes, hash) {
			blobs = append(blobs, sc.Blob[:])
		}
	}
	answer(w, blobs)
}

// serveSidecars is getBlobSidecars: those of the canonical block, all or by index. The proof is computed when it is asked
// for: the transaction carried cell proofs.
func (c *Chain) serveSidecars(w http.ResponseWriter, r *http.Request) {
	sidecars, ok := c.blobsOf(w, r)
	if !ok {
		return
	}
	var indices []uint64
	for _, text := range listed(r, "indices") {
		index, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			refuse(w, http.StatusBadRequest, "invalid index %q", text)
			return
		}
		indices = append(indices, index)
	}
	type sidecar struct {
		Index      string             `json:"index"`
		Blob       hexutil.Bytes      `json:"blob"`
		Commitment kzg4844.Commitment `json:"kzg_commitment"`
		Proof      kzg4844.Proof      `json:"kzg_proof"`
	}
	out := []sidecar{}
	for _, sc := range sidecars {
		if !c.canonical(sc.Block) || len(indices) > 0 && !slices.Contains(indices, sc.Index) {
			continue
		}
		proof, err := kzg4844.ComputeBlobProof(sc.Blob, sc.Commitment)
		if err != nil {
			refuse(w, http.StatusInternalServerError, "prove blob: %s", err)
			return
		}
		out = append(out, sidecar{strconv.FormatUint(sc.Index, 10), sc.Blob[:], sc.Commitment, proof})
	}
	answer(w, out)
}
