package geth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// port is the engine port as the driver uses it.
type port interface {
	Build(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (*eth.PayloadEnvelope, error)
	Start(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (eth.PayloadID, error)
	Seal(ctx context.Context, id eth.PayloadID) (*eth.PayloadEnvelope, error)
	Insert(ctx context.Context, fc eth.ForkchoiceState, env *eth.PayloadEnvelope) error
	Forkchoice(ctx context.Context, fc eth.ForkchoiceState) error
	PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
	PayloadByHash(ctx context.Context, hash common.Hash) (*eth.PayloadEnvelope, error)
	PayloadByLabel(ctx context.Context, label string) (*eth.PayloadEnvelope, error)
}

var (
	_ port = (*geth.Engine)(nil)
	_ port = (*engine.Client)(nil)
)

// side is one way to reach one chain.
type side struct {
	name  string
	chain *geth.Chain
	port
}

func rollupConfig() *rollup.Config {
	cfg := &rollup.Config{BlockTime: blockTime, Genesis: rollup.Genesis{L2Time: l2Time}}
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		cfg.SetTime(f, new(uint64))
	}
	return cfg
}

func directSide(t testing.TB, cfg geth.Config) side {
	t.Helper()
	c := openChain(t, cfg)
	e, err := geth.NewEngine(c, 0)
	if err != nil {
		t.Fatal(err)
	}
	return side{"direct calls", c, e}
}

func inProcessSide(t testing.TB, cfg geth.Config) side {
	t.Helper()
	cfg.EngineAPI = true
	c := openChain(t, cfg)
	return side{"Engine API in process", c, engine.NewClient(c.RPC(), rollupConfig(), engine.Options{})}
}

func httpSide(t testing.TB, cfg geth.Config) side {
	t.Helper()
	cfg.AuthHost, cfg.AuthPort, cfg.JWTFile = "127.0.0.1", geth.AnyPort, filepath.Join(t.TempDir(), "jwt.hex")
	c := openChain(t, cfg)
	secret, err := engine.ReadJWTSecret(cfg.JWTFile)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := engine.Dial(engine.DialConfig{URL: c.AuthURL(), Secret: &secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return side{"Engine API over HTTP with JWT", c, engine.NewClient(conn, rollupConfig(), engine.Options{})}
}

func allSides(t testing.TB) []side {
	t.Helper()
	cfg := geth.Config{Name: "l2", Genesis: l2Genesis(), Archive: true}
	pathScheme := cfg
	pathScheme.Archive = false
	return []side{directSide(t, cfg), directSide(t, pathScheme), inProcessSide(t, cfg), httpSide(t, pathScheme)}
}

func onHead(head common.Hash) eth.ForkchoiceState { return eth.ForkchoiceState{HeadBlockHash: head} }

// attributes are those of the block after a payload.
func attributes(t testing.TB, parent *eth.PayloadEnvelope, forced ...*types.Transaction) *eth.PayloadAttributes {
	t.Helper()
	p := parent.ExecutionPayload
	a := l2Attributes(t, l2Order(&types.Header{Number: new(big.Int).SetUint64(p.BlockNumber), Time: p.Timestamp}, forced...))
	a.NoTxPool = true
	return a
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// deposit is a user deposit; source tells deposits apart.
func deposit(source byte, d types.DepositTx) *types.Transaction {
	d.SourceHash = common.Hash{source}
	if d.Value == nil {
		d.Value = new(big.Int)
	}
	return types.NewTx(&d)
}

// deployCode is creation code for a contract with one STOP.
var deployCode = common.FromHex("60016000f3")

func TestAllSidesMakeTheSameBlocks(t *testing.T) {
	sides := allSides(t)
	check := inProcessSide(t, geth.Config{Name: "check", Genesis: l2Genesis()})
	who := newUsers()
	poor := common.HexToAddress("0xdead0001")
	ctx := t.Context()

	genesis, err := sides[0].PayloadByNumber(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	chain := []*eth.PayloadEnvelope{genesis}
	tip := func() *eth.PayloadEnvelope { return chain[len(chain)-1] }
	fc := eth.ForkchoiceState{}

	steps := []struct {
		name  string
		make  func() *eth.PayloadAttributes
		check func(t *testing.T, p *eth.ExecutionPayload, receipts types.Receipts)
	}{
		{"L1 info only", func() *eth.PayloadAttributes { return attributes(t, tip()) }, nil},
		{"1 transfer", func() *eth.PayloadAttributes { return attributes(t, tip(), who[0].transfer(l2ChainID)) }, nil},
		{
			"100 transfers", func() *eth.PayloadAttributes { return attributes(t, tip(), transfers(who, l2ChainID, 100)...) },
			func(t *testing.T, p *eth.ExecutionPayload, _ types.Receipts) {
				if *p.BlobGasUsed != 100*100*400 { // transactions x least bytes x scalar
					t.Errorf("DA footprint %d", *p.BlobGasUsed)
				}
			},
		},
		{
			"deposits: mint, failing call, creation, failing creation, value beyond the balance", func() *eth.PayloadAttributes {
				return attributes(
					t, tip(),
					deposit(1, types.DepositTx{From: poor, To: &sink, Mint: big.NewInt(1000), Value: big.NewInt(400), Gas: 50_000}),
					deposit(2, types.DepositTx{From: poor, To: &sink, Mint: big.NewInt(7), Gas: 100}),
					deposit(3, types.DepositTx{From: poor, Data: deployCode, Gas: 200_000}),
					deposit(4, types.DepositTx{From: poor, Data: []byte{0xfe}, Gas: 200_000}),
					deposit(5, types.DepositTx{From: poor, To: &sink, Value: big.NewInt(1_000_000), Gas: 50_000}),
				)
			},
			func(t *testing.T, _ *eth.ExecutionPayload, receipts types.Receipts) {
				for i, want := range []uint64{1, 1, 0, 1, 0, 0} {
					if receipts[i].Status != want {
						t.Errorf("deposit %d has status %d, want %d", i, receipts[i].Status, want)
					}
				}
			},
		},
		{
			"contract creation, reverting call", func() *eth.PayloadAttributes {
				return attributes(
					t, tip(),
					who[0].sign(l2ChainID, &types.DynamicFeeTx{Data: deployCode, Gas: 200_000}),
					who[1].sign(l2ChainID, &types.DynamicFeeTx{Data: common.FromHex("60006000fd"), Gas: 200_000}),
				)
			}, nil,
		},
		{"EIP-1559 parameters and minimum base fee change", func() *eth.PayloadAttributes {
			a := attributes(t, tip())
			a.EIP1559Params, a.MinBaseFee = &eth.Bytes8{3: 10, 7: 2}, ptr(5*params.GWei)
			return a
		}, nil},
		{
			"the next block's base fee follows", func() *eth.PayloadAttributes {
				a := attributes(t, tip(), transfers(who, l2ChainID, 5)...)
				a.EIP1559Params = &eth.Bytes8{}
				return a
			},
			func(t *testing.T, p *eth.ExecutionPayload, _ types.Receipts) {
				if p.BaseFeePerGas.Uint64() != 5*params.GWei {
					t.Errorf("base fee %v, want the minimum", p.BaseFeePerGas)
				}
				if want := common.FromHex("0x01000000fa000000060000000000000000"); !bytes.Equal(p.ExtraData, want) {
					t.Errorf("extraData %x, want the chain's constants %x", p.ExtraData, want)
				}
			},
		},
		{"another gas limit", func() *eth.PayloadAttributes {
			a := attributes(t, tip(), who[2].transfer(l2ChainID))
			a.GasLimit = 30_000_000
			return a
		}, nil},
		{"deposits only, of attributes that were rejected", func() *eth.PayloadAttributes {
			stranger := *who[3]
			stranger.nonce += 10
			bad := attributes(t, tip(), stranger.transfer(l2ChainID))
			for _, s := range sides {
				if _, err := s.Build(ctx, onHead(tip().ExecutionPayload.BlockHash), bad); !eth.IsRejected(err) {
					t.Fatalf("%s: nonce too high: %v", s.name, err)
				}
			}
			only := bad.DepositsOnly()
			return &only
		}, nil},
		{"a sibling of the head", func() *eth.PayloadAttributes {
			chain = chain[:len(chain)-1]
			return attributes(t, tip(), who[4].transfer(l2ChainID))
		}, nil},
		{"a sibling 6 blocks back", func() *eth.PayloadAttributes {
			chain = chain[:len(chain)-6]
			return attributes(t, tip())
		}, nil},
		{"the abandoned block once more", func() *eth.PayloadAttributes {
			chain = chain[:len(chain)-1]
			return attributes(
				t, tip(),
				deposit(1, types.DepositTx{From: poor, To: &sink, Mint: big.NewInt(1000), Value: big.NewInt(400), Gas: 50_000}),
			)
		}, nil},
		{"and on", func() *eth.PayloadAttributes { return attributes(t, tip()) }, nil},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			attrs := step.make()
			fc.HeadBlockHash = tip().ExecutionPayload.BlockHash
			if n := len(chain); n > 2 {
				fc.SafeBlockHash, fc.FinalizedBlockHash = chain[n-2].ExecutionPayload.BlockHash, chain[1].ExecutionPayload.BlockHash
			}
			var first *eth.PayloadEnvelope
			for _, s := range sides {
				env, err := s.Build(ctx, fc, attrs)
				if err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				if first == nil {
					first = env
				}
				if got, want := asJSON(t, env), asJSON(t, first); !bytes.Equal(got, want) {
					t.Fatalf("%s made\n%s\n%s made\n%s", s.name, got, sides[0].name, want)
				}
			}
			chain = append(chain, first)
			p := first.ExecutionPayload
			if step.check != nil {
				step.check(t, p, sides[0].chain.Receipts(p.BlockHash))
			}
			for _, s := range sides {
				agree(t, s, chain, fc)
			}
			after := fc
			after.HeadBlockHash = p.BlockHash
			if err := check.Insert(ctx, after, first); err != nil {
				t.Fatalf("an independent chain refuses the block: %v", err)
			}
			agree(t, check, chain, fc)
		})
	}
}

// agree looks the chain up in all ways there are.
func agree(t *testing.T, s side, chain []*eth.PayloadEnvelope, fc eth.ForkchoiceState) {
	t.Helper()
	same := func(what string, env *eth.PayloadEnvelope, err error, want *eth.PayloadEnvelope) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %s: %v", s.name, what, err)
		}
		if got, want := asJSON(t, env), asJSON(t, want); !bytes.Equal(got, want) {
			t.Fatalf("%s: %s is\n%s\nwant\n%s", s.name, what, got, want)
		}
	}
	tip := chain[len(chain)-1]
	env, err := s.PayloadByLabel(t.Context(), "latest")
	same("latest", env, err, tip)
	env, err = s.PayloadByNumber(t.Context(), tip.ExecutionPayload.BlockNumber)
	same("block by number", env, err, tip)
	env, err = s.PayloadByHash(t.Context(), chain[0].ExecutionPayload.BlockHash)
	same("genesis by hash", env, err, chain[0])
	if _, err := s.PayloadByNumber(t.Context(), tip.ExecutionPayload.BlockNumber+1); !errors.Is(err, eth.ErrNotFound) {
		t.Fatalf("%s: block above the head: %v", s.name, err)
	}
	for label, hash := range map[string]common.Hash{"safe": fc.SafeBlockHash, "finalized": fc.FinalizedBlockHash} {
		env, err := s.PayloadByLabel(t.Context(), label)
		if hash == (common.Hash{}) {
			if !errors.Is(err, eth.ErrNotFound) {
				t.Fatalf("%s: %s block although none is set: %v", s.name, label, err)
			}
			continue
		}
		if err != nil || env.ExecutionPayload.BlockHash != hash {
			t.Fatalf("%s: %s block: %v", s.name, label, err)
		}
	}
}

func TestAllSidesGiveTheSameAnswers(t *testing.T) {
	sides := allSides(t)
	genesis, err := sides[0].PayloadByNumber(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	fc := onHead(genesis.ExecutionPayload.BlockHash)
	rejected := []struct {
		name string
		edit func(*eth.PayloadAttributes)
	}{
		{"timestamp of the parent", func(a *eth.PayloadAttributes) { a.Timestamp -= blockTime }},
		{"timestamp before the parent", func(a *eth.PayloadAttributes) { a.Timestamp -= 2 * blockTime }},
		{"missing eip1559Params", func(a *eth.PayloadAttributes) { a.EIP1559Params = nil }},
		{"eip1559Params with half a zero", func(a *eth.PayloadAttributes) { a.EIP1559Params = &eth.Bytes8{3: 1} }},
		{"missing minBaseFee", func(a *eth.PayloadAttributes) { a.MinBaseFee = nil }},
		{"missing withdrawals", func(a *eth.PayloadAttributes) { a.Withdrawals = nil }},
		{"withdrawals", func(a *eth.PayloadAttributes) { a.Withdrawals = &types.Withdrawals{{Amount: 1}} }},
		{"missing beacon root", func(a *eth.PayloadAttributes) { a.ParentBeaconBlockRoot = nil }},
		{"gas limit of zero", func(a *eth.PayloadAttributes) { a.GasLimit = 0 }},
		{"no transactions", func(a *eth.PayloadAttributes) { a.Transactions = nil }},
		{"undecodable transaction", func(a *eth.PayloadAttributes) { a.Transactions = append(a.Transactions, hexutil.Bytes{2, 1}) }},
		{"empty transaction", func(a *eth.PayloadAttributes) { a.Transactions = append(a.Transactions, hexutil.Bytes{}) }},
		{"deposit with more gas than the block", func(a *eth.PayloadAttributes) {
			a.Transactions = append(a.Transactions, l2Attributes(t, geth.Order{Forced: []*types.Transaction{
				deposit(1, types.DepositTx{To: &sink, Gas: gasLimit + 1}),
			}}).Transactions...)
		}},
		{"first transaction is not a deposit", func(a *eth.PayloadAttributes) {
			a.Transactions = l2Attributes(t, geth.Order{Forced: transfers(newUsers(), l2ChainID, 1)}).Transactions
		}},
		{"deposit behind a transfer", func(a *eth.PayloadAttributes) {
			a.Transactions = append(a.Transactions, l2Attributes(t, geth.Order{Forced: []*types.Transaction{
				newUsers()[0].transfer(l2ChainID), deposit(1, types.DepositTx{To: &sink, Gas: 50_000}),
			}}).Transactions...)
		}},
		{"DA footprint above the gas limit", func(a *eth.PayloadAttributes) {
			forced := append([]*types.Transaction{infoTx(1, 65535)}, transfers(newUsers(), l2ChainID, 10)...)
			a.Transactions = l2Attributes(t, geth.Order{Forced: forced}).Transactions
		}},
		{"transaction of another chain", func(a *eth.PayloadAttributes) {
			a.Transactions = append(a.Transactions, l2Attributes(t, geth.Order{Forced: transfers(newUsers(), l1ChainID, 1)}).Transactions...)
		}},
	}
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) {
			for _, tc := range rejected {
				attrs := attributes(t, genesis)
				tc.edit(attrs)
				if env, err := s.Build(t.Context(), fc, attrs); !eth.IsRejected(err) {
					t.Errorf("%s: payload %v, error %v", tc.name, env, err)
				}
			}
			unknown := onHead(common.Hash{1})
			if _, err := s.Build(t.Context(), unknown, attributes(t, genesis)); !errors.Is(err, eth.ErrForkchoice) {
				t.Errorf("build on an unknown head: %v", err)
			}
			if _, err := s.Start(t.Context(), unknown, attributes(t, genesis)); !errors.Is(err, eth.ErrForkchoice) {
				t.Errorf("start on an unknown head: %v", err)
			}
			if err := s.Forkchoice(t.Context(), unknown); !errors.Is(err, eth.ErrForkchoice) {
				t.Errorf("forkchoice with an unknown head: %v", err)
			}
			for name, bad := range map[string]eth.ForkchoiceState{
				"safe":      {HeadBlockHash: fc.HeadBlockHash, SafeBlockHash: common.Hash{1}},
				"finalized": {HeadBlockHash: fc.HeadBlockHash, FinalizedBlockHash: common.Hash{1}},
			} {
				if err := s.Forkchoice(t.Context(), bad); !errors.Is(err, eth.ErrForkchoice) {
					t.Errorf("unknown %s block: %v", name, err)
				}
			}
			if _, err := s.Seal(t.Context(), eth.PayloadID{3, 9}); !errors.Is(err, eth.ErrUnknownPayload) {
				t.Errorf("unknown job: %v", err)
			}
			if _, err := s.PayloadByHash(t.Context(), common.Hash{1}); !errors.Is(err, eth.ErrNotFound) {
				t.Errorf("unknown block: %v", err)
			}
			if _, err := s.PayloadByLabel(t.Context(), "justified"); err == nil || errors.Is(err, eth.ErrNotFound) {
				t.Errorf("unknown label: %v", err)
			}
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := s.Build(cancelled, fc, attributes(t, genesis)); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled build: %v", err)
			}
			if err := s.Forkchoice(cancelled, fc); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled forkchoice: %v", err)
			}
			if _, err := s.PayloadByNumber(cancelled, 0); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled look-up: %v", err)
			}
			// None of that moved anything.
			agree(t, s, []*eth.PayloadEnvelope{genesis}, eth.ForkchoiceState{})
		})
	}
}

