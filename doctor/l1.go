package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const l1Flag = "--l1"

// How old L1's head may be. L1 misses slots in a row, seldom ten.
const (
	oldHead     = 2 * time.Minute
	veryOldHead = time.Hour
)

// agreeDepth is how far below the heads endpoints are compared, in L1 blocks: two epochs, where nothing is undecided.
const agreeDepth = 64

// l1Endpoint is one execution RPC of L1.
type l1Endpoint struct {
	url, name string
	touched   *later[struct{}]    // it was tried
	client    *later[*rpc.Client] // it answers, and is of the right chain
	head      *later[*block]
}

func newL1Endpoint(url, name string) *l1Endpoint {
	return &l1Endpoint{url, name, newLater[struct{}](), newLater[*rpc.Client](), newLater[*block]()}
}

func (e *examination) l1Names() []string {
	out := make([]string, len(e.l1))
	for i, p := range e.l1 {
		out[i] = p.name
	}
	return out
}

// chooseL1 finds the first endpoint that can be used for what one is enough for.
func (e *examination) chooseL1(ctx context.Context) {
	var group sync.WaitGroup
	for _, p := range e.l1 {
		group.Go(func() {
			if _, need := p.head.wait(ctx); need == "" {
				e.anyL1.give(p)
			}
		})
	}
	group.Wait()
	e.anyL1.lack("an L1 endpoint")
}

func (e *examination) examineL1(ctx context.Context, p *l1Endpoint) {
	var client *rpc.Client
	var id *big.Int
	level := e.check(ctx, L1Reachable, p.name, func(ctx context.Context) (r result) {
		client, id, r = e.reach(ctx, p.name, p.url, l1Flag, nil)
		return r
	})
	p.touched.give(struct{}{})
	if level == Fail {
		p.client.lack(L1Reachable)
		p.head.lack(L1Reachable)
		e.skip(p.name, L1Reachable, L1ChainID, L1Synced, L1BlobSchedule)
		return
	}
	defer func() { <-ctx.Done(); client.Close() }() // others use it too
	if e.check(ctx, L1ChainID, p.name, func(context.Context) result {
		return chainID(id, e.cfg.Rollup.L1ChainID, "the rollup's L1", "l1_chain_id", l1Flag)
	}) == Fail {
		p.client.lack(L1ChainID)
		p.head.lack(L1ChainID)
		e.skip(p.name, L1ChainID, L1Synced, L1BlobSchedule)
		return
	}
	p.client.give(client)
	e.check(ctx, L1Synced, p.name, func(ctx context.Context) result { return e.l1Synced(ctx, p, client) })
	p.head.lack(L1Synced)
	head, need := p.head.wait(ctx)
	if need != "" {
		e.skip(p.name, need, L1BlobSchedule)
		return
	}
	e.check(ctx, L1BlobSchedule, p.name, func(ctx context.Context) result { return e.blobSchedule(ctx, client, head) })
}

// reach asks for the chain id, which any execution RPC has.
func (e *examination) reach(ctx context.Context, name, url, flag string, auth rpc.HTTPAuth) (*rpc.Client, *big.Int, result) {
	began := time.Now()
	client, err := e.dial(ctx, name, url, auth)
	if err != nil {
		return nil, nil, failure(err, flag)
	}
	var id hexutil.Big
	err = client.CallContext(ctx, &id, "eth_chainId")
	if err != nil && !answered(err) {
		client.Close()
		return nil, nil, failure(err, flag)
	}
	r := ok("answers in %s", short(time.Since(began)))
	if err != nil {
		return client, nil, r
	}
	return client, id.ToInt(), r
}

// chainID compares the chain id that an endpoint gave, nil for none, with the configured one.
func chainID(got, want *big.Int, whose, field, flag string) result {
	switch {
	case got == nil:
		return fail(fmt.Sprintf("check that %s is an execution RPC", flag), "it does not tell its chain id")
	case got.BitLen() > 64 || got.Cmp(want) != 0:
		return fail(fmt.Sprintf("give %s an endpoint of chain %d, or correct %s in the rollup configuration", flag, want, field),
			"it is of chain %s, %s is chain %d", clip(got.String(), 30), whose, want)
	}
	return ok("%d", want)
}

// l1Synced looks at the age of the head, and says it if the endpoint itself is still catching up.
func (e *examination) l1Synced(ctx context.Context, p *l1Endpoint, client *rpc.Client) result {
	head, err := blockBy(ctx, client, "latest", false)
	if errors.Is(err, errNotThere) {
		return fail("wait until it has synchronised, or use another endpoint ("+l1Flag+")", "it has no latest block")
	}
	if err != nil {
		return failure(err, l1Flag)
	}
	p.head.give(head)
	age := e.age(head.Time)
	progress := syncing(ctx, client)
	const wait = "wait until it has caught up, or use another endpoint (" + l1Flag + ")"
	switch {
	case progress != "" && age > oldHead:
		return fail(wait, "it is catching up: %s; its head %d is %s old", progress, head.Number, short(age))
	case age > veryOldHead:
		return fail(wait, "its head %d is %s old", head.Number, short(age))
	case age > oldHead:
		return warn(wait, "its head %d is %s old", head.Number, short(age))
	}
	return ok("head %d, %s old", head.Number, short(age))
}

