package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parlour"
)

// posting is the transaction that the committing goroutine is in. A batch of
// posts, however many, takes two round trips: one that begins, locks the rooms,
// reads their heads and looks for messages that are there already; and one that
// inserts, writes the heads down and commits.
type posting struct {
	conn    *postgresConn
	number  string // the transaction's, by which its fate can be asked for
	known   map[onceKey]parlour.Message
	sought  map[onceKey]bool // those of which known has the answer
	waiting *pgx.Batch       // what is not sent yet
	doubts  []doubt
}

// onceKey is a post that may be there already.
type onceKey struct {
	room int64
	once [16]byte
}

func keyOf(room int64, once []byte) onceKey { return onceKey{room, [16]byte(once)} }

// doubt is a commit whose answer was lost with the connection.
type doubt struct {
	number  string
	changes []parlour.Change
}

// errAgain is an error after which nothing was done, and which may not happen
// again if the same is tried at once.
var errAgain = errors.New("worth another try")

// postedOnceQuery looks each post up by the index, however many there are.
const postedOnceQuery = `SELECT m.once, ` + messageColumns + `
	FROM unnest($1::bigint[], $2::bytea[]) AS k (in_room, key)
	CROSS JOIN LATERAL (SELECT * FROM messages WHERE room_id = k.in_room AND once = k.key AND once IS NOT NULL LIMIT 1) AS m`

func (p *postgres) begin(t *tx, batch []*operation) error {
	c := p.conn()
	lent, err := p.writers.Acquire(c.ctx)
	if err != nil {
		c.done()
		return fmt.Errorf("connecting: %w: %w", errLost, err)
	}
	c.lent = lent
	in := &p.posting
	in.conn, in.waiting = c, &pgx.Batch{}
	in.known, in.sought = make(map[onceKey]parlour.Message), make(map[onceKey]bool)
	t.conn, t.headSuffix = postgresTx{p}, ` FOR NO KEY UPDATE`

	begin := &pgx.Batch{}
	begin.Queue("BEGIN")
	if lock := lockFor(batch); lock != "" {
		begin.Queue(lock, int64(houseLock))
	}
	begin.Queue(`SELECT pg_current_xact_id()::text`).QueryRow(func(r pgx.Row) error { return r.Scan(&in.number) })
	p.lockRooms(t, begin, batch)
	begin.Queue(narrowedQuery).QueryRow(func(r pgx.Row) error {
		var narrowings int64
		err := r.Scan(&narrowings)
		if err == nil {
			t.rights.found(narrowings)
		}
		return err
	})
	p.seekPosts(begin, batch)
	err = lent.SendBatch(in.conn.ctx, begin).Close()
	if err != nil {
		err = again(in.conn.trouble(err))
		p.rollback(t)
		return fmt.Errorf("beginning: %w", err)
	}
	return nil
}

// lockFor is how a batch locks the house: not at all, shared, or alone.
func lockFor(batch []*operation) string {
	lock := ""
	for _, op := range batch {
		switch {
		case op.reach.isApart:
		case op.reach.room != 0:
			lock = `SELECT pg_advisory_xact_lock_shared($1)`
		default:
			return `SELECT pg_advisory_xact_lock($1)`
		}
	}
	return lock
}

