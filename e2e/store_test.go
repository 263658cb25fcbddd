package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"parlour"
	"parlour/db"
)

// inStore does something to the store of a program that is not running, and
// gives it the lobby.
func (p *program) inStore(do func(ctx context.Context, store parlour.Store, lobby parlour.Room)) {
	p.t.Helper()
	store, err := db.Open(p.t.Context(), filepath.Join(p.data, "parlour.db"), db.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	lobby, err := store.Room(p.t.Context(), "lobby")
	if err != nil {
		p.t.Fatal(err)
	}
	do(p.t.Context(), store, lobby)
	if err := store.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// stored are all messages of a room, oldest first.
func stored(t *testing.T, store parlour.Store, room int64) []parlour.Message {
	t.Helper()
	var all []parlour.Message
	for before, more := parlour.Seq(0), true; more; {
		page, err := store.Page(t.Context(), room, before, 500)
		if err != nil {
			t.Fatal(err)
		}
		all = append(page.Messages, all...)
		if more = page.More; more {
			before = page.Messages[0].Seq
		}
	}
	return all
}

// storedAs finds the message of the room that has this text.
func storedAs(t *testing.T, store parlour.Store, room int64, body string) parlour.Message {
	t.Helper()
	for _, m := range stored(t, store, room) {
		if m.Body == body {
			return m
		}
	}
	t.Fatalf("nobody said %q", body)
	return parlour.Message{}
}
