package bus

// Publish implements events.Bus. A message that finds the queue full is lost.
func (b *NATS) Publish(subject string, payload []byte) {
	select {
	case b.queue <- message{subject, payload}:
	default:
		b.dropped.Add(1)
	}
}

// send brings what is queued to the server. The queue stands between because
// the connection makes its users wait while a slow server takes its bytes.
func (b *NATS) send() {
	for {
		select {
		case <-b.done:
			return
		case m := <-b.queue:
			// The connection would keep messages until it is back. They would
			// be old by then: everybody looks in the store.
			if !b.conn.IsConnected() {
				b.dropped.Add(1)
				continue
			}
			if err := b.conn.Publish(b.prefix+m.subject, m.payload); err != nil {
				b.dropped.Add(1)
				b.log.Debug("a message to the other nodes is lost", "subject", m.subject, "error", err)
				continue
			}
			b.sent.Add(1)
			b.sentBytes.Add(uint64(len(m.payload)))
		}
	}
}
