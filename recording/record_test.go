package recording_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/recording"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// derived opens a recording and derives it.
func derived(t *testing.T, dir string, of recording.Range) ([]recording.Event, *recording.End, error) {
	t.Helper()
	r, err := recording.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	var events []recording.Event
	end, err := r.Derive(t.Context(), of, func(e recording.Event) { events = append(events, e) })
	return events, end, err
}

// lines are what was told, in short.
func lines(events []recording.Event) (out []string) {
	for _, e := range events {
		switch e := e.(type) {
		case *recording.Block:
			line := fmt.Sprintf("block %d of epoch %d from L1 %d", e.Number, e.Origin.Number, e.DerivedFrom.Number)
			if e.From == nil {
				line += " forced"
			}
			if e.Replaced {
				line += " replaced"
			}
			if e.Recorded == nil {
				line += " not recorded"
			}
			for _, d := range e.Differs {
				line += " differs in " + d.Field
			}
			if n := len(e.Tried); n > 0 {
				line += fmt.Sprintf(" after %d others", n)
			}
			out = append(out, line)
		case *recording.Dropped:
			line := fmt.Sprintf("dropped %s %s at L1 %d", e.What, e.Reason, e.L1)
			if e.Early {
				line += " early"
			}
			if e.BackTo != nil {
				line += fmt.Sprintf(" back to %d", e.BackTo.Number)
			}
			out = append(out, line)
		default:
		}
	}
	return out
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  %s\nwant:\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// tree is every file below a directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var storyLines = []string{
	"dropped tx wrong-sender at L1 3",
	"block 1 of epoch 1 from L1 4",
	"block 2 of epoch 2 from L1 4",
	"dropped frame frame-no-channel at L1 4",
	"block 3 of epoch 3 from L1 5",
	"dropped block engine-rejected at L1 5",
	"dropped channel flushed at L1 5",
	"block 4 of epoch 4 from L1 5 replaced",
	"dropped item item-version at L1 5",
	"dropped batch parent-mismatch at L1 8",
	"dropped channel flushed at L1 8",
	"block 5 of epoch 5 from L1 10 forced",
	"block 6 of epoch 6 from L1 11 forced",
}

func TestARecordingDerivesToWhatWasRecorded(t *testing.T) {
	w, dir := story(t), t.TempDir()
	told := w.record(dir, 0, 6)
	same(t, "told while recording", lines(told), storyLines)
	events, end, err := derived(t, dir, recording.Range{})
	if err != nil || end.Why != recording.Reached || end.Head.Number != 6 || end.Safe != end.Head || !end.OK() {
		t.Fatalf("ended with %+v, %v", end, err)
	}
	same(t, "told while deriving", lines(events), storyLines)
	r, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for number := range uint64(12) {
		b, err := r.L1Block(number)
		if err != nil || !reflect.DeepEqual(normal(b), normal(w.l1[number])) {
			t.Errorf("L1 block %d: %v\n%+v\nwas\n%+v", number, err, b, w.l1[number])
		}
	}
	for number := range uint64(7) {
		env, err := r.L2Block(number)
		got, errGot := json.Marshal(env)
		want, errWant := json.Marshal(w.l2[number])
		if err := errors.Join(err, errGot, errWant); err != nil || !bytes.Equal(got, want) {
			t.Errorf("L2 block %d: %v, %s\nwas %s", number, err, got, want)
		}
	}
	// Where frames were, by the hashes of their transactions.
	for _, e := range events {
		if b, ok := e.(*recording.Block); ok && b.Number == 1 {
			want := []common.Hash{w.l1[3].Inbox[0].Hash, w.l1[4].Inbox[0].Hash}
			if !slices.Equal(b.FrameTxs, want) {
				t.Errorf("frames of block 1 in %v, want %v", b.FrameTxs, want)
			}
		}
		if d, ok := e.(*recording.Dropped); ok && d.Reason.String() == "wrong-sender" && d.Tx != w.l1[3].Inbox[1].Hash {
			t.Errorf("the wrong sender's transaction is %v", d.Tx)
		}
	}
}

// normal makes lists that are empty alike.
func normal(b *eth.L1Block) *eth.L1Block {
	c := *b
	if len(c.Inbox) == 0 {
		c.Inbox = nil
	}
	if len(c.Logs) == 0 {
		c.Logs = nil
	}
	return &c
}