// syncing is how an endpoint describes that it is catching up; "" if it is not, or does not say.
func syncing(ctx context.Context, client *rpc.Client) string {
	raw, err := ask(ctx, client, "eth_syncing")
	if err != nil || string(raw) == "false" {
		return ""
	}
	var at struct {
		Current hexutil.Uint64 `json:"currentBlock"`
		Highest hexutil.Uint64 `json:"highestBlock"`
	}
	if json.Unmarshal(raw, &at) != nil {
		return "of its own account"
	}
	return fmt.Sprintf("block %d of %d", at.Current, at.Highest)
}

// age is how long ago a time of a header was, by this machine's clock.
func (e *examination) age(time uint64) time.Duration {
	return e.cfg.Now().Sub(instant(time))
}

// blobSchedule compares how L1 prices blobs with the configuration: a node that computes another price makes another
// chain.
func (e *examination) blobSchedule(ctx context.Context, client *rpc.Client, head *block) result {
	if len(e.cfg.BlobSchedule) == 0 {
		return skip("an L1 chain configuration")
	}
	raw, err := ask(ctx, client, "eth_config")
	if err != nil {
		return skip("eth_config (EIP-7910), which this endpoint does not serve")
	}
	type fork struct {
		Time     uint64 `json:"activationTime"`
		Schedule *struct {
			Fraction uint64 `json:"baseFeeUpdateFraction"`
		} `json:"blobSchedule"`
	}
	var theirs struct {
		Current *fork `json:"current"`
		Next    *fork `json:"next"`
	}
	if err := json.Unmarshal(raw, &theirs); err != nil || theirs.Current == nil {
		return skip("eth_config (EIP-7910), of which this endpoint's answer is none")
	}
	differs := func(f *fork, at uint64) bool {
		return f.Schedule != nil && f.Schedule.Fraction != fractionAt(e.cfg.BlobSchedule, at)
	}
	const fix = "give --rollup.l1-chain-config the chain configuration of this L1; if L1 is a known one, use a newer version of cairn"
	switch {
	case differs(theirs.Current, head.Time):
		return fail(fix, "L1 prices blobs by update fraction %d, the configuration says %d",
			theirs.Current.Schedule.Fraction, fractionAt(e.cfg.BlobSchedule, head.Time))
	case theirs.Next != nil && differs(theirs.Next, theirs.Next.Time):
		return warn(fix, "from %s on L1 prices blobs by update fraction %d, the configuration says %d",
			date(theirs.Next.Time), theirs.Next.Schedule.Fraction, fractionAt(e.cfg.BlobSchedule, theirs.Next.Time))
	}
	text := fmt.Sprintf("update fraction %d", fractionAt(e.cfg.BlobSchedule, head.Time))
	if theirs.Next != nil {
		text += fmt.Sprintf(", next fork of L1 %s", date(theirs.Next.Time))
	}
	return ok("%s", text)
}

func fractionAt(s rollup.BlobSchedule, at uint64) uint64 {
	fraction := uint64(rollup.CancunUpdateFraction)
	for _, p := range s {
		if p.Time <= at {
			fraction = p.UpdateFraction
		}
	}
	return fraction
}

// start is how far back on L1 the start of a node can read.
type start struct {
	number  uint64      // the oldest L1 block
	origin  eth.BlockID // the L1 block that the engine's safe head stands on
	genesis bool        // the engine is at its genesis
}

// examineHistory looks for the oldest blocks that a start may read, at each endpoint.
func (e *examination) examineHistory(ctx context.Context) {
	prepare := func(ctx context.Context, i int) string {
		if _, need := e.l1[i].head.wait(ctx); need != "" {
			return need
		}
		_, need := e.from.wait(ctx)
		return need
	}
	var group sync.WaitGroup
	for id, do := range map[string]func(context.Context, *rpc.Client, *block, start) result{
		L1ArchiveDepth: e.archiveDepth, L1Origin: e.origin, L1Receipts: e.receipts,
	} {
		group.Go(func() {
			e.sources(ctx, id, e.l1Names(), prepare, func(ctx context.Context, i int) result {
				client, _ := e.l1[i].client.wait(ctx)
				head, _ := e.l1[i].head.wait(ctx)
				from, _ := e.from.wait(ctx)
				return do(ctx, client, head, from)
			})
		})
	}
	group.Wait()
}

const archive = "use an endpoint with more history (" + l1Flag + ")"

