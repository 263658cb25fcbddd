package db

import "fmt"

// Commits go to the write-ahead log (WAL); a checkpoint carries them over into
// the file proper. SQLite would do that in the middle of a commit, at the cost
// of whoever is waiting for it, so it is done beside them, on a connection of
// its own: a passive checkpoint holds up neither readers nor the writer.
const (
	// checkpointAfter is how many rows are written from one to the next.
	checkpointAfter = 1000
	// walPages bounds the WAL (64 MiB). While posts come without a pause the
	// checkpoints beside them never quite catch up, and the log grows; at
	// this length the committer does what is left itself, and the log starts
	// afresh.
	walPages = 16384
)

// committed counts what was written, and calls for a checkpoint when it is time.
func (f *sqliteFile) committed(rows int64) {
	if f.unchecked += rows; f.unchecked < checkpointAfter {
		return
	}
	select {
	case f.grown <- struct{}{}:
		f.unchecked = 0
	default: // one is under way; ask again after the next commit
	}
}

// tend makes the checkpoints that were called for. What is left when the store is
// closed goes over with the last connection.
func (f *sqliteFile) tend(stopped <-chan struct{}) {
	for {
		select {
		case <-stopped:
			return
		case <-f.grown:
			if err := f.checkpoint(); err != nil {
				f.log.Warn("the write-ahead log grows: it could not be carried over", "error", err)
			}
		}
	}
}

func (f *sqliteFile) checkpoint() error {
	if _, err := f.checkpointer.one(`PRAGMA wal_checkpoint(PASSIVE)`); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}
