package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"strings"

	"github.com/cairn-rollup/cairn/inspect"
	"github.com/cairn-rollup/cairn/network"
)

// defaultListed is how many elements of a list people get to see.
const defaultListed = 20

type inspectCmd struct {
	Tx      inspectTxCmd      `cmd:"" help:"A transaction of L1 or L2, deposits and batcher transactions included."`
	Blob    inspectBlobCmd    `cmd:"" help:"Blobs, and the frames in them."`
	Frame   inspectFrameCmd   `cmd:"" help:"Frames: the data of a batcher transaction, or of a blob."`
	Channel inspectChannelCmd `cmd:"" help:"A channel: its data, or all its frames; and the batches in it."`
	Batch   inspectBatchCmd   `cmd:"" help:"A batch: its blocks and their transactions."`
}

// Help says how they belong together.
func (inspectCmd) Help() string {
	return "An L2 block travels as: blocks > batch > channel > frames > item > blob or calldata of an L1 transaction. " +
		"Each command reads one of these from an argument, --file or standard input, as hex, JSON of an RPC or raw bytes, and asks nobody."
}

// inspectFlags are what all kinds of data have in common.
type inspectFlags struct {
	Data string `arg:"" optional:"" help:"The data in hex. Without it, or as -, it is read from standard input."`

	File         string  `name:"file" help:"Read the data from a file." placeholder:"FILE" type:"path"`
	Network      string  `name:"network" help:"The data is of this public network; all: cairn networks." env:"OP_NODE_NETWORK" placeholder:"NAME"`
	RollupConfig string  `name:"rollup.config" help:"The data is of the chain of this rollup.json." env:"OP_NODE_ROLLUP_CONFIG" placeholder:"FILE" type:"path"`
	At           *uint64 `name:"at" help:"Time of the L1 block with the data, which decides between the forks' rules. Without it all forks are active." placeholder:"SECONDS"`
	Limit        *uint64 `name:"limit" help:"Elements to show of each list: 20, with --json all. 0 shows all." placeholder:"N"`
	JSON         bool    `name:"json" help:"Print one JSON object."`
}

// described is what package inspect makes of data.
type described interface{ WriteText(w io.Writer) error }

// run reads the data and prints what it is.
func (f *inspectFlags) run(s *streams, describe func(inspect.Input, inspect.Options) (described, error)) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	text, err := f.read()
	if err != nil {
		return err
	}
	in, err := inspect.Read(text)
	if err != nil {
		return f.hint(err)
	}
	value, err := describe(in, o)
	if err != nil {
		return err
	}
	if !f.JSON {
		return value.WriteText(s.out)
	}
	encoder := json.NewEncoder(s.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func (f *inspectFlags) options() (inspect.Options, error) {
	o := inspect.Options{At: f.At}
	switch {
	case f.Limit != nil:
		o.Limit = int(min(*f.Limit, math.MaxInt32)) //nolint:gosec // just bounded
	case !f.JSON:
		o.Limit = defaultListed
	}
	if f.Network == "" && f.RollupConfig == "" {
		if f.At != nil {
			return o, wrong("at", *f.At, "the times of forks belong to a chain; give it with --network or --rollup.config")
		}
		return o, nil
	}
	chain := chainFlags{Network: f.Network, RollupConfig: f.RollupConfig, IgnoreMissingPectra: true} // blob prices do not matter here
	cfg, err := chain.load(slog.New(slog.DiscardHandler))
	o.Chain = cfg
	return o, err
}

// read gets the data from where the flags say it is.
func (f *inspectFlags) read() ([]byte, error) {
	switch {
	case f.File != "" && f.Data != "":
		return nil, wrong("file", f.File, "the data is given as an argument too; leave out one of both")
	case f.Data != "" && f.Data != "-":
		return []byte(f.Data), nil
	case f.File == "" || f.File == "-":
		if f.Data == "" && columns(os.Stdin) > 0 {
			return nil, wrong("file", "none", "give the data: as an argument, with --file, or through a pipe (- waits for it to be pasted, with Ctrl-D at its end)")
		}
		return bounded(os.Stdin)
	}
	file, err := os.Open(f.File)
	if err != nil {
		return nil, wrong("file", f.File, "cannot read it (%s)", reason(err))
	}
	defer func() { _ = file.Close() }() // nothing was written
	text, err := bounded(file)
	if err != nil {
		return nil, wrong("file", f.File, "cannot read it (%s)", reason(err))
	}
	return text, nil
}

// bounded reads a little more than package inspect takes, which then says so.
func bounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, inspect.MaxText+1))
	if err != nil {
		return nil, fmt.Errorf("read the data: %w", err)
	}
	return text, nil
}

// hint adds what is wrong most often.
func (f *inspectFlags) hint(err error) error {
	if f.Data == "" || f.Data == "-" || strings.ContainsAny(f.Data, "{[\"") {
		return err
	}
	if _, statErr := os.Stat(f.Data); statErr == nil {
		return fmt.Errorf("%w; to read the file of this name: --file %s", err, f.Data)
	}
	return err
}

