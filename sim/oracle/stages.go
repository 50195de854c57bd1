package oracle

// batchQueue uses the batches of the current L1 block by the rules before Holocene (specs: Batch Queue; Delta). Batches
// wait until their time has come; the first one in the order they came that is valid makes the next block.
func (d *derivation) batchQueue(batches []batch) {
	for d.halted == "" {
		if len(d.span) > 0 {
			b := d.span[0]
			if b.Timestamp == d.timeOf(d.head().Number+1) {
				d.span = d.span[1:]
				b.ParentHash = d.head().Hash
				d.build(b, len(d.span) == 0)
				continue
			}
			// An earlier block of the span batch was no good.
			d.span = nil
		}
		d.followHead()

		outOfData := len(batches) == 0
		if !outOfData {
			b := batches[0]
			batches = batches[1:]
			if d.check(&b) != drop {
				d.queue = append(d.queue, b)
			}
		}
		next, found, undecided := d.fromQueue()
		if undecided {
			if outOfData {
				return
			}
			continue
		}
		if found && next.singular != nil {
			d.build(*next.singular, true)
			continue
		}
		if found {
			d.span, _ = d.singularsOf(next.span)
			continue
		}
		if empty, due := d.emptyBatch(outOfData); due {
			d.build(empty, true)
			continue
		}
		if outOfData {
			return
		}
	}
}

// fromQueue takes the first valid batch out of the queue, and all invalid ones before it. A batch of which nothing can
// be said yet ends the search.
func (d *derivation) fromQueue() (next batch, found, undecidedYet bool) {
	var kept []batch
	for i := range d.queue {
		switch d.check(&d.queue[i]) {
		case future:
			kept = append(kept, d.queue[i])
		case accept:
			next = d.queue[i]
			d.queue = append(kept, d.queue[i+1:]...)
			return next, true, false
		case undecided:
			d.queue = append(kept, d.queue[i:]...)
			return batch{}, false, true
		case drop, past:
		}
	}
	d.queue = kept
	return batch{}, false, false
}

func (d *derivation) check(b *batch) verdict {
	if b.span != nil {
		return d.checkSpan(b)
	}
	return d.checkSingular(b.singular, b.inclusion)
}

// batchStage uses the frames of the current L1 block by the rules from Holocene on (specs: Holocene, Batch Queue). The
// next batch makes the next block or is given up, and if it is invalid the rest of its span batch and channel with it.
func (d *derivation) batchStage(frames []frame) {
	d.dropTimedOut()
	var channel []batch // the batches left in the channel that is being read

	pull := func() (b batch, ok bool) {
		for len(channel) == 0 {
			if len(frames) == 0 {
				return batch{}, false
			}
			f := frames[0]
			frames = frames[1:]
			if data, complete := d.assemble(f); complete {
				channel = d.batchesOf(data)
			}
		}
		b, channel = channel[0], channel[1:]
		return b, true
	}
	flush := func() { d.span, channel, d.staged = nil, nil, nil }

	for d.halted == "" {
		d.followHead()
		if d.head().Origin >= d.now().number {
			// What is in the safe head's own origin cannot come after the safe head.
			if _, ok := pull(); !ok {
				return
			}
			continue
		}
		if len(d.span) > 0 && d.span[0].Timestamp != d.timeOf(d.head().Number+1) {
			d.span = nil
		}
		var candidate singular
		if len(d.span) > 0 {
			candidate, d.span = d.span[0], d.span[1:]
			candidate.ParentHash = d.head().Hash
		} else {
			b, ok := pull()
			if !ok {
				empty, due := d.emptyBatch(true)
				if !due {
					return
				}
				d.build(empty, true)
				continue
			}
			if b.span != nil {
				switch d.checkSpan(&b) {
				case accept:
					if d.span, ok = d.singularsOf(b.span); !ok {
						flush()
					}
				case drop:
					flush()
				case past, undecided, future:
				}
				continue
			}
			candidate = *b.singular
		}
		switch d.checkSingular(&candidate, d.now().number) {
		case accept:
			if !d.build(candidate, true) {
				flush()
			}
		case drop:
			flush()
		case past, undecided, future:
		}
	}
}

// followHead forgets the epochs before the safe head's L1 origin.
func (d *derivation) followHead() {
	d.epoch = max(d.epoch, d.indexOf(d.head().Origin))
}

// indexOf gives the place of an L1 block in the world.
func (d *derivation) indexOf(number uint64) int { return int(number - d.l1[0].number) }

// emptyBatch gives the batch that is there because nothing else came before the end of the sequencing window. If the
// epoch has all its blocks there is none: the next epoch takes its place, and its window is looked at with the next L1
// block.
func (d *derivation) emptyBatch(outOfData bool) (b singular, due bool) {
	epochs, now := d.epochs(), d.now().number
	windowEnd := epochs[0].number + d.config.SeqWindowSize
	if windowEnd > now || windowEnd == now && !outOfData || len(epochs) < 2 {
		return b, false
	}
	head := d.head()
	timestamp := d.timeOf(head.Number + 1)
	firstOfEpoch := epochs[0].number == head.Origin+1
	if timestamp >= epochs[1].time && !firstOfEpoch {
		d.epoch++
		return b, false
	}
	return singular{
		ParentHash:  head.Hash,
		EpochNumber: epochs[0].number,
		EpochHash:   epochs[0].hash,
		Timestamp:   timestamp,
	}, true
}

// singularsOf gives a span batch's blocks after the safe head as batches of one block each; not ok if one of them has an
// epoch that cannot be. Before Holocene the checks rule that out.
func (d *derivation) singularsOf(span []spanBlock) (out []singular, ok bool) {
	head := d.head()
	for _, block := range span {
		if block.timestamp <= d.timeOf(head.Number) {
			continue
		}
		origin, known := d.find(block.epoch)
		if block.epoch < head.Origin || !known {
			return nil, false
		}
		out = append(out, singular{
			EpochNumber:  origin.number,
			EpochHash:    origin.hash,
			Timestamp:    block.timestamp,
			Transactions: block.transactions,
		})
	}
	return out, true
}

// find looks for an L1 block among the epochs.
func (d *derivation) find(number uint64) (ref l1Ref, ok bool) {
	for _, e := range d.epochs() {
		if e.number == number {
			return e, true
		}
	}
	return l1Ref{}, false
}