// The recording that cmd/cairn's golden output is of. It is the story.
func TestTheCommittedRecordingIsTheStory(t *testing.T) {
	const committed = "../cmd/cairn/testdata/recording"
	dir := t.TempDir()
	story(t).record(dir, 0, 6)
	want := tree(t, dir)
	if golden.Rewrite() {
		if err := os.RemoveAll(committed); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(committed, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, committed); !reflect.DeepEqual(got, want) {
		t.Errorf("%s has %d files that differ from what is recorded now, which are %d: run with -args -rewrite", committed, len(got), len(want))
	}
}

func TestRecordingGoesOnWhereItWasLeft(t *testing.T) {
	w, dir := story(t), t.TempDir()
	w.record(dir, 0, 2)
	before, asked := tree(t, dir), w.asked["l1"]
	w.record(dir, 0, 6)
	after := tree(t, dir)
	for name, text := range before {
		if name != "recording.json" && after[name] != text {
			t.Errorf("%s was changed", name)
		}
	}
	if all := w.asked["l1"]; all != 12 || asked != 5 {
		t.Errorf("%d L1 blocks were asked for, then %d in all", asked, all)
	}
	// A later range may go on with it, and then that is what is derived.
	w.record(dir, 4, 6)
	events, _, err := derived(t, dir, recording.Range{})
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(events); got[len(got)-2] != storyLines[len(storyLines)-2] || strings.Contains(strings.Join(got, "\n"), "block 4 of") {
		t.Errorf("from block 4 on: %q", got)
	}
}

// Whenever it is interrupted, there is a recording, and it goes on from there.
func TestAnInterruptedRecordingIsAShorterOne(t *testing.T) {
	w := story(t)
	full := t.TempDir()
	w.record(full, 0, 6)
	want := tree(t, full)
	total := 0
	for _, n := range w.asked {
		total += n
	}
	for stop := 1; stop < total; stop++ {
		dir := t.TempDir()
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupted := errors.New("interrupted")
		count := 0
		w.hook = func(string, uint64) error {
			if count++; count == stop {
				cancel(interrupted)
				return ctx.Err()
			}
			return nil
		}
		_, err := recording.Record(ctx, w.order(dir, 0, 6), w.sources(), func(recording.Event) {})
		cancel(nil)
		if err == nil {
			t.Fatalf("stopped at question %d: no error", stop)
		}
		w.hook = nil
		if _, err := os.Stat(filepath.Join(dir, "recording.json")); err == nil {
			_, end, err := derived(t, dir, recording.Range{})
			var start *recording.StartError
			if err != nil && !errors.As(err, &start) || err == nil && !end.OK() {
				t.Errorf("stopped at question %d: %+v, %v", stop, end, err)
			}
		}
		w.record(dir, 0, 6)
		if got := tree(t, dir); !reflect.DeepEqual(got, want) {
			t.Errorf("stopped at question %d and gone on with: %d files, want %d", stop, len(got), len(want))
		}
	}
}

func TestBlobsAreRecordedAndVerified(t *testing.T) {
	w := newWorld(t, rollup.Jovian)
	w.mine()
	frames := w.channelOf(0xaa, 2, singular(w.sequence(1, tx(0, "one"))))
	both := w.blobTx(frames[0])
	both.BlobHashes = append(both.BlobHashes, w.blobTx(frames[1:]...).BlobHashes...)
	w.mine(both)
	stranger := w.blobTx(channel0())
	stranger.From = common.Address{0xee}
	w.mine(stranger)
	w.derive()
	dir := t.TempDir()
	w.record(dir, 0, 1)
	hash := w.l1[2].Inbox[0].BlobHashes[0].Hex()
	files := tree(t, dir)
	if files["blobs/"+hash] != string(w.blobs[common.HexToHash(hash)][:]) {
		t.Errorf("the blob is not there, or another one")
	}
	asked := w.asked["blobs"]
	w.record(dir, 0, 1)
	if asked != 1 || w.asked["blobs"] != 1 {
		t.Errorf("blobs were asked for %d times, then %d: those of strangers, or those that are there", asked, w.asked["blobs"])
	}
	second := w.l1[2].Inbox[0].BlobHashes[1].Hex()
	if err := os.Remove(filepath.Join(dir, "blobs", second)); err != nil {
		t.Fatal(err)
	}
	w.record(dir, 0, 1)
	if w.asked["blobs"] != 2 || !reflect.DeepEqual(tree(t, dir), files) {
		t.Errorf("the blob that was missing was asked for %d times", w.asked["blobs"]-1)
	}
	path := filepath.Join(dir, "blobs", hash)
	for _, c := range []struct {
		name, want string
		spoil      func(blob []byte) []byte
	}{
		{"a byte is changed", "its versioned hash is 0x01", func(b []byte) []byte { b[5] ^= 1; return b }},
		{"it is no blob", "it is no blob", func(b []byte) []byte { b[0] = 0xff; return b }},
		{"it is too short", "it has 131071 bytes, a blob has 131072", func(b []byte) []byte { return b[:len(b)-1] }},
		{"it is too long", "it has more than 131072 bytes", func(b []byte) []byte { return append(b, 0) }},
		{"it is not there", "it is missing: the batcher's transaction in l1/2.json names it", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.spoil == nil {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(path, c.spoil([]byte(files["blobs/"+hash])), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := derived(t, dir, recording.Range{})
			var file *recording.FileError
			if !errors.As(err, &file) || file.File != "blobs/"+hash || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q of the blob", err, c.want)
			}
		})
	}
}

func TestL1ThatReorganisesWhileItIsRecordedIsRefused(t *testing.T) {
	w, dir := story(t), t.TempDir()
	w.record(dir, 0, 2)
	other := *w.l1[5]
	other.ParentHash = common.Hash{0xbb}
	w.l1[5] = &other
	before := tree(t, dir)
	_, err := recording.Record(t.Context(), w.order(dir, 0, 6), w.sources(), func(recording.Event) {})
	if !errors.Is(err, recording.ErrReorganised) || !strings.Contains(err.Error(), "l1/5.json: parentHash") {
		t.Errorf("got %v", err)
	}
	after := tree(t, dir)
	for name := range after {
		if _, ok := before[name]; !ok && strings.HasPrefix(name, "l1/") {
			t.Errorf("%s was written", name)
		}
	}
	if _, end, err := derived(t, dir, recording.Range{}); err != nil || !end.OK() {
		t.Errorf("what was there is broken: %+v, %v", end, err)
	}
}

func TestAnotherRecordingIsLeftAlone(t *testing.T) {
	w, dir := story(t), t.TempDir()
	w.record(dir, 0, 2)
	before := tree(t, dir)
	for _, c := range []struct {
		name   string
		change func(o *recording.Order)
		want   string
	}{
		{"another chain", func(o *recording.Order) {
			cfg := *o.Config
			cfg.SeqWindowSize++
			o.Config = &cfg
		}, "rollup.json is of another chain"},
		{"other blob fees", func(o *recording.Order) { o.Blobs = rollup.BlobSchedule{{Time: 1, UpdateFraction: 5}} }, "recording.json has other blob fees"},
		{"other rules", func(o *recording.Order) {
			cfg := *o.Config
			cfg.AsOpNode117 = true
			o.Config = &cfg
		}, "or other rules"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := w.order(dir, 0, 6)
			c.change(&o)
			_, err := recording.Record(t.Context(), o, w.sources(), func(recording.Event) {})
			if !errors.Is(err, recording.ErrOther) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if !reflect.DeepEqual(tree(t, dir), before) {
				t.Error("something was changed")
			}
		})
	}
	t.Run("ranges that make no sense", func(t *testing.T) {
		var start *recording.StartError
		if _, err := recording.Record(t.Context(), w.order(dir, 6, 6), w.sources(), func(recording.Event) {}); !errors.As(err, &start) {
			t.Errorf("6 to 6: %v", err)
		}
		var lacking *recording.NoBlockError
		if _, err := recording.Record(t.Context(), w.order(t.TempDir(), 0, 99), w.sources(), func(recording.Event) {}); !errors.As(err, &lacking) || lacking.Number != 99 {
			t.Errorf("up to 99: %v", err)
		}
	})
}

// What is not safe yet is recorded as far as it is, and the rest later.
func TestABlockThatIsNotSafeYetIsRecordedLater(t *testing.T) {
	w, dir := story(t), t.TempDir()
	whole := w.l1
	w.l1 = w.l1[:10]
	end, err := recording.Record(t.Context(), w.order(dir, 0, 6), w.sources(), func(recording.Event) {})
	if err != nil || end.Why != recording.EndOfL1 || end.Need != 10 || end.Head.Number != 4 {
		t.Fatalf("got %+v, %v", end, err)
	}
	if _, end, err := derived(t, dir, recording.Range{}); err != nil || end.Why != recording.EndOfL1 || !end.OK() {
		t.Errorf("derived: %+v, %v", end, err)
	}
	w.l1 = whole
	w.record(dir, 0, 6)
}
