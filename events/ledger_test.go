package events

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"parlour"
)

// ledger is a store in memory, with the promises of parlour.Store that the live
// side relies on. Whatever changes a room is told to publish in the order of
// the numbers, before the method returns.
type ledger struct {
	mu      sync.Mutex             // guards all below, and the order of telling
	publish func([]parlour.Change) // nil: nobody is told
	// What happens before these answer, or while the answer is on its way, without
	// the mutex, if not nil.
	beforeSince, beforeAttend, afterControls func()

	rooms     map[int64]*lined
	trouble   error // what every question is answered with, if not nil
	attended  []attendance
	announced map[place]bool // what rooms were told of whom
	questions int            // how often a Since was asked for
	reads     []readNote
	controls  []parlour.Control
	forgotten int64 // how many controls are too old to be kept
}

type lined struct {
	head     parlour.Seq
	messages []parlour.Message // by Seq
}

// attendance is one call of Attend that was granted.
type attendance struct {
	room         int64
	joined, left []parlour.Author
}

// readNote is one call of HaveRead that was granted.
type readNote struct {
	room int64
	upTo map[string]parlour.Seq
}

func newLedger() *ledger {
	return &ledger{rooms: make(map[int64]*lined), announced: make(map[place]bool)}
}

func (s *ledger) room(id int64) *lined {
	if s.rooms[id] == nil {
		s.rooms[id] = new(lined)
	}
	return s.rooms[id]
}

// tells has somebody else be told of what changes from now on.
func (s *ledger) tells(publish func([]parlour.Change)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish = publish
}

// nobody is told, as when the news of a change is lost.
func nobody([]parlour.Change) {}

// let sets what happens when the store answers something.
func (s *ledger) let(when *func(), happen func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*when = happen
}

// happen has that happen.
func (s *ledger) happen(when *func()) {
	s.mu.Lock()
	happen := *when
	s.mu.Unlock()
	if happen != nil {
		happen()
	}
}

// tell publishes a change under the store's lock, as a store with one committing
// goroutine does.
func (s *ledger) tell(m parlour.Message) {
	if s.publish != nil {
		s.publish([]parlour.Change{m.Change()})
	}
}

func (s *ledger) post(room int64, body string) parlour.Message {
	return s.put(parlour.Message{Room: room, Kind: parlour.KindMessage, Body: body})
}

// says posts what somebody wrote.
func (s *ledger) says(person, body string) {
	s.put(parlour.Message{Room: lobby, Kind: parlour.KindMessage, Author: parlour.Author{ID: person, Name: person}, Body: body})
}

// put appends a message to its room.
func (s *ledger) put(m parlour.Message) parlour.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(m)
}

// append is put for a caller that holds mu.
func (s *ledger) append(m parlour.Message) parlour.Message {
	r := s.room(m.Room)
	r.head++
	m.Seq, m.Changed = r.head, r.head
	r.messages = append(r.messages, m)
	s.tell(m)
	return m
}

// edit gives a message another body, delete takes it away; messages that are
// not there are left alone.
func (s *ledger) edit(room int64, seq parlour.Seq, body string) {
	s.change(room, seq, func(m *parlour.Message) { m.Body, m.Edited = body, time.Unix(1, 0) })
}

func (s *ledger) delete(room int64, seq parlour.Seq) {
	s.change(room, seq, func(m *parlour.Message) { m.Body, m.Deleted = "", time.Unix(1, 0) })
}

func (s *ledger) change(room int64, seq parlour.Seq, do func(*parlour.Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(room)
	for i := range r.messages {
		if m := &r.messages[i]; m.Seq == seq && m.Deleted.IsZero() {
			do(m)
			r.head++
			m.Changed = r.head
			s.tell(*m)
		}
	}
}

func (s *ledger) head(room int64) parlour.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room(room).head
}

// last is the room's last change.
func (s *ledger) last(room int64) parlour.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(room)
	i := slices.IndexFunc(r.messages, func(m parlour.Message) bool { return m.Changed == r.head })
	return r.messages[i].Change()
}

// content is each message of the room that is there, by its number.
func (s *ledger) content(room int64) map[parlour.Seq]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := make(map[parlour.Seq]string)
	for _, m := range s.room(room).messages {
		if m.Deleted.IsZero() {
			content[m.Seq] = m.Body
		}
	}
	return content
}

// fail makes the store answer an error from now on, or with nil no more.
func (s *ledger) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}

// asked is how often a Since was asked for.
func (s *ledger) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.questions
}

func (s *ledger) attendances() []attendance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attended)
}

