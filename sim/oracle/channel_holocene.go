package oracle

// stagedChannel is the one open channel there can be from Holocene on, where frames come in order.
type stagedChannel struct {
	id     channelID
	opened uint64 // number of the L1 block of its first frame
	frames int
	size   uint64
	data   []byte
}

// dropTimedOut drops the open channel if it is too old at this L1 block.
func (d *derivation) dropTimedOut() {
	if d.staged != nil && d.timedOut(d.staged.opened) {
		d.staged = nil
	}
}

// assemble adds the next frame to the open channel and gives the channel's data if it is complete with it.
func (d *derivation) assemble(f frame) (channel []byte, complete bool) {
	if f.number == 0 {
		d.staged = &stagedChannel{id: f.id, opened: d.now().number}
	}
	c := d.staged
	if c == nil || c.id != f.id || c.frames != f.number {
		return nil, false
	}
	c.frames++
	c.size += uint64(len(f.data)) + frameOverhead
	c.data = append(c.data, f.data...)
	if c.size > d.maxRLPBytesPerChannel(d.now().time) {
		d.staged = nil
		return nil, false
	}
	if !f.last {
		return nil, false
	}
	d.staged = nil
	return c.data, true
}
