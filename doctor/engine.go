package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	gethnode "github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	engineFlag = "--l2"
	secretFlag = "--l2.jwt-secret"
)

// engineEndpoint is the Engine API.
type engineEndpoint struct {
	url, name string
	touched   *later[struct{}] // it was tried
	head      *later[l2Head]
}

// l2Head is the engine's latest block, and what it says about L1.
type l2Head struct {
	eth.L2Ref
	config  rollup.SystemConfig
	genesis bool
}

func newEngineEndpoint(url, name string) *engineEndpoint {
	return &engineEndpoint{url, name, newLater[struct{}](), newLater[l2Head]()}
}

func (e *examination) examineEngine(ctx context.Context) {
	p := e.engine
	if e.cfg.Engine == "" {
		e.noEngine()
		return
	}
	client, id, reached, refused := e.reachEngine(ctx)
	p.touched.give(struct{}{})
	if client != nil {
		defer func() { <-ctx.Done(); client.Close() }() // what was started with it may still run
	}
	without := func(need string, ids ...string) {
		e.skip(p.name, need, ids...)
		p.head.lack(need)
		e.from.lack(need)
	}
	rest := []string{EngineChainID, EngineGenesis, EngineKind, EngineSync, EngineMethods, ForksSchedule}
	if !reached {
		without(EngineReachable, append([]string{EngineJWT}, rest...)...)
		return
	}
	if e.check(ctx, EngineJWT, p.name, func(context.Context) result { return e.jwt(refused) }) == Fail {
		without(EngineJWT, rest...)
		return
	}
	if e.check(ctx, EngineChainID, p.name, func(context.Context) result {
		return chainID(id, e.cfg.Rollup.L2ChainID, "the rollup", "l2_chain_id", engineFlag)
	}) == Fail {
		without(EngineChainID, rest[1:]...)
		return
	}
	port := engine.NewClient(client, e.cfg.Rollup, engine.Options{})
	var group sync.WaitGroup
	group.Go(func() {
		e.check(ctx, EngineKind, p.name, func(ctx context.Context) result { return e.kindOf(ctx, port) })
	})
	group.Go(func() {
		e.check(ctx, EngineMethods, p.name, func(ctx context.Context) result { return e.methods(ctx, port) })
	})
	if e.check(ctx, EngineGenesis, p.name, func(ctx context.Context) result { return e.l2Genesis(ctx, client) }) == Fail {
		p.head.lack(EngineGenesis)
		e.from.lack(EngineGenesis)
		e.skip(p.name, EngineGenesis, EngineSync, ForksSchedule)
		group.Wait()
		return
	}
	group.Go(func() {
		e.check(ctx, EngineSync, p.name, func(ctx context.Context) result { return e.l2Sync(ctx, port) })
		p.head.lack(EngineSync)
		e.from.lack(EngineSync)
	})
	group.Go(func() {
		e.check(ctx, ForksSchedule, p.name, func(ctx context.Context) result { return e.forks(ctx, client) })
	})
	group.Wait()
}

// noEngine is for a node with an engine of its own, which nobody can ask while it is not running: in a new data directory
// it is at genesis.
func (e *examination) noEngine() {
	const need = "an engine that runs on its own"
	e.engine.touched.give(struct{}{})
	e.engine.head.lack(need)
	if _, err := os.Stat(e.cfg.DataDir); errors.Is(err, fs.ErrNotExist) {
		e.from.give(startFrom(e.cfg.Rollup, e.cfg.Rollup.GenesisL2Ref()))
	}
	e.from.lack(need)
}

// reachEngine says whether the Engine API answers at all. A refusal is an answer; it is given for the check of the JWT, and
// then there may be no client.
func (e *examination) reachEngine(ctx context.Context) (client *rpc.Client, id *big.Int, reached bool, refused error) {
	secret, _ := engine.ReadJWTSecret(e.cfg.JWTSecret) // jwt reports its error; any secret will do to find out the rest
	level := e.check(ctx, EngineReachable, e.engine.name, func(ctx context.Context) result {
		began := time.Now()
		var err error
		if client, err = e.dial(ctx, e.engine.name, e.engine.url, gethnode.NewJWTAuth(secret)); err == nil {
			var answer json.RawMessage
			if answer, err = ask(ctx, client, "eth_chainId"); err == nil {
				id = parseBig(answer)
			}
		}
		switch status := refusal(err); {
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			refused = err
		case err != nil && !answered(err):
			return failure(err, engineFlag)
		}
		return ok("answers in %s", short(time.Since(began)))
	})
	return client, id, level == OK, refused
}

