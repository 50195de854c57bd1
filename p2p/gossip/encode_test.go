package gossip_test

import (
	"context"
	"errors"
	"math/big"
	"math/rand"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestOnlyMessagesThatOthersTakeAreMade(t *testing.T) {
	zeroes := make(hexutil.Bytes, gossip.MaxMessageSize-65-508-len("extra")-4) // with all around it: 10 MiB
	noise := make(hexutil.Bytes, len(zeroes))
	rand.New(rand.NewSource(1)).Read(noise)
	for _, c := range []struct {
		name string
		tx   hexutil.Bytes
		ok   bool
	}{
		{"10 MiB", zeroes, true},
		{"10 MiB and a byte", append(zeroes, 0), false},
		{"10 MiB that compression makes longer", noise, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := block(gossip.V1, 1, timeOf[gossip.V1])
			env.ExecutionPayload.Transactions = []hexutil.Bytes{c.tx}
			rehash(env)
			m, err := gossip.Encode(t.Context(), chain(), gossip.NewLocalSigner(sequencerKey), env)
			if (err == nil) != c.ok {
				t.Fatalf("%d bytes, %v", len(m.Data), err)
			}
			if !c.ok {
				return
			}
			if verdict, reason, _ := knowing(t).Check(at(timeOf[gossip.V1]), m.Data, gossip.V1); verdict != gossip.Accept {
				t.Errorf("%s, %s", verdict, reason)
			}
		})
	}
}

// deafSigner does not sign.
type deafSigner struct{}

var errDeaf = errors.New("deaf")

func (deafSigner) SignBlock(context.Context, *big.Int, common.Hash) (gossip.Signature, error) {
	return gossip.Signature{}, errDeaf
}
func (deafSigner) Address() common.Address { return sequencer }

func TestErrorOfTheSigner(t *testing.T) {
	m, err := gossip.Encode(t.Context(), chain(), deafSigner{}, block(gossip.V4, 1, isthmusTime))
	if !errors.Is(err, errDeaf) || m.Data != nil {
		t.Errorf("%x, %v", m.Data, err)
	}
}
