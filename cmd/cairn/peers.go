package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/ethereum/go-ethereum/rpc"
)

type peersCmd struct {
	RPC  string `name:"rpc" help:"JSON-RPC of the node: its --rpc.addr and --rpc.port." default:"http://127.0.0.1:9545" env:"CAIRN_RPC" placeholder:"URL"`
	JSON bool   `name:"json" help:"Print the node's answers as JSON: {\"peers\": opp2p_peers, \"gossip\": cairn_gossip}."`
}

// Help says how to read the answer, by an example.
func (peersCmd) Help() string {
	return `First what this node is to others, whose blocks count, and what became of the blocks that came. Then a row for each peer:

    peer       dir  since  ping  score  mesh  agent
    …42cFMq01  out  12m    23ms   12.5  v4    optimism
               /ip4/192.0.2.7/tcp/9222, static
               rejected 3 times, the last one 2m ago: too-old in
               /optimism/10/3/blocks, not held against it

dir is who dialled; mesh has the topics (blocksv4: v4) whose whole blocks are exchanged with it, - for none. A score below -40 means that nothing of it is listened to, below -100 (or ten rejections) that it is banned for an hour. --json has the whole ids.

To do something about a peer, call its node:

    curl -s -H 'content-type: application/json' 127.0.0.1:9545 \
      -d '{"jsonrpc":"2.0","id":1,"method":"opp2p_blockPeer",
           "params":["16Uiu2…"]}'

or opp2p_unblockPeer, which ends a ban too, opp2p_protectPeer, opp2p_connectPeer with an address.`
}

// Run asks a node about its gossip.
func (c *peersCmd) Run(ctx context.Context, s *streams) error {
	client, err := dialNode(ctx, c.RPC)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, explainPatience)
	defer cancel()
	var peers, report json.RawMessage
	if err := client.CallContext(ctx, &report, "cairn_gossip"); err != nil {
		return c.diagnose(ctx, client, err)
	}
	if err := client.CallContext(ctx, &peers, "opp2p_peers", true); err != nil {
		return unanswered(ctx, client, c.RPC, "opp2p_peers", err)
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(map[string]json.RawMessage{"peers": peers, "gossip": report})
	}
	var page peersPage
	if err := errors.Join(json.Unmarshal(peers, &page.dump), json.Unmarshal(report, &page.report)); err != nil {
		return fmt.Errorf("the node at %s tells of its peers in another form than this program reads: use the node's own version, or --json (%w)", c.RPC, err)
	}
	page.width = width(s)
	page.color = page.width > 0 && os.Getenv("NO_COLOR") == ""
	_, err = s.out.Write(page.text())
	return err
}

// diagnose knows one reason more for an answer that does not come: a node of this program without gossip.
func (c *peersCmd) diagnose(ctx context.Context, client *rpc.Client, err error) error {
	var coded rpc.Error
	var status json.RawMessage
	if errors.As(err, &coded) && coded.ErrorCode() == methodNotFound && client.CallContext(ctx, &status, "cairn_status") == nil {
		return fmt.Errorf("the node at %s runs without gossip, so it has no peers: it hears of blocks from L1 only; start it without --p2p.disable to change that", c.RPC)
	}
	return unanswered(ctx, client, c.RPC, "cairn_gossip", err)
}
