package p2p

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

// Bounds of what is remembered of other nodes.
const (
	maxKnown     = 256                // peers on disk
	maxAddrs     = 8                  // addresses of one of them
	maxSilence   = 7 * 24 * time.Hour // after that a peer is forgotten
	maxRecords   = 1024               // node records by peer, in memory
	knownAddrTTL = 24 * time.Hour     // op-node's, for discovered addresses
)

// known is a peer that this node was connected to.
type known struct {
	ID    peer.ID   `json:"id"`
	Addrs []string  `json:"addrs"` // multiaddrs without the id
	Seen  time.Time `json:"seen"`  // the last time it was connected
}

// book holds the peers that were good once, for the next start. It is safe for concurrent use.
type book struct {
	keep keep
	now  func() time.Time

	mu    sync.Mutex
	peers map[peer.ID]known
	dirty bool
}

// openBook loads what is on disk. An error says that this was not possible; the book works all the same.
func openBook(k keep, now func() time.Time) (*book, error) {
	b := &book{keep: k, now: now, peers: map[peer.ID]known{}}
	var kept []known
	err := k.load(&kept)
	for _, p := range kept {
		if now().Sub(p.Seen) < maxSilence {
			b.peers[p.ID] = p
		}
	}
	return b, err
}

// saw notes that a peer is connected, and where it can be dialled. Without an address there is nothing to remember.
func (b *book) saw(id peer.ID, addrs []multiaddr.Multiaddr) {
	if len(addrs) == 0 {
		return
	}
	texts := make([]string, 0, maxAddrs)
	for _, addr := range addrs[:min(len(addrs), maxAddrs)] {
		texts = append(texts, addr.String())
	}
	slices.Sort(texts)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.peers[id] = known{ID: id, Addrs: texts, Seen: b.now().UTC()}
	b.dirty = true
	if len(b.peers) > maxKnown {
		oldest := slices.MinFunc(slices.Collect(maps.Values(b.peers)), func(a, b known) int { return a.Seen.Compare(b.Seen) })
		delete(b.peers, oldest.ID)
	}
}

// forget drops a peer, which was banned or told to go.
func (b *book) forget(id peer.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.peers[id]; ok {
		delete(b.peers, id)
		b.dirty = true
	}
}

// list gives the known peers, the last seen first. Addresses that this program cannot read are left out.
func (b *book) list() []peer.AddrInfo {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]peer.AddrInfo, 0, len(b.peers))
	for _, p := range b.sorted() {
		info := peer.AddrInfo{ID: p.ID}
		for _, text := range p.Addrs {
			if addr, err := multiaddr.NewMultiaddr(text); err == nil {
				info.Addrs = append(info.Addrs, addr)
			}
		}
		if len(info.Addrs) > 0 {
			out = append(out, info)
		}
	}
	return out
}

func (b *book) sorted() []known {
	return slices.SortedFunc(maps.Values(b.peers), func(a, b known) int {
		return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(a.ID, b.ID))
	})
}

// save writes the book if it changed since.
func (b *book) save() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty {
		return nil
	}
	if err := b.keep.save(b.sorted()); err != nil {
		return err
	}
	b.dirty = false
	return nil
}
