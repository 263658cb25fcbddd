package db

import (
	"context"
	"errors"
	"fmt"

	"parlour"
)

// AddInvitation implements parlour.InvitationStore.
func (s *Store) AddInvitation(ctx context.Context, key parlour.PassKey, pass parlour.Pass, entry parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		if pass.Room != 0 {
			if _, err := t.head(pass.Room); err != nil { // is there such a room?
				return err
			}
		}
		if _, err := t.addPass(key, pass); err != nil {
			return err
		}
		return t.logAct(entry)
	})
}

// RevokeInvitation implements parlour.InvitationStore.
func (s *Store) RevokeInvitation(ctx context.Context, room, id int64, entry parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		r, err := t.one(`UPDATE passes SET revoked_at = $1 WHERE id = $2 AND kind = $3 AND room_id = $4 AND revoked_at IS NULL
			RETURNING note`, entry.At, id, string(parlour.PassInvite), room)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrPassGone
		case err != nil:
			return fmt.Errorf("revoking invitation %d: %w", id, err)
		}
		entry.Detail = r.text(0)
		return t.logAct(entry)
	})
}

// AcceptInvitation implements parlour.InvitationStore.
func (s *Store) AcceptInvitation(ctx context.Context, key parlour.PassKey, entry parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		pass, err := t.usePass(parlour.PassInvite, key, entry.At)
		if err != nil {
			return err
		}
		if err := t.giveRole(pass.Room, entry.Target.ID, pass.Role); err != nil {
			return err
		}
		return t.logAct(entry)
	})
}

// RoomByID implements parlour.InvitationStore.
func (s *Store) RoomByID(ctx context.Context, id int64) (room parlour.Room, err error) {
	err = s.read(ctx, func(c conn) error {
		r, err := c.one(`SELECT `+roomColumns+` FROM rooms WHERE id = $1 AND deleted_at IS NULL`, id)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrRoomNotFound
		case err != nil:
			return fmt.Errorf("room %d: %w", id, err)
		}
		room = roomIn(r)
		return nil
	})
	return room, err
}
