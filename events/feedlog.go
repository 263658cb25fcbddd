package events

import (
	"slices"
	"sort"

	"parlour"
)

// feedLog is the newest part of what the readers of one feed in one room are
// sent: one run of bytes, and where in it each change stands.
//
// Places in it are counted from the first byte ever appended and never reused,
// so a place says for itself whether its bytes are still there. The bytes of a
// place never change once they are appended: a view may be read while the log
// grows, without a lock. The log itself is guarded by its room's mutex.
type feedLog struct {
	feed    Feed
	max     int   // bytes kept at most, but for a single longer append
	base    int64 // the place of buf[0]
	buf     []byte
	changes []span      // the changes that stand wholly in buf, oldest first
	edits   []edit      // those of them that tell of earlier messages
	floor   parlour.Seq // the number before the first of changes
	walked  view        // what the pump walks the readers with, and nobody else sees
	readers int
	idle    int // ticks without readers
}

// span is where one change stands: from the number of the one before it
// (exclusive) to seq (inclusive). Most spans cover one number; what was caught
// up from the store in one go covers several.
type span struct {
	seq        parlour.Seq
	start, end int64
	by         string // who said something new in it: see saidBy
}

// edit is where messages are told of that were posted earlier: the oldest of
// them, and the place behind it. Readers who came after it are not to see it.
type edit struct {
	of  parlour.Seq
	end int64
}

// minLog is what a log begins with: some ten messages.
const minLog = 8 << 10

func newFeedLog(feed Feed, head parlour.Seq, limit int) *feedLog {
	return &feedLog{feed: feed, max: limit, floor: head}
}

// end is the place after the last byte.
func (l *feedLog) end() int64 { return l.base + int64(len(l.buf)) }

// appendChange appends the frame of a change. of is the oldest message that it
// tells of, if that was posted before; else 0. by is who said something new in it.
func (l *feedLog) appendChange(seq, of parlour.Seq, by string, frame []byte) {
	start := l.end()
	l.append(frame)
	l.changes = append(l.changes, span{seq: seq, start: start, end: l.end(), by: by})
	if of > 0 {
		l.edits = append(l.edits, edit{of: of, end: l.end()})
	}
}

// append appends bytes that are not a change and are never replayed. Older
// bytes give way, half of the log at a time, so that appending stays cheap.
func (l *feedLog) append(b []byte) {
	if len(l.buf)+len(b) > cap(l.buf) {
		l.grow(len(b))
	}
	l.buf = append(l.buf, b...)
}

// grow makes room for n bytes in a buffer of its own: views of the old one stay
// as they are.
func (l *feedLog) grow(n int) {
	keep := l.buf
	size := max(minLog, 2*cap(l.buf))
	if size > l.max {
		size = l.max
	}
	if len(keep)+n > size {
		keep = keep[len(keep)-min(len(keep), max(0, size/2-n)):]
		size = max(size, len(keep)+n)
	}
	l.base = l.end() - int64(len(keep))
	l.buf = append(make([]byte, 0, size), keep...)
	gone := sort.Search(len(l.changes), func(i int) bool { return l.changes[i].start >= l.base })
	if gone > 0 {
		l.floor = l.changes[gone-1].seq
		l.changes = slices.Delete(l.changes, 0, gone)
	}
	first := slices.IndexFunc(l.edits, func(e edit) bool { return e.end > l.base })
	if first < 0 {
		first = len(l.edits)
	}
	l.edits = slices.Clone(l.edits[first:]) // views of the old ones stay as they are
}

// restart forgets all changes and goes on after a number. Places go on too, so
// that a reader of what was forgotten cannot mistake new bytes for old.
func (l *feedLog) restart(head parlour.Seq) {
	l.base = l.end()
	l.buf, l.changes, l.edits, l.floor = nil, nil, nil, head
}

// after is the first of the changes after a cursor.
func (l *feedLog) after(cursor parlour.Seq) int {
	return sort.Search(len(l.changes), func(i int) bool { return l.changes[i].seq > cursor })
}

// since copies the frames of the changes after a cursor, each a step. It is false
// when the log does not reach back that far, or tells of messages up to the floor.
func (l *feedLog) since(cursor, floor parlour.Seq) (frames []byte, steps []step, ok bool) {
	first := l.after(cursor)
	before := l.floor
	if first > 0 {
		before = l.changes[first-1].seq
	}
	if before != cursor {
		return nil, nil, false
	}
	if first < len(l.changes) && l.view().tells(l.changes[first].start, floor) {
		return nil, nil, false
	}
	for _, c := range l.changes[first:] {
		frames = append(frames, l.buf[c.start-l.base:c.end-l.base]...)
		steps = append(steps, step{end: len(frames), reached: c.seq})
	}
	return frames, steps, true
}

// hasNews tells whether, in the changes after a cursor, anybody but one person has
// said something.
func (l *feedLog) hasNews(cursor parlour.Seq, person string) bool {
	return slices.ContainsFunc(l.changes[l.after(cursor):], func(c span) bool { return c.by != "" && c.by != person })
}

// view is the log's bytes at one moment. It may be read without a lock and for
// as long as one likes.
type view struct {
	base  int64
	bytes []byte
	edits []edit
}

func (l *feedLog) view() view { return view{base: l.base, bytes: l.buf, edits: l.edits} }

// tells is whether what follows a place tells of messages up to a floor.
func (v view) tells(place int64, floor parlour.Seq) bool {
	return floor > 0 && slices.ContainsFunc(v.edits, func(e edit) bool { return e.end > place && e.of <= floor })
}

func (v view) end() int64 { return v.base + int64(len(v.bytes)) }

// from is all that follows a place, or errFellOut when that is gone, or is not
// for a reader with this floor: such a reader is served from the store.
func (v view) from(place int64, floor parlour.Seq) ([]byte, error) {
	if place < v.base || v.tells(place, floor) {
		return nil, errFellOut
	}
	if place > v.end() { // a newer view was used already
		return nil, nil
	}
	return v.bytes[place-v.base:], nil
}
