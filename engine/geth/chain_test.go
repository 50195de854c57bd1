package geth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
)

func TestClosedChainSaysSo(t *testing.T) {
	c, err := geth.Open(geth.Config{Name: "l2", Genesis: l2Genesis()})
	if err != nil {
		t.Fatal(err)
	}
	order := l2Order(c.Head())
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Assemble(t.Context(), order); !errors.Is(err, geth.ErrClosed) {
		t.Errorf("Assemble after Close: %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port

	first := openChain(t, geth.Config{Name: "l2", Genesis: l2Genesis(), DataDir: dir})
	other := l2Genesis()
	other.Timestamp++
	noExtra, zeroTarget := l2Genesis(), l2Genesis()
	noExtra.ExtraData = nil
	zeroTarget.GasLimit = 5
	cases := []struct {
		name string
		cfg  geth.Config
		want string
	}{
		{"no name", geth.Config{Genesis: l2Genesis()}, "set Name"},
		{"no genesis", geth.Config{Name: "x"}, "set Genesis"},
		{"tiny cache", geth.Config{Name: "x", Genesis: l2Genesis(), CacheMB: 1}, "at least 16"},
		{"port without host", geth.Config{Name: "x", Genesis: l2Genesis(), Port: 1}, "set Host"},
		{"engine port without host", geth.Config{Name: "x", Genesis: l2Genesis(), AuthPort: 1}, "set AuthHost"},
		{"engine port without secret", geth.Config{Name: "x", Genesis: l2Genesis(), AuthPort: 1, AuthHost: "h"}, "set JWTFile"},
		{"port is taken", geth.Config{Name: "x", Genesis: l2Genesis(), Host: "127.0.0.1", Port: port}, "cannot serve JSON-RPC on 127.0.0.1:" + strconv.Itoa(port)},
		{"engine port is taken", geth.Config{Name: "x", Genesis: l2Genesis(), AuthHost: "127.0.0.1", AuthPort: port, JWTFile: "f"}, "cannot serve the Engine API on 127.0.0.1:" + strconv.Itoa(port)},
		{"directory in use", geth.Config{Name: "l2", Genesis: l2Genesis(), DataDir: dir}, "in use by another process"},
		{"Holocene genesis without extraData", geth.Config{Name: "x", Genesis: noExtra}, "genesis extraData"},
		{"genesis with a gas target of zero", geth.Config{Name: "x", Genesis: zeroTarget}, "elasticity 6 is above the gas limit 5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			chain, err := geth.Open(c.cfg)
			if err == nil {
				_ = chain.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
	t.Run("directory of another genesis", func(t *testing.T) {
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := geth.Open(geth.Config{Name: "l2", Genesis: other, DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), "holds another chain") || !strings.Contains(err.Error(), first.GenesisHash().Hex()) {
			t.Errorf("error %v", err)
		}
	})
}

func TestHTTPAndWebSocketShareAPortAndHideTheEngine(t *testing.T) {
	c := openChain(t, geth.Config{Name: "l2", Genesis: l2Genesis(), Host: "127.0.0.1", Port: geth.AnyPort, EngineAPI: true, CORS: []string{"*"}})
	if strings.TrimPrefix(c.URL(), "http") != strings.TrimPrefix(c.WebSocketURL(), "ws") {
		t.Errorf("HTTP at %s, WebSocket at %s", c.URL(), c.WebSocketURL())
	}
	for _, url := range []string{c.URL(), c.WebSocketURL()} {
		client, err := rpc.DialContext(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var id hexutil.Uint64
		if err := client.CallContext(t.Context(), &id, "eth_chainId"); err != nil || uint64(id) != l2ChainID.Uint64() {
			t.Errorf("%s: chain id %d, error %v", url, id, err)
		}
		modules, err := client.SupportedModules()
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{"engine", "admin", "miner"} {
			if modules[hidden] != "" {
				t.Errorf("%s: serves %s", url, hidden)
			}
		}
		for _, want := range []string{"eth", "net", "web3", "txpool", "debug"} {
			if modules[want] == "" {
				t.Errorf("%s: does not serve %s", url, want)
			}
		}
	}
}

func TestReopenContinuesAtTheHead(t *testing.T) {
	for _, archive := range []bool{true, false} {
		t.Run(fmt.Sprintf("archive=%t", archive), func(t *testing.T) {
			cfg := geth.Config{Name: "l2", Genesis: l2Genesis(), DataDir: t.TempDir(), Archive: archive}
			c := openChain(t, cfg)
			who := newUsers()
			var blocks []*types.Block
			for range 5 {
				blocks = append(blocks, make1(t, c, l2Order(c.Head(), transfers(who, l2ChainID, 3)...)).Block)
			}
			if err := c.SetHead(blocks[4].Hash(), blocks[3].Hash(), blocks[2].Hash()); err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			c = openChain(t, cfg)
			if c.Head().Hash() != blocks[4].Hash() || c.Finalized().Hash() != blocks[2].Hash() {
				t.Fatalf("reopened at head %d, finalized %d", c.Head().Number, c.Finalized().Number)
			}
			if c.Safe().Hash() != blocks[2].Hash() {
				t.Errorf("safe block %d, want the finalized one", c.Safe().Number)
			}
			make1(t, c, l2Order(c.Head(), who[0].transfer(l2ChainID)))
			var balance hexutil.Big
			err := c.RPC().CallContext(t.Context(), &balance, "eth_getBalance", sink, "latest")
			if err != nil || balance.ToInt().Int64() != 16 {
				t.Errorf("balance %v, want 16, error %v", balance.ToInt(), err)
			}
		})
	}
}

// killedDir names the data directory when the test binary is run again as the process to be killed; killedChain says
// which chain that process runs.
const (
	killedDir   = "CAIRN_TEST_KILLED_DIR"
	killedChain = "CAIRN_TEST_KILLED_CHAIN"
)

// killedChains are the chains that are killed, each with what its next block is.
var killedChains = map[string]struct {
	genesis func() *core.Genesis
	next    func(parent *types.Header, who []*user) geth.Order
}{
	"l2": {l2Genesis, func(parent *types.Header, who []*user) geth.Order {
		return l2Order(parent, transfers(who, l2ChainID, 10)...)
	}},
	"l1": {l1Genesis, func(parent *types.Header, who []*user) geth.Order {
		return l1Order(parent, transfers(who, l1ChainID, 10)...)
	}},
}

func killedConfig(chain, dir string) geth.Config {
	return geth.Config{Name: chain, Genesis: killedChains[chain].genesis(), DataDir: dir, Archive: true, Durable: true}
}

// TestKilledProcessChild is not a test of its own: it makes blocks for TestKilledProcessLosesNothing until it is killed.
func TestKilledProcessChild(t *testing.T) {
	dir, chain := os.Getenv(killedDir), os.Getenv(killedChain)
	if dir == "" {
		t.Skip("runs only as the child of TestKilledProcessLosesNothing")
	}
	c := openChain(t, killedConfig(chain, dir))
	who := newUsers()
	blobber := who[users-1]
	who = who[:users-1]
	for i := 0; ; i++ {
		if chain == "l1" && i%15 == 0 { // so that the blob pool's files are in use, too
			var nonce hexutil.Uint64 // the pool kept what was not in a block
			if err := c.RPC().CallContext(t.Context(), &nonce, "eth_getTransactionCount", blobber.address, "pending"); err != nil {
				t.Fatal(err)
			}
			blobber.nonce = uint64(nonce)
			send(t, c, blobTx(t, blobber, l1ChainID, 1))
		}
		made := make1(t, c, killedChains[chain].next(c.Head(), who))
		fmt.Printf("made %s\n", made.Block.Hash())
	}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	for chain := range killedChains {
		t.Run(chain, func(t *testing.T) {
			dir := t.TempDir()
			for round := range 3 {
				last := runAndKill(t, chain, dir, 30+7*round)
				c := openChain(t, killedConfig(chain, dir))
				acknowledged := c.BlockByHash(last)
				if acknowledged == nil {
					t.Fatalf("round %d: the last acknowledged block is gone, head is %d", round, c.Head().Number)
				}
				if got := c.BlockByNumber(acknowledged.NumberU64()); got == nil || got.Hash() != last {
					t.Fatalf("round %d: the last acknowledged block %d is not canonical, head is %d", round, acknowledged.NumberU64(), c.Head().Number)
				}
				// The state is there too, at the head and far back.
				for tag, number := range map[string]int64{"latest": c.Head().Number.Int64(), "0x5": 5} {
					var balance hexutil.Big
					err := c.RPC().CallContext(t.Context(), &balance, "eth_getBalance", sink, tag)
					if err != nil || balance.ToInt().Int64() != 10*number {
						t.Errorf("round %d: balance at %s is %v, want %d, error %v", round, tag, balance.ToInt(), 10*number, err)
					}
				}
				// The next round starts from a reorg.
				genesis := c.BlockByNumber(0)
				make1(t, c, killedChains[chain].next(genesis.Header(), newUsers()))
				if err := c.SetHead(genesis.Hash(), common.Hash{}, common.Hash{}); err != nil {
					t.Fatal(err)
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// runAndKill runs the child until it has acknowledged some blocks, kills it, and returns the last one acknowledged.
func runAndKill(t *testing.T, chain, dir string, lines int) (last common.Hash) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledProcessChild$")
	child.Env = append(os.Environ(), killedDir+"="+dir, killedChain+"="+chain)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scanner, made := bufio.NewScanner(out), 0
	for scanner.Scan() {
		hash, ok := strings.CutPrefix(scanner.Text(), "made ")
		if !ok {
			continue
		}
		last = common.HexToHash(hash)
		if made++; made == lines {
			if err := child.Process.Kill(); err != nil { // SIGKILL; lines still in the pipe are read below
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	if made < lines {
		t.Fatalf("the child acknowledged %d blocks, want %d", made, lines)
	}
	return last
}

func TestLabelsStayOnTheHeadsChain(t *testing.T) {
	c := openL2(t)
	who := newUsers()
	var chain []*types.Block
	for range 4 {
		chain = append(chain, make1(t, c, l2Order(c.Head(), who[0].transfer(l2ChainID))).Block)
	}
	sibling, err := c.Assemble(t.Context(), l2Order(chain[2].Header()))
	if err != nil {
		t.Fatal(err)
	}
	none, a, b, d := common.Hash{}, chain[0].Hash(), chain[1].Hash(), chain[3].Hash()
	steps := []struct {
		name            string
		head            *types.Block
		safe, finalized common.Hash
		fails           bool
	}{
		{"labels on the chain move", chain[3], b, a, false},
		{"zero leaves labels", chain[3], none, none, false},
		{"safe above the head is refused", chain[2], d, none, true},
		{"safe on a side chain is refused", chain[3], sibling.Block.Hash(), none, true},
		{"finalized on a side chain is refused", chain[3], none, sibling.Block.Hash(), true},
		{"unknown safe is refused", chain[3], common.Hash{1}, none, true},
		{"old sibling's label is refused after a reorg", sibling.Block, d, none, true},
		{"the sibling becomes the head, with a label on itself", sibling.Block, sibling.Block.Hash(), a, false},
		{"and back", chain[3], chain[2].Hash(), none, false},
		{"an ancestor becomes the head", chain[1], b, none, false},
		{"and the tip again", chain[3], d, none, false},
	}
	safe, finalized := common.Hash{}, common.Hash{}
	head := chain[3].Hash()
	for _, s := range steps {
		err := c.SetHead(s.head.Hash(), s.safe, s.finalized)
		if s.fails != errors.Is(err, eth.ErrForkchoice) || !s.fails && err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if !s.fails {
			head = s.head.Hash()
			if s.safe != none {
				safe = s.safe
			}
			if s.finalized != none {
				finalized = s.finalized
			}
		}
		if c.Head().Hash() != head || c.Safe().Hash() != safe || c.Finalized().Hash() != finalized {
			t.Fatalf("%s: head %d, safe %d, finalized %d", s.name, c.Head().Number, c.Safe().Number, c.Finalized().Number)
		}
		if next := c.BlockByNumber(c.Head().Number.Uint64() + 1); next != nil {
			t.Fatalf("%s: there is a canonical block above the head", s.name)
		}
	}
	if err := c.SetHead(common.Hash{1}, none, none); !errors.Is(err, eth.ErrForkchoice) {
		t.Errorf("unknown head: %v", err)
	}
}

// The path scheme keeps 128 states; both modes have to go back further.
func TestReorgOf200Blocks(t *testing.T) {
	for _, archive := range []bool{true, false} {
		t.Run(fmt.Sprintf("archive=%t", archive), func(t *testing.T) {
			c := openChain(t, geth.Config{Name: "l2", Genesis: l2Genesis(), Archive: archive, DataDir: t.TempDir()})
			who := newUsers()
			for range 250 {
				make1(t, c, l2Order(c.Head(), who[0].transfer(l2ChainID)))
			}
			parent := c.BlockByNumber(50).Header()
			who[0].nonce = 50
			made := make1(t, c, l2Order(parent, transfers(who[:1], l2ChainID, 2)...))
			if c.Head().Hash() != made.Block.Hash() || c.Head().Number.Uint64() != 51 {
				t.Errorf("head %d", c.Head().Number)
			}
			if made.Receipts[2].Status != types.ReceiptStatusSuccessful {
				t.Error("the transfers of the new branch failed")
			}
		})
	}
}

func TestImportIsOneExecutionOfWhatAnotherChainMade(t *testing.T) {
	source, c := openL2(t), openL2(t)
	who := newUsers()
	first := make1(t, source, l2Order(source.Head(), transfers(who, l2ChainID, 30)...)).Block
	second := make1(t, source, l2Order(source.Head(), transfers(who, l2ChainID, 30)...)).Block

	if err := c.Import(t.Context(), second); !errors.Is(err, eth.ErrNotFound) {
		t.Errorf("block without its parent: %v", err)
	}
	wrongRoot, zeroTarget := first.Header(), first.Header()
	wrongRoot.Root[0]++
	zeroTarget.Extra = append([]byte{1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}, make([]byte, 8)...)
	otherGenesis := types.NewBlockWithHeader(&types.Header{Number: common.Big0, Difficulty: common.Big0})
	for name, bad := range map[string]*types.Block{
		"wrong state root": first.WithSeal(wrongRoot), "gas target of zero": first.WithSeal(zeroTarget), "other genesis": otherGenesis,
	} {
		if err := c.Import(t.Context(), bad); !eth.IsRejected(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Import(cancelled, first); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, b := range []*types.Block{first, first, second} {
		if err := c.Import(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if c.Head().Number.Sign() != 0 {
		t.Error("Import moved the head")
	}
	if err := c.SetHead(second.Hash(), common.Hash{}, common.Hash{}); err != nil {
		t.Fatal(err)
	}
	if c.BlockByNumber(1).Hash() != first.Hash() || len(c.Receipts(first.Hash())) != 31 {
		t.Error("the block below the head is not canonical or has no receipts")
	}
}

func TestLogIsQuiet(t *testing.T) {
	var lines strings.Builder
	geth.SetLog(slog.NewTextHandler(&lines, nil))
	t.Cleanup(func() { geth.SetLog(slog.DiscardHandler) })
	before := slog.Default()
	c := openL2(t)
	for range 3 {
		make1(t, c, l2Order(c.Head()))
	}
	if err := c.SetHead(c.BlockByNumber(1).Hash(), common.Hash{}, common.Hash{}); err != nil {
		t.Fatal(err)
	}
	if lines.Len() != 0 {
		t.Errorf("logged at the information level or above:\n%s", lines.String())
	}
	if slog.Default() != before {
		t.Error("the standard library's logger was replaced")
	}
	geth.SetLog(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	make1(t, c, l2Order(c.Head()))
	if !strings.Contains(lines.String(), "level=DEBUG") {
		t.Error("op-geth's lines did not arrive as debug")
	}
}
