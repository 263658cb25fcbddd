package db

import (
	"context"
	"errors"
	"fmt"

	"parlour"
)

// Report implements parlour.Store.
func (s *Store) Report(ctx context.Context, report parlour.Reported) error {
	return s.writeIn(ctx, report.Room, func(t *tx) error {
		_, err := t.exec(`INSERT INTO reports (room_id, seq, by_id, by_name, reason, created_at, said)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (room_id, seq, by_id) DO NOTHING`,
			report.Room, report.Seq, report.By.ID, report.By.Name, report.Reason, report.At, report.Said)
		if err != nil {
			return fmt.Errorf("report in room %d: %w", report.Room, err)
		}
		return nil
	})
}

// Reports implements parlour.Store.
func (s *Store) Reports(ctx context.Context, room int64) (reports []parlour.Reported, err error) {
	const columns = `SELECT p.id, p.room_id, r.slug, p.seq, p.by_id, p.by_name, p.reason, p.created_at, p.said
		FROM reports p JOIN rooms r ON r.id = p.room_id WHERE p.settled_at IS NULL`
	query, args := columns+` ORDER BY p.id LIMIT $1`, []any{parlour.ReportsShown}
	if room != 0 {
		query, args = columns+` AND p.room_id = $1 ORDER BY p.id LIMIT $2`, []any{room, parlour.ReportsShown}
	}
	err = s.snapshot(ctx, func(c conn) error {
		for r, err := range c.rows(query, args...) {
			if err != nil {
				return fmt.Errorf("reports of room %d: %w", room, err)
			}
			reports = append(reports, parlour.Reported{
				ID: r.int(0), Room: r.int(1), Slug: r.text(2), Seq: r.seq(3),
				By: parlour.Author{ID: r.text(4), Name: r.text(5)}, Reason: r.text(6), At: r.time(7), Said: r.text(8),
			})
		}
		for i := range reports {
			m, err := messageAt(c, reports[i].Room, reports[i].Seq)
			if err != nil && !errors.Is(err, parlour.ErrMessageNotFound) {
				return err
			}
			reports[i].Message = m
		}
		return nil
	})
	return reports, err
}

// Settle implements parlour.Store.
func (s *Store) Settle(ctx context.Context, room, id int64, outcome parlour.Outcome, entry parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		r, err := t.one(`SELECT room_id, seq FROM reports WHERE id = $1 AND settled_at IS NULL`, id)
		if errors.Is(err, errNoRow) || err == nil && room != 0 && r.int(0) != room {
			return parlour.ErrReportNotFound
		}
		if err != nil {
			return fmt.Errorf("report %d: %w", id, err)
		}
		in, seq := r.int(0), r.seq(1)
		_, err = t.exec(`UPDATE reports SET settled_at = $1, settled_by_name = $2, outcome = $3, said = ''
			WHERE room_id = $4 AND seq = $5 AND settled_at IS NULL`, entry.At, entry.By.Name, string(outcome), in, seq)
		if err != nil {
			return fmt.Errorf("settling report %d: %w", id, err)
		}
		m, err := messageAt(t.conn, in, seq)
		if err != nil && !errors.Is(err, parlour.ErrMessageNotFound) {
			return err
		}
		completed := entry
		completed.Room, completed.Target = in, m.Author
		completed.Detail = seq.String() + " " + completed.Detail
		return t.logAct(completed)
	})
}
