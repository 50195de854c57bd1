package faults

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	gethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/node"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/rollup"
)

// Secrets as providers hand them out. None of them may be seen anywhere.
const (
	l1Key      = "c0ffee5ec4e7a11ce0b0b"
	l1Password = "hunter2passw0rd"
	beaconKey  = "deadbea7c0n5ec4e7"
	headerKey  = "bearer-5ec4e7-0f-header"
)

const (
	answerLimit = 2 << 20 // bytes of an answer of L1; the blobs of a block of the devnet are far below
	timeout     = time.Second
)

var secret = [32]byte{0x5e, 0xc4, 0xe7, 0xfa, 0xce}

// rig is a node with its connections.
type rig struct {
	t      *testing.T
	chain  *chain
	l1     []*proxy
	beacon []*proxy
	engine *proxy
	geth   *geth.Chain
	cfg    node.Config
	log    *lines

	running atomic.Pointer[node.Node] // for the proxies: node, also when it has ended
	head    atomic.Uint64             // the highest L1 block that it has seen

	node  *node.Node
	rpc   *gethrpc.Client
	stop  context.CancelFunc
	ended chan error
}

// newRig opens an empty engine and one connection of each kind.
func newRig(t *testing.T, c *chain) *rig {
	t.Helper()
	r := &rig{t: t, chain: c, log: &lines{}}
	r.geth = openGeth(t, c.d.Genesis().L2)
	r.engine = newProxy(t, r.geth.AuthURL())
	r.l1 = []*proxy{r.newL1()}
	r.beacon = []*proxy{newProxy(t, c.info.L1.Beacon)}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.cfg = node.Config{
		Rollup: c.d.Genesis().Rollup, BlobSchedule: node.BlobSchedule(c.d.Genesis().L1.Config),
		L1:    node.L1{Poll: 300 * time.Millisecond, Labels: 2 * time.Second},
		Serve: node.Serve{RPC: "127.0.0.1:0"}, Version: "test", Seed: 1, Log: log,
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the node:\n%s", r.log.tail(4000))
		}
	})
	return r
}

