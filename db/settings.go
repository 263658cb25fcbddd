package db

import (
	"context"
	"fmt"

	"parlour"
)

// Settings implements parlour.SettingStore.
func (s *Store) Settings(ctx context.Context) (set map[string]string, err error) {
	set = make(map[string]string)
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT name, value FROM settings`) {
			if err != nil {
				return fmt.Errorf("settings: %w", err)
			}
			set[r.text(0)] = r.text(1)
		}
		return nil
	})
	return set, err
}

// ChangeSettings implements parlour.SettingStore.
func (s *Store) ChangeSettings(ctx context.Context, set map[string]string, act parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		for name, value := range set {
			_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
			if err != nil {
				return fmt.Errorf("setting %s: %w", name, err)
			}
		}
		return t.logAct(act)
	})
}
