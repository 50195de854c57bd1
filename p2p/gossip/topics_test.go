package gossip_test

import (
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/golang/snappy"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestTopicOfABlockFollowsItsTime(t *testing.T) {
	for _, c := range []struct {
		name string
		time uint64
		want string
	}{
		{"genesis", 0, "/optimism/901/0/blocks"},
		{"the second before Canyon", canyonTime - 1, "/optimism/901/0/blocks"},
		{"Canyon", canyonTime, "/optimism/901/1/blocks"},
		{"the second before Ecotone", ecotoneTime - 1, "/optimism/901/1/blocks"},
		{"Ecotone", ecotoneTime, "/optimism/901/2/blocks"},
		{"the second before Isthmus", isthmusTime - 1, "/optimism/901/2/blocks"},
		{"Isthmus", isthmusTime, "/optimism/901/3/blocks"},
		{"Jovian has no topic of its own", jovianTime, "/optimism/901/3/blocks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := gossip.VersionAt(chain(), c.time)
			if got := gossip.Topic(chain().L2ChainID, v); got != c.want {
				t.Errorf("%s", got)
			}
			if back, ok := gossip.VersionOf(chain().L2ChainID, c.want); !ok || back != v {
				t.Errorf("version of topic %s, %t, want %s", back, ok, v)
			}
		})
	}
}

func TestOnlyTheFourTopicsOfTheChainAreAllowed(t *testing.T) {
	filter := gossip.OnlyBlocks(big.NewInt(901))
	for topic, want := range map[string]bool{
		"/optimism/901/0/blocks": true, "/optimism/901/3/blocks": true,
		"/optimism/901/4/blocks": false, "/optimism/902/0/blocks": false, "": false,
	} {
		if got := filter.CanSubscribe(topic); got != want {
			t.Errorf("%q: %t", topic, got)
		}
		if _, ok := gossip.VersionOf(big.NewInt(901), topic); ok != want {
			t.Errorf("%q has a version: %t", topic, ok)
		}
	}
}

func TestMessageID(t *testing.T) {
	const topic = "/optimism/10/0/blocks" // 21 characters
	head := func(domain byte) []byte {
		return append([]byte{domain, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0}, topic...)
	}
	big := snappy.Encode(nil, make([]byte, gossip.MaxMessageSize+1))
	largest := make([]byte, gossip.MaxMessageSize)
	for _, c := range []struct {
		name   string
		data   []byte
		hashed []byte
	}{
		// 3 bytes; a literal of 3 bytes (2<<2); the bytes
		{"data that decompresses is hashed decompressed, in domain 01000000", []byte{3, 2 << 2, 'a', 'b', 'c'}, append(head(1), "abc"...)},
		{"data that does not decompress is hashed as it is, in domain 00000000", []byte("abc"), append(head(0), "abc"...)},
		{"no data is no snappy", nil, head(0)},
		{"snappy of nothing is snappy", []byte{0}, head(1)},
		{"10 MiB is decompressed", snappy.Encode(nil, largest), append(head(1), largest...)},
		{"a byte more than 10 MiB is not", big, append(head(0), big...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := sha256.Sum256(c.hashed)
			if got := gossip.MessageID(topic, c.data); got != string(want[:20]) {
				t.Errorf("%x, want %x", got, want[:20])
			}
		})
	}
}
