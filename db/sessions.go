package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sessions keeps sessions as github.com/alexedwards/scs/v2 wants them (Store
// and CtxStore). Writes go through the committer like all others, so that a
// crowd at the door shares its commits too.
type Sessions struct{ store *Store }

// Sessions are the house's sessions.
func (s *Store) Sessions() *Sessions { return &Sessions{store: s} }

const (
	purgeEvery = 10 * time.Minute
	// purgeAtOnce bounds how long a purge keeps the committer from posts.
	purgeAtOnce = 500
)

// FindCtx is the data under a token, unless there is none or it has expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.store.read(ctx, func(c conn) error {
		r, err := c.one(`SELECT data FROM sessions WHERE token = $1 AND expires_at > $2`, token, time.Now())
		switch {
		case errors.Is(err, errNoRow):
			return nil
		case err != nil:
			return fmt.Errorf("finding a session: %w", err)
		}
		data, found = r.bytes(0), true
		return nil
	})
	return data, found, err
}

// CommitCtx puts data under a token, over what is there.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if data == nil {
		data = []byte{} // the driver would store NULL
	}
	return s.store.writeApart(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			token, data, expiry)
		if err != nil {
			return fmt.Errorf("keeping a session: %w", err)
		}
		return nil
	})
}

// DeleteCtx removes what is under a token, if anything.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.store.writeApart(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM sessions WHERE token = $1`, token); err != nil {
			return fmt.Errorf("deleting a session: %w", err)
		}
		return t.forgetDrafts(token)
	})
}

// Find is FindCtx for callers without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for callers without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// purgeNowAndThen runs until the store is closed.
func (s *Sessions) purgeNowAndThen() {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.store.stop:
			return
		case now := <-ticker.C:
			if _, err := s.purge(context.Background(), now); err != nil && !errors.Is(err, errClosed) {
				s.store.log.Warn("expired sessions are still there", "error", err)
			}
		}
	}
}

// purge removes what has expired, little by little, and tells how many went.
func (s *Sessions) purge(ctx context.Context, now time.Time) (total int64, err error) {
	for {
		var n int64
		err := s.store.writeApart(ctx, func(t *tx) (err error) {
			_, err = t.exec(`DELETE FROM logins WHERE session IN
				(SELECT token FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now, purgeAtOnce)
			if err != nil {
				return err
			}
			_, err = t.exec(`DELETE FROM drafts WHERE session IN
				(SELECT token FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now, purgeAtOnce)
			if err != nil {
				return err
			}
			n, err = t.exec(`DELETE FROM sessions WHERE token IN
				(SELECT token FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, now, purgeAtOnce)
			return err
		})
		total += n
		if err != nil || n < purgeAtOnce {
			return total, err
		}
	}
}
