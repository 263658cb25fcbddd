package db

import (
	"context"

	"parlour"
)

// engine is the database behind a store: all in which SQLite and PostgreSQL
// differ, apart from the few words that dialect.go changes in the migrations.
type engine interface {
	// take lends a connection for reading. It waits for one until the context
	// ends or the store is stopped.
	take(ctx context.Context, stopped <-chan struct{}) (conn, error)
	giveBack(c conn)
	// snapshot has all questions on a lent connection answered from one moment.
	snapshot(c conn, ask func(conn) error) error
	// skim is a snapshot for going through much of the house: little of what is
	// read stays in memory, and what others read again and again does.
	skim(c conn, ask func(conn) error) error
	// index is the search index that suits the database.
	index() index

	// The committing goroutine alone calls these.

	// begin begins the transaction of a batch and gives it its connection.
	// After an error there is none.
	begin(t *tx, batch []*operation) error
	// posted is the message that was posted once with this digest, or errNoRow.
	posted(t *tx, room int64, once []byte) (parlour.Message, error)
	// insert stores a message under the number that it has, with the values of
	// insertMessage, and tells whether it did: not when once is there already.
	insert(t *tx, m parlour.Message, once []byte, values ...any) (fresh bool, err error)
	// commit writes down the heads of the rooms that changed and makes the
	// transaction durable. After an error nothing of it was done, or nobody
	// knows: then the error is Unavailable and settle finds out.
	commit(t *tx) error
	// rollback undoes a transaction that was not committed.
	rollback(t *tx)
	// committed tells how many rows were written, once all are answered.
	committed(rows int64)
	// settle finds out what has become of commits that nobody knew about, and
	// answers what those that are durable have to tell. left is whether there
	// are more to find out about.
	settle() (changes []parlour.Change, left bool)

	// tend does what the database needs beside the commits until stopped.
	tend(stopped <-chan struct{})
	// abandon has whatever waits for the database fail, now and from now on.
	abandon()
	// close is called once, last, and waits for connections that are lent.
	close() error
}