func openGeth(t *testing.T, genesis *core.Genesis) *geth.Chain {
	t.Helper()
	jwt := filepath.Join(t.TempDir(), "jwt")
	if err := os.WriteFile(jwt, []byte(hex.EncodeToString(secret[:])), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := geth.Open(geth.Config{
		Name: "engine", Genesis: genesis, Archive: true, CacheMB: 16, AuthHost: "127.0.0.1", AuthPort: geth.AnyPort, JWTFile: jwt,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// ahead is how many L1 blocks a node sees before it. If it were more than the distance from which on blocks are fetched
// ahead, all nodes would verify all blobs of a chain that grows all the time.
const ahead = 12

// newL1 is a proxy of an L1 that is as far as the node can make use of.
func (r *rig) newL1() *proxy {
	p := newProxy(r.t, r.chain.info.L1.RPC)
	p.relabel = func(label string) (number uint64, ok bool) {
		head := r.chain.d.Status().L1Head
		if n := r.running.Load(); n != nil {
			head = min(head, n.SyncStatus().CurrentL1.Number+ahead)
		}
		for before := r.head.Load(); before < head && !r.head.CompareAndSwap(before, head); before = r.head.Load() {
		}
		head = r.head.Load() // which never goes back, as a node that starts anew does
		below := map[string]uint64{"latest": 0, "safe": safeDistance, "finalized": finalizedDistance}[label]
		return head - min(head, below), true
	}
	return p
}

// second adds a healthy endpoint of each kind behind the first.
func (r *rig) second() {
	r.l1 = append(r.l1, r.newL1())
	r.beacon = append(r.beacon, newProxy(r.t, r.chain.info.L1.Beacon))
}

// config is the node's configuration with connections of its own.
func (r *rig) config() node.Config {
	t := r.t
	t.Helper()
	cfg := r.cfg
	header := http.Header{"X-Key": {headerKey}}
	for _, p := range r.l1 {
		endpoint, err := l1.Dial("http://user:"+l1Password+"@"+p.address+"/v3/"+l1Key, l1.DialConfig{Timeout: timeout, MaxAnswer: answerLimit, Header: header})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(endpoint.Close)
		cfg.L1.Endpoints = append(cfg.L1.Endpoints, endpoint)
	}
	for _, p := range r.beacon {
		beacon, err := l1.NewBeacon("http://"+p.address+"/"+beaconKey+"?key="+beaconKey, l1.BeaconConfig{Timeout: timeout, MaxAnswer: answerLimit, Header: header})
		if err != nil {
			t.Fatal(err)
		}
		cfg.L1.Beacons = append(cfg.L1.Beacons, beacon)
	}
	conn, err := engine.Dial(engine.DialConfig{URL: "http://" + r.engine.address, Secret: &secret, MaxAnswer: answerLimit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	client := engine.NewClient(conn, cfg.Rollup, engine.Options{Timeout: timeout})
	cfg.Engine = node.Engine{
		Port: client, Sync: client, RPC: conn, BlockHash: func(env *eth.PayloadEnvelope) common.Hash { return engine.BlockHash(cfg.Rollup, env) },
	}
	return cfg
}

// start makes a node of the configuration and runs it.
func (r *rig) start() {
	t := r.t
	t.Helper()
	var err error
	if r.node, err = node.New(r.config()); err != nil {
		t.Fatalf("open node: %v", err)
	}
	r.running.Store(r.node)
	ctx, cancel := context.WithCancel(context.Background())
	r.stop, r.ended = cancel, make(chan error, 1)
	go func() { r.ended <- r.node.Run(ctx) }()
	r.rpc = dial(t, r.node.URL())
	n, ended := r.node, r.ended
	t.Cleanup(func() {
		if r.node == n {
			r.end(ended)
		}
	})
}

// end stops the node, which must not have ended by itself.
func (r *rig) end(ended chan error) {
	r.t.Helper()
	r.stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		r.t.Errorf("the node ended with: %v", err)
	}
	if err := r.node.Close(); err != nil {
		r.t.Errorf("close node: %v", err)
	}
	r.node = nil
	r.noSecretIn("the log", r.log.all())
}

// restart is a new process on the same engine, and the same disk if there is one.
func (r *rig) restart() {
	r.t.Helper()
	r.end(r.ended)
	r.start()
}

func (r *rig) call(into any, method string) {
	r.t.Helper()
	if err := r.rpc.CallContext(r.t.Context(), into, method); err != nil {
		r.t.Fatalf("%s: %v", method, err)
	}
}

func (r *rig) safe() eth.L2Ref {
	r.t.Helper()
	var s eth.SyncStatus
	r.call(&s, "optimism_syncStatus")
	return s.SafeL2
}

// moves waits until the safe head is above a block, and on the sequencer's chain.
func (r *rig) moves(what string, above uint64) {
	r.t.Helper()
	var safe eth.L2Ref
	if !within(func() bool { safe = r.safe(); return safe.Number > above }) {
		_, text := r.explain()
		r.t.Fatalf("%s: the safe head %s does not pass %d\n%s", what, safe, above, text)
	}
	if want := r.chain.hash(r.t, safe.Number); safe.Hash != want {
		r.t.Errorf("%s: safe block %d is %s, the sequencer has %s", what, safe.Number, safe.Hash, want)
	}
}

// explain is what the node says of itself, and how it looks on a screen.
func (r *rig) explain() (e obs.Explanation, screen string) {
	r.t.Helper()
	var raw json.RawMessage
	r.call(&raw, "cairn_explain")
	r.noSecretIn("cairn_explain", string(raw))
	if err := json.Unmarshal(raw, &e); err != nil {
		r.t.Fatalf("cairn_explain: %v", err)
	}
	var text strings.Builder
	if err := e.Write(&text, 120, false); err != nil {
		r.t.Fatal(err)
	}
	return e, text.String()
}

// status of a place: one of the heads, the verdict, or an endpoint.
func statusAt(e obs.Explanation, place string) (obs.Status, bool) {
	if place == verdict {
		return e.Status, true
	}
	for _, h := range e.Heads {
		if h.Head == place {
			return h.Status, h.State == obs.Waiting
		}
	}
	for _, p := range e.Endpoints {
		if p.Kind+" endpoint" == place {
			return p.Status, true
		}
	}
	return obs.Status{}, false
}

// shows waits until a fault is explained at a place.
func (r *rig) shows(want eth.Fault, place string) {
	r.t.Helper()
	var e obs.Explanation
	var screen string
	var s obs.Status
	seen := map[obs.Code]int{}
	if !within(func() bool {
		e, screen = r.explain()
		var ok bool
		s, ok = statusAt(e, place)
		seen[s.Code]++
		return ok && s.Code == obs.Code(want)
	}) {
		r.t.Fatalf("%s is not shown at %s, but %v\n%s", want, place, seen, screen)
	}
	if s.Text == "" || s.Cause == "" || s.Fix == "" {
		r.t.Errorf("%s is shown with text %q, cause %q and fix %q: none of them may be empty", want, s.Text, s.Cause, s.Fix)
	}
	if !strings.Contains(screen, string(want)) {
		r.t.Errorf("%s is not on the screen:\n%s", want, screen)
	}
	var status json.RawMessage
	r.call(&status, "cairn_status")
	r.noSecretIn("cairn_status", string(status))
}

func (r *rig) noSecretIn(where, text string) {
	r.t.Helper()
	for _, s := range []string{l1Key, l1Password, beaconKey, headerKey, hex.EncodeToString(secret[:]), "eyJ"} { // a JWT begins so
		if at := strings.Index(text, s); at >= 0 {
			r.t.Errorf("%s shows the secret %s: …%s…", where, s, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// lines keeps a log.
type lines struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) tail(size int) string {
	text := l.all()
	return text[max(0, len(text)-size):]
}

// with is the configuration with a change.
func with(cfg *rollup.Config, change func(*rollup.Config)) *rollup.Config {
	copied := *cfg
	change(&copied)
	return &copied
}
