package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"

	"parlour/bus"
	"parlour/db"
)

// connectBus connects to the other nodes of the house. The servers of the bus may
// serve other houses too: each has a word of its own, which those who share its
// database know.
func (c *serveCommand) connectBus(ctx context.Context, store *db.Store, log *slog.Logger) (*bus.NATS, error) {
	if c.Database == "" {
		log.Warn("only servers on this machine that have the same folder share this house: without --database others have houses of their own", "data", c.Data)
	}
	secret, err := store.Secret(ctx, "bus")
	if err != nil {
		return nil, err
	}
	word := sha256.Sum256(secret)
	b, err := bus.Connect(bus.Options{
		URL: c.NATS, Credentials: c.NATSCreds, House: hex.EncodeToString(word[:8]), Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("--nats: %w", err)
	}
	log.Info("this node shares the house with others", "node", b.Node(), "bus", b.Connected())
	return b, nil
}

// closeBus leaves the other nodes, if there are any.
func (h *house) closeBus() {
	if h.bus != nil {
		h.bus.Close()
	}
}
