package l1

// Held says how many blocks wait in a Prefetcher to be asked for, how many bytes they have, and how many it counts.
func (p *Prefetcher) Held() (blocks int, size, counted int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.ahead {
		if a.block != nil {
			blocks++
			size += sizeOf(a.block)
		}
	}
	return blocks, size, p.size
}
