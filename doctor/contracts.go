package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/attributes"
)

// batcherBlocks is how many L1 blocks back the batcher's transactions are counted: states of the last 128 are what a node
// that is no archive has.
const batcherBlocks = 100

// contract reads getters of a contract at one block.
type contract struct {
	client  *rpc.Client
	address common.Address
	at      any // block, as JSON-RPC has it
}

// word is what a getter without arguments gives. The error is an errNoGetter if the contract does not have it.
func (c contract) word(ctx context.Context, getter string) (common.Hash, error) {
	call := map[string]any{"to": c.address, "data": hexutil.Bytes(crypto.Keccak256([]byte(getter + "()"))[:4])}
	raw, err := ask(ctx, c.client, "eth_call", call, c.at)
	if err != nil {
		if answered(err) && strings.Contains(strings.ToLower(err.Error()), "revert") {
			return common.Hash{}, errNoGetter
		}
		return common.Hash{}, err
	}
	var out hexutil.Bytes
	if err := json.Unmarshal(raw, &out); err != nil {
		return common.Hash{}, fmt.Errorf("%s: %w", getter, err)
	}
	if len(out) != common.HashLength {
		return common.Hash{}, errNoGetter
	}
	return common.Hash(out), nil
}

var errNoGetter = errors.New("the contract does not have it")

func (c contract) code(ctx context.Context) (int, error) {
	raw, err := ask(ctx, c.client, "eth_getCode", c.address, c.at)
	if err != nil {
		return 0, err
	}
	var code hexutil.Bytes
	err = json.Unmarshal(raw, &code)
	return len(code), err
}

func (e *examination) examineContracts(ctx context.Context) {
	p, need := e.anyL1.wait(ctx)
	if need != "" {
		e.skip("", need, ContractsSystemConfig, ContractsPortal, ContractsAgree, BatcherActive)
		return
	}
	client, _ := p.client.wait(ctx)
	head, _ := p.head.wait(ctx)
	latest := contract{client, e.cfg.Rollup.L1SystemConfigAddress, "latest"}
	batcher := newLater[common.Address]()
	var group sync.WaitGroup
	group.Go(func() {
		e.check(ctx, ContractsSystemConfig, "", func(ctx context.Context) result { return e.systemConfig(ctx, latest, batcher) })
		batcher.lack(ContractsSystemConfig)
	})
	group.Go(func() {
		e.check(ctx, ContractsPortal, "", func(ctx context.Context) result { return e.portal(ctx, latest) })
	})
	group.Go(func() {
		address, need := batcher.wait(ctx)
		if need != "" {
			e.skip("", need, BatcherActive)
			return
		}
		e.check(ctx, BatcherActive, "", func(ctx context.Context) result { return batcherActive(ctx, client, address, head.Number.Uint64()) })
	})
	group.Go(func() {
		l2, need := e.engine.head.wait(ctx)
		if _, missing := batcher.wait(ctx); missing != "" {
			need = missing
		}
		if need != "" {
			e.skip("", need, ContractsAgree)
			return
		}
		e.check(ctx, ContractsAgree, "", func(ctx context.Context) result { return e.contractsAgree(ctx, latest, l2) })
	})
	group.Wait()
}

const otherContracts = "correct %s in the rollup configuration, or use an endpoint of the rollup's L1 (" + l1Flag + ")"

func (e *examination) systemConfig(ctx context.Context, c contract, batcher *later[common.Address]) result {
	fix := fmt.Sprintf(otherContracts, "l1_system_config_address")
	if size, err := c.code(ctx); err != nil {
		return failure(err, l1Flag)
	} else if size == 0 {
		return fail(fix, "there is no contract at %s on L1", c.address)
	}
	names := [...]string{"batcherHash", "unsafeBlockSigner", "batchInbox", "optimismPortal"}
	var words [len(names)]common.Hash
	var errs [len(names)]error
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { words[i], errs[i] = c.word(ctx, name) })
	}
	group.Wait()
	for i, err := range errs {
		switch {
		case err == nil:
		case !errors.Is(err, errNoGetter):
			return failure(err, l1Flag)
		case i == 0:
			return fail(fix, "the contract at %s is no SystemConfig: it has no batcherHash()", c.address)
		}
	}
	for _, f := range []struct {
		at    int
		field string
		want  common.Address
	}{
		{2, "batch_inbox_address", e.cfg.Rollup.BatchInboxAddress},
		{3, "deposit_contract_address", e.cfg.Rollup.DepositContractAddress},
	} {
		if got := common.BytesToAddress(words[f.at][:]); errs[f.at] == nil && got != f.want && got != (common.Address{}) {
			return fail("correct "+f.field+" or l1_system_config_address in the rollup configuration",
				"%s is %s, the SystemConfig says %s", f.field, f.want, got)
		}
	}
	address := common.BytesToAddress(words[0][:])
	batcher.give(address)
	text := fmt.Sprintf("at %s: batcher %s", c.address, address)
	if errs[1] == nil {
		text += fmt.Sprintf(", unsafe block signer %s", common.BytesToAddress(words[1][:]))
	}
	return ok("%s", text)
}

