package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// Login implements parlour.MemberStore.
func (s *Store) Login(ctx context.Context, session string) (login parlour.Login, a parlour.Account, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		r, err := c.one(`SELECT `+loginColumns+` FROM logins WHERE session = $1`, session)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrNoAccount
		case err != nil:
			return fmt.Errorf("login: %w", err)
		}
		login = loginIn(r)
		a, err = accountBy(c, `SELECT `+accountColumns+` FROM members WHERE id = $1 AND disabled_at IS NULL`, login.Person)
		return err
	})
	return login, a, err
}

const loginColumns = `session, person_id, created_at, seen_at, address, agent`

func loginIn(r row) parlour.Login {
	return parlour.Login{
		Session: r.text(0), Person: r.text(1), At: r.time(2), SeenAt: r.time(3), Address: r.text(4), Agent: r.text(5),
	}
}

// BeginLogin implements parlour.MemberStore. Signing in and out keeps nobody from
// posting, through whichever process.
func (s *Store) BeginLogin(ctx context.Context, login parlour.Login, after string) error {
	return s.writeApart(ctx, func(t *tx) error {
		// The member is written, so that whoever changes the password at this moment
		// waits for this login, and ends it.
		r, err := t.one(`UPDATE members SET password_hash = password_hash WHERE id = $1 AND disabled_at IS NULL
			RETURNING password_hash`, login.Person)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrSignedOut
		case err != nil:
			return fmt.Errorf("password of %s: %w", login.Person, err)
		case parlour.Account{PasswordHash: r.text(0)}.Proof() != login.Proof:
			return parlour.ErrSignedOut
		}
		if err := t.endSession(after); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO logins (session, person_id, created_at, seen_at, address, agent) VALUES ($1, $2, $3, $4, $5, $6)`,
			login.Session, login.Person, login.At, login.SeenAt, login.Address, login.Agent)
		if err != nil {
			return fmt.Errorf("login of %s: %w", login.Person, err)
		}
		return nil
	})
}

// endSession removes a session and its login, if any.
func (t *tx) endSession(session string) error {
	if session == "" {
		return nil
	}
	if _, err := t.exec(`DELETE FROM logins WHERE session = $1`, session); err != nil {
		return fmt.Errorf("ending a login: %w", err)
	}
	if _, err := t.exec(`DELETE FROM sessions WHERE token = $1`, session); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	t.order(parlour.Control{Kind: parlour.ControlSession, Session: session})
	return t.forgetDrafts(session)
}

// SeeLogin implements parlour.MemberStore.
func (s *Store) SeeLogin(ctx context.Context, session, address string, at time.Time) error {
	return s.writeApart(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE logins SET seen_at = $1, address = $2 WHERE session = $3`, at, address, session)
		if err != nil {
			return fmt.Errorf("seeing a login: %w", err)
		}
		_, err = t.exec(`UPDATE members SET seen_at = $1 WHERE id = (SELECT person_id FROM logins WHERE session = $2)`, at, session)
		if err != nil {
			return fmt.Errorf("seeing a member: %w", err)
		}
		return nil
	})
}

// Logins implements parlour.MemberStore.
func (s *Store) Logins(ctx context.Context, person string) (all []parlour.Login, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		all, err = loginsOf(c, person)
		return err
	})
	return all, err
}

func loginsOf(c conn, person string) (all []parlour.Login, err error) {
	for r, err := range c.rows(`SELECT `+loginColumns+` FROM logins WHERE person_id = $1 ORDER BY seen_at DESC, session`, person) {
		if err != nil {
			return nil, fmt.Errorf("logins of %s: %w", person, err)
		}
		all = append(all, loginIn(r))
	}
	return all, nil
}

// EndLogin implements parlour.MemberStore.
func (s *Store) EndLogin(ctx context.Context, person, session string) error {
	return s.writeApart(ctx, func(t *tx) error {
		_, err := t.one(`SELECT 1 FROM logins WHERE session = $1 AND person_id = $2`, session, person)
		switch {
		case errors.Is(err, errNoRow):
			return nil
		case err != nil:
			return fmt.Errorf("login of %s: %w", person, err)
		}
		return t.endSession(session)
	})
}

// EndLogins implements parlour.MemberStore.
func (s *Store) EndLogins(ctx context.Context, person, but string) (ended []string, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		ended, err = t.endLogins(person, but)
		return err
	})
	return ended, err
}

func (t *tx) endLogins(person, but string) (ended []string, err error) {
	logins, err := loginsOf(t.conn, person)
	if err != nil {
		return nil, err
	}
	for _, login := range logins {
		if login.Session == but {
			continue
		}
		if err := t.endSession(login.Session); err != nil {
			return nil, err
		}
		ended = append(ended, login.Session)
	}
	return ended, nil
}

// GiveUpSeats implements parlour.MemberStore.
func (s *Store) GiveUpSeats(ctx context.Context, person string) (rooms []int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		rooms = nil
		seats, err := seatsIn(t.conn, `SELECT `+seatColumns+` FROM seats WHERE person_id = $1`, person)
		if err != nil {
			return fmt.Errorf("seats of %s: %w", person, err)
		}
		for _, seat := range seats {
			if err := t.leave(seat.Room, person); err != nil {
				return err
			}
			rooms = append(rooms, seat.Room)
		}
		return nil
	})
	return rooms, err
}
