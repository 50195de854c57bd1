package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	explainPatience = 10 * time.Second // for an answer
	explainInterval = 2 * time.Second  // between two questions of --watch
)

type explainCmd struct {
	RPC   string `name:"rpc" help:"JSON-RPC of the node: its --rpc.addr and --rpc.port." default:"http://127.0.0.1:9545" env:"CAIRN_RPC" placeholder:"URL"`
	JSON  bool   `name:"json" help:"Print the answer as JSON."`
	Watch bool   `help:"Ask again every 2 seconds, until interrupted."`
}

// Run asks the node why it is where it is.
func (c *explainCmd) Run(ctx context.Context, s *streams) error {
	client, err := dialNode(ctx, c.RPC)
	if err != nil {
		return err
	}
	defer client.Close()
	if !c.Watch {
		return c.once(ctx, client, s)
	}
	return c.watch(ctx, client, s, explainInterval)
}

// dialNode is a client of a running node. No connection is made yet.
func dialNode(ctx context.Context, address string) (*rpc.Client, error) {
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &rollup.FieldError{Field: "--rpc", Value: address, Fix: "give the URL of a node's JSON-RPC, such as http://127.0.0.1:9545"}
	}
	client, err := rpc.DialContext(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("reach the node at %s: %w", address, err)
	}
	return client, nil
}

func (c *explainCmd) once(ctx context.Context, client *rpc.Client, s *streams) error {
	text, err := c.ask(ctx, client, s)
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}

// watch asks again and again. Only the first question must be answered: a node that is away comes back.
func (c *explainCmd) watch(ctx context.Context, client *rpc.Client, s *streams, interval time.Duration) error {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for first := true; ; first = false {
		text, err := c.ask(ctx, client, s)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && first:
			return err
		case err != nil && c.JSON: // standard output is for machines
			fmt.Fprintf(s.err, "cairn: %s\n", err)
		case err != nil:
			text = fmt.Appendf(nil, "%s\n", err)
		}
		if width(s) > 0 && !c.JSON {
			text = append([]byte("\x1b[H\x1b[2J"), text...)
		} else if !c.JSON && !first {
			text = append([]byte("\n"), text...)
		}
		if _, err := s.out.Write(text); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticks.C:
		}
	}
}

// width is that of the terminal that standard output is; 0 if it is none.
func width(s *streams) int {
	if f, ok := s.out.(*os.File); ok && os.Getenv("TERM") != "dumb" {
		return columns(f)
	}
	return 0
}

// ask gives the node's answer, as it is to be printed.
func (c *explainCmd) ask(ctx context.Context, client *rpc.Client, s *streams) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, explainPatience)
	defer cancel()
	var answer json.RawMessage
	if err := client.CallContext(ctx, &answer, "cairn_explain"); err != nil {
		return nil, unanswered(ctx, client, c.RPC, "cairn_explain", err)
	}
	var out bytes.Buffer
	if c.JSON {
		if err := json.Compact(&out, answer); err != nil {
			return nil, fmt.Errorf("read the answer of %s: %w", c.RPC, err)
		}
		out.WriteByte('\n')
		return out.Bytes(), nil
	}
	var e obs.Explanation
	if err := json.Unmarshal(answer, &e); err != nil {
		return nil, fmt.Errorf("the node at %s explains itself in another form than this program reads: use the node's own version, or --json (%w)", c.RPC, err)
	}
	columns := width(s)
	err := e.Write(&out, columns, columns > 0 && os.Getenv("NO_COLOR") == "")
	return out.Bytes(), err
}

// unanswered says in one sentence why a node does not answer a method of this program's own, and what to do.
func unanswered(ctx context.Context, client *rpc.Client, address, method string, err error) error {
	var coded rpc.Error
	var status rpc.HTTPError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no node answers at %s: start one with 'cairn node', or give the address of a running one with --rpc", address)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("what listens at %s has not answered for %s: give the address of a node with --rpc, or look at the node's log", address, explainPatience)
	case errors.As(err, &status):
		return fmt.Errorf("what answers at %s speaks HTTP but no JSON-RPC (status %s): give the address of a node with --rpc", address, status.Status)
	case !errors.As(err, &coded) || coded.ErrorCode() != methodNotFound:
		return fmt.Errorf("ask the node at %s: %w", address, err)
	}
	var version string
	if client.CallContext(ctx, &version, "optimism_version") == nil {
		return fmt.Errorf("the node at %s is op-node or another one that cannot tell (it says version %q): only Cairn knows %s", address, version, method)
	}
	if client.CallContext(ctx, &version, "web3_clientVersion") == nil {
		return fmt.Errorf("what answers at %s is an execution engine (%q): give the address of its rollup node with --rpc; 'cairn devnet' prints it as \"its node\"", address, version)
	}
	return fmt.Errorf("what answers at %s is not a rollup node: give the address of one with --rpc", address)
}

const methodNotFound = -32601 // JSON-RPC
