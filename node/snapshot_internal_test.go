package node

import (
	"reflect"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/histogram"
	"github.com/cairn-rollup/cairn/obs"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestASnapshotHasWhatDriverAndNetworkCount(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	id := func(n byte) eth.BlockID { return eth.BlockID{Hash: common.Hash{n}, Number: uint64(n)} }
	reorgs, building, sealing := histogram.New(1).With(1), histogram.New(2).With(2), histogram.New(3).With(3)
	got := ofDriver(&driver.Status{
		Counts: driver.Counts{Frames: 1, SequencedTxs: 2}, Last: driver.Last{Start: at(3), LostOrigin: at(4)},
		Measured:  driver.Measured{L1Reorgs: reorgs, Building: building, Sealing: sealing},
		Sequencer: driver.SequencerStatus{LostOrigin: id(5), FoundOrigin: id(6)}, Queue: driver.QueueStatus{Next: id(7)},
	})
	want := obs.Snapshot{
		Need: "nothing", Spent: got.Spent, Counts: obs.Counts{Frames: 1, SequencedTxs: 2}, Last: obs.Last{Start: at(3), LostOrigin: at(4)},
		Measured:   obs.Measured{L1Reorgs: reorgs, Building: building, Sealing: sealing},
		LostOrigin: id(5), FoundOrigin: id(6), Queue: obs.Queue{Next: id(7)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	network := ofGossip(
		p2p.Status{Peers: 8, Signers: gossip.SignerStatus{Current: common.Address{9}}, Accepted: at(10)},
		p2p.Received{Blocks: 11, Newest: id(12), Time: 13, At: at(14)}, at(15), publishFailures{16, at(17)})
	if want := (obs.Gossip{
		Enabled: true, Peers: 8, Signer: true, Accepted: at(10), Received: 11, Newest: id(12), NewestTime: 13, NewestAt: at(14), Opened: at(15),
		PublishErrors: 16, PublishErrorAt: at(17),
	}); network != want {
		t.Errorf("got %+v, want %+v", network, want)
	}
}
