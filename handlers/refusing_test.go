package handlers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
	"parlour/handlers"
)

// kinds are all the kinds of refusal that the domain knows.
func kinds() (all []parlour.ErrKind) {
	defer func() { _ = recover() }() // a kind beyond the last has no name
	for k := parlour.Internal; k.String() != ""; k++ {
		all = append(all, k)
	}
	return all
}

func TestEachKindOfRefusalHasItsStatus(t *testing.T) {
	want := map[parlour.ErrKind]int{
		parlour.Internal:    500,
		parlour.Malformed:   400,
		parlour.Invalid:     422,
		parlour.SignedOut:   401,
		parlour.Forbidden:   403,
		parlour.NotFound:    404,
		parlour.Conflict:    409,
		parlour.TooLarge:    413,
		parlour.TooMany:     429,
		parlour.Gone:        410,
		parlour.Unavailable: 503,
	}
	var store *failing
	s := open(t, plan{
		troubled: true,
		over:     func(kept parlour.Store) parlour.Store { store = &failing{Store: kept}; return store },
	})
	v := s.guest()
	all := kinds()
	if len(all) < len(want) {
		t.Fatalf("found the kinds %v", all)
	}
	for _, kind := range all {
		// As a store would answer: wrapped, and with a code that nobody translated.
		store.fail(fmt.Errorf("store: %w", parlour.Errorf(kind, "no.words_for_this", "secret detail")))
		for _, a := range []answer{
			v.post("/rooms/lobby/messages", url.Values{"body": {"hi"}}, "HX-Request", "true"),
			v.post("/rooms/lobby/compose", url.Values{"body": {"hi"}}),
			v.get("/rooms/lobby/messages"),
		} {
			if a.status != want[kind] {
				t.Errorf("%s is answered %d, want %d", kind, a.status, want[kind])
			}
			if strings.Contains(a.body, "secret") || strings.Contains(a.body, "no.words") || len(a.body) == 0 {
				t.Errorf("%s is told as %s", kind, a.body)
			}
		}
	}
}

func TestPanicIsAFaultOfOurs(t *testing.T) {
	var store *panicking
	s := open(t, plan{
		troubled: true,
		over:     func(kept parlour.Store) parlour.Store { store = &panicking{Store: kept}; return store },
	})
	a := s.visitor().get("/")
	if a.status != http.StatusInternalServerError || !strings.Contains(a.body, "please mention this number") || strings.Contains(a.body, "boom") {
		t.Errorf("answered %d: %s", a.status, a.body)
	}
	if s.faults.Load() == 0 {
		t.Error("and nobody was told")
	}
}

// TestDatabaseThatIsAwayIsNotToldOfByEachRequest: the log is told once, and by those
// who come before anybody knows.
func TestDatabaseThatIsAwayIsNotToldOfByEachRequest(t *testing.T) {
	var log strings.Builder
	s := open(t, plan{troubled: true, options: func(o *handlers.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }})
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(patience); s.hub.HasStore(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("nobody notices that the database is away")
		}
	}
	for range 10 {
		if answer := s.visitor().get("/rooms/lobby"); answer.status != http.StatusServiceUnavailable {
			t.Errorf("answered with %d", answer.status)
		}
	}
	if told := log.String(); told != "" {
		t.Errorf("the log has\n%s", told)
	}
}
