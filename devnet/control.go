package devnet

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"reflect"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/params"
	gethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/contracts/bindings"
)

// controlAPI is the devnet_ namespace of the control port: what a person does to a running devnet.
type controlAPI struct{ d *Devnet }

// Info is devnet_info.
func (a *controlAPI) Info(context.Context) (Info, error) { return a.d.Info(), nil }

// Status is devnet_status.
func (a *controlAPI) Status(context.Context) (Status, error) { return a.d.Status(), nil }

// Reorg is devnet_reorg: it replaces the last L1 blocks.
func (a *controlAPI) Reorg(ctx context.Context, depth uint64) error {
	return a.d.producer.Reorg(ctx, depth)
}

// Deposited tells of a deposit.
type Deposited struct {
	L1Tx    common.Hash `json:"l1Tx"`
	L1Block uint64      `json:"l1Block"`
	L2Tx    common.Hash `json:"l2Tx"` // the transaction that will appear on L2
}

// Deposit is devnet_deposit: the first account sends ether through the portal.
func (a *controlAPI) Deposit(ctx context.Context, to common.Address, wei *hexutil.Big) (Deposited, error) {
	d := a.d
	if wei == nil {
		return Deposited{}, errors.New("no amount: give wei as the second parameter, in hex")
	}
	const l2Gas = 100_000
	data := bindings.NewOptimismPortal().PackDepositTransaction(to, wei.ToInt(), l2Gas, false, nil)
	receipt, err := d.sendL1(ctx, d.who.funded[0], d.genesis.Addresses.OptimismPortal, wei.ToInt(), data)
	if err = because(err, bindings.NewOptimismPortal().UnpackError); err != nil {
		return Deposited{}, err
	}
	deposits, err := attributes.UserDeposits(receipt.BlockHash, receipt.Logs, d.genesis.Addresses.OptimismPortal)
	if err != nil || len(deposits) != 1 {
		return Deposited{}, fmt.Errorf("the deposit made %d L2 transactions: %w", len(deposits), err)
	}
	var tx types.Transaction
	if err := tx.UnmarshalBinary(deposits[0]); err != nil {
		return Deposited{}, err
	}
	return Deposited{L1Tx: receipt.TxHash, L1Block: receipt.BlockNumber.Uint64(), L2Tx: tx.Hash()}, nil
}

// SetGasLimit is devnet_setGasLimit: the owner of the SystemConfig sets the gas limit of L2 blocks.
func (a *controlAPI) SetGasLimit(ctx context.Context, limit uint64) (common.Hash, error) {
	d := a.d
	receipt, err := d.sendL1(ctx, d.who.owner, d.genesis.Addresses.SystemConfig, nil, bindings.NewSystemConfig().PackSetGasLimit(limit))
	if err = because(err, bindings.NewSystemConfig().UnpackError); err != nil {
		return common.Hash{}, err
	}
	return receipt.TxHash, nil
}

// because puts a contract's reason into the error of a call that it reverted. unpack knows the contract's errors.
func because(err error, unpack func([]byte) (any, error)) error {
	var reverted gethrpc.DataError
	if !errors.As(err, &reverted) {
		return err
	}
	text, ok := reverted.ErrorData().(string)
	if !ok {
		return err
	}
	raw, decodeErr := hexutil.Decode(text)
	if decodeErr != nil || len(raw) < 4 { // bytes of an error's selector
		return err
	}
	reason, decodeErr := unpack(raw)
	if decodeErr != nil {
		return err // not one of the contract's own
	}
	return fmt.Errorf("%w: %s", err, reasonText(reason))
}

// reasonText writes an unpacked contract error: its name without the contract's, and its values by name.
func reasonText(reason any) string {
	v := reflect.Indirect(reflect.ValueOf(reason))
	name := v.Type().Name()
	for _, contract := range []string{"SystemConfig", "OptimismPortal"} {
		name = strings.TrimPrefix(name, contract)
	}
	var values []string
	for i := range v.NumField() {
		values = append(values, fmt.Sprintf("%s %v", v.Type().Field(i).Name, v.Field(i)))
	}
	return fmt.Sprintf("%s(%s)", name, strings.Join(values, ", "))
}

// sendL1 sends a transaction on L1 and waits for its receipt.
func (d *Devnet) sendL1(ctx context.Context, from Account, to common.Address, value *big.Int, data []byte) (*types.Receipt, error) {
	client := ethclient.NewClient(d.l1.RPC())
	tx, err := d.submitL1(ctx, client, from, to, value, data)
	if err != nil {
		return nil, err
	}
	return waitReceipt(ctx, client, tx.Hash(), d.cfg.l1BlockTime()*10)
}

// submitL1 gives a transaction to L1's pool, one at a time: the next one's nonce depends on it.
func (d *Devnet) submitL1(
	ctx context.Context, client *ethclient.Client, from Account, to common.Address, value *big.Int, data []byte,
) (*types.Transaction, error) {
	d.submitting.Lock()
	defer d.submitting.Unlock()
	gas, err := client.EstimateGas(ctx, ethereum.CallMsg{From: from.Address, To: &to, Value: value, Data: data})
	if err != nil {
		return nil, fmt.Errorf("the transaction would fail on L1: %w", err)
	}
	nonce, err := client.PendingNonceAt(ctx, from.Address)
	if err != nil {
		return nil, fmt.Errorf("nonce of %s: %w", from.Address, err)
	}
	tx, err := types.SignNewTx(from.key, types.LatestSignerForChainID(big.NewInt(L1ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(L1ChainID), Nonce: nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(100 * params.GWei),
		Gas: gas + gas/4, To: &to, Value: value, Data: data,
	})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		return nil, fmt.Errorf("send to L1: %w", err)
	}
	return tx, nil
}

// waitReceipt waits until a transaction is on chain.
func waitReceipt(ctx context.Context, client *ethclient.Client, hash common.Hash, atMost time.Duration) (*types.Receipt, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, atMost, fmt.Errorf("transaction %s is not on L1 after %s", hash, atMost))
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		receipt, err := client.TransactionReceipt(ctx, hash)
		switch {
		case err == nil && receipt.Status != types.ReceiptStatusSuccessful:
			return nil, fmt.Errorf("transaction %s failed on L1", hash)
		case err == nil:
			return receipt, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !errors.Is(err, ethereum.NotFound) && !strings.Contains(err.Error(), "indexing is in progress"): // before block 1
			return nil, fmt.Errorf("receipt of %s: %w", hash, err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// isClosed says whether something was closed twice, which is what happens to a port whose server has stopped.
func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
