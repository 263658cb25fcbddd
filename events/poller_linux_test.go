package events

// watched counts the sockets that the poller knows.
func (p *poller) watched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sockets)
}