type inspectTxCmd struct {
	inspectFlags `embed:""`
}

// Help says what it takes.
func (inspectTxCmd) Help() string {
	return `Takes an encoded transaction of any type, with the blobs if it is in its network form, or the JSON of eth_getTransactionByHash. Shows who sent it, what it pays, and what derivation finds in it: frames, L1 info, an upgrade.

In the source tree:

  cairn inspect tx --file inspect/testdata/l1-info.hex

From a node (any RPC that knows the transaction):

  cast rpc --rpc-url http://127.0.0.1:8545 eth_getTransactionByHash 0x… | cairn inspect tx`
}

// Run prints what the transaction is.
func (c *inspectTxCmd) Run(s *streams) error {
	known, err := knownChains()
	if err != nil {
		return err
	}
	return c.run(s, func(in inspect.Input, o inspect.Options) (described, error) {
		o.Known = known
		return inspect.ReadTx(in, o)
	})
}

// knownChains are the public networks and the chains of L1 they live on.
func knownChains() ([]inspect.Known, error) {
	all := []inspect.Known{{Name: "Ethereum", ChainID: 1}, {Name: "Sepolia", ChainID: 11155111}, {Name: "Hoodi", ChainID: 560048}}
	for _, name := range network.Names() {
		cfg, _, err := network.Lookup(name)
		if err != nil {
			return nil, err
		}
		known := inspect.Known{Name: name, L1: cfg.L1ChainID.Uint64(), Inbox: cfg.BatchInboxAddress}
		if cfg.L2ChainID.IsUint64() {
			known.ChainID = cfg.L2ChainID.Uint64()
		}
		all = append(all, known)
	}
	return all, nil
}

type inspectBlobCmd struct {
	inspectFlags `embed:""`
}

// Help says what it takes.
func (inspectBlobCmd) Help() string {
	return `Takes blobs of 131072 bytes: one, or one in hex on each line, or the JSON of a Beacon API's blob_sidecars or blobs. Shows the versioned hash of each and the frames in it, or why nodes ignore it.

In the source tree:

  cairn inspect blob --file inspect/testdata/blob.bin

From a beacon node:

  curl -s http://127.0.0.1:5052/eth/v1/beacon/blob_sidecars/head | cairn inspect blob`
}

// Run prints what the blobs are.
func (c *inspectBlobCmd) Run(s *streams) error {
	return c.run(s, func(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadBlobs(in, o) })
}

type inspectFrameCmd struct {
	inspectFlags `embed:""`
}

// Help says what it takes.
func (inspectFrameCmd) Help() string {
	return `Takes an item, that is 00 and frames, or frames without the 00. Shows each frame, and which of them nodes drop and why.

  cairn inspect frame 00c0ffee00000000000000000000000000000000000003abcdef01`
}

// Run prints what the frames are.
func (c *inspectFrameCmd) Run(s *streams) error {
	return c.run(s, func(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadItem(in, o) })
}

type inspectChannelCmd struct {
	inspectFlags `embed:""`
	Batch        *uint64 `name:"batch" help:"Show the batch with this number in full, as 'cairn inspect batch' does; the first is 0." placeholder:"N"`
}

// Help says what it takes.
func (inspectChannelCmd) Help() string {
	return `Takes the data of a channel, or what carries it: items, frames, blobs or batcher transactions, one in hex on each line, in the order of L1. Shows what becomes of each frame, how the channel is compressed, its batches, and where reading stops and why.

In the source tree:

  cairn inspect channel --file inspect/testdata/channel.hex
  cairn inspect channel --file inspect/testdata/channel.hex --batch 1`
}

// Run prints what the channels are, or one batch of the first.
func (c *inspectChannelCmd) Run(s *streams) error {
	return c.run(s, func(in inspect.Input, o inspect.Options) (described, error) {
		if c.Batch != nil {
			return inspect.ReadBatchOf(in, int(min(*c.Batch, math.MaxInt32)), o) //nolint:gosec // just bounded
		}
		return inspect.ReadChannels(in, o)
	})
}

type inspectBatchCmd struct {
	inspectFlags `embed:""`
}

// Help says what it takes.
func (inspectBatchCmd) Help() string {
	return `Takes the content of a batch, that is 00 (singular) or 01 (span) and the body, or the RLP string of it. Shows its blocks and transactions. A span batch leaves out what its chain knows; --network or --rollup.config completes times, block numbers, hashes and senders.

In the source tree:

  cairn inspect batch --file inspect/testdata/span.hex --network op-mainnet`
}

// Run prints what the batch is.
func (c *inspectBatchCmd) Run(s *streams) error {
	return c.run(s, func(in inspect.Input, o inspect.Options) (described, error) { return inspect.ReadBatch(in, o) })
}
