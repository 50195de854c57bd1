package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/internal/prose"
	"github.com/cairn-rollup/cairn/p2p"
)

// peersPage is what a person sees of opp2p_peers and cairn_gossip. What peers say of themselves is theirs: it must not
// move the cursor, nor take more room than there is.
type peersPage struct {
	dump   p2p.PeerDump
	report p2p.Report
	width  int // of the terminal; 0: it is none, and 80 columns are used
	color  bool

	bytes.Buffer
}

const (
	pageWidth, narrowPage = 80, 60
	pageIndent            = 13              // of what stands beside a name
	longSilence           = 2 * time.Minute // without a block, on any chain
	maxShownAddrs         = 2
)

func (p *peersPage) text() []byte {
	if p.width == 0 {
		p.width = pageWidth
	}
	p.width = max(p.width, narrowPage)
	p.summary()
	p.self()
	p.blocks()
	p.peers()
	p.barred()
	return p.Bytes()
}

// line writes a line; lead may hold colours and takes some columns. What does not fit goes below, indented.
func (p *peersPage) line(lead string, columns, indent int, text string) {
	for i, part := range prose.Wrap(prose.Printable(text), p.width-columns, p.width-indent) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		fmt.Fprintln(p, strings.TrimRight(lead+part, " "))
	}
}

func (p *peersPage) row(name, text string) {
	if text == "" {
		return
	}
	p.line(fmt.Sprintf("  %-*s", pageIndent-2, name), pageIndent, pageIndent, text)
}

func (p *peersPage) paint(text, color string) string {
	if !p.color {
		return text
	}
	return color + text + "\x1b[0m"
}

const (
	greenText, yellowText, redText = "\x1b[32m", "\x1b[33m", "\x1b[31m"
)

func (p *peersPage) ago(t time.Time) string { return prose.Lasting(p.report.At.Sub(t)) }

// summary says in a line how it is.
func (p *peersPage) summary() {
	r := &p.report
	count := prose.Plural(uint64(len(r.Peers)), "peer") //nolint:gosec // a length
	color, rest := greenText, ""
	switch {
	case len(r.Peers) == 0:
		color, count, rest = yellowText, "no peers", ": no other node is connected"
	case r.Signer == (common.Address{}):
		color, rest = yellowText, ": L1 has not told who signs blocks, so none are accepted"
	case r.Accepted.IsZero() && r.Published > 0:
		rest = ": own blocks are announced"
	case r.Accepted.IsZero():
		color, rest = yellowText, ": no block was accepted yet, in "+p.ago(r.Opened)
	default:
		if r.At.Sub(r.Accepted) > longSilence {
			color = yellowText
		}
		rest = fmt.Sprintf(": the last block was accepted %s ago", p.ago(r.Accepted))
	}
	p.line(p.paint(count, color), len(count), 2, rest)
}

// self says who this node is to others.
func (p *peersPage) self() {
	r := &p.report
	p.row("this node", fmt.Sprintf("%s (%s)", r.Peer, r.Agent))
	p.row("", strings.Join(r.Addrs, ", "))
	if r.ENR != "" {
		p.row("", cut(r.ENR, p.width-pageIndent))
	}
	p.row("reach", reachText(r.Reach, r.SeenAt))
	switch {
	case !r.Discovery:
		p.row("discovery", "off")
	default:
		p.row("discovery", prose.Plural(uint64(r.Table), "node")+" in the table"+foreign(r.Refused)) //nolint:gosec // a count
	}
	if r.Static > 0 {
		p.row("static", fmt.Sprintf("%d of %d connected", r.StaticUp, r.Static))
	}
}

// reachText is the sentence for what is known of reachability.
func reachText(reach p2p.Reach, at string) string {
	if at != "" {
		at = "; peers see it at " + at
	}
	switch reach {
	case p2p.ReachPublic:
		return "others can connect to this node" + at
	case p2p.ReachLocal:
		return "only peers with private addresses have connected to this node" + at
	case p2p.ReachNot:
		return "nobody connects to this node: open its ports or set --p2p.advertise.*; blocks still come from the peers it dialled" + at
	case p2p.ReachUnknown:
	}
	return "it is not known yet whether others can connect to this node" + at
}

// foreign tells of other chains among the nodes that were found last.
func foreign(refused []p2p.RefusedRecord) string {
	counts := map[uint64]int{}
	for _, r := range refused {
		if r.Verdict == p2p.RecordOtherChain {
			counts[r.ChainID]++
		}
	}
	if len(counts) == 0 {
		return ""
	}
	var parts []string
	for _, chain := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d of chain %d", counts[chain], chain))
	}
	return "; not dialled: " + strings.Join(parts, ", ")
}

