package parlour

import (
	"context"
	"time"
)

// Reported is a message that somebody told the moderators of.
type Reported struct {
	ID     int64
	Room   int64  // Room.ID
	Slug   string // of the room, when reports are listed
	Seq    Seq
	By     Author
	Reason string
	At     time.Time
	// Said is the body of the message when it was reported, which its author may
	// have edited or deleted since. It is kept until the report is settled.
	Said    string
	Message Message // as it is now, when reports are listed; perhaps deleted
}

// Outcome is what came of a report.
type Outcome string

// The outcomes.
const (
	OutcomeDeleted   Outcome = "deleted"   // the message was taken away
	OutcomeActed     Outcome = "acted"     // something else was done
	OutcomeDismissed Outcome = "dismissed" // nothing was wrong
)

// ReportStore keeps what people report.
type ReportStore interface {
	// Report stores a report. The same person reporting the same message again
	// changes nothing.
	Report(ctx context.Context, report Reported) error
	// Reports are those of a room (0: of all rooms) that are not settled, oldest
	// first, at most ReportsShown.
	Reports(ctx context.Context, room int64) ([]Reported, error)
	// Settle closes a report and with it all others about the same message, and
	// keeps nothing of what it said. It
	// is ErrReportNotFound when there is none that is open. With room 0 the
	// report may be of any room; the entry becomes one of that room.
	Settle(ctx context.Context, room, id int64, outcome Outcome, entry LogEntry) error
}

// ReportsShown is how many reports a list has at most.
const ReportsShown = 200

// ErrReportNotFound answers for a report that is not there or was settled.
var ErrReportNotFound = Errorf(NotFound, "report.not_found", "there is no such open report")

// Report tells the moderators of a message. Reporting twice is no error.
func (h *House) Report(ctx context.Context, by Identity, slug string, seq Seq, reason string) error {
	room, who, err := h.find(ctx, by, slug, Report)
	if err != nil {
		return err
	}
	if reason, err = cleanReason(reason); err != nil {
		return err
	}
	m, err := h.messageFor(ctx, who, room, seq)
	if err != nil {
		return err
	}
	if err := h.flood.admit(by, h.now()); err != nil && !who.Moderates() {
		return err
	}
	return h.store.Report(ctx, Reported{
		Room: room.ID, Seq: seq, By: Author{ID: by.ID, Name: by.Name}, Reason: reason, At: h.now(), Said: m.Body,
	})
}

// Settle closes a report of the room, or with an empty slug one of any room.
func (h *House) Settle(ctx context.Context, by Identity, slug string, id int64, outcome Outcome, reason string) error {
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return err
	}
	if reason, err = cleanReason(reason); err != nil {
		return err
	}
	switch outcome {
	case OutcomeDeleted, OutcomeActed, OutcomeDismissed:
	default:
		return Errorf(Invalid, "report.outcome", "%.40q is no outcome", outcome)
	}
	entry := h.act(who, room, ActSettle)
	entry.Detail, entry.Reason = string(outcome), reason
	return h.store.Settle(ctx, room.ID, id, outcome, entry)
}
