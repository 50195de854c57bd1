package main

import (
	"encoding/json"
	"io"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/recording"
)

// deriveJSON prints a derivation for programs: one object per line. docs/offline-derivation.md describes them.
type deriveJSON struct {
	out        io.Writer
	attributes bool
	only       *uint64
}

type blockJSON struct {
	Type         string                 `json:"type"` // block
	Number       uint64                 `json:"number"`
	Verdict      string                 `json:"verdict"` // same, different, not-recorded
	Hash         *common.Hash           `json:"hash,omitempty"`
	ParentHash   common.Hash            `json:"parentHash"`
	Timestamp    uint64                 `json:"timestamp"`
	Transactions int                    `json:"transactions"`
	Deposits     int                    `json:"deposits"` // among them
	Epoch        eth.BlockID            `json:"epoch"`
	Sequence     uint64                 `json:"sequenceNumber"`
	DerivedFrom  eth.BlockID            `json:"derivedFrom"`
	Forced       bool                   `json:"forced"`
	Replaced     bool                   `json:"replaced"`
	Batch        *batchJSON             `json:"batch,omitempty"` // absent if forced
	Differs      []recording.Difference `json:"differences,omitempty"`
	Attributes   *eth.PayloadAttributes `json:"attributes,omitempty"`
}

type batchJSON struct {
	Channel   string      `json:"channel"`
	OpenBlock uint64      `json:"openBlock"`
	Batch     int         `json:"batch"`
	Span      bool        `json:"span"`
	Block     int         `json:"block"`
	Frames    []placeJSON `json:"frames"`
}

type placeJSON struct {
	L1Block     uint64       `json:"l1Block"`
	Transaction uint32       `json:"transaction"`
	Blob        uint32       `json:"blob,omitempty"` // from 1
	Hash        *common.Hash `json:"transactionHash,omitempty"`
}

type droppedJSON struct {
	Type    string     `json:"type"` // dropped
	What    string     `json:"what"`
	Reason  string     `json:"reason"`
	Why     string     `json:"why,omitempty"`
	Rule    string     `json:"rule,omitempty"`
	Where   string     `json:"where,omitempty"`
	L1Block uint64     `json:"l1Block"` // that was being read
	Place   *placeJSON `json:"place,omitempty"`
	Channel string     `json:"channel,omitempty"`
	Index   int        `json:"index"`
	L2Time  uint64     `json:"l2Timestamp,omitempty"`
	Early   bool       `json:"early"`
	BackTo  *uint64    `json:"backTo,omitempty"`
}

type endJSON struct {
	Type      string         `json:"type"` // end
	Why       recording.Why  `json:"why"`
	OK        bool           `json:"ok"`
	Text      string         `json:"text"`
	From      uint64         `json:"from"` // the block that derivation began on
	Head      uint64         `json:"head"` // the last one that is what L1 says
	L1From    uint64         `json:"l1From"`
	L1To      uint64         `json:"l1To"`
	Compared  int            `json:"compared"`
	Built     int            `json:"built"` // derived and not recorded
	Forced    int            `json:"forced"`
	Replaced  int            `json:"replaced"`
	Dropped   map[string]int `json:"dropped"` // by reason
	Early     int            `json:"droppedEarly"`
	Seconds   float64        `json:"seconds"`
	PerSecond float64        `json:"blocksPerSecond"`
}

func (t *deriveJSON) tell(e recording.Event) {
	switch e := e.(type) {
	case *recording.Block:
		if t.only == nil || e.Number == *t.only {
			t.print(t.block(e))
		}
	case *recording.Dropped:
		if t.only == nil {
			t.print(dropped(e))
		}
	default:
	}
}

func (t *deriveJSON) print(object any) {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(object) // a writer that fails says so when it is flushed
}

func (t *deriveJSON) block(b *recording.Block) blockJSON {
	out := blockJSON{
		Type: "block", Number: b.Number, Verdict: "same", ParentHash: b.Parent.Hash, Timestamp: b.Attributes.Timestamp,
		Transactions: len(b.Attributes.Transactions), Epoch: b.Origin, Sequence: b.SequenceNumber,
		DerivedFrom: b.DerivedFrom.ID(), Forced: b.From == nil, Replaced: b.Replaced, Differs: b.Differs,
	}
	for _, tx := range b.Attributes.Transactions {
		if eth.IsDeposit(tx) {
			out.Deposits++
		}
	}
	if b.Recorded == nil {
		out.Verdict = "not-recorded"
	} else {
		hash := b.Hash()
		out.Hash = &hash
	}
	if len(b.Differs) > 0 {
		out.Verdict = "different"
	}
	if from := b.From; from != nil {
		out.Batch = &batchJSON{
			Channel: from.Channel.String(), OpenBlock: from.OpenBlock, Batch: from.Batch, Span: from.Span, Block: from.Block, Frames: []placeJSON{},
		}
		for i, p := range from.Frames {
			out.Batch.Frames = append(out.Batch.Frames, placeJSON{p.L1, p.Tx, p.Blob, orNil(b.FrameTxs[i])})
		}
	}
	if t.attributes || b.Recorded == nil {
		out.Attributes = &b.Attributes
	}
	return out
}

func orNil(hash common.Hash) *common.Hash {
	if hash == (common.Hash{}) {
		return nil
	}
	return &hash
}

func dropped(d *recording.Dropped) droppedJSON {
	why, rule := reasonText(d)
	out := droppedJSON{
		Type: "dropped", What: d.What.String(), Reason: d.Reason.String(), Why: why, Rule: rule, Where: d.Where(),
		L1Block: d.L1, Index: d.Index, L2Time: d.L2Time, Early: d.Early,
	}
	if p := d.Place; p.L1 > 0 || d.Tx != (common.Hash{}) {
		out.Place = &placeJSON{p.L1, p.Tx, p.Blob, orNil(d.Tx)}
	}
	var none [16]byte
	if d.ID != none {
		out.Channel = d.ID.String()
	}
	if d.BackTo != nil {
		out.BackTo = &d.BackTo.Number
	}
	return out
}

func (t *deriveJSON) end(e *recording.End, c *deriveCounts) {
	t.print(endJSON{
		Type: "end", Why: e.Why, OK: e.OK(), Text: deriveTrouble(e), From: c.start.Safe.Number, Head: e.Head.Number,
		L1From: c.start.Base.Number, L1To: c.last.L1.Number, Compared: c.same + c.differs, Built: c.built, Forced: c.forced, Replaced: c.deposit,
		Dropped: c.dropped, Early: c.early, Seconds: c.now().Sub(c.began).Seconds(), PerSecond: c.perSecond(),
	})
}