func (e *examination) portal(ctx context.Context, c contract) result {
	c.address = e.cfg.Rollup.DepositContractAddress
	switch size, err := c.code(ctx); {
	case err != nil:
		return failure(err, l1Flag)
	case size == 0:
		return fail(fmt.Sprintf(otherContracts, "deposit_contract_address"), "there is no contract at %s on L1", c.address)
	}
	return ok("at %s", c.address)
}

// contractsAgree compares what the L2 head says of the system config with the contract as of the head's L1 origin: both are
// the same unless updates got lost, the L2 is of another chain, or the contract is not the one.
func (e *examination) contractsAgree(ctx context.Context, c contract, l2 l2Head) result {
	c.at = map[string]any{"blockHash": l2.L1Origin.Hash}
	want, rules := l2.config, e.cfg.Rollup.L2Rules(l2.Time)
	fields := []struct {
		getter string
		value  *big.Int
		inUse  bool
	}{
		{"batcherHash", want.BatcherAddr.Big(), true},
		{"gasLimit", new(big.Int).SetUint64(want.GasLimit), true},
		{"basefeeScalar", nil, rules.EcotoneScalars},
		{"blobbasefeeScalar", nil, rules.EcotoneScalars},
	}
	if s, err := attributes.DecodeScalars(want.Scalar); err == nil {
		fields[2].value, fields[3].value = big.NewInt(int64(s.BaseFee)), big.NewInt(int64(s.BlobBaseFee))
	}
	words := make([]common.Hash, len(fields))
	errs := make([]error, len(fields))
	var group sync.WaitGroup
	for i, f := range fields {
		group.Go(func() { words[i], errs[i] = c.word(ctx, f.getter) })
	}
	group.Wait()
	var differ []string
	compared := 0
	for i, f := range fields {
		switch {
		case errors.Is(errs[i], errNoGetter) || f.value == nil || !f.inUse:
			continue
		case errs[i] != nil && ctx.Err() != nil:
			return failure(ctx.Err(), l1Flag)
		case errs[i] != nil:
			return skip(fmt.Sprintf("L1's state at block %d, the origin of the L2 head, which the endpoint does not have", l2.L1Origin.Number))
		}
		compared++
		if got := words[i].Big(); got.Cmp(f.value) != 0 {
			differ = append(differ, fmt.Sprintf("%s: contract %s, L2 %s", f.getter, show(f.getter, got), show(f.getter, f.value)))
		}
	}
	if len(differ) > 0 {
		return warn("check l1_system_config_address and that the engine's chain is the right one; if both are, the owner of the contract should set the values again",
			"at L1 block %d, the origin of L2 block %d: %s", l2.L1Origin.Number, l2.Number, strings.Join(differ, "; "))
	}
	return ok("%d values of L2 block %d are those of the contract at L1 block %d", compared, l2.Number, l2.L1Origin.Number)
}

func show(getter string, v *big.Int) string {
	if getter == "batcherHash" {
		return common.BigToAddress(v).String()
	}
	return v.String()
}

// batcherActive counts what the batcher has sent lately, and looks at its purse.
func batcherActive(ctx context.Context, client *rpc.Client, address common.Address, head uint64) result {
	since := head - min(head, batcherBlocks)
	var nonces [2]hexutil.Uint64
	var balance hexutil.Big
	calls := []rpc.BatchElem{
		{Method: "eth_getTransactionCount", Args: []any{address, hexutil.Uint64(since)}, Result: &nonces[0]},
		{Method: "eth_getTransactionCount", Args: []any{address, "latest"}, Result: &nonces[1]},
		{Method: "eth_getBalance", Args: []any{address, "latest"}, Result: &balance},
	}
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() { calls[i].Error = client.CallContext(ctx, calls[i].Result, calls[i].Method, calls[i].Args...) })
	}
	group.Wait()
	for _, call := range calls[1:] {
		if call.Error != nil {
			return failure(call.Error, l1Flag)
		}
	}
	ether, _ := new(big.Float).Quo(new(big.Float).SetInt(balance.ToInt()), big.NewFloat(1e18)).Float64()
	who := fmt.Sprintf("%s has %.3f ether", address, ether)
	switch {
	case balance.ToInt().Sign() == 0:
		return warn("its owner should fund it", "%s, and cannot post batches", who)
	case calls[0].Error != nil:
		return ok("%s and has sent %d transactions; how many of late the endpoint does not tell", who, nonces[1])
	case nonces[0] == nonces[1]:
		return warn("if the chain posts more often than that, see what is wrong with its batcher: the safe head waits for it",
			"%s and has sent nothing since L1 block %d", who, since)
	}
	return ok("%s and has sent %d transactions since L1 block %d", who, uint64(nonces[1])-min(uint64(nonces[0]), uint64(nonces[1])), since)
}
