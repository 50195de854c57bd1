package main

// Mutant is a fault in a rule.
type Mutant struct {
	Name string
	File string // from the root of the module
	Old  string // occurs exactly once in the file
	New  string
	Rule string // which one is broken (RULES, the digest the spec map refers to)
}

// Mutants are the faults that the simulation has to find.
var Mutants = []Mutant{
	{
		"timeout-one-less", "channel/channel.go", "openBlock+timeout < origin", "openBlock+timeout <= origin",
		"3.3: with the L1 block exactly a timeout later a channel still counts",
	},
	{
		"timeout-granite", "rollup/rules.go", "r.ChannelTimeout = channelTimeoutGranite", "r.ChannelTimeout = channelTimeoutGranite + 1",
		"0.4: 50 L1 blocks from Granite on",
	},
	{
		"window-one-less", "batch/check.go", "epoch+v.Config.SeqWindowSize < v.Inclusion", "epoch+v.Config.SeqWindowSize <= v.Inclusion",
		"5.4 row 5: inclusion = epoch + window is still valid",
	},
	{
		"window-forced-early", "derive/batches.go", "last == s.window.origin.Number && !ended", "last == s.window.origin.Number && ended",
		"5.8: in the last L1 block of the window all data comes first",
	},
	{
		"drift-one-less", "batch/check_singular.go", "case b.Timestamp > origin.Time+v.Config", "case b.Timestamp >= origin.Time+v.Config",
		"5.4 row 13: ts = origin time + drift is still valid",
	},
	{
		"drift-span-one-less", "batch/check_span_full.go", "if b.Timestamp > origin.Time+v.Config", "if b.Timestamp >= origin.Time+v.Config",
		"5.6: the same for a block of a span batch before Holocene",
	},
	{
		"drift-by-l2-time", "batch/check_singular.go", "v.Config.L1Rules(origin.Time).SequencerDriftAt", "v.Config.L1Rules(b.Timestamp).SequencerDriftAt",
		"0.3: Fjord's drift is decided by the time of the L1 origin",
	},
	{
		"drift-empty-next-known", "batch/check_singular.go", "b.Timestamp >= v.L1Blocks[1].Time", "b.Timestamp > v.L1Blocks[1].Time",
		"5.4 row 13c: an empty block has to move on when the next L1 origin is as old as it",
	},
	{
		"set-code-by-l1-time", "batch/check_singular.go", "l2 := v.Config.L2Rules(b.Timestamp)", "l2 := v.Config.L2Rules(origin.Time)",
		"0.3: rules of the L2 block's contents are decided by its own time",
	},
	{
		"delta-by-current-epoch", "batch/check_span.go", "		origin = v.L1Blocks[1]\n", "",
		"0.3: Delta's second check looks at the epoch that the span begins in",
	},
	{
		"span-end-before-next", "batch/check_span.go", "s.End() < v.nextTime()", "s.End() <= v.nextTime()",
		"5.5 row 4: a span that ends with the next block is not past",
	},
	{
		"span-prefix-19-bytes", "batch/check_span.go", "hash[:checkLength], check[:]", "hash[:checkLength-1], check[:checkLength-1]",
		"5.5 row 6: 20 bytes of the parent's hash count",
	},
	{
		"span-origin-unknown", "batch/check_span.go", "return Undecided, SpanOriginUnknown", "return Drop, SpanOriginUnknown",
		"5.5 row 9: a span that ends in an epoch that is not known is undecided",
	},
	{
		"span-window-of-last", "batch/check_span.go", "case v.expired(start):", "case v.expired(s.EndEpoch()):",
		"5.5 row 7: it is the first block's epoch whose window counts",
	},
	{
		"span-origin-bit-0", "batch/span_walk.go", "if i > 0 && origins.bit(i) {", "if origins.bit(i) {",
		"5.2: the first block's bit does not enter the arithmetic",
	},
	{
		"overlap-not-compared", "derive/batches.go", "t.number < s.head.ref.Number && !s.rules.SkipOverlap", "false",
		"5.6: safe blocks that a span covers are compared with it",
	},
	{
		"overlap-epoch", "batch/check_span.go", "b.EpochNum != safe.Ref.L1Origin.Number", "b.EpochNum > safe.Ref.L1Origin.Number",
		"5.6: their epochs, too",
	},
	{
		"undecided-flushes", "derive/batches.go", "if verdict == batch.Drop {\n		m.flush()", "if verdict != batch.Past {\n		m.flush()",
		"5.8: a span whose last epoch is not known is passed over, and its channel goes on",
	},
	{
		"flush-omitted", "derive/batches.go", "		m.flush()\n", "",
		"5.8: an invalid batch voids the rest of its channel",
	},
	{
		"flush-keeps-span", "derive/machine.go", "func (m *Machine) flush() {\n	m.s.span = spanCursor{}\n", "func (m *Machine) flush() {\n",
		"5.8: and the rest of its span batch",
	},
	{
		"replaced-keeps-channel", "derive/machine.go", "	m.flush()\n	replaced", "	replaced",
		"7.4: so does a block that the engine rejects",
	},
	{
		"replaced-early", "rollup/rules.go", "ReplaceInvalid:   c.active(Holocene, l1Time)", "ReplaceInvalid:   c.active(Granite, l1Time)",
		"0.3: deposits-only replacement begins with Holocene",
	},
	{
		"rejected-span-stays", "derive/machine.go", "s.span, s.head = nil, spanCursor{}, s.safe", "s.span, s.head = nil, spanCursor{}, s.head",
		"7.4: before Holocene all blocks of an invalid span go",
	},
	{
		"queue-newest-first", "derive/queue.go", "append(slices.Clip(s.queue), *b)", "append([]stored{*b}, s.queue...)",
		"5.7: batches are looked through in the order of arrival",
	},
	{
		"queue-undecided-removed", "derive/queue.go", "s.queue[p.next-1:]), nil", "s.queue[p.next:]), nil",
		"5.7: an undecided batch stays",
	},
	{
		"order-from-isthmus", "rollup/rules.go", "StrictOrder:      c.active(Holocene, l1Time)", "StrictOrder:      c.active(Isthmus, l1Time)",
		"0.3: from Holocene on frames and batches come in order, by L1 time",
	},
	{
		"bank-not-pruned", "channel/bank.go", "for b.size > l.MaxBank {", "for b.size > 2*l.MaxBank {",
		"3.4: the oldest channels go when the bank is full",
	},
	{
		"bank-scan-by-delta", "rollup/rules.go", "ScanChannelBank:  c.active(Canyon, l1Time)", "ScanChannelBank:  c.active(Delta, l1Time)",
		"0.3: from Canyon on any complete channel is read",
	},
	{
		"assembler-too-large", "channel/assembler.go", "a.staged.Size() > l.MaxRLPBytes", "a.staged.Size() > 2*l.MaxRLPBytes",
		"3.5: a channel does not outgrow the limit",
	},
	{
		"prune-not-first", "channel/prune.go", "current.ID != next.ID && next.Number != 0", "false",
		"3.2: a frame that follows another channel has to be a first one",
	},
	{
		"restart-ignored", "channel/assembler.go", "if f.Number == 0 {", "if f.Number == 0 && (!a.open || a.staged.id != f.ID) {",
		"3.5: a first frame starts a channel afresh even under the same id",
	},
	{
		"brotli-before-fjord", "rollup/rules.go", "Brotli:           c.active(Fjord, l1Time)", "Brotli:           c.active(Canyon, l1Time)",
		"4.2: brotli counts from Fjord on",
	},
	{
		"limit-off-by-one", "channel/decoder.go", "if size > uint64(r.left()) {", "if size >= uint64(r.left()) {",
		"4.4: a channel of exactly the limit is fine",
	},
	{
		"skip-after-delta", "batch/reason.go", "r >= ItemEmpty && r <= SpanTxTooLong", "r >= ItemEmpty && r <= SpanTxTypeUnknown",
		"4.8: a span batch that cannot be rebuilt costs only itself",
	},
	{
		"blobs-from-fjord", "rollup/rules.go", "Blobs:            c.active(Ecotone, l1Time)", "Blobs:            c.active(Fjord, l1Time)",
		"0.3: blobs count from Ecotone on",
	},
	{
		"config-update-after-data", "derive/machine.go", "	s.inbox = inbox\n", "	defer func() { s.inbox = inbox }()\n",
		"1.1: updates of an L1 block hold for its own data",
	},
	{
		"config-update-last-first", "attributes/config_update.go", "for _, log := range logs {", "for i := range logs {\n		log := logs[len(logs)-1-i]",
		"1.2: updates of an L1 block hold in their order",
	},
	{
		"config-update-ecotone", "rollup/rules.go", "EcotoneScalars:   c.active(Ecotone, l1Time),", "EcotoneScalars:   c.active(Fjord, l1Time),",
		"1.2: fee scalars are of the new form from Ecotone on, by L1 time",
	},
	{
		"sequence-number", "attributes/build.go", "return parent.SequenceNumber + 1, nil, sys, nil", "return parent.SequenceNumber + 1 - parent.SequenceNumber/9, nil, sys, nil",
		"6.2: the sequence number counts all blocks of an epoch",
	},
	{
		"empty-epoch-skipped", "derive/batches.go", "time >= next.Time && !firstOfEpoch", "time >= next.Time && (!firstOfEpoch || true)",
		"5.8: every epoch has at least one block",
	},
	{
		"upgrade-order", "attributes/upgrade.go", "txs = append(txs, of...)", "txs = append(of[:len(of):len(of)], txs...)",
		"6.1: of several forks that activate at once the oldest comes first",
	},
	{
		"karst-gas", "attributes/upgrade.go", "fork == rollup.Karst && cfg.KeepKarstUpgradeGas", "fork == rollup.Karst",
		"6.6: the gas of Karst's upgrade is stripped, unless the chain keeps it",
	},
	{
		"info-in-activation-block", "rollup/rules.go", "c.active(Isthmus, l2Time) && !c.activationBlock(Isthmus, l2Time)", "c.active(Isthmus, l2Time)",
		"6.2: the activation block has the L1 info of before",
	},
	{
		"must-be-empty", "rollup/rules.go", "case Jovian, Karst, Lagoon:", "case Jovian, Lagoon:",
		"5.4 row 12: the first block of Karst has no transactions",
	},
	{
		"pectra-early", "rollup/rules.go", "l1Time < *c.PectraBlobScheduleTime", "l1Time+12 < *c.PectraBlobScheduleTime",
		"6.2: the blob fee of before holds up to the chain's own Pectra time",
	},
	{
		"deposit-index", "derive/l1block.go", "index++\n			if receipt.Status", "if receipt.Status",
		"6.3: a deposit's source hash has its log's index in the L1 block",
	},
	{
		"failed-deposits", "derive/l1block.go", "receipt.Status != types.ReceiptStatusSuccessful ||", "",
		"6.4: logs of failed transactions do not count",
	},
	{
		"window-lags", "derive/window.go", "parent.L1Origin.Number > w.refs[0].Number", "parent.L1Origin.Number > w.refs[0].Number+1",
		"5.3: the list of L1 blocks begins with the parent's origin",
	},
	{
		"snapshot-forgets-open-channel", "derive/encode.go", "Assembler: st.assembler, Bank", "Bank",
		"none: what a restart must not lose",
	},
}
