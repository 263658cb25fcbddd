package db

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"parlour"
)

// React implements parlour.ReactionStore.
func (s *Store) React(ctx context.Context, r parlour.Reacting) (m parlour.Message, given bool, err error) {
	err = s.writeIn(ctx, r.Room, func(t *tx) (err error) {
		if err := t.overtaken(r.Asked); err != nil {
			return err
		}
		if m, err = t.standing(r.Room, r.Seq); err != nil {
			return err
		}
		head, err := t.head(r.Room)
		if err != nil {
			return err
		}
		isGiven, changed, err := t.reaction(r)
		if err != nil {
			return err
		}
		if given = isGiven; r.Seen > 0 && changed > r.Seen {
			return nil // they have done so since
		}
		if given = !isGiven; given {
			err = t.react(&m, r, head+1)
		} else if err = t.noteTakenBack(r, head+1); err == nil {
			err = t.takeBack(&m, r.Emoji)
		}
		if err == nil {
			m, err = t.change(m)
		}
		return err
	})
	return m, given, err
}

// reaction tells whether somebody's reaction is on a message, and under which
// number they gave it or took it back last; 0: they never did.
func (t *tx) reaction(r parlour.Reacting) (isGiven bool, changed parlour.Seq, err error) {
	row, err := t.one(`SELECT taken_back, changed FROM reactions WHERE room_id = $1 AND seq = $2 AND emoji = $3 AND person_id = $4`,
		r.Room, r.Seq, r.Emoji, r.By.ID)
	switch {
	case errors.Is(err, errNoRow):
		return false, 0, nil
	case err != nil:
		return false, 0, fmt.Errorf("a reaction in room %d: %w", r.Room, err)
	}
	return !row.flag(0), row.seq(1), nil
}

// react adds a reaction to a message.
func (t *tx) react(m *parlour.Message, r parlour.Reacting, changed parlour.Seq) error {
	i := slices.IndexFunc(m.Reactions, func(is parlour.Reaction) bool { return is.Emoji == r.Emoji })
	if i < 0 && len(m.Reactions) >= parlour.MaxReactionKinds {
		return parlour.ErrTooManyReactions
	}
	given := 0
	for _, is := range m.Reactions { // by the key of the table, emoji by emoji
		for _, err := range t.rows(`SELECT 1 FROM reactions
			WHERE room_id = $1 AND seq = $2 AND emoji = $3 AND person_id = $4 AND taken_back = 0`,
			r.Room, r.Seq, is.Emoji, r.By.ID) {
			if err != nil {
				return fmt.Errorf("reactions in room %d: %w", r.Room, err)
			}
			given++
		}
	}
	if given >= parlour.MaxReactionsEach {
		return parlour.ErrTooManyReactions
	}
	_, err := t.exec(`INSERT INTO reactions (room_id, seq, emoji, person_id, person_name, created_at, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (room_id, seq, emoji, person_id) DO UPDATE
		SET person_name = excluded.person_name, created_at = excluded.created_at, changed = excluded.changed, taken_back = 0`,
		r.Room, r.Seq, r.Emoji, r.By.ID, r.By.Name, r.At, changed)
	if err != nil {
		return fmt.Errorf("reacting in room %d: %w", r.Room, err)
	}
	m.Reactions = slices.Clone(m.Reactions)
	if i < 0 {
		i, m.Reactions = len(m.Reactions), append(m.Reactions, parlour.Reaction{Emoji: r.Emoji})
	}
	is := &m.Reactions[i]
	if is.Count++; is.Count <= parlour.ReactionNames {
		is.Names = append(slices.Clone(is.Names), r.By.Name)
	}
	return nil
}

// noteTakenBack keeps that a reaction was taken back, and under which number.
func (t *tx) noteTakenBack(r parlour.Reacting, changed parlour.Seq) error {
	_, err := t.exec(`UPDATE reactions SET taken_back = 1, changed = $1
		WHERE room_id = $2 AND seq = $3 AND emoji = $4 AND person_id = $5`, changed, r.Room, r.Seq, r.Emoji, r.By.ID)
	if err != nil {
		return fmt.Errorf("taking a reaction back in room %d: %w", r.Room, err)
	}
	return nil
}