// blocks says whose blocks count, and what became of those that came.
func (p *peersPage) blocks() {
	r := &p.report
	switch {
	case r.Signer == (common.Address{}):
		p.row("signer", "not known yet: L1 has not told")
	case r.Previous != (common.Address{}):
		p.row("signer", fmt.Sprintf("%s, and for a while still %s", r.Signer, r.Previous))
	default:
		p.row("signer", r.Signer.String())
	}
	text := fmt.Sprintf("%d accepted; %s; %s", r.Blocks, reasons("ignored", r.Ignored), reasons("rejected", r.Rejected))
	if r.Published > 0 {
		text += fmt.Sprintf("; %d own announced", r.Published)
	}
	p.row("blocks", text)
	var trouble []string
	add := func(n uint64, what string) {
		if n > 0 {
			trouble = append(trouble, fmt.Sprintf("%s: %d", what, n))
		}
	}
	add(r.Dropped, "accepted blocks not fetched in time")
	add(uint64(r.Held), "messages of an unknown signer, kept until L1 tells of a new one") //nolint:gosec // a count
	add(r.StoreFailures, "failed writes of known peers and bans")
	add(r.Panics, "bugs, for which see the log")
	for _, reason := range slices.Sorted(maps.Keys(r.NotPassed)) {
		if !strings.HasPrefix(reason, "validation ignored") && !strings.HasPrefix(reason, "validation failed") { // these are the reasons above
			add(r.NotPassed[reason], "stopped by gossipsub, "+reason)
		}
	}
	if len(trouble) > 0 {
		p.row("trouble", strings.Join(trouble, "; "))
	}
}

// reasons are counts with the most frequent first.
func reasons(what string, counts map[string]uint64) string {
	var sum uint64
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, len(names))
	for i, name := range names {
		sum += counts[name]
		parts[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	if sum == 0 {
		return "0 " + what
	}
	return fmt.Sprintf("%d %s (%s)", sum, what, strings.Join(parts, ", "))
}

// peers writes a row for each peer, and below it where it is and what it did.
func (p *peersPage) peers() {
	if len(p.report.Peers) == 0 {
		return
	}
	const columns = "  %-9s  %-3s  %-6s  %6s  %7s  %-5s  %s"
	fmt.Fprintln(p, "\n"+fmt.Sprintf(columns, "peer", "dir", "since", "ping", "score", "mesh", "agent"))
	for _, r := range p.report.Peers {
		info := p.dump.Peers[r.Peer.String()]
		if info == nil { // it came between the two answers
			info = &p2p.PeerInfo{}
		}
		ping, score := "-", fmt.Sprintf("%.1f", info.Scores.Gossip.Total)
		if info.Latency > 0 {
			ping = fmt.Sprintf("%dms", max(info.Latency.Milliseconds(), 1))
		}
		lead := fmt.Sprintf(columns, shortPeer(r.Peer), direction(info.Direction), p.ago(r.Since), ping, score, meshText(r.Mesh), "")
		agent := cut(prose.Printable(info.UserAgent), p.width-utf8.RuneCountInString(lead))
		if info.Scores.Gossip.Total < 0 {
			lead = strings.Replace(lead, score, p.paint(score, yellowText), 1)
		}
		fmt.Fprintln(p, strings.TrimRight(lead+agent, " "))
		p.row("", whereabouts(r, info.Addresses))
		if bad := r.Bad; bad != nil {
			text := fmt.Sprintf("rejected %s, the last one %s ago: %s in %s", prose.Plural(bad.Total, "time"), p.ago(bad.Last.At), bad.Last.Why, bad.Last.Topic)
			if !bad.Last.Blame {
				text += ", not held against it"
			}
			p.row("", text)
		}
	}
}

// shortPeer is the end of a peer's id: the beginning is the same for all.
func shortPeer(id peer.ID) string {
	text := id.String()
	return "…" + text[max(0, len(text)-8):]
}

func direction(d network.Direction) string {
	switch d {
	case network.DirInbound:
		return "in"
	case network.DirOutbound:
		return "out"
	case network.DirUnknown:
	}
	return "?"
}

// meshText is blocksv3, blocksv4 as v3,v4.
func meshText(versions []string) string {
	switch len(versions) {
	case 0:
		return "-"
	case 4:
		return "all"
	}
	short := make([]string, len(versions))
	for i, version := range versions {
		short[i] = strings.TrimPrefix(version, "blocks")
	}
	return strings.Join(short, ",")
}

// whereabouts are a peer's addresses, and what the operator said of it.
func whereabouts(r p2p.ReportPeer, addrs []string) string {
	var parts []string
	for i, addr := range addrs {
		if i == maxShownAddrs {
			parts = append(parts, fmt.Sprintf("and %d more", len(addrs)-i))
			break
		}
		where, _, _ := strings.Cut(addr, "/p2p/")
		parts = append(parts, where)
	}
	if r.Static {
		parts = append(parts, "static")
	}
	if r.ByHand {
		parts = append(parts, "protected")
	}
	return strings.Join(parts, ", ")
}

// barred lists who may not connect: for some time, and for good.
func (p *peersPage) barred() {
	banned := map[peer.ID]bool{}
	if len(p.report.Bans) > 0 {
		fmt.Fprintln(p, "\n  banned")
	}
	for _, ban := range p.report.Bans {
		banned[ban.Peer] = true
		fmt.Fprintln(p, "    "+p.paint(ban.Peer.String(), redText))
		p.row("", fmt.Sprintf("for another %s: %s", prose.Lasting(ban.Until.Sub(p.report.At)), ban.Why))
	}
	var blocked []string
	for _, id := range p.dump.BannedPeers {
		if !banned[id] {
			blocked = append(blocked, id.String())
		}
	}
	for _, ip := range p.dump.BannedIPS {
		blocked = append(blocked, ip.String())
	}
	for _, subnet := range p.dump.BannedSubnets {
		blocked = append(blocked, subnet.String())
	}
	if len(blocked) > 0 {
		fmt.Fprintln(p, "\n  blocked by hand")
		for _, what := range blocked {
			p.line("    ", 4, 4, what)
		}
	}
}
