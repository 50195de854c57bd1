package derive_test

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// A machine that dies between two L1 blocks and is resumed from disk derives what one does that goes straight.
func TestAMachineResumedFromDiskGoesOnAsIfNothingWere(t *testing.T) {
	resumed := 0
	for seed := range *seeds / 5 {
		w := newScenario(t, seed).w
		var straight, mended []*derive.Derived
		deriveAll(t, w, w.machine(), func(d *derive.Derived) { straight = append(straight, d) })

		rng := rand.New(rand.NewPCG(seed, 3))
		m := w.machine()
		for done := false; !done; {
			want := m.Next()
			if _, between := want.(derive.NeedL1); between && rng.IntN(4) == 0 {
				text, err := m.Snapshot().Encode(w.cfg)
				if err != nil {
					t.Fatal(err)
				}
				s, err := derive.DecodeSnapshot(w.cfg, text)
				if err != nil {
					t.Fatal(err)
				}
				if again, err := s.Encode(w.cfg); err != nil || !bytes.Equal(again, text) {
					t.Fatalf("seed %d: %x\nbecame %x, %v", seed, text, again, err)
				}
				if s.Origin() != m.Origin() || s.Safe() != m.Safe() {
					t.Fatalf("seed %d: from disk %s %s, was %s %s", seed, s.Origin(), s.Safe(), m.Origin(), m.Safe())
				}
				m = derive.Resume(w.builder(), s)
				resumed++
				if again := m.Next(); !reflect.DeepEqual(again, want) {
					t.Fatalf("seed %d: resumed, the machine wants %#v, before it %#v", seed, again, want)
				}
			}
			done = advance(t, w, m, want, func(d *derive.Derived) { mended = append(mended, d) })
		}
		if !reflect.DeepEqual(straight, mended) {
			t.Fatalf("seed %d: a resumed machine derives something else", seed)
		}
	}
	if resumed == 0 {
		t.Error("nothing was resumed")
	}
}

func TestASnapshotInTheMiddleOfAnL1BlockIsNotWritten(t *testing.T) {
	w := newScenario(t, 1).w
	m := w.machine()
	for done := false; !done; {
		want := m.Next()
		_, between := want.(derive.NeedL1)
		if _, err := m.Snapshot().Encode(w.cfg); between != (err == nil) {
			t.Fatalf("the machine wants %T, encoding says %v", want, err)
		}
		done = advance(t, w, m, want, nil)
	}
}

func TestForeignSnapshotsAreRefusedByName(t *testing.T) {
	w := newWorld(t, testConfig(rollup.Holocene, 100, 2))
	m := w.machine()
	step(m)
	text, err := m.Snapshot().Encode(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	other := *w.cfg
	other.L2ChainID = big.NewInt(77)
	if _, err := derive.DecodeSnapshot(&other, text); err == nil || !strings.Contains(err.Error(), "not of 77") {
		t.Errorf("of another chain: %v", err)
	}
	for name, bad := range map[string][]byte{"empty": nil, "cut": text[:len(text)-1], "long": append(bytes.Clone(text), 0), "a list of nothing": {0xc0}} {
		if _, err := derive.DecodeSnapshot(w.cfg, bad); err == nil || !strings.Contains(err.Error(), "decode snapshot") {
			t.Errorf("%s: %v", name, err)
		}
	}
	future := bytes.Replace(text, []byte{4, 10}, []byte{9, 10}, 1) // the version, then the chain id
	if _, err := derive.DecodeSnapshot(w.cfg, future); err == nil || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("of a future version: %v", err)
	}
}

func FuzzDecodeSnapshot(f *testing.F) {
	w := newWorld(f, testConfig(rollup.Holocene, 100, 2))
	for _, s := range snapshots(f, w, 4) {
		text, err := s.Encode(w.cfg)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	old := newWorld(f, testConfig(rollup.Granite, 100, 2))
	span, err := batch.EncodeSpan(old.spanParams(), []batch.Block{{Timestamp: genesisTime + 6}, {Timestamp: genesisTime + 8}})
	if err != nil {
		f.Fatal(err)
	}
	single := batch.Singular{Timestamp: genesisTime + 4}
	frame := channel.Frame{ID: channel.ID{7}, Number: 3, Data: []byte("waits")}
	old.mine(1012, []eth.InboxTx{post(f, single.Encode(), span), {From: batcherAlice, Data: channel.AppendItem(nil, frame)}}, nil)
	m := old.machine()
	deriveAll(f, old, m, nil)
	text, err := m.Snapshot().Encode(w.cfg)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := derive.DecodeSnapshot(w.cfg, text)
		if err != nil {
			return
		}
		if again, err := s.Encode(w.cfg); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%x\nbecame %x, %v", text, again, err)
		}
	})
}
