package events

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestStoreThatIsAwayIsToldOfOnceAndNotForEachRoom: each has something to tell it,
// every second.
func TestStoreThatIsAwayIsToldOfOnceAndNotForEachRoom(t *testing.T) {
	var log strings.Builder
	o := strangers()
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
		pass(time.Second)
		store.fail(errors.New("unplugged"))
		pass(3 * time.Second)
		if hub.HasStore() {
			t.Error("the store is taken for being there")
		}
		for room := range int64(100) {
			hub.HaveRead(room, "ana", 1)
		}
		pass(20 * time.Second)
		store.fail(nil)
		pass(3 * time.Second)
		if !hub.HasStore() {
			t.Error("the store is taken for being away")
		}
		if n := len(store.readNotes()); n != 100 {
			t.Errorf("%d rooms told what was read", n)
		}
		if told := log.String(); strings.Count(told, "\n") != 2 || !strings.Contains(told, "unplugged") {
			t.Errorf("the log has\n%s", told)
		}
	})
}
