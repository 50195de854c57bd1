package inspect

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/rollup"
)

// MaxData is the greatest number of bytes that are looked at.
const MaxData = 64 << 20

// MaxText is the greatest number of bytes of an input, which can be text: two digits for each byte, and white space.
const MaxText = 3 * MaxData

// Bounds of what one input can make us do.
const (
	maxListed   = 100_000 // elements of one list of a value
	maxFrames   = 1 << 16 // of one input: as many as a channel can have
	maxChannels = 16      // of one input that are decompressed
)

// Options say how to read. The zero value reads by the newest rules, knows no chain, and lists all.
type Options struct {
	// Chain completes what the data leaves out: times, block numbers, chain id. Nil: that is left out.
	Chain *rollup.Config
	// At is the time of the L1 block that the data is read at, which decides between rules; it needs Chain. Nil: all forks
	// are active.
	At *uint64
	// Limit is how many elements of each list are kept; 0: all, up to 100,000.
	Limit int
	// Known are chains to recognise in transactions.
	Known []Known
}

// Known is a chain that can be recognised.
type Known struct {
	Name    string
	ChainID uint64
	L1      uint64         // chain id of its L1; 0 if it is an L1
	Inbox   common.Address // on L1, where batches are sent
}

// more says whether a list of n elements gets another one.
func (o *Options) more(n int) bool {
	return n < maxListed && (o.Limit <= 0 || n < o.Limit)
}

// rules are those of the L1 block that the data is read at.
func (o *Options) rules() rollup.L1Rules {
	if o.Chain != nil && o.At != nil {
		return o.Chain.L1Rules(*o.At)
	}
	var newest rollup.Config
	if o.Chain != nil {
		newest = *o.Chain
	}
	for _, fork := range rollup.Forks() {
		newest.SetTime(fork, new(uint64))
	}
	return newest.L1Rules(0)
}

func (o *Options) limits() channel.Limits {
	r := o.rules()
	return channel.Limits{
		MaxRLPBytes: r.MaxRLPBytes, ChannelTimeout: r.ChannelTimeout, Brotli: r.Brotli,
		MaxBank: r.MaxChannelBank, ScanBank: r.ScanChannelBank,
	}
}

// params are what batches are decoded with. Without a chain the results hold numbers that must not be shown.
func (o *Options) params() batch.Params {
	p := batch.Params{ChainID: big.NewInt(1), BeforeDelta: !o.rules().SpanBatches}
	if o.Chain != nil {
		p.ChainID, p.GenesisTime, p.BlockTime = o.Chain.L2ChainID, o.Chain.Genesis.L2Time, o.Chain.BlockTime
	}
	return p
}

// inboxOf gives the name of the chain that takes batches at an address of an L1. Chains can share an address; then it is
// the given one, or the first one known.
func (o *Options) inboxOf(to *common.Address, l1 *big.Int) (name string) {
	if to == nil || l1 == nil {
		return ""
	}
	ofChain := o.Chain != nil && o.Chain.BatchInboxAddress == *to
	for _, known := range o.Known {
		if known.L1 == 0 || known.Inbox != *to || l1.Cmp(new(big.Int).SetUint64(known.L1)) != 0 {
			continue
		}
		if !ofChain || o.Chain.L2ChainID.Cmp(new(big.Int).SetUint64(known.ChainID)) == 0 {
			return known.Name
		}
	}
	if ofChain {
		return "the given chain"
	}
	return ""
}

// nameOf gives the name of the chain with an id; empty if it is not known.
func (o *Options) nameOf(id *big.Int) string {
	if id == nil || !id.IsUint64() {
		return ""
	}
	for _, known := range o.Known {
		if known.ChainID == id.Uint64() {
			return known.Name
		}
	}
	return ""
}