// refusalText is what a server said with its refusal.
func refusalText(err error) string {
	var h rpc.HTTPError
	if errors.As(err, &h) {
		return clip(strings.TrimSpace(string(h.Body)), 100)
	}
	return ""
}

// jwt explains why the engine refuses: the token is made of the secret and the time.
func (e *examination) jwt(refused error) result {
	if _, err := engine.ReadJWTSecret(e.cfg.JWTSecret); err != nil {
		return fail("give "+secretFlag+" the file that the engine was started with (--authrpc.jwtsecret)", "%s", err)
	}
	if refused == nil {
		return ok("the engine accepts the secret")
	}
	says := refusalText(refused)
	e.dates.mu.Lock()
	ahead, known := e.dates.ahead[e.engine.name]
	e.dates.mu.Unlock()
	stale := strings.Contains(says, "stale") || strings.Contains(says, "future") || strings.Contains(says, "issued-at")
	if stale || (known && ahead.Abs() > tokenLife) {
		return fail("set the clocks of both machines by NTP",
			"the engine refuses the token for its time: its clock is %s ahead of this machine's (%s)", short(ahead), says)
	}
	return fail("give "+secretFlag+" and the engine (--authrpc.jwtsecret) the same file",
		"the engine refuses the token: its secret is another one (%s)", says)
}

// tokenLife is how far the time of a token may be off (execution-apis, engine/authentication.md).
const tokenLife = time.Minute

func parseBig(raw json.RawMessage) *big.Int {
	var text string
	if json.Unmarshal(raw, &text) != nil || len(text) > 66 {
		return nil
	}
	id, okay := new(big.Int).SetString(text, 0)
	if !okay {
		return nil
	}
	return id
}

// l2Genesis compares the engine's first block with the configuration.
func (e *examination) l2Genesis(ctx context.Context, client *rpc.Client) result {
	want := e.cfg.Rollup.Genesis.L2
	b, err := blockBy(ctx, client, want.Number, false)
	const fix = "start the engine with the genesis of this chain (geth init, or --chain), or correct genesis.l2 in the rollup configuration"
	switch {
	case errors.Is(err, errNotThere):
		return fail(fix, "the engine has no block %d, which is the genesis of the rollup", want.Number)
	case err != nil && !answered(err):
		return failure(err, engineFlag)
	case err != nil:
		return fail(fix, "block %d: %s", want.Number, err)
	case b.hash != want.Hash:
		return fail(fix, "the engine's block %d is %s, the rollup's genesis is %s", want.Number, b.hash, want.Hash)
	}
	return ok("%s", want.Hash)
}

// kindOf asks which program the engine is. Any is fine; of one it is known that it ends.
func (e *examination) kindOf(ctx context.Context, client *engine.Client) result {
	version, err := client.Version(ctx)
	switch {
	case err != nil:
		return engineFailure(ctx, err)
	case version.Text == "":
		return ok("it does not tell what it is")
	case version.Kind != engine.OpGeth:
		return ok("%s: %s", version.Kind, version.Text)
	}
	const ended = "op-geth: %s; its support ended on 2026-05-31"
	if karst := e.cfg.Rollup.Time(rollup.Karst); karst != nil {
		return warn("move to op-reth, or make sure that this build knows Karst ("+when(normal(e.cfg.Rollup, karst))+")", ended, version.Text)
	}
	return ok(ended+": plan to move to op-reth", version.Text)
}