// lockRooms locks the rooms that a batch has named until it is committed, and
// reads their heads. The lock lets others refer to the room, as a new seat does.
func (p *postgres) lockRooms(t *tx, begin *pgx.Batch, batch []*operation) {
	var rooms []int64
	for _, op := range batch {
		if op.reach.room != 0 {
			rooms = append(rooms, op.reach.room)
		}
	}
	if len(rooms) == 0 {
		return
	}
	slices.Sort(rooms)
	begin.Queue(`SELECT id, head FROM rooms WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
		slices.Compact(rooms)).Query(func(found pgx.Rows) error {
		for found.Next() {
			r, err := rowIn(found, nil)
			if err != nil {
				return err
			}
			t.heads[r.int(0)] = head{seq: r.seq(1)}
		}
		return found.Err()
	})
}

// seekPosts looks for the posts of a batch that are there already. Their rooms
// are locked: the answer holds until the commit.
func (p *postgres) seekPosts(begin *pgx.Batch, batch []*operation) {
	in := &p.posting
	var rooms []int64
	var keys [][]byte
	for _, op := range batch {
		if op.reach.once != nil {
			rooms, keys = append(rooms, op.reach.room), append(keys, op.reach.once)
			in.sought[keyOf(op.reach.room, op.reach.once)] = true
		}
	}
	if len(rooms) == 0 {
		return
	}
	begin.Queue(postedOnceQuery, rooms, keys).Query(func(found pgx.Rows) error {
		for found.Next() {
			r, err := rowIn(found, nil)
			if err != nil {
				return err
			}
			m, err := messageIn(r[1:])
			if err != nil {
				return err
			}
			in.known[keyOf(m.Room, r.bytes(0))] = m
		}
		return found.Err()
	})
}

// posted is the message that a post has become, if it was posted before.
func (p *postgres) posted(t *tx, room int64, once []byte) (parlour.Message, error) {
	if once == nil {
		return parlour.Message{}, errNoRow
	}
	in, key := &p.posting, keyOf(room, once)
	if m, ok := in.known[key]; ok {
		return m, nil
	}
	if in.sought[key] {
		return parlour.Message{}, errNoRow
	}
	return postedOnceIn(t.conn, room, once)
}

// insert lets the message wait for whatever is to be sent next. Whether it is
// there already is known before.
func (p *postgres) insert(t *tx, m parlour.Message, once []byte, values ...any) (bool, error) {
	if _, err := p.posted(t, m.Room, once); !errors.Is(err, errNoRow) {
		return false, err
	}
	in := &p.posting
	in.waiting.Queue(insertMessage, inForm(values)...)
	if once != nil {
		in.known[keyOf(m.Room, once)] = m
	}
	return true, nil
}

// send sends what waits.
func (p *postgres) send() error {
	in := &p.posting
	if in.waiting.Len() == 0 {
		return nil
	}
	batch := in.waiting
	in.waiting = &pgx.Batch{}
	return again(in.conn.trouble(in.conn.lent.SendBatch(in.conn.ctx, batch).Close()))
}

const raiseHeads = `UPDATE rooms SET head = raised.head FROM unnest($1::bigint[], $2::bigint[]) AS raised (room, head) WHERE rooms.id = raised.room`

func (p *postgres) commit(t *tx) error {
	in := &p.posting
	var rooms, heads []int64
	for room, head := range t.heads {
		if head.raised {
			rooms, heads = append(rooms, room), append(heads, int64(head.seq))
		}
	}
	if len(rooms) > 0 {
		in.waiting.Queue(raiseHeads, rooms, heads)
	}
	var tag pgconn.CommandTag
	in.waiting.Queue("COMMIT").Exec(func(t pgconn.CommandTag) error { tag = t; return nil })
	batch := in.waiting
	in.waiting = nil
	err := in.conn.trouble(in.conn.lent.SendBatch(in.conn.ctx, batch).Close())
	switch {
	case errors.Is(err, errLost):
		p.giveUp()
		if err := p.doubt(t, err); err != nil {
			return err
		}
		p.forget(t.changes)
		return nil
	case err != nil:
		return again(fmt.Errorf("commit: %w", err))
	case tag.String() != "COMMIT":
		return fmt.Errorf("commit: the database answers %q", tag)
	}
	p.giveUp()
	p.forget(t.changes)
	return nil
}

// rollback undoes the transaction, by closing the connection if need be.
func (p *postgres) rollback(*tx) {
	in := &p.posting
	if in.conn == nil {
		return
	}
	if c := in.conn.lent.Conn(); !c.IsClosed() {
		ctx, cancel := context.WithTimeout(p.waiting, time.Second)
		defer cancel()
		if _, err := c.Exec(ctx, "ROLLBACK"); err != nil {
			_ = c.Close(ctx)
		}
	}
	p.giveUp()
}

// giveUp hands the connection back.
func (p *postgres) giveUp() {
	in := &p.posting
	in.conn.done()
	in.conn.lent.Release()
	in.conn = nil
}

// again marks errors after which the transaction is undone and the next try is
// likely to succeed: who waited in a circle and was chosen to give way, and the
// first to use a connection that was lost meanwhile. Where nothing is heard at
// all, they have waited for long enough.
func again(err error) error {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	isChosen := ok && (failure.Code == "40P01" || failure.Code == "40001")
	if isChosen || errors.Is(err, errLost) && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	return err
}

// postgresTx is the connection of the transaction. What waits to be sent goes
// ahead of each question.
type postgresTx struct{ p *postgres }

func (c postgresTx) exec(query string, args ...any) (int64, error) {
	if err := c.p.send(); err != nil {
		return 0, err
	}
	n, err := c.p.posting.conn.exec(query, args...)
	return n, again(err)
}

func (c postgresTx) rows(query string, args ...any) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		if err := c.p.send(); err != nil {
			yield(nil, err)
			return
		}
		for r, err := range c.p.posting.conn.rows(query, args...) {
			if !yield(r, again(err)) {
				return
			}
		}
	}
}

func (c postgresTx) one(query string, args ...any) (row, error) {
	return first(c.rows(query, args...))
}
