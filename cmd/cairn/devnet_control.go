package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"syscall"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/rollup"
)

// controlFlags are what every command to a running devnet has.
type controlFlags struct {
	Control string `help:"Where the devnet takes commands (its start prints it)." default:"http://127.0.0.1:7420" env:"CAIRN_DEVNET_CONTROL" placeholder:"URL"`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
}

// call makes one call to the devnet.
func (f *controlFlags) call(ctx context.Context, result any, method string, args ...any) error {
	if u, err := url.Parse(f.Control); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return &rollup.FieldError{Field: "--control", Value: f.Control, Fix: "give the URL that the devnet's start prints, such as http://127.0.0.1:7420"}
	}
	client, err := rpc.DialContext(ctx, f.Control)
	if err != nil {
		return fmt.Errorf("reach the devnet at %s: %w", f.Control, err)
	}
	defer client.Close()
	err = client.CallContext(ctx, result, method, args...)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no devnet answers at %s: start one with 'cairn devnet', or give --control", f.Control)
	}
	return err
}

// print writes an answer for machines, or a line for people.
func (f *controlFlags) print(s *streams, answer any, format string, args ...any) error {
	if !f.JSON {
		_, err := fmt.Fprintf(s.out, format+"\n", args...)
		return err
	}
	return json.NewEncoder(s.out).Encode(answer)
}

type devnetStatusCmd struct {
	controlFlags `embed:""`
}

// Run shows the heads.
func (c *devnetStatusCmd) Run(ctx context.Context, s *streams) error {
	var status devnet.Status
	if err := c.call(ctx, &status, "devnet_status"); err != nil {
		return err
	}
	return c.print(s, status, "%s", statusLine(status))
}

type devnetReorgCmd struct {
	controlFlags `embed:""`
	Depth        uint64 `help:"Number of L1 blocks to replace: those above the finalized one can be." required:"" placeholder:"BLOCKS"`
}

// Run replaces the last L1 blocks.
func (c *devnetReorgCmd) Run(ctx context.Context, s *streams) error {
	if err := c.call(ctx, nil, "devnet_reorg", c.Depth); err != nil {
		return err
	}
	return c.print(s, map[string]uint64{"depth": c.Depth}, "replaced the last %d L1 blocks", c.Depth)
}

type devnetDepositCmd struct {
	controlFlags `embed:""`
	To           string `help:"Who receives it on L2." default:"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" placeholder:"ADDRESS"`
	Amount       string `help:"Ether to deposit, from the first account on L1." default:"1" placeholder:"ETHER"`
}

// Run makes a deposit.
func (c *devnetDepositCmd) Run(ctx context.Context, s *streams) error {
	if !common.IsHexAddress(c.To) {
		return &rollup.FieldError{Field: "--to", Value: c.To, Fix: "give an address: 0x and 40 hex digits"}
	}
	wei, ok := parseEther(c.Amount)
	if !ok {
		return &rollup.FieldError{Field: "--amount", Value: c.Amount, Fix: "give ether as a decimal number from 0 to 1000000, such as 1.5"}
	}
	var done devnet.Deposited
	if err := c.call(ctx, &done, "devnet_deposit", common.HexToAddress(c.To), (*hexutil.Big)(wei)); err != nil {
		return err
	}
	return c.print(s, done, "deposited %s ether to %s\nL1 transaction %s in block %d\nL2 transaction %s, once the sequencer has reached that block",
		c.Amount, c.To, done.L1Tx, done.L1Block, done.L2Tx)
}

var etherAmount = regexp.MustCompile(`^[0-9]{1,7}(\.[0-9]{1,18})?$`)

// parseEther reads an amount of ether, exactly.
func parseEther(text string) (wei *big.Int, ok bool) {
	if !etherAmount.MatchString(text) {
		return nil, false
	}
	amount, ok := new(big.Rat).SetString(text)
	if !ok || amount.Cmp(big.NewRat(1_000_000, 1)) > 0 {
		return nil, false
	}
	return amount.Mul(amount, big.NewRat(params.Ether, 1)).Num(), true // a whole number: there are 18 digits at most
}

type devnetGasLimitCmd struct {
	controlFlags `embed:""`
	Limit        uint64 `arg:"" help:"Gas per L2 block."`
}

// Run sets the gas limit.
func (c *devnetGasLimitCmd) Run(ctx context.Context, s *streams) error {
	var tx common.Hash
	if err := c.call(ctx, &tx, "devnet_setGasLimit", c.Limit); err != nil {
		return err
	}
	return c.print(s, map[string]any{"l1Tx": tx, "limit": c.Limit}, "gas limit set to %d by L1 transaction %s", c.Limit, tx)
}
