package obs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/obs"
)

// A node that has just been made, asked whether it is ready.
func Example() {
	source := func() obs.Snapshot {
		return obs.Snapshot{Waits: []obs.Wait{{Lane: "start", Cause: "dial tcp 127.0.0.1:8551: connection refused", Failures: 2}}}
	}
	registry := prometheus.NewRegistry() // collectors.NewGoCollector and NewProcessCollector fit in too
	registry.MustRegister(obs.NewCollector("v0.1.0", source))
	handler := obs.Handler(source, registry, time.Now)

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 503 {"ready":false,"reasons":["not started yet","lane start waits since 2 failures: dial tcp 127.0.0.1:8551: connection refused","no L1 head known"]}
}

// An operator asks why the safe head does not move.
func ExampleExplain() {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l1 := eth.L1Ref{Hash: common.Hash{1}, Number: 100, Time: uint64(at.Unix()) - 5}
	status := obs.Snapshot{
		Sync:    eth.SyncStatus{HeadL1: l1, FinalizedL1: l1, CurrentL1: l1, SafeL2: eth.L2Ref{Number: 574}, UnsafeL2: eth.L2Ref{Number: 600}},
		Started: true, Need: "blobs", Moved: obs.Moved{L1: at.Add(-5 * time.Second)},
		Waits: []obs.Wait{{Lane: "l1", Fault: eth.BlobsMissing, Cause: "status 404", Failures: 30, Since: at.Add(-4 * time.Minute)}},
	}
	_ = obs.Explain(status, at).Write(os.Stdout, 100, false)
	// Output:
	// waiting, no beacon endpoint has the blobs of the L1 block that derivation is at
	//   L1         100  moving   L1's newest block is 5s old (l1-head)
	//   unsafe     600  waiting  the node hears of new blocks from L1 only: the unsafe head follows the
	//                            safe head, which is 26 blocks lower (unsafe-follows-safe)
	//   safe       574  waiting  no beacon endpoint has the blobs of the L1 block that derivation is at
	//                            (blobs-missing, since 4m)
	//                            last error: status 404
	//                            to do: add an endpoint that keeps all blobs of that time: beacon nodes
	//                            delete them after 18 days, and many keep only a part
	//   finalized    0  moving   what was derived from L1 up to its finalized block 100 is final
	//                            (l1-finality)
}
