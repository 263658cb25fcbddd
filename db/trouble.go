package db

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"parlour"
)

var (
	errClosed = parlour.Errorf(parlour.Unavailable, "store.unavailable", "the store is closed")
)

// domain puts the driver's errors in the domain's terms: what may pass (a lock
// held by another program, a full disk, a connection that is lost) is Unavailable, the rest stays what it
// is, a fault of ours.
func domain(err error) error {
	if err == nil || parlour.KindOf(err) != parlour.Internal || !mayPass(err) {
		return err
	}
	return fmt.Errorf("%w: %w", parlour.Errorf(parlour.Unavailable, "store.unavailable", "the store cannot do it now"), err)
}

func mayPass(err error) bool {
	if failure, ok := errors.AsType[sqlite3.Error](err); ok {
		switch failure.Code {
		case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrReadonly,
			sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrProtocol:
			return true
		}
		return false
	}
	if errors.Is(err, errLost) || errors.Is(err, errAgain) {
		return true
	}
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok { // it gave no answer
		_, ok := errors.AsType[*pgconn.ConnectError](err)
		return ok
	}
	// https://www.postgresql.org/docs/current/errcodes-appendix.html
	switch failure.Code {
	case "55P03", // lock not available in time
		"25006",                   // read only: a standby that was not promoted
		"57014",                   // cancelled
		"57P01", "57P02", "57P03": // shutting down, crashed, not up yet
		return true
	}
	class := failure.Code[:min(2, len(failure.Code))]
	return class == "08" || class == "53" || class == "58" // connection, resources, the system
}

// isRefusal tells whether an error is the domain's own answer, given while the
// store itself is well.
func isRefusal(err error) bool {
	kind := parlour.KindOf(err)
	return kind != parlour.Internal && kind != parlour.Unavailable
}
