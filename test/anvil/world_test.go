//go:build linux

package anvil

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/testkit/process"
)

const (
	poll     = 200 * time.Millisecond
	patience = 40 * time.Second // for one condition
	epoch    = 4                // L1 blocks: anvil calls final what is two of these below its head
)

// world is anvil, a sequencer, and a verifier that sees nothing but anvil.
type world struct {
	t         *testing.T
	program   string // cairn
	chain     *chain
	anvil     *process.Process
	anvilURL  string
	l1        *rpc.Client
	beacon    *httptest.Server
	asked     atomic.Int64 // requests for blobs
	sequencer *cairn
	verifier  *cairn
	nodes     []*cairn // these, and those that join
	log       *slog.Logger
}

// cairn is a `cairn node` with its engine.
type cairn struct {
	*process.Process
	rpc       *rpc.Client // optimism_*, cairn_*
	l2        *ethclient.Client
	engineURL string
}

// status is the part of cairn_status that is looked at.
type status struct {
	Started bool
	Sync    eth.SyncStatus
	Counts  struct{ Rewinds int }
	Waits   []struct{ Lane, Cause string }
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, program: process.Binary(t, "CAIRN", "anvil")}
	anvil, dir := process.Binary(t, "ANVIL", "anvil"), t.TempDir()
	now := uint64(time.Now().Unix())
	w.chain = newChain(t, dir, now)

	port := process.FreePorts(t, 1)[0]
	w.anvilURL = "http://127.0.0.1:" + port
	// Of the genesis file anvil takes the accounts: time and gas limit are its own, and the state root of block 0 is empty.
	w.anvil = process.New(t, dir, "anvil", anvil, "--init="+w.chain.l1File, "--timestamp="+strconv.FormatUint(now, 10), "--gas-limit="+strconv.Itoa(gasLimit),
		"--chain-id="+strconv.Itoa(l1ChainID), "--hardfork=osaka", "--block-time=1", "--slots-in-an-epoch="+strconv.Itoa(epoch),
		"--host=127.0.0.1", "--port="+port, "--quiet")
	w.anvil.Start()
	w.l1 = dial(t, w.anvilURL)
	var genesis l1Block
	w.eventually("anvil answers", func() (err error) {
		genesis, err = w.l1Block(t.Context(), "0x0")
		return err
	})
	w.chain.begin(t, genesis.Hash)

	w.beacon = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		w.asked.Add(1)
		http.Error(rw, "there are no blobs", http.StatusNotFound)
	}))
	t.Cleanup(w.beacon.Close)
	log, err := os.Create(filepath.Join(dir, "batcher.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	w.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))

	w.sequencer = w.node("sequencer", "--sequencer.enabled", "--sequencer.l1-confs=1")
	w.verifier = w.node("verifier", "--l2.archive") // so that the engine has its blocks when it was killed, as a sequencer's always does
	t.Cleanup(w.tell)
	return w
}

// tell shows the ends of all logs if the test has failed.
func (w *world) tell() {
	if !w.t.Failed() {
		return
	}
	for _, p := range w.processes() {
		w.t.Logf("%s:\n%s", p.Name, process.Last(p.Log, 40))
	}
	w.t.Logf("batcher:\n%s", process.Last(filepath.Join(w.chain.directory, "batcher.log"), 40))
}

// node starts a `cairn node`.
func (w *world) node(name string, more ...string) *cairn {
	w.t.Helper()
	c := w.chain
	ports := process.FreePorts(w.t, 2)
	n := &cairn{engineURL: "http://127.0.0.1:" + ports[0]}
	n.Process = process.New(w.t, c.directory, name, append([]string{
		w.program, "node", "--p2p.disable", "--l1=" + w.anvilURL, "--l1.beacon=" + w.beacon.URL, "--l1.http-poll-interval=" + poll.String(), "--l1.epoch-poll-interval=1s",
		"--engine=embedded", "--l2.genesis=" + c.l2File, "--l2.http.port=" + ports[0],
		"--rollup.config=" + c.rollupFile, "--rollup.l1-chain-config=" + c.l1File, "--datadir=" + filepath.Join(c.directory, "data-"+name),
		"--rpc.addr=127.0.0.1", "--rpc.port=" + ports[1], "--log.level=debug", "--log.format=logfmt",
	}, more...)...)
	n.Start()
	n.rpc = dial(w.t, "http://127.0.0.1:"+ports[1])
	n.l2 = ethclient.NewClient(dial(w.t, n.engineURL))
	w.nodes = append(w.nodes, n)
	return n
}

func dial(t *testing.T, url string) *rpc.Client {
	t.Helper()
	c, err := rpc.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (n *cairn) status(ctx context.Context) (s status, err error) {
	return s, n.rpc.CallContext(ctx, &s, "cairn_status")
}

// is gives the status of a node that runs.
func (w *world) is(n *cairn) (s status) {
	w.t.Helper()
	w.eventually(n.Name+" answers", func() (err error) {
		if s, err = n.status(w.t.Context()); err == nil && !s.Started {
			err = fmt.Errorf("it has not started: %+v", s)
		}
		return err
	})
	return s
}

// l1Block is a block as anvil tells it.
type l1Block struct {
	Hash         common.Hash    `json:"hash"`
	Number       hexutil.Uint64 `json:"number"`
	Time         hexutil.Uint64 `json:"timestamp"`
	Transactions []common.Hash  `json:"transactions"`
}

func (b l1Block) id() eth.BlockID { return eth.BlockID{Hash: b.Hash, Number: uint64(b.Number)} }

func (w *world) l1Block(ctx context.Context, which any) (b l1Block, err error) {
	if number, ok := which.(uint64); ok {
		which = hexutil.Uint64(number)
	}
	err = w.l1.CallContext(ctx, &b, "eth_getBlockByNumber", which, false)
	if err == nil && b.Hash == (common.Hash{}) {
		err = fmt.Errorf("anvil has no block %v", which)
	}
	return b, err
}

// call asks anvil.
func (w *world) call(result any, method string, args ...any) {
	w.t.Helper()
	if err := w.l1.CallContext(w.t.Context(), result, method, args...); err != nil {
		w.t.Fatalf("%s: %v", method, err)
	}
}

// at gives a block of anvil.
func (w *world) at(which any) l1Block {
	w.t.Helper()
	b, err := w.l1Block(w.t.Context(), which)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// eventually waits until a condition has no error any more.
func (w *world) eventually(what string, cond func() error) {
	w.t.Helper()
	began := time.Now()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for err := cond(); err != nil; err = cond() {
		for _, p := range w.processes() {
			if p.Ended() {
				w.t.Fatalf("%s has ended by itself", p.Name)
			}
		}
		if time.Since(began) > patience {
			w.t.Fatalf("not within %s: %s: %v", patience, what, err)
		}
		select {
		case <-w.t.Context().Done():
			w.t.Fatal(context.Cause(w.t.Context()))
		case <-tick.C:
		}
	}
}

// processes are those that run.
func (w *world) processes() (all []*process.Process) {
	all = append(all, w.anvil)
	for _, n := range w.nodes {
		all = append(all, n.Process)
	}
	return all
}

// header is a block of a node's engine.
func (w *world) header(n *cairn, number uint64) *types.Header {
	w.t.Helper()
	var h *types.Header
	err := n.l2.Client().CallContext(w.t.Context(), &h, "eth_getBlockByNumber", hexutil.Uint64(number), false)
	if err != nil || h == nil {
		w.t.Fatalf("%s: block %d: %v", n.Name, number, err)
	}
	return h
}