func TestSealedBlockIsThereAndNotTheHead(t *testing.T) {
	sides := allSides(t)
	genesis, err := sides[0].PayloadByNumber(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	fc := onHead(genesis.ExecutionPayload.BlockHash)
	var sealed *eth.PayloadEnvelope
	for _, s := range sides {
		id, err := s.Start(t.Context(), fc, attributes(t, genesis, transfers(newUsers(), l2ChainID, 3)...))
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		env, err := s.Seal(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if sealed == nil {
			sealed = env
		}
		if env.ExecutionPayload.BlockHash != sealed.ExecutionPayload.BlockHash {
			t.Fatalf("%s sealed another block", s.name)
		}
		again, err := s.Seal(t.Context(), id)
		if err != nil || again.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash {
			t.Errorf("%s: sealed again: %v", s.name, err)
		}
		if _, err := s.PayloadByHash(t.Context(), env.ExecutionPayload.BlockHash); err != nil {
			t.Errorf("%s: the sealed block is not there: %v", s.name, err)
		}
		agree(t, s, []*eth.PayloadEnvelope{genesis}, eth.ForkchoiceState{})
		after := eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash, SafeBlockHash: fc.HeadBlockHash}
		if err := s.Insert(t.Context(), after, env); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		agree(t, s, []*eth.PayloadEnvelope{genesis, env}, after)
	}
}

func TestForeignPayload(t *testing.T) {
	sides := allSides(t)
	source := directSide(t, geth.Config{Name: "source", Genesis: l2Genesis()})
	genesis, err := source.PayloadByNumber(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	first, err := source.Build(t.Context(), onHead(genesis.ExecutionPayload.BlockHash), attributes(t, genesis, transfers(newUsers(), l2ChainID, 20)...))
	if err != nil {
		t.Fatal(err)
	}
	second, err := source.Build(t.Context(), onHead(first.ExecutionPayload.BlockHash), attributes(t, first))
	if err != nil {
		t.Fatal(err)
	}
	insert := func(s side, env *eth.PayloadEnvelope) error {
		return s.Insert(t.Context(), onHead(env.ExecutionPayload.BlockHash), env)
	}
	edit := func(change func(p *eth.ExecutionPayload)) *eth.PayloadEnvelope {
		p := *first.ExecutionPayload
		change(&p)
		return &eth.PayloadEnvelope{ParentBeaconBlockRoot: first.ParentBeaconBlockRoot, ExecutionPayload: &p}
	}
	// A state root that is wrong in a block whose hash is right.
	wrongState := source.chain.BlockByHash(first.ExecutionPayload.BlockHash).Header()
	wrongState.Root[0]++
	for _, s := range sides {
		t.Run(s.name, func(t *testing.T) {
			if err := insert(s, second); err == nil || eth.IsRejected(err) || errors.Is(err, eth.ErrForkchoice) {
				t.Errorf("block without its parent: %v", err)
			}
			for name, bad := range map[string]*eth.PayloadEnvelope{
				"wrong block hash":         edit(func(p *eth.ExecutionPayload) { p.BlockHash[0]++ }),
				"changed gas used":         edit(func(p *eth.ExecutionPayload) { p.GasUsed++ }),
				"missing withdrawals root": edit(func(p *eth.ExecutionPayload) { p.WithdrawalsRoot = nil }),
				"undecodable transaction":  edit(func(p *eth.ExecutionPayload) { p.Transactions = []hexutil.Bytes{{2, 1}} }),
				"bad extra data":           edit(func(p *eth.ExecutionPayload) { p.ExtraData = []byte{1} }),
				"withdrawals":              edit(func(p *eth.ExecutionPayload) { p.Withdrawals = &types.Withdrawals{{Amount: 1}} }),
				"wrong state root":         edit(func(p *eth.ExecutionPayload) { p.StateRoot, p.BlockHash = wrongState.Root, wrongState.Hash() }),
			} {
				if err := insert(s, bad); !eth.IsRejected(err) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if err := s.Insert(t.Context(), onHead(common.Hash{1}), first); err == nil {
				t.Error("inserted with another head")
			}
			for _, env := range []*eth.PayloadEnvelope{first, second, first, second} {
				if err := insert(s, env); err != nil {
					t.Fatal(err)
				}
			}
			agree(t, s, []*eth.PayloadEnvelope{genesis, first, second}, eth.ForkchoiceState{})
		})
	}
}

// forkEvery is the time between forks in seconds: two blocks, so that each fork has one block beside its first.
const forkEvery = 2 * blockTime

// forkWalk is an L2 that starts at Regolith and activates one fork after the other.
func forkWalk() (*core.Genesis, *rollup.Config) {
	cfg := &rollup.Config{BlockTime: blockTime, Genesis: rollup.Genesis{L2Time: l2Time}}
	at := func(f rollup.Fork) *uint64 { return ptr(l2Time + uint64(f-rollup.Regolith)*forkEvery) }
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		cfg.SetTime(f, at(f))
	}
	g := l2Genesis()
	c := *g.Config
	c.RegolithTime = zero()
	c.CanyonTime, c.ShanghaiTime = at(rollup.Canyon), at(rollup.Canyon)
	c.EcotoneTime, c.CancunTime = at(rollup.Ecotone), at(rollup.Ecotone)
	c.FjordTime, c.GraniteTime, c.HoloceneTime = at(rollup.Fjord), at(rollup.Granite), at(rollup.Holocene)
	c.IsthmusTime, c.PragueTime = at(rollup.Isthmus), at(rollup.Isthmus)
	c.JovianTime = at(rollup.Jovian)
	g.Config, g.ExtraData, g.ExcessBlobGas, g.BlobGasUsed = &c, nil, nil, nil
	return g, cfg
}

// forkInfoTx is an L1 info deposit in the layout of a fork (RULES 6.2).
func forkInfoTx(number uint64, rules rollup.L2Rules) *types.Transaction {
	layout := map[rollup.InfoFormat]struct {
		selector string
		size     int
	}{
		rollup.InfoBedrock: {"0x015d8eb9", 260}, rollup.InfoEcotone: {"0x440a5e20", 164},
		rollup.InfoIsthmus: {"0x098999be", 176}, rollup.InfoJovian: {"0x3db6be2b", 178},
	}[rules.Info]
	data := make([]byte, layout.size)
	copy(data, common.FromHex(layout.selector))
	to := types.L1BlockAddr
	return types.NewTx(&types.DepositTx{
		SourceHash: common.BigToHash(new(big.Int).SetUint64(number)), To: &to, Value: new(big.Int), Gas: 1_000_000, Data: data,
	})
}

func TestBlocksOfEveryForkAreTheSame(t *testing.T) {
	genesis, cfg := forkWalk()
	direct := directSide(t, geth.Config{Name: "l2", Genesis: genesis, Archive: true})
	chain := openChain(t, geth.Config{Name: "l2", Genesis: genesis, EngineAPI: true})
	client := side{"Engine API in process", chain, engine.NewClient(chain.RPC(), cfg, engine.Options{})}
	receiver := directSide(t, geth.Config{Name: "receiver", Genesis: genesis})
	who := newUsers()

	parent, err := direct.PayloadByNumber(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	blocks := []*eth.PayloadEnvelope{parent}
	seen := make(map[rollup.Fork]bool)
	for range 2 * int(rollup.Jovian) {
		p := parent.ExecutionPayload
		time := p.Timestamp + blockTime
		rules := cfg.L2Rules(time)
		for _, f := range rules.Activates {
			seen[f] = true
		}
		forced := []*types.Transaction{forkInfoTx(p.BlockNumber+1, rules)}
		if !rules.MustBeEmpty {
			forced = append(forced, transfers(who, l2ChainID, 3)...)
		}
		attrs := l2Attributes(t, geth.Order{Time: time, Coinbase: feeVault, GasLimit: gasLimit, Forced: forced})
		attrs.NoTxPool = true
		if !rules.Withdrawals {
			attrs.Withdrawals = nil
		}
		if rules.BeaconRoot {
			attrs.ParentBeaconBlockRoot = &common.Hash{2}
		}
		if rules.EIP1559Params {
			attrs.EIP1559Params = &params250
		}
		if rules.MinBaseFee {
			attrs.MinBaseFee = zero()
		}
		fc := onHead(p.BlockHash)
		want, err := client.Build(t.Context(), fc, attrs)
		if err != nil {
			t.Fatalf("block %d: %s: %v", p.BlockNumber+1, client.name, err)
		}
		got, err := direct.Build(t.Context(), fc, attrs)
		if err != nil {
			t.Fatalf("block %d: %s: %v", p.BlockNumber+1, direct.name, err)
		}
		if a, b := asJSON(t, got), asJSON(t, want); !bytes.Equal(a, b) {
			t.Fatalf("block %d: %s made\n%s\n%s made\n%s", p.BlockNumber+1, direct.name, a, client.name, b)
		}
		if err := receiver.Insert(t.Context(), onHead(got.ExecutionPayload.BlockHash), got); err != nil {
			t.Fatalf("block %d: received: %v", p.BlockNumber+1, err)
		}
		parent, blocks = got, append(blocks, got)
		for _, s := range []side{direct, client, receiver} {
			agree(t, s, blocks, eth.ForkchoiceState{})
		}
	}
	for f := rollup.Canyon; f <= rollup.Jovian; f++ {
		if !seen[f] {
			t.Errorf("%s was not activated", f)
		}
	}
	// Attributes of the wrong fork.
	attrs := attributes(t, blocks[0])
	for _, s := range []side{direct, client} {
		if _, err := s.Build(t.Context(), onHead(blocks[0].ExecutionPayload.BlockHash), attrs); err == nil {
			t.Errorf("%s: Jovian's attributes at Regolith", s.name)
		}
	}
}

func TestWrongJWTSecretIsNotARejection(t *testing.T) {
	c := openChain(t, geth.Config{
		Name: "l2", Genesis: l2Genesis(), AuthHost: "127.0.0.1", AuthPort: geth.AnyPort, JWTFile: filepath.Join(t.TempDir(), "jwt.hex"),
	})
	conn, err := engine.Dial(engine.DialConfig{URL: c.AuthURL(), Secret: &[32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = engine.NewClient(conn, rollupConfig(), engine.Options{}).Forkchoice(t.Context(), onHead(c.GenesisHash()))
	if err == nil || eth.IsRejected(err) || errors.Is(err, eth.ErrForkchoice) {
		t.Errorf("error %v", err)
	}
}
