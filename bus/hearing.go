package bus

// receive brings what comes to its handlers: one goroutine for all of them, so
// that thousands of rooms do not cost as many, and what one node said in order
// is heard in order.
func (b *NATS) receive() {
	for {
		select {
		case <-b.done:
			return
		case m := <-b.inbox:
			b.received.Add(1)
			b.mu.Lock()
			handle := b.handlers[m.Sub]
			b.mu.Unlock()
			if handle != nil {
				handle(m.Data)
			}
		}
	}
}

// Subscribe implements events.Bus.
func (b *NATS) Subscribe(subject string, handle func([]byte)) (cancel func()) {
	b.mu.Lock()
	if b.isClosed {
		b.mu.Unlock()
		return func() {}
	}
	sub, err := b.conn.ChanSubscribe(b.prefix+subject, b.inbox)
	if err != nil {
		b.mu.Unlock()
		b.log.Error("the bus takes no subscription", "subject", subject, "error", err)
		return func() {}
	}
	b.handlers[sub] = handle
	b.mu.Unlock()
	if b.conn.IsConnected() { // else it is made known when the connection is
		if err := b.conn.FlushTimeout(confirmWait); err != nil {
			b.note()
		}
	}
	return func() {
		b.mu.Lock()
		delete(b.handlers, sub)
		b.mu.Unlock()
		_ = sub.Unsubscribe() // the connection is closed: so is the subscription
	}
}
