package devl1

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
)

// get reads the data of an answer, or the message of a refusal.
func (w *world) get(status int, path string, data any) (message string) {
	w.t.Helper()
	resp, err := http.Get(w.api.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != status {
		w.t.Fatalf("%s: status %d, want %d: %.200s", path, resp.StatusCode, status, text)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "application/json" {
		w.t.Errorf("%s: content type %q", path, kind)
	}
	var answer struct {
		Data    json.RawMessage `json:"data"`
		Code    int             `json:"code"`
		Message string          `json:"message"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		w.t.Fatalf("%s: %v: %.200s", path, err, text)
	}
	if status != http.StatusOK {
		if answer.Code != status {
			w.t.Errorf("%s: code %d in the body of status %d", path, answer.Code, status)
		}
		return answer.Message
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		w.t.Fatalf("%s: %v: %.200s", path, err, answer.Data)
	}
	return ""
}

func TestBeaconSaysWhatAClockNeeds(t *testing.T) {
	w := newWorld(t)
	var genesis, spec, version map[string]string
	w.get(http.StatusOK, "/eth/v1/beacon/genesis", &genesis)
	w.get(http.StatusOK, "/eth/v1/config/spec", &spec)
	w.get(http.StatusOK, "/eth/v1/node/version", &version)
	if genesis["genesis_time"] != "1700000000" || len(genesis["genesis_validators_root"]) != 66 || genesis["genesis_fork_version"] != "0x00000000" {
		t.Errorf("genesis: %v", genesis)
	}
	if spec["SECONDS_PER_SLOT"] != "4" || spec["SLOTS_PER_EPOCH"] != "32" || spec["DEPOSIT_CHAIN_ID"] != "900" {
		t.Errorf("spec: %v", spec)
	}
	if version["version"] != "cairn-devnet/test" {
		t.Errorf("version: %v", version)
	}
}

func TestBeaconServesTheBlobsOfASlot(t *testing.T) {
	w := newWorld(t)
	w.slots(1)
	hashes := w.blobs("one", "two", "three").BlobHashes()
	w.slots(1) // slot 2
	w.slots(1)
	want := map[common.Hash]hexutil.Bytes{}
	for i, text := range []string{"one", "two", "three"} {
		want[hashes[i]] = blobOf(text)[:]
	}
	const path = "/eth/v1/beacon/blobs/2"
	for _, c := range []struct {
		name, path string
		hashes     []common.Hash
	}{
		{"all, in the order of the block", path, hashes},
		{"one hash", path + "?versioned_hashes=" + hashes[1].Hex(), hashes[1:2]},
		{"a list with comma", path + "?versioned_hashes=" + hashes[2].Hex() + "," + hashes[0].Hex(), []common.Hash{hashes[0], hashes[2]}},
		{"repeated", path + "?versioned_hashes=" + hashes[0].Hex() + "&versioned_hashes=" + hashes[1].Hex(), hashes[:2]},
		{"a hash of another block", path + "?versioned_hashes=" + common.Hash{1}.Hex(), nil},
		{"an empty slot", "/eth/v1/beacon/blobs/3", nil},
		{"a slot of the future", "/eth/v1/beacon/blobs/18446744073709551615", nil},
		{"head", "/eth/v1/beacon/blobs/head", nil},
		{"genesis", "/eth/v1/beacon/blobs/genesis", nil},
	} {
		var got []hexutil.Bytes
		w.get(http.StatusOK, c.path, &got)
		if got == nil || len(got) != len(c.hashes) {
			t.Errorf("%s: %d blobs (nil: %t), want %d", c.name, len(got), got == nil, len(c.hashes))
			continue
		}
		for i, hash := range c.hashes {
			if string(got[i]) != string(want[hash]) {
				t.Errorf("%s: blob %d differs", c.name, i)
			}
		}
	}
	w.slots(4)
	for id, slot := range map[string]uint64{"finalized": w.l1.slotOf(w.chain.Finalized()), "head": w.l1.slotOf(w.head())} {
		var named, numbered []hexutil.Bytes
		w.get(http.StatusOK, "/eth/v1/beacon/blobs/"+id, &named)
		w.get(http.StatusOK, fmt.Sprintf("/eth/v1/beacon/blobs/%d", slot), &numbered)
		if len(named) != len(numbered) {
			t.Errorf("%s gives %d blobs, its slot %d gives %d", id, len(named), slot, len(numbered))
		}
	}
}

func TestBeaconProvesSidecars(t *testing.T) {
	w := newWorld(t)
	hashes := w.blobs("one", "two").BlobHashes()
	w.slots(1)
	type sidecar struct {
		Index      string             `json:"index"`
		Blob       hexutil.Bytes      `json:"blob"`
		Commitment kzg4844.Commitment `json:"kzg_commitment"`
		Proof      kzg4844.Proof      `json:"kzg_proof"`
	}
	for _, c := range []struct {
		query   string
		indices []int
	}{{"", []int{0, 1}}, {"?indices=1", []int{1}}, {"?indices=0,1", []int{0, 1}}, {"?indices=1&indices=0", []int{0, 1}}, {"?indices=7", nil}} {
		var got []sidecar
		w.get(http.StatusOK, "/eth/v1/beacon/blob_sidecars/1"+c.query, &got)
		if got == nil || len(got) != len(c.indices) {
			t.Fatalf("%q: %d sidecars, want %d", c.query, len(got), len(c.indices))
		}
		for i, index := range c.indices {
			s := got[i]
			if s.Index != fmt.Sprint(index) {
				t.Errorf("%q: sidecar %d has index %s, want %d", c.query, i, s.Index, index)
			}
			if err := kzg4844.VerifyBlobProof((*kzg4844.Blob)(s.Blob), s.Commitment, s.Proof); err != nil {
				t.Errorf("%q: sidecar %d: %v", c.query, i, err)
			}
		}
	}
	var none []sidecar
	if w.get(http.StatusOK, "/eth/v1/beacon/blob_sidecars/2", &none); none == nil || len(none) != 0 {
		t.Errorf("an empty slot has %d sidecars", len(none))
	}
	// The client falls back to sidecars where blobs are not served.
	mux := http.NewServeMux()
	mux.HandleFunc("/eth/v1/beacon/blobs/", http.NotFound)
	mux.Handle("/", w.api.Config.Handler)
	w.api.Config.Handler = mux
	got, err := w.beacon.Blobs(t.Context(), refOf(w.block(1)), hashes)
	if err != nil || len(got) != 2 || *got[1] != eth.Blob(*blobOf("two")) {
		t.Errorf("by sidecars: %d blobs, %v", len(got), err)
	}
}

func TestBeaconRefusesWhatItCannotRead(t *testing.T) {
	w := newWorld(t)
	for path, word := range map[string]string{
		"/eth/v1/beacon/blobs/justified":                                               `"justified"`,
		"/eth/v1/beacon/blobs/-1":                                                      `"-1"`,
		"/eth/v1/beacon/blobs/0x" + strings.Repeat("0", 64):                            "block id",
		"/eth/v1/beacon/blob_sidecars/x":                                               `"x"`,
		"/eth/v1/beacon/blobs/1?versioned_hashes=0x01":                                 `"0x01"`,
		"/eth/v1/beacon/blobs/1?versioned_hashes=":                                     `""`,
		"/eth/v1/beacon/blobs/1?versioned_hashes=" + common.Hash{}.Hex() + ",nonsense": `"nonsense"`,
		"/eth/v1/beacon/blob_sidecars/1?indices=a":                                     `"a"`,
	} {
		if message := w.get(http.StatusBadRequest, path, nil); !strings.Contains(message, word) {
			t.Errorf("%s: message %q does not name %s", path, message, word)
		}
	}
}

func TestAfterAReorgOnlyHashesReachTheOtherSide(t *testing.T) {
	w := newWorld(t)
	tx := w.blobs("only")
	w.slots(1)
	old := w.block(1)
	if err := w.reorg(1); err != nil {
		t.Fatal(err)
	}
	var all, byHash, sidecars []json.RawMessage
	w.get(http.StatusOK, "/eth/v1/beacon/blobs/1", &all)
	w.get(http.StatusOK, "/eth/v1/beacon/blobs/1?versioned_hashes="+tx.BlobHashes()[0].Hex(), &byHash)
	w.get(http.StatusOK, "/eth/v1/beacon/blob_sidecars/1", &sidecars)
	if len(all) != 0 || len(sidecars) != 0 || len(byHash) != 1 {
		t.Errorf("blobs of the replaced block: %d of all, %d sidecars, %d by hash; want 0, 0, 1", len(all), len(sidecars), len(byHash))
	}
	if _, err := w.beacon.Blobs(t.Context(), refOf(old), tx.BlobHashes()); err != nil {
		t.Errorf("the replaced block's blobs: %v", err)
	}
	var missing *l1.MissingBlobsError
	if _, err := w.beacon.Blobs(t.Context(), refOf(old), []common.Hash{{1}}); !errors.As(err, &missing) {
		t.Errorf("a blob that never was: %v", err)
	}
}
