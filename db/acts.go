package db

import (
	"fmt"

	"parlour"
)

// logAct adds a line to the moderation log. It belongs into the transaction of
// what was done.
func (t *tx) logAct(act parlour.LogEntry) error {
	_, err := t.exec(`INSERT INTO moderation_log (room_id, at, by_id, by_name, act, target_id, target_name, detail, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, act.Room, act.At, act.By.ID, act.By.Name, string(act.Act),
		act.Target.ID, act.Target.Name, act.Detail, act.Reason)
	if err != nil {
		return fmt.Errorf("moderation log: %w", err)
	}
	return nil
}