func (e *examination) archiveDepth(ctx context.Context, client *rpc.Client, head *block, from start) result {
	if r, short := behind(head, from.number); short {
		return r
	}
	b, err := blockBy(ctx, client, from.number, false)
	genesis := e.cfg.Rollup.Genesis.L1
	switch {
	case errors.Is(err, errNotThere):
		low := oldest(ctx, from.number, head.Number.Uint64(), func(ctx context.Context, n uint64) (bool, error) {
			_, err := blockBy(ctx, client, n, false)
			if errors.Is(err, errNotThere) {
				return false, nil
			}
			return err == nil, err
		})
		return fail(archive, "it has blocks back to about %d; a start may read back to %d", low, from.number)
	case err != nil:
		return failure(err, l1Flag)
	case from.number == genesis.Number && b.hash != genesis.Hash:
		return fail("use an endpoint of the rollup's L1 ("+l1Flag+"), or correct genesis.l1 in the rollup configuration",
			"its block %d is %s, the rollup's genesis stands on %s", from.number, b.hash, genesis.Hash)
	}
	return ok("it has block %d of %s, the oldest that a start may read", from.number, date(b.Time))
}

// behind says whether a head is below a block that it should have.
func behind(head *block, number uint64) (result, bool) {
	if head.Number.Uint64() >= number {
		return result{}, false
	}
	return fail("wait until it has caught up, or use another endpoint ("+l1Flag+")",
		"its head %d is below block %d, which the engine already knows", head.Number, number), true
}

func (e *examination) origin(ctx context.Context, client *rpc.Client, head *block, from start) result {
	if r, short := behind(head, from.origin.Number); short {
		return r
	}
	b, err := blockBy(ctx, client, from.origin.Number, false)
	switch {
	case errors.Is(err, errNotThere):
		return fail(archive, "it does not have block %d, which the engine's safe head stands on", from.origin.Number)
	case err != nil:
		return failure(err, l1Flag)
	case b.hash != from.origin.Hash:
		return fail("use the L1 that the engine's chain was derived from ("+l1Flag+"), or the engine data of this L1; after a deep reorg of L1 the node goes back by itself",
			"its block %d is %s, the engine's safe head stands on %s", from.origin.Number, b.hash, from.origin.Hash)
	}
	return ok("it has block %d, which the engine's safe head stands on", from.origin.Number)
}

func (e *examination) receipts(ctx context.Context, client *rpc.Client, head *block, from start) result {
	if r, short := behind(head, from.number); short {
		return r
	}
	has := func(ctx context.Context, n uint64) (bool, error) {
		b, err := blockBy(ctx, client, n, false)
		if err == nil {
			err = receiptsOf(ctx, client, b)
		}
		if errors.Is(err, errNotThere) {
			return false, nil
		}
		return err == nil, err
	}
	there, err := has(ctx, from.number)
	switch {
	case methodMissing(err):
		return fail("use an endpoint that serves it: current versions of all clients do ("+l1Flag+")", "it does not serve eth_getBlockReceipts")
	case err != nil && answered(err):
		return fail("use another endpoint ("+l1Flag+")", "receipts of block %d: %s", from.number, err)
	case err != nil:
		return failure(err, l1Flag)
	case !there:
		return fail(archive, "it has receipts back to about %d; a start may read back to %d",
			oldest(ctx, from.number, head.Number.Uint64(), has), from.number)
	}
	return ok("it has the receipts of block %d", from.number)
}

// examineAgreement compares what the endpoints have below their heads.
func (e *examination) examineAgreement(ctx context.Context) {
	type one struct {
		*l1Endpoint
		client *rpc.Client
	}
	var all []one
	lowest := ^uint64(0)
	for _, p := range e.l1 {
		head, need := p.head.wait(ctx)
		if need != "" {
			continue
		}
		client, _ := p.client.wait(ctx)
		all = append(all, one{p, client})
		lowest = min(lowest, head.Number.Uint64())
	}
	if len(all) < 2 {
		need := "two L1 endpoints that work"
		if len(e.l1) < 2 {
			need = "a second L1 endpoint (" + l1Flag + "): with one, a node has nothing to turn to when it fails"
		}
		e.skip("", need, L1Agree)
		return
	}
	number := lowest - min(lowest, agreeDepth)
	e.check(ctx, L1Agree, "", func(ctx context.Context) result {
		hashes := make([]string, len(all))
		var group sync.WaitGroup
		for i, p := range all {
			group.Go(func() {
				if b, err := blockBy(ctx, p.client, number, false); err == nil {
					hashes[i] = b.hash.TerminalString()
				}
			})
		}
		group.Wait()
		by := make(map[string][]string)
		for i, p := range all {
			by[hashes[i]] = append(by[hashes[i]], p.name)
		}
		silent := by[""]
		delete(by, "")
		var says []string
		for hash, who := range by {
			says = append(says, fmt.Sprintf("%s at %s", hash, strings.Join(who, ", ")))
		}
		slices.Sort(says)
		switch {
		case len(by) > 1:
			return fail("remove the endpoint that is wrong ("+l1Flag+"): compare with a block explorer",
				"they have different blocks %d: %s", number, strings.Join(says, "; "))
		case len(silent) > 0:
			return warn("see what is wrong with it above", "no block %d from %s", number, strings.Join(silent, ", "))
		}
		return ok("%d endpoints have the same block %d", len(all), number)
	})
}
