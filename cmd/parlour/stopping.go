package main

import (
	"context"
	"log/slog"
	"time"

	"parlour/db"
)

const (
	// finishTime is how long requests in flight may take when the server stops.
	finishTime = 10 * time.Second
	// silenceTime is for how long a database may give no answer meanwhile, before
	// nothing waits for it any more.
	silenceTime = 4 * time.Second
	// askEvery is how often it is asked.
	askEvery = 250 * time.Millisecond
)

// abandonSilent abandons the store when nothing is heard of its database for a
// while, before ctx ends. Each request in flight, what the live side says at its
// end, and the connections that are closed would wait for it in turn.
func abandonSilent(ctx context.Context, store *db.Store, log *slog.Logger) {
	for heard := time.Now(); time.Since(heard) < silenceTime; {
		asking, cancel := context.WithDeadline(ctx, heard.Add(silenceTime))
		asked := time.Now()
		if err := store.Ping(asking); err == nil {
			heard = asked
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-time.After(askEvery):
		}
	}
	log.Warn("nothing is heard of the database, and what waits for it is given up")
	store.Abandon()
}
