package db

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"parlour"
)

var (
	errClosed = parlour.Errorf(parlour.Unavailable, "store.unavailable", "the store is closed")
)

// domain puts the driver's errors in the domain's terms: what may pass (a lock
// held by another program, a full disk) is Unavailable, the rest stays what it
// is, a fault of ours.
func domain(err error) error {
	failure, ok := errors.AsType[sqlite3.Error](err)
	if !ok || parlour.KindOf(err) != parlour.Internal {
		return err
	}
	switch failure.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrReadonly,
		sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrProtocol:
		return fmt.Errorf("%w: %w", parlour.Errorf(parlour.Unavailable, "store.unavailable", "the store cannot do it now"), err)
	default:
		return err
	}
}

// isRefusal tells whether an error is the domain's own answer, given while the
// store itself is well.
func isRefusal(err error) bool {
	kind := parlour.KindOf(err)
	return kind != parlour.Internal && kind != parlour.Unavailable
}
