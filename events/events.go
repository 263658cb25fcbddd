// Package events is a room's sequence made live. It owns the room logs (the
// newest changes as the bytes that readers are sent), the readers (each a
// cursor and a connection), presence, and the pumps that bring readers from
// their cursor to the head of the log.
//
// It carries bytes: what a change looks like is the Renderer's business, and it
// never renders once per reader. Nothing is ever queued for a reader and
// nothing dropped: a reader that is slow has a cursor that lags, and one that
// has fallen out of the log is disconnected, to come back with its cursor and
// be served from the store.
package events

import (
	"bytes"
	"context"
	"errors"
	"time"

	"parlour"
)

// Format is the framing of a feed.
type Format int

// The formats of feeds.
const (
	// SSE is text/event-stream; each change has its number as id.
	SSE Format = iota
	// Document is an HTML page that never ends; it has no cursor.
	Document
)

// Feed is what a group of readers has in common: all of them are sent the same
// bytes.
type Feed struct {
	Format Format
	Lang   string // code of the language
	Zone   string // name of the time zone, or empty: the house's
}

// Renderer turns what happens into content for a feed, without framing. It
// writes nothing that depends on a single reader. Its methods may be called
// from many goroutines.
type Renderer interface {
	Change(w *bytes.Buffer, feed Feed, c parlour.Change) error
	Presence(w *bytes.Buffer, feed Feed, p Presence) error
	Typing(w *bytes.Buffer, feed Feed, t Typing) error
	// Mark shows a reader who comes back where what they have missed begins; the
	// messages follow.
	Mark(w *bytes.Buffer, feed Feed) error
	// Reset replaces all that a reader has by the newest page of the room. It is
	// not asked for a Document, which ends instead.
	Reset(w *bytes.Buffer, feed Feed, room int64, page parlour.Page) error
	// Ended tells a reader that its stream is over and will not come back.
	Ended(w *bytes.Buffer, feed Feed, room int64, reason Ending) error
}

// Ending is why a stream is ended for good.
type Ending string

// The reasons that readers are told.
const (
	EndedLeft    Ending = "left"    // the person left the room
	EndedSession Ending = "session" // the session ended
	EndedBarred  Ending = "barred"  // the person may not read here any more
	EndedMoved   Ending = "moved"   // the room is gone
)

// Store is what the live side reads from the store, and writes to it.
type Store interface {
	Page(ctx context.Context, room int64, before parlour.Seq, limit int) (parlour.Page, error)
	Since(ctx context.Context, room int64, after parlour.Seq, limit int) (parlour.Catchup, error)
	// Controls are those after a number and the number of the last: see
	// parlour.ControlStore.
	Controls(ctx context.Context, after int64, limit int) ([]parlour.Control, int64, error)
	// Heads are the last numbers of some rooms; one that is not there has none.
	Heads(ctx context.Context, rooms []int64) (map[int64]parlour.Seq, error)
	Attend(ctx context.Context, room int64, joined, left []parlour.Author, at time.Time) error
	HaveRead(ctx context.Context, room int64, upTo map[string]parlour.Seq) error
}

// Errors of opening a stream.
var (
	// ErrShutdown: the hub takes no readers any more.
	ErrShutdown = parlour.Errorf(parlour.Unavailable, "shutdown", "the server is restarting")
	// ErrTooManyStreams: the person or the address has too many open.
	ErrTooManyStreams = parlour.Errorf(parlour.TooMany, "streams.too_many", "too many open streams, close some tabs")
)

// errFellOut means that a reader's place is no longer in the log.
var errFellOut = errors.New("reader has fallen out of the room log")
