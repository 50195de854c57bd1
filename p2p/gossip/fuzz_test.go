package gossip_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/golang/snappy"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// FuzzMessage gives any bytes to the validator as a message. It must not panic, must not accept what the sequencer did not
// sign, and must not take more memory than a message may.
func FuzzMessage(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add(uint8(g.Version), []byte(g.Message))
	}
	f.Add(uint8(0), bomb(1<<32-1, 0))
	f.Add(uint8(1), repeated(100_000))
	f.Fuzz(func(t *testing.T, version uint8, data []byte) {
		v := gossip.Version(version % 4)
		verdict, reason, env := knowing(t).Check(at(isthmusTime), data, v)
		if (verdict == gossip.Accept) != (env != nil) || (verdict == gossip.Accept) != (reason == gossip.OK) {
			t.Fatalf("%s, %s, %v", verdict, reason, env)
		}
		if env != nil {
			plain, err := snappy.Decode(nil, data)
			if err != nil {
				t.Fatal(err)
			}
			if by, err := gossip.Recover(gossip.SigningHash(chain().L2ChainID, gossip.PayloadHash(plain[65:])), gossip.Signature(plain[:65])); by != sequencer {
				t.Fatalf("accepted a block of %s, %v", by, err)
			}
		}
		if id := gossip.MessageID("t", data); len(id) != 20 {
			t.Fatalf("id %x", id)
		}
	})
}

// FuzzDecode gives any bytes to the decoder. What it reads must be encoded to the same bytes: there is one encoding.
func FuzzDecode(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add(uint8(g.Version), []byte(g.Body))
	}
	for _, c := range sszCases {
		if len(c.body) < 2000 {
			f.Add(uint8(c.v), c.body)
		}
	}
	f.Fuzz(func(t *testing.T, version uint8, body []byte) {
		v := gossip.Version(version % 4)
		before := bytes.Clone(body)
		env, reason := gossip.Decode(v, body)
		if reason != gossip.OK {
			return
		}
		gossip.BlockHash(env)
		if got := encode(t, v, env); !bytes.Equal(got, before) {
			t.Fatalf("%s: %x\nencoded again %x", v, before, got)
		}
	})
}

// FuzzRoundTrip makes a block of any bytes, gossips it and reads it back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(3), uint64(5), []byte("transactions"), uint8(3))
	f.Add(uint8(0), uint64(1<<63), []byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, version uint8, number uint64, data []byte, split uint8) {
		v := gossip.Version(version % 4)
		env := block(v, number, timeOf[v])
		p := env.ExecutionPayload
		p.Transactions = append(p.Transactions, bytes.Clone(data[min(int(split), len(data)):]))
		p.ExtraData = bytes.Clone(data[:min(int(split%33), len(data))])
		if len(p.ExtraData) == 0 {
			p.ExtraData = []byte{}
		}
		rehash(env)
		m, err := gossip.Encode(t.Context(), chain(), gossip.NewLocalSigner(sequencerKey), env)
		if err != nil {
			t.Fatal(err)
		}
		verdict, reason, got := knowing(t).Check(at(timeOf[v]), m.Data, v)
		if verdict != gossip.Accept || !reflect.DeepEqual(got, env) {
			t.Fatalf("%s, %s\n got %+v\nwant %+v", verdict, reason, got, env)
		}
	})
}
