package db

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

// Secret is 32 random bytes that the house keeps under a name, made when they
// are first asked for. They outlast restarts, and all servers of a house share
// them.
func (s *Store) Secret(ctx context.Context, name string) (secret []byte, err error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	name = "secret." + name
	err = s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
			name, base64.StdEncoding.EncodeToString(fresh))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r, err := t.one(`SELECT value FROM settings WHERE name = $1`, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		secret, err = base64.StdEncoding.DecodeString(r.text(0))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	return secret, err
}
