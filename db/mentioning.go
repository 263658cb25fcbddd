package db

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"parlour"
)

// namesAtOnce is how many names one statement asks for. The statement is always
// the same one, with the empty name where there are fewer.
const namesAtOnce = 32

var namedQuery = func() string {
	places := make([]string, namesAtOnce)
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+2)
	}
	in := ` IN (` + strings.Join(places, ", ") + `)`
	return `SELECT name_key, person_id FROM seats WHERE room_id = $1 AND admitted = 1 AND name_key` + in + `
		UNION ALL SELECT name_key, id FROM members WHERE disabled_at IS NULL AND name_key` + in
}()

// Named implements parlour.MentionStore.
func (s *Store) Named(ctx context.Context, room int64, keys []string) (people map[string]string, err error) {
	people = make(map[string]string)
	err = s.read(ctx, func(c conn) error {
		for len(keys) > 0 {
			args := make([]any, 1+namesAtOnce)
			args[0] = room
			for i := range namesAtOnce {
				args[1+i] = ""
				if i < len(keys) {
					args[1+i] = keys[i]
				}
			}
			keys = keys[min(len(keys), namesAtOnce):]
			for r, err := range c.rows(namedQuery, args...) {
				if err != nil {
					return fmt.Errorf("people by name in room %d: %w", room, err)
				}
				if people[r.text(0)] == "" { // a seat goes before an account
					people[r.text(0)] = r.text(1)
				}
			}
		}
		return nil
	})
	return people, err
}

// No name has the last code point there is.
const lastName = "\U0010FFFF"

const seatsFromQuery = `SELECT ` + seatColumns + ` FROM seats
	WHERE room_id = $1 AND name_key >= $2 AND name_key < $3 AND admitted = 1 ORDER BY name_key LIMIT $4`

// SeatsFrom implements parlour.MentionStore.
func (s *Store) SeatsFrom(ctx context.Context, room int64, beginning string, limit int) (seats []parlour.Seat, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		seats, err = seatsIn(c, seatsFromQuery, room, beginning, beginning+lastName, limit)
		if err != nil {
			return fmt.Errorf("names in room %d: %w", room, err)
		}
		return nil
	})
	return seats, err
}

const membersFromQuery = `SELECT id, name FROM members
	WHERE name_key >= $1 AND name_key < $2 AND disabled_at IS NULL
	AND ($3 = 0 OR admin = 1 OR EXISTS (SELECT 1 FROM roles WHERE room_id = $4 AND person_id = members.id AND role >= $3))
	ORDER BY name_key LIMIT $5`

// MembersFrom implements parlour.MentionStore.
func (s *Store) MembersFrom(ctx context.Context, room int64, least parlour.Role, beginning string, limit int) (members []parlour.Author, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(membersFromQuery, beginning, beginning+lastName, int(least), room, limit) {
			if err != nil {
				return fmt.Errorf("names of members: %w", err)
			}
			members = append(members, parlour.Author{ID: r.text(0), Name: r.text(1)})
		}
		return nil
	})
	return members, err
}

const (
	// mentionsAtOnce is how many mentions are looked at in one question, and
	// mentionsMost in all: more only for those who were mentioned where they may
	// not read any more.
	mentionsAtOnce = 100
	mentionsMost   = 5000
)

var mentionedQuery = `SELECT mentions.at, ` + of("messages", messageColumns) + `
	FROM mentions JOIN messages ON messages.id = mentions.room_id * 68719476736 + mentions.seq
	WHERE mentions.person_id = $1 AND (mentions.at, mentions.room_id, mentions.seq) < ($2, $3, $4) AND messages.deleted_at IS NULL
	ORDER BY mentions.at DESC, mentions.room_id DESC, mentions.seq DESC LIMIT $5`

// Mentioned implements parlour.MentionStore.
func (s *Store) Mentioned(ctx context.Context, person string, floors map[int64]parlour.Seq, older parlour.Mark, limit int) (found []parlour.Mentioned, more bool, err error) {
	if older == (parlour.Mark{}) {
		older.At, older.Room = time.UnixMilli(math.MaxInt64), math.MaxInt64
	}
	err = s.snapshot(ctx, func(c conn) error {
		for looked := 0; looked < mentionsMost && len(floors) > 0; looked += mentionsAtOnce {
			n := 0
			for r, err := range c.rows(mentionedQuery, person, older.At, older.Room, older.Seq, mentionsAtOnce) {
				if err != nil {
					return fmt.Errorf("mentions of %s: %w", person, err)
				}
				m, err := messageIn(r[1:])
				if err != nil {
					return err
				}
				n++
				mentioned := parlour.Mentioned{Message: m, Since: r.time(0)}
				older = mentioned.Mark()
				floor, isIn := floors[m.Room]
				if !isIn || m.Seq <= floor {
					continue
				}
				if more = len(found) == limit; more {
					return nil
				}
				found = append(found, mentioned)
			}
			if n < mentionsAtOnce {
				break
			}
		}
		return nil
	})
	return found, more, err
}

// mention notes whom a message mentions; whoever it did before was mentioned then.
func (t *tx) mention(m parlour.Message, at time.Time) error {
	for _, mention := range m.Mentions {
		_, err := t.exec(`INSERT INTO mentions (room_id, seq, person_id, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (room_id, seq, person_id) DO NOTHING`, m.Room, m.Seq, mention.Person, at)
		if err != nil {
			return fmt.Errorf("mentions in message %d of room %d: %w", m.Seq, m.Room, err)
		}
	}
	return nil
}

// mentionAnew does so for a message that was given another text.
func (t *tx) mentionAnew(was, is parlour.Message, at time.Time) error {
	kept := make(map[string]bool)
	for _, mention := range is.Mentions {
		kept[mention.Person] = true
	}
	for _, mention := range was.Mentions {
		if kept[mention.Person] {
			continue
		}
		_, err := t.exec(`DELETE FROM mentions WHERE room_id = $1 AND seq = $2 AND person_id = $3`, is.Room, is.Seq, mention.Person)
		if err != nil {
			return fmt.Errorf("mentions in message %d of room %d: %w", is.Seq, is.Room, err)
		}
	}
	return t.mention(is, at)
}

// mentionsColumn are mentions as the tables have them.
func mentionsColumn(mentions []parlour.Mention) (any, error) {
	if len(mentions) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(mentions)
	if err != nil {
		return nil, fmt.Errorf("mentions: %w", err)
	}
	return string(text), nil
}

func mentionsIn(r row, column int) (mentions []parlour.Mention, err error) {
	if r.isNull(column) {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(r.text(column)), &mentions); err != nil {
		return nil, fmt.Errorf("mentions: %w", err)
	}
	return mentions, nil
}