// Page implements Store.
func (s *ledger) Page(_ context.Context, room int64, before parlour.Seq, limit int) (parlour.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble != nil {
		return parlour.Page{}, s.trouble
	}
	r := s.room(room)
	page := parlour.Page{Head: r.head}
	for _, m := range slices.Backward(r.messages) {
		if !m.Deleted.IsZero() || before > 0 && m.Seq >= before {
			continue
		}
		if len(page.Messages) == limit {
			page.More = true
			break
		}
		page.Messages = append(page.Messages, m)
	}
	slices.Reverse(page.Messages)
	return page, nil
}

// order stores a control, as the node of a hub does if there is one.
func (s *ledger) order(c parlour.Control, by *Hub) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Number = s.forgotten + int64(len(s.controls)) + 1
	s.controls = append(s.controls, c)
	if by != nil {
		by.PublishControls([]parlour.Control{c})
	}
}

// Controls implements Store.
func (s *ledger) Controls(_ context.Context, after int64, limit int) ([]parlour.Control, int64, error) {
	controls, head, err := s.controlsAfter(after, limit)
	s.happen(&s.afterControls)
	return controls, head, err
}

func (s *ledger) controlsAfter(after int64, limit int) ([]parlour.Control, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble != nil {
		return nil, 0, s.trouble
	}
	head := s.forgotten + int64(len(s.controls))
	if after >= head {
		return nil, head, nil
	}
	rest := s.controls[max(0, after-s.forgotten):]
	return slices.Clone(rest[:min(limit, len(rest))]), head, nil
}

// Heads implements Store.
func (s *ledger) Heads(_ context.Context, rooms []int64) (map[int64]parlour.Seq, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble != nil {
		return nil, s.trouble
	}
	heads := make(map[int64]parlour.Seq)
	for _, id := range rooms {
		heads[id] = s.room(id).head
	}
	return heads, nil
}

// Since implements Store.
func (s *ledger) Since(_ context.Context, room int64, after parlour.Seq, limit int) (parlour.Catchup, error) {
	s.happen(&s.beforeSince)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.questions++
	if s.trouble != nil {
		return parlour.Catchup{}, s.trouble
	}
	r := s.room(room)
	lacked := parlour.Catchup{Head: r.head, TooFar: after > r.head}
	var changed, posted []parlour.Message
	count := 0
	for _, m := range r.messages {
		switch {
		case m.Changed <= after:
			continue
		case m.Seq <= after:
			changed = append(changed, m)
		case m.Deleted.IsZero():
			posted = append(posted, m)
		}
		count++
	}
	if lacked.TooFar = lacked.TooFar || count > limit; lacked.TooFar {
		return lacked, nil
	}
	slices.SortFunc(changed, func(a, b parlour.Message) int { return int(a.Changed - b.Changed) })
	lacked.Messages = append(changed, posted...)
	return lacked, nil
}

// Attend implements Store.
func (s *ledger) Attend(_ context.Context, room int64, joined, left []parlour.Author, _ time.Time) error {
	s.happen(&s.beforeAttend)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble != nil {
		return s.trouble
	}
	joined, left = s.news(room, joined, true), s.news(room, left, false)
	if len(joined)+len(left) == 0 {
		return nil
	}
	s.attended = append(s.attended, attendance{room, joined, left})
	kind, event := parlour.Attendance(nil, names(joined), names(left))
	if kind != "" {
		s.append(parlour.Message{Room: room, Kind: kind, Event: event, Body: string(kind)})
	}
	return nil
}

// knows has the store know of people whose coming the lobby was told of before.
func (s *ledger) knows(people ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, person := range people {
		s.announced[place{lobby, person}] = true
	}
}

// news are those of whom the room was not told the same last.
func (s *ledger) news(room int64, people []parlour.Author, isThere bool) (news []parlour.Author) {
	for _, who := range people {
		at := place{room, who.ID}
		if s.announced[at] == isThere {
			continue
		}
		s.announced[at] = isThere
		news = append(news, who)
	}
	return news
}

// HaveRead implements Store.
func (s *ledger) HaveRead(_ context.Context, room int64, upTo map[string]parlour.Seq) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble != nil {
		return s.trouble
	}
	s.reads = append(s.reads, readNote{room, maps.Clone(upTo)})
	return nil
}

// readNotes is what the store was told of the reading since it was asked last.
func (s *ledger) readNotes() (notes []readNote) {
	s.mu.Lock()
	defer s.mu.Unlock()
	notes, s.reads = s.reads, nil
	return notes
}

func names(people []parlour.Author) []string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = p.Name
	}
	return names
}