// l2Sync reads the engine's labels, and from them how far back on L1 a start reads.
func (e *examination) l2Sync(ctx context.Context, client *engine.Client) result {
	cfg := e.cfg.Rollup
	read := func(label string) (l2Head, error) {
		env, err := client.PayloadByLabel(ctx, label)
		if err != nil {
			return l2Head{}, err
		}
		h := l2Head{genesis: env.ExecutionPayload.BlockNumber == cfg.Genesis.L2.Number}
		if h.L2Ref, err = attributes.L2RefOf(cfg, env.ExecutionPayload); err != nil {
			return h, err
		}
		h.config, err = attributes.SystemConfigOf(cfg, env.ExecutionPayload)
		return h, err
	}
	var heads [3]l2Head
	labels := [3]string{"latest", "safe", "finalized"}
	var errs [3]error
	var group sync.WaitGroup
	for i, label := range labels {
		group.Go(func() { heads[i], errs[i] = read(label) })
	}
	progress, err := client.Syncing(ctx)
	group.Wait()
	if err != nil {
		return engineFailure(ctx, err)
	}
	unset := l2Head{L2Ref: cfg.GenesisL2Ref(), config: cfg.Genesis.SystemConfig, genesis: true}
	for i := 2; i > 0; i-- {
		if errors.Is(errs[i], eth.ErrNotFound) {
			heads[i], errs[i] = unset, nil
			if i == 1 {
				heads[1] = heads[2]
			}
		}
	}
	if at := slices.IndexFunc(errs[:], func(err error) bool { return err != nil }); at >= 0 {
		if ctx.Err() != nil {
			return failure(ctx.Err(), engineFlag)
		}
		return fail("see forks.schedule and engine.genesis; if they are well, the engine's data is not of this chain, or of rules newer than this program",
			"its %s block cannot be read: %s", labels[at], withoutURL(errs[at]))
	}
	latest, safe, finalized := heads[0], heads[1], heads[2]
	e.engine.head.give(latest)
	e.from.give(startFrom(cfg, safe.L2Ref))
	text := fmt.Sprintf("unsafe %d (%s old), safe %d, finalized %d",
		latest.Number, short(e.age(latest.Time)), safe.Number, finalized.Number)
	switch {
	case latest.Number < finalized.Number:
		return fail("restore the engine's database from a backup or a snapshot", "its head is below its finalized block: %s", text)
	case progress != nil && progress.Stage != indexing:
		stage := ""
		if progress.Stage != "" {
			stage = " (" + progress.Stage + ")"
		}
		return warn("let it finish: a node waits for it", "it is syncing%s: block %d of %d; %s", stage, progress.Current, progress.Highest, text)
	case latest.genesis:
		return ok("at its genesis of %s: the chain will be derived from L1 block %d on", date(cfg.Genesis.L2Time), cfg.Genesis.L1.Number)
	}
	return ok("%s", text)
}

// indexing is a stage that needs nothing of a node.
const indexing = "transaction index"

// startFrom is how far back on L1 a start can read from a safe head: a sequencing window, as the label may come from
// blocks that are gone, and a channel timeout (RULES 8.1, 8.2).
func startFrom(cfg *rollup.Config, safe eth.L2Ref) start {
	back := cfg.SeqWindowSize + max(cfg.ChannelTimeout, cfg.L1Rules(safe.Time).ChannelTimeout)
	number := safe.L1Origin.Number - min(safe.L1Origin.Number, back)
	return start{
		number: max(number, cfg.Genesis.L1.Number), origin: safe.L1Origin, genesis: safe.Number == cfg.Genesis.L2.Number,
	}
}

// methods asks which methods the engine has, and compares them with those that the chain needs now and later.
func (e *examination) methods(ctx context.Context, client *engine.Client) result {
	has, err := client.Capabilities(ctx)
	if err != nil {
		return engineFailure(ctx, err)
	}
	if len(has) == 0 {
		return fail("give "+engineFlag+" the authenticated port of the engine: 8551 unless set otherwise (--authrpc.port)",
			"it has no engine_exchangeCapabilities: this is not the Engine API, or an engine of long ago")
	}
	later, err := engine.CheckMethods(e.cfg.Rollup, uint64(max(e.cfg.Now().Unix(), 0)), has)
	switch {
	case err != nil:
		return fail("use a newer version of the engine", "%s", err)
	case len(later) > 0:
		return warn("use a newer version of the engine before "+date(later[0].At), "%s, which the engine does not serve", later[0])
	}
	return ok("it has those that the chain needs, now and with the forks that are scheduled")
}

// engineFailure is the finding for a call of the engine client that did not succeed.
func engineFailure(ctx context.Context, err error) result {
	switch {
	case ctx.Err() != nil:
		return failure(ctx.Err(), engineFlag)
	case eth.FaultOf(err) == eth.EngineOutdated:
		return fail("use a newer version of the engine, or check that "+engineFlag+" is its authenticated port (8551 unless set otherwise)", "%s", err)
	}
	return failure(err, engineFlag)
}

// nextFork is the first fork after a time, and when; nil if none is scheduled.
func nextFork(cfg *rollup.Config, now uint64) (rollup.Fork, *uint64) {
	for _, f := range rollup.Forks() {
		if at := cfg.Time(f); at != nil && *at > now {
			return f, at
		}
	}
	return 0, nil
}
