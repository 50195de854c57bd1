package inspect

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/channel"
)

// Channels are the channels of an input.
type Channels struct {
	// Items are what the channels were assembled from; none if the input is the data of a channel itself.
	Items      int       `json:"items,omitempty"`
	FrameCount int       `json:"frameCount,omitempty"`
	Frames     []Frame   `json:"frames,omitempty"`
	Dropped    []BadItem `json:"droppedItems,omitempty"` // items that nodes drop
	Count      int       `json:"count"`                  // of channels
	Channels   []Channel `json:"channels"`
	data       [][]byte  // of Channels, compressed
}

// BadItem is an item that nodes drop, or a blob.
type BadItem struct {
	Item    int     `json:"item"` // from 0
	Dropped *Reason `json:"dropped"`
}

// Channel is a compressed sequence of batches (derivation.md#channel-format).
type Channel struct {
	ID     string `json:"id,omitempty"` // the data of a channel itself does not say it
	Frames int    `json:"frames,omitempty"`
	// Complete: all frames are there. If not, what follows is about the frames from 0 on that are.
	Complete bool `json:"complete"`
	// Dropped: nodes drop the whole channel.
	Dropped *Reason `json:"dropped,omitempty"`

	Compression  string  `json:"compression,omitempty"` // "zlib" or "brotli"
	Compressed   int     `json:"compressedBytes"`
	Decompressed int     `json:"decompressedBytes"` // of whole batches, with their RLP headers
	Ratio        float64 `json:"ratio,omitempty"`   // of both; not if reading stopped before the end

	BatchCount int     `json:"batchCount"`
	Batches    []Batch `json:"batches"`
	// Stopped: nodes read nothing behind these batches. Nil: the channel is used up.
	Stopped *Reason  `json:"stopped,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// ReadChannels reads the data of one channel, or assembles channels from items, frames, blobs and batcher transactions
// in the order in which they are given, one on a line. All of them are taken to be in the same L1 block.
func ReadChannels(in Input, o Options) (*Channels, error) {
	a, data, err := gather(in)
	if err != nil {
		return nil, err
	}
	if data != nil {
		c := readChannel(data, o)
		c.Complete = true
		return &Channels{Count: 1, Channels: []Channel{c}, data: [][]byte{data}}, nil
	}
	a.assemble(o)
	return a.describe(o), nil
}

// ReadBatchOf reads the batch with an index, from 0, of the first channel of an input.
func ReadBatchOf(in Input, index int, o Options) (*Batch, error) {
	narrow := o
	narrow.Limit = 1
	all, err := ReadChannels(in, narrow)
	if err != nil {
		return nil, err
	}
	if all.Count == 0 {
		return nil, errors.New("expected a channel, found no frame 0 of one")
	}
	c := &all.Channels[0]
	d, reason := channel.NewDecoder(all.data[0], o.limits())
	if reason != channel.None {
		return nil, fmt.Errorf("expected a channel with batches, found one that is dropped: %s", channelReason(reason))
	}
	for i := 0; ; i++ {
		content, rest, _, ok := d.Next()
		if !ok || i >= c.BatchCount {
			return nil, fmt.Errorf("expected a channel with a batch %d, found one of %s (the first is 0)", index, batches(c.BatchCount))
		}
		if i == index {
			b := readBatch(content, o, true)
			return &b, nil
		}
		d = rest
	}
}

func batches(n int) string {
	if n == 1 {
		return "1 batch"
	}
	return thousands(uint64(n)) + " batches"
}

// assembly is frames on their way to channels.
type assembly struct {
	items    int
	frames   []placed
	bad      []BadItem
	channels []assembled
}

// placed is a frame and what becomes of it.
type placed struct {
	channel.Frame
	item, at int
	lost     channel.Reason
}

// assembled is the data of a channel.
type assembled struct {
	id       channel.ID
	frames   int
	data     []byte
	complete bool
	notes    []string
}

// gather takes all values of an input apart. The data is that of a channel, if the input is one.
func gather(in Input) (*assembly, []byte, error) {
	values, err := in.several(isPiece)
	if err != nil {
		return nil, nil, err
	}
	values = parts(values)
	a := new(assembly)
	for _, v := range values {
		switch kind := kindOf(v); kind {
		case kindChannel:
			if len(values) == 1 {
				return nil, v.data, nil
			}
			return nil, nil, unknownPiece(v)
		case kindNone:
			return nil, nil, unknownPiece(v)
		default:
			if err := a.take(v, kind); err != nil {
				return nil, nil, err
			}
		}
		if len(a.frames) > maxFrames {
			return nil, nil, fmt.Errorf("expected at most %s, found more", count(maxFrames, "frame"))
		}
	}
	return a, nil, nil
}

func unknownPiece(v value) error {
	where := ""
	if v.where != "" {
		where = " in " + v.where
	}
	found := "a transaction"
	if v.tx == nil {
		found = fmt.Sprintf("0x%02x at byte 0 of %s", v.data[0], count(len(v.data), "byte"))
	}
	return fmt.Errorf("expected the data of a channel (its first byte tells zlib, 78, or brotli, 01), or items, frames, blobs and batcher transactions, one on a line; found %s%s", found, where)
}

type kind int

const (
	kindNone kind = iota
	kindChannel
	kindItem
	kindFrames
	kindBlob
	kindTx
)

// isPiece says whether data is whole by itself, and not the first line of something longer.
func isPiece(data []byte) bool {
	switch kindOf(value{data: data}) {
	case kindNone, kindChannel:
		return false
	case kindItem:
		_, reason := channel.ParseFrames(data)
		return reason == channel.None
	default:
		return true
	}
}

// kindOf recognises data. What parses exactly as frames is frames: their lengths do not fit by chance.
func kindOf(v value) kind {
	if v.tx != nil {
		return kindTx
	}
	data := v.data
	if len(data) == channel.BlobSize {
		if _, reason := channel.DecodeBlob((*[channel.BlobSize]byte)(data)); reason == channel.None {
			return kindBlob
		}
	}
	if _, reason := channel.ParseFrames(data); reason == channel.None {
		return kindItem
	}
	if _, reason := channel.ParseFrames(asItem(data)); reason == channel.None {
		return kindFrames
	}
	if new(types.Transaction).UnmarshalBinary(data) == nil {
		return kindTx
	}
	switch {
	case len(data) == channel.BlobSize && (compression(data) == "" || v.where != ""):
		return kindBlob // that does not decode: of all blobs of an L1 block, some are of others
	case compression(data) != "":
		return kindChannel
	case data[0] == channel.DerivationVersion0:
		return kindItem
	}
	return kindNone
}

// compression names what the first byte of a channel says (derivation.md#channel-format, fjord/derivation.md#brotli-channel-compression).
func compression(data []byte) string {
	switch {
	case data[0]&0x0f == 8 || data[0]&0x0f == 15:
		return channel.Zlib.String()
	case data[0] == 1:
		return channel.Brotli.String()
	}
	return ""
}

// take adds the items of a value.
func (a *assembly) take(v value, k kind) error {
	switch k {
	case kindBlob:
		a.blob((*[channel.BlobSize]byte)(v.data))
	case kindFrames:
		a.item(asItem(v.data))
	case kindTx:
		return a.tx(v)
	default:
		a.item(v.data)
	}
	return nil
}

// tx adds the items of a batcher transaction.
func (a *assembly) tx(v value) error {
	tx := v.tx
	if tx == nil {
		tx = new(types.Transaction)
		if err := tx.UnmarshalBinary(v.data); err != nil {
			return err
		}
	}
	if tx.Type() != types.BlobTxType {
		a.item(tx.Data())
		return nil
	}
	sidecar := tx.BlobTxSidecar()
	if sidecar == nil {
		return errors.New("expected batcher transactions with their data, found a blob transaction without its blobs: give the blobs")
	}
	for i := range sidecar.Blobs {
		a.blob((*[channel.BlobSize]byte)(&sidecar.Blobs[i]))
	}
	return nil
}

func (a *assembly) blob(blob *[channel.BlobSize]byte) {
	data, reason := channel.DecodeBlob(blob)
	if reason != channel.None {
		a.bad = append(a.bad, BadItem{Item: a.items, Dropped: channelReason(reason)})
		a.items++
		return
	}
	a.item(data)
}

func (a *assembly) item(data []byte) {
	frames, reason := channel.ParseFrames(data)
	if reason != channel.None {
		a.bad = append(a.bad, BadItem{Item: a.items, Dropped: channelReason(reason)})
	}
	at := 1
	for _, f := range frames {
		a.frames = append(a.frames, placed{Frame: f, item: a.items, at: at})
		at += channel.FrameHeaderLen + len(f.Data)
	}
	a.items++
}

// assemble makes channels of the frames: as nodes do, and then of what is left, so that people see what they hold.
func (a *assembly) assemble(o Options) {
	if o.rules().StrictOrder {
		a.inOrder(o)
	}
	done := make(map[channel.ID]bool)
	for _, c := range a.channels {
		done[c.id] = true
	}
	for _, id := range a.ids() {
		if !done[id] {
			a.channels = append(a.channels, a.collect(id, o.rules().StrictOrder))
		}
	}
}

// inOrder assembles under the rules from Holocene on: each item is pruned by itself, as the frame queue is empty when it
// comes.
func (a *assembly) inOrder(o Options) {
	var staged channel.Assembler
	limits := o.limits()
	for from := 0; from < len(a.frames); {
		to := from
		var frames []channel.Frame
		for ; to < len(a.frames) && a.frames[to].item == a.frames[from].item; to++ {
			frames = append(frames, a.frames[to].Frame)
		}
		for i, reason := range pruned(frames, o) {
			f := &a.frames[from+i]
			if f.lost = reason; reason != channel.None {
				continue
			}
			raw, complete, lost := staged.Add(f.Frame, 0, limits)
			if complete {
				a.channels = append(a.channels, assembled{id: raw.ID, frames: int(f.Number) + 1, data: raw.Bytes(), complete: true})
			}
			if lost != channel.ChannelReplaced { // else it is the staged channel that was lost
				f.lost = lost
			}
		}
		from = to
	}
}

// ids are those of all frames, in the order in which they come.
func (a *assembly) ids() (ids []channel.ID) {
	seen := make(map[channel.ID]bool)
	for _, f := range a.frames {
		if !seen[f.ID] {
			seen[f.ID] = true
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// collect takes the frames of a channel in any order, as nodes do before Holocene.
func (a *assembly) collect(id channel.ID, strict bool) assembled {
	c := channel.NewChannel(id, 0)
	held := make(map[uint16][]byte)
	last := -1
	for i := range a.frames {
		f := &a.frames[i]
		if f.ID != id {
			continue
		}
		lost := c.Add(f.Frame, false)
		if !strict {
			f.lost = lost
		}
		if lost == channel.None {
			held[f.Number] = f.Data
			if f.IsLast {
				last = int(f.Number)
			}
		}
	}
	out := assembled{id: id, frames: c.Frames()}
	if c.Ready() {
		out.data, out.complete = c.Bytes(), true
		if strict {
			out.notes = append(out.notes, "nodes do not assemble it: from Holocene on the frames of a channel must come one after another (before Holocene they need not, see --at)")
		}
		return out
	}
	missing := 0
	for ; missing < channel.MaxFrames; missing++ {
		data, ok := held[uint16(missing)] //nolint:gosec // below MaxFrames
		if !ok {
			break
		}
		out.data = append(out.data, data...)
	}
	switch {
	case last < 0 && missing == c.Frames():
		out.notes = append(out.notes, fmt.Sprintf("frame %d and what follows it are missing", missing))
	case last < 0:
		out.notes = append(out.notes, fmt.Sprintf("frame %d and the last one are missing, and maybe more", missing))
	default:
		out.notes = append(out.notes, fmt.Sprintf("frame %d is missing; the last one is %d", missing, last))
	}
	return out
}

// describe makes the value of the assembly.
func (a *assembly) describe(o Options) *Channels {
	out := &Channels{Items: a.items, FrameCount: len(a.frames), Channels: []Channel{}, Count: len(a.channels)}
	for i, bad := range a.bad {
		if o.more(i) {
			out.Dropped = append(out.Dropped, bad)
		}
	}
	for i := range a.frames {
		if !o.more(i) {
			break
		}
		f := &a.frames[i]
		described := frame(f.Frame, f.at)
		described.Item, described.Dropped = &f.item, channelReason(f.lost)
		out.Frames = append(out.Frames, described)
	}
	for i, c := range a.channels {
		if i == maxChannels || !o.more(i) {
			break
		}
		described := Channel{Batches: []Batch{}}
		if len(c.data) > 0 || c.complete {
			described = readChannel(c.data, o)
		}
		described.ID, described.Frames, described.Complete = c.id.String(), c.frames, c.complete
		described.Notes = append(c.notes, described.Notes...)
		out.Channels, out.data = append(out.Channels, described), append(out.data, c.data)
	}
	return out
}

// readChannel decompresses a channel and describes the batches in it.
func readChannel(data []byte, o Options) Channel {
	out := Channel{Compressed: len(data), Batches: []Batch{}}
	if len(data) > 0 {
		out.Compression = compression(data)
	}
	d, reason := channel.NewDecoder(data, o.limits())
	if reason != channel.None {
		out.Dropped = channelReason(reason)
		return out
	}
	for {
		content, rest, reason, ok := d.Next()
		if !ok {
			out.Stopped = channelReason(reason)
			break
		}
		d = rest
		b := readBatch(content, o, false)
		out.Decompressed += channel.EncodedLen(content)
		if o.more(len(out.Batches)) {
			out.Batches = append(out.Batches, b)
		}
		if out.BatchCount++; b.EndsChannel {
			out.Stopped = b.Dropped
			break
		}
	}
	if o.Chain == nil && slices.ContainsFunc(out.Batches, func(b Batch) bool { return b.RelTimestamp != nil }) {
		out.Notes = append(out.Notes, needChain)
	}
	if out.Stopped == nil {
		out.Ratio = math.Round(100*float64(out.Decompressed)/float64(len(data))) / 100
	}
	return out
}

// WriteText writes the channels for people.
func (c *Channels) WriteText(w io.Writer) error {
	var p page
	if c.Items > 0 {
		p.row("read", "%s, %s", count(c.Items, "item"), count(c.FrameCount, "frame"))
		for _, bad := range c.Dropped {
			p.row("dropped", "item %d: %s", bad.Item, bad.Dropped)
		}
		frameTable(&p, c.Frames, c.FrameCount)
	}
	for i := range c.Channels {
		if p.Len() > 0 {
			p.WriteByte('\n')
		}
		c.Channels[i].text(&p)
	}
	p.left(c.Count, len(c.Channels))
	return p.to(w)
}

func (c *Channel) text(p *page) {
	name := c.ID
	if name != "" {
		state := "incomplete"
		if c.Complete {
			state = "complete"
		}
		p.row("channel", "%s, %s, %s", name, count(c.Frames, "frame"), state)
	}
	p.notes(c.Notes)
	if c.Compression != "" {
		p.row("compressed", "%s, %s", count(c.Compressed, "byte"), c.Compression)
	} else {
		p.row("compressed", "%s", count(c.Compressed, "byte"))
	}
	if c.Dropped != nil {
		p.row("dropped", "%s", c.Dropped)
		return
	}
	times := ""
	if c.Ratio > 0 {
		times = fmt.Sprintf(", %.2f times as many", c.Ratio)
	}
	p.row("decompressed", "%s%s, %s", count(c.Decompressed, "byte"), times, batches(c.BatchCount))
	switch {
	case c.Stopped != nil && c.BatchCount > 0:
		p.row("stopped", "after byte %d, behind batch %d: %s", c.Decompressed, c.BatchCount-1, c.Stopped)
	case c.Stopped != nil:
		p.row("stopped", "at the first batch: %s", c.Stopped)
	}
	c.table(p)
}

func (c *Channel) table(p *page) {
	if len(c.Batches) == 0 {
		return
	}
	known := slices.ContainsFunc(c.Batches, func(b Batch) bool { return b.First != nil && b.First.Number != nil })
	lines := []string{"BATCH\tTYPE\tBYTES\tBLOCKS\tTRANSACTIONS\tFIRST BLOCK\tL1 ORIGIN"}
	for i, b := range c.Batches {
		if b.First == nil {
			lines = append(lines, fmt.Sprintf("%d\t%s\t%s\tdropped: %s", i, b.Type, thousands(uint64(b.Bytes)), b.Dropped))
			continue
		}
		first, origin := firstBlock(&b, known), fmt.Sprint(b.First.L1Origin)
		if b.Last.L1Origin != b.First.L1Origin {
			origin += fmt.Sprintf(" to %d", b.Last.L1Origin)
		}
		line := fmt.Sprintf("%d\t%s\t%s\t%d\t%d\t%s\t%s\t", i, b.Type, thousands(uint64(b.Bytes)), b.Blocks, b.Transactions, first, origin)
		if b.Dropped != nil {
			line += "dropped: " + b.Dropped.String()
		}
		lines = append(lines, line)
	}
	p.WriteByte('\n')
	p.table(lines)
	p.left(c.BatchCount, len(c.Batches))
}

// firstBlock says which the first block of a batch is, as well as it is known.
func firstBlock(b *Batch, known bool) string {
	switch {
	case b.First.Number != nil:
		return fmt.Sprint(*b.First.Number)
	case b.First.Time != nil:
		return moment(*b.First.Time)
	case b.RelTimestamp != nil && !known:
		return fmt.Sprintf("%d s after genesis", *b.RelTimestamp)
	}
	return "-"
}