// takeBack lets a message's summary follow a reaction that is gone.
func (t *tx) takeBack(m *parlour.Message, emoji string) error {
	i := slices.IndexFunc(m.Reactions, func(is parlour.Reaction) bool { return is.Emoji == emoji })
	if i < 0 {
		return fmt.Errorf("message %d of room %d does not tell of its reactions", m.Seq, m.Room)
	}
	m.Reactions = slices.Clone(m.Reactions)
	is := &m.Reactions[i]
	if is.Count--; is.Count == 0 {
		if m.Reactions = slices.Delete(m.Reactions, i, i+1); len(m.Reactions) == 0 {
			m.Reactions = nil // as it is read
		}
		return nil
	}
	is.Names = nil
	for row, err := range t.rows(`SELECT person_name FROM reactions WHERE room_id = $1 AND seq = $2 AND emoji = $3 AND taken_back = 0
		ORDER BY created_at, person_id LIMIT $4`, m.Room, m.Seq, emoji, parlour.ReactionNames) {
		if err != nil {
			return fmt.Errorf("names of reactions in room %d: %w", m.Room, err)
		}
		is.Names = append(is.Names, row.text(0))
	}
	return nil
}

// TakeBackReactions implements parlour.ReactionStore.
func (s *Store) TakeBackReactions(ctx context.Context, room int64, person string, since time.Time, limit int, entry parlour.LogEntry) (n int, err error) {
	err = s.writeIn(ctx, room, func(t *tx) error {
		given, err := t.reactionsOf(room, person, since, limit)
		if err != nil {
			return err
		}
		var m parlour.Message
		for i, r := range given {
			if r.Seq != m.Seq {
				if m, err = messageAt(t.conn, room, r.Seq); err != nil {
					return err
				}
			}
			if _, err := t.exec(`DELETE FROM reactions WHERE room_id = $1 AND seq = $2 AND emoji = $3 AND person_id = $4`,
				room, r.Seq, r.Emoji, person); err != nil {
				return fmt.Errorf("taking a reaction back in room %d: %w", room, err)
			}
			if err := t.takeBack(&m, r.Emoji); err != nil {
				return err
			}
			if i+1 < len(given) && given[i+1].Seq == m.Seq {
				continue
			}
			if m, err = t.change(m); err != nil {
				return err
			}
		}
		if n = len(given); n == 0 {
			return nil
		}
		completed := entry
		completed.Detail = strconv.Itoa(n)
		return t.logAct(completed)
	})
	return n, err
}

// reactionsOf are what a person has reacted with since a time, by message.
func (t *tx) reactionsOf(room int64, person string, since time.Time, limit int) (given []parlour.Reacting, err error) {
	for r, err := range t.rows(`SELECT seq, emoji FROM reactions WHERE room_id = $1 AND person_id = $2 AND created_at >= $3 AND taken_back = 0
		ORDER BY seq LIMIT $4`, room, person, sinceOrEver(since), limit) {
		if err != nil {
			return nil, fmt.Errorf("reactions of %s in room %d: %w", person, room, err)
		}
		given = append(given, parlour.Reacting{Seq: r.seq(0), Emoji: r.text(1)})
	}
	return given, nil
}

// forgetReactions deletes all reactions to a message, and what was taken back.
func (t *tx) forgetReactions(m parlour.Message) error {
	if _, err := t.exec(`DELETE FROM reactions WHERE room_id = $1 AND seq = $2`, m.Room, m.Seq); err != nil {
		return fmt.Errorf("reactions to message %d in room %d: %w", m.Seq, m.Room, err)
	}
	return nil
}

// Reactors implements parlour.ReactionStore.
func (s *Store) Reactors(ctx context.Context, room int64, seq parlour.Seq) (all []parlour.Reactor, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		m, err := messageAt(c, room, seq)
		if err != nil {
			return err
		}
		for r, err := range c.rows(`SELECT emoji, person_id, person_name FROM reactions
			WHERE room_id = $1 AND seq = $2 AND taken_back = 0 ORDER BY emoji, created_at, person_id LIMIT $3`, room, seq, parlour.ReactorsShown) {
			if err != nil {
				return fmt.Errorf("who reacted in room %d: %w", room, err)
			}
			all = append(all, parlour.Reactor{Emoji: r.text(0), Author: parlour.Author{ID: r.text(1), Name: r.text(2)}})
		}
		place := make(map[string]int, len(m.Reactions))
		for i, is := range m.Reactions {
			place[is.Emoji] = i
		}
		slices.SortStableFunc(all, func(a, b parlour.Reactor) int { return cmp.Compare(place[a.Emoji], place[b.Emoji]) })
		return nil
	})
	return all, err
}

func reactionsColumn(reactions []parlour.Reaction) (any, error) {
	if len(reactions) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(reactions)
	if err != nil {
		return nil, fmt.Errorf("reactions: %w", err)
	}
	return string(text), nil
}
