package events

// watched counts the sockets that the poller knows.
func (p *poller) watched() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sockets {
		if s.socket != nil {
			n++
		}
	}
	return n
}
