package db

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parlour"
)

func TestLogIsCarriedOverWhileTheHouseIsOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parlour.db")
	s := openAt(t, path, Options{})
	room, err := s.Room(t.Context(), "lobby")
	must(t, err)
	body := strings.Repeat("a long story ", 100)
	const posters, each = 50, 60
	var wg sync.WaitGroup
	for range posters {
		wg.Go(func() {
			for range each {
				post(t, s, room.ID, body)
			}
		})
	}
	wg.Wait()
	size := func(name string) int64 {
		info, err := os.Stat(name)
		must(t, err)
		return info.Size()
	}
	eventually(t, "the file has what was posted first", func() bool {
		post(t, s, room.ID, body)
		return size(path) > checkpointAfter*int64(len(body))
	})
}

// Without a pause for the checkpoints beside it, the log must not grow for ever.
func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parlour.db")
	s := openAt(t, path, Options{})
	must(t, s.write(t.Context(), func(tx *tx) error {
		if r, err := tx.one(`PRAGMA wal_autocheckpoint`); err != nil || r.int(0) != walPages {
			t.Errorf("the log is bounded at %v pages, %v", r, err)
		}
		_, err := tx.one(`PRAGMA wal_autocheckpoint = 500`) // 2 MB
		return err
	}))
	room, err := s.Room(t.Context(), "lobby")
	must(t, err)
	body := strings.Repeat("a long story ", 300)
	for range 100 {
		must(t, s.write(t.Context(), func(tx *tx) error {
			for range 50 { // 20 MB in all
				_, _, err := tx.post(parlour.NewMessage{Room: room.ID, Kind: parlour.KindMessage, Body: body, At: noon}, nil)
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	info, err := os.Stat(path + "-wal")
	must(t, err)
	if info.Size() > 8<<20 {
		t.Errorf("the log has %d bytes", info.Size())
	}
}
