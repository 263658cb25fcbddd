package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

const passColumns = `id, kind, person_id, room_id, role, note, payload, uses_left, by_id, by_name, created_at, expires_at, revoked_at`

func passIn(r row) parlour.Pass {
	return parlour.Pass{
		ID: r.int(0), Kind: parlour.PassKind(r.text(1)), Person: r.text(2), Room: r.int(3),
		Role: parlour.Role(r.int(4)), Note: r.text(5), Payload: r.text(6), UsesLeft: int(r.int(7)),
		By: parlour.Author{ID: r.text(8), Name: r.text(9)}, At: r.time(10), ExpiresAt: r.time(11), RevokedAt: r.time(12),
	}
}

// AddPass implements parlour.PassStore.
func (s *Store) AddPass(ctx context.Context, key parlour.PassKey, pass parlour.Pass, act *parlour.LogEntry) (added parlour.Pass, err error) {
	err = s.writeApart(ctx, func(t *tx) (err error) {
		if added, err = t.addPass(key, pass); err != nil || act == nil {
			return err
		}
		return t.logAct(*act)
	})
	return added, err
}

func (t *tx) addPass(key parlour.PassKey, pass parlour.Pass) (parlour.Pass, error) {
	r, err := t.one(`INSERT INTO passes (token_hash, kind, person_id, room_id, role, note, payload, uses_left,
				by_id, by_name, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING `+passColumns,
		[]byte(key), string(pass.Kind), pass.Person, pass.Room, int(pass.Role), pass.Note, pass.Payload,
		pass.UsesLeft, pass.By.ID, pass.By.Name, pass.At, pass.ExpiresAt)
	if err != nil {
		return parlour.Pass{}, fmt.Errorf("adding a pass: %w", err)
	}
	return passIn(r), nil
}

// Pass implements parlour.PassStore.
func (s *Store) Pass(ctx context.Context, kind parlour.PassKind, key parlour.PassKey, now time.Time) (pass parlour.Pass, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		pass, err = passBy(c, kind, key, now)
		return err
	})
	return pass, err
}

func passBy(c conn, kind parlour.PassKind, key parlour.PassKey, now time.Time) (parlour.Pass, error) {
	r, err := c.one(`SELECT `+passColumns+` FROM passes WHERE token_hash = $1 AND kind = $2`, []byte(key), string(kind))
	if errors.Is(err, errNoRow) {
		return parlour.Pass{}, parlour.ErrPassGone
	}
	if err != nil {
		return parlour.Pass{}, fmt.Errorf("pass: %w", err)
	}
	pass := passIn(r)
	if !pass.Works(now) {
		return parlour.Pass{}, parlour.ErrPassGone
	}
	return pass, nil
}

// UsePass implements parlour.PassStore.
func (s *Store) UsePass(ctx context.Context, kind parlour.PassKind, key parlour.PassKey, entry parlour.LogEntry) (pass parlour.Pass, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		if pass, err = t.usePass(kind, key, entry.At); err != nil {
			return err
		}
		return t.logAct(entry)
	})
	return pass, err
}

// usePass takes one use of a pass that works, else ErrPassGone.
func (t *tx) usePass(kind parlour.PassKind, key parlour.PassKey, now time.Time) (parlour.Pass, error) {
	pass, err := passBy(t.conn, kind, key, now)
	if err != nil {
		return pass, err
	}
	if _, err := t.exec(`UPDATE passes SET uses_left = uses_left - 1 WHERE id = $1`, pass.ID); err != nil {
		return pass, fmt.Errorf("using a pass: %w", err)
	}
	pass.UsesLeft--
	return pass, nil
}

// Passes implements parlour.PassStore.
func (s *Store) Passes(ctx context.Context, kind parlour.PassKind, room int64) (passes []parlour.Pass, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT `+passColumns+` FROM passes
			WHERE kind = $1 AND room_id = $2 ORDER BY id DESC`, string(kind), room) {
			if err != nil {
				return fmt.Errorf("passes: %w", err)
			}
			passes = append(passes, passIn(r))
		}
		return nil
	})
	return passes, err
}

// ResetPassword implements parlour.PassStore.
func (s *Store) ResetPassword(ctx context.Context, key parlour.PassKey, hash string, now time.Time) (a parlour.Account, ended []string, err error) {
	err = s.write(ctx, func(t *tx) error {
		pass, err := t.usePass(parlour.PassReset, key, now)
		if err != nil {
			return err
		}
		if a, err = accountBy(t.conn, `SELECT `+accountColumns+` FROM members WHERE id = $1`, pass.Person); err != nil {
			return err
		}
		if !a.DisabledAt.IsZero() {
			return parlour.ErrPassGone
		}
		a.PasswordHash = hash
		// Whoever has a link that was mailed reads the mail.
		a.EmailVerified = a.EmailVerified || pass.WasMailed()
		_, err = t.exec(`UPDATE members SET password_hash = $1, email_verified = $2 WHERE id = $3`,
			hash, a.EmailVerified, a.ID)
		if err != nil {
			return fmt.Errorf("password of %s: %w", a.ID, err)
		}
		ended, err = t.endLogins(a.ID, "")
		return err
	})
	return a, ended, err
}
