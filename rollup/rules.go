package rollup

// L1Rules are the rules decided by the time of an L1 block. For reading data that block is the one derivation is at
// (the pipeline origin, where the data was included), not the epoch of the L2 block it describes.
type L1Rules struct {
	Blobs            bool   // Ecotone: blob transactions carry data in blobs; before, calldata of every type counts
	EcotoneScalars   bool   // Ecotone: fee scalar updates use the versioned encoding
	ScanChannelBank  bool   // Canyon: any ready channel of the bank may be read, before only the first
	SpanBatches      bool   // Delta
	Brotli           bool   // Fjord
	MaxRLPBytes      uint64 // bytes of batches one channel may decompress to
	MaxChannelBank   uint64 // bytes of all open channels; unused from Holocene on
	ChannelTimeout   uint64 // L1 blocks between a channel's first frame and its last, inclusive
	StrictOrder      bool   // Holocene: frame queue, one open channel, batches in order
	ReplaceInvalid   bool   // Holocene: an invalid block becomes deposits-only; before, its batch is dropped
	SkipOverlap      bool   // span batches are not compared with the safe blocks they cover: op-node 1.17, from Holocene on
	CancunBlobFee    bool   // before pectra_blob_schedule_time: blob base fee as before Prague
	SequencerDriftAt uint64 // seconds an L2 block may be ahead of this L1 block, when it is the origin
}

// Limits of RULES 0.4, in bytes.
const (
	maxRLPBytesBedrock    = 10_000_000
	maxRLPBytesFjord      = 100_000_000
	maxChannelBankBedrock = 100_000_000
	maxChannelBankFjord   = 1_000_000_000
)

const (
	channelTimeoutGranite = 50   // L1 blocks
	sequencerDriftFjord   = 1800 // seconds
)

// L1Rules gives the rules that hold at the time of an L1 block.
func (c *Config) L1Rules(l1Time uint64) L1Rules {
	r := L1Rules{
		Blobs:            c.active(Ecotone, l1Time),
		EcotoneScalars:   c.active(Ecotone, l1Time),
		ScanChannelBank:  c.active(Canyon, l1Time),
		SpanBatches:      c.active(Delta, l1Time),
		Brotli:           c.active(Fjord, l1Time),
		MaxRLPBytes:      maxRLPBytesBedrock,
		MaxChannelBank:   maxChannelBankBedrock,
		ChannelTimeout:   c.ChannelTimeout,
		StrictOrder:      c.active(Holocene, l1Time),
		ReplaceInvalid:   c.active(Holocene, l1Time),
		SkipOverlap:      c.AsOpNode117 && c.active(Holocene, l1Time),
		CancunBlobFee:    c.PectraBlobScheduleTime != nil && l1Time < *c.PectraBlobScheduleTime,
		SequencerDriftAt: c.MaxSequencerDrift,
	}
	if c.active(Fjord, l1Time) {
		r.MaxRLPBytes, r.MaxChannelBank, r.SequencerDriftAt = maxRLPBytesFjord, maxChannelBankFjord, sequencerDriftFjord
	}
	if c.active(Granite, l1Time) {
		r.ChannelTimeout = channelTimeoutGranite
	}
	return r
}

// InfoFormat is the layout of the L1 info deposit, the first transaction of each L2 block.
type InfoFormat uint8

// The layouts of RULES 6.2.
const (
	InfoBedrock InfoFormat = iota
	InfoEcotone
	InfoIsthmus
	InfoJovian
)

// L2Rules are the rules decided by the time of the L2 block itself.
type L2Rules struct {
	Regolith        bool       // L1 info transaction: 1,000,000 gas and not a system transaction
	Withdrawals     bool       // Canyon: attributes and block carry an (empty) withdrawals list
	CanyonBaseFee   bool       // Canyon: its own EIP-1559 denominator
	BeaconRoot      bool       // Ecotone: attributes carry the L1 origin's parent beacon block root
	EIP1559Params   bool       // Holocene: attributes and extraData carry EIP-1559 parameters
	WithdrawalsRoot bool       // Isthmus: header carries the storage root of the message passer
	OperatorFee     bool       // Isthmus: L1 info carries operator fee parameters
	SetCodeTxs      bool       // Isthmus: type 4 transactions may be in a batch
	MinBaseFee      bool       // Jovian: attributes and extraData carry a minimum base fee
	DAFootprint     bool       // Jovian: L1 info carries the DA footprint gas scalar
	Osaka           bool       // Karst: the engine runs Osaka, payloads are fetched by getPayloadV5
	PostExecTxs     bool       // Lagoon: type 0x7D transactions may be in a batch
	EcotoneScalars  bool       // Ecotone, not its activation block: scalar is read back in the versioned encoding
	Info            InfoFormat // excluding each fork's activation block, which still uses the layout before
	Activates       []Fork     // forks whose first block this is, oldest first: their upgrade transactions go in
	MustBeEmpty     bool       // activation block of Jovian, Karst, Lagoon: a batch with transactions is dropped
	SequenceEmpty   bool       // activation block of any fork with upgrade transactions: a sequencer adds nothing
}

// L2Rules gives the rules that hold for the L2 block at a time.
func (c *Config) L2Rules(l2Time uint64) L2Rules {
	r := L2Rules{
		Regolith:        c.active(Regolith, l2Time),
		Withdrawals:     c.active(Canyon, l2Time),
		CanyonBaseFee:   c.active(Canyon, l2Time),
		BeaconRoot:      c.active(Ecotone, l2Time),
		EIP1559Params:   c.active(Holocene, l2Time),
		WithdrawalsRoot: c.active(Isthmus, l2Time),
		SetCodeTxs:      c.active(Isthmus, l2Time),
		MinBaseFee:      c.active(Jovian, l2Time),
		Osaka:           c.active(Karst, l2Time),
		PostExecTxs:     c.active(Lagoon, l2Time),
		EcotoneScalars:  c.active(Ecotone, l2Time) && !c.activationBlock(Ecotone, l2Time),
		OperatorFee:     c.active(Isthmus, l2Time) && !c.activationBlock(Isthmus, l2Time),
		DAFootprint:     c.active(Jovian, l2Time) && !c.activationBlock(Jovian, l2Time),
	}
	switch {
	case r.DAFootprint:
		r.Info = InfoJovian
	case r.OperatorFee:
		r.Info = InfoIsthmus
	case r.EcotoneScalars:
		r.Info = InfoEcotone
	}
	for f := Regolith; f < forkCount; f++ {
		if !c.activationBlock(f, l2Time) {
			continue
		}
		r.Activates = append(r.Activates, f)
		switch f {
		case Jovian, Karst, Lagoon:
			r.MustBeEmpty, r.SequenceEmpty = true, true
		case Ecotone, Fjord, Isthmus:
			r.SequenceEmpty = true
		default:
		}
	}
	return r
}
