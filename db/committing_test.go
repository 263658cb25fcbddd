package db

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"parlour"
)

// heldStore opens a store whose committer can be held in the middle of its
// work: after hold, it waits until release.
func heldStore(t *testing.T) (s *Store, room int64, hold func() (release func())) {
	t.Helper()
	gates := make(chan chan struct{}, 1)
	s = openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{OnCommit: func([]parlour.Change) {
		select {
		case gate := <-gates:
			<-gate
		default:
		}
	}})
	lobby, err := s.Room(t.Context(), "lobby")
	must(t, err)
	return s, lobby.ID, func() func() {
		gate := make(chan struct{})
		gates <- gate
		var held sync.WaitGroup
		held.Go(func() { post(t, s, lobby.ID, "held") })
		eventually(t, "the committer is held", func() bool { return len(gates) == 0 })
		return func() { close(gate); held.Wait() }
	}
}

func post(t testing.TB, s *Store, room int64, body string) parlour.Message {
	t.Helper()
	m, _, err := s.Post(context.Background(), parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: body, At: noon,
	})
	if err != nil {
		t.Error(err)
	}
	return m
}

// eventually polls until something holds. It fails only when it never does.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func stored(t testing.TB, s *Store, room int64) string {
	t.Helper()
	page, err := s.Page(context.Background(), room, 0, 10_000)
	must(t, err)
	return bodies(page.Messages)
}

func TestWaitingOperationsShareOneCommit(t *testing.T) {
	gate, sizes := make(chan struct{}), make(chan int, 21)
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{OnCommit: func(changes []parlour.Change) {
		sizes <- len(changes)
		<-gate
	}})
	lobby, err := s.Room(t.Context(), "lobby")
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() { post(t, s, lobby.ID, "first") })
	if n := <-sizes; n != 1 {
		t.Errorf("a lone post was committed with %d changes", n)
	}
	for range 20 {
		wg.Go(func() { post(t, s, lobby.ID, "later") })
	}
	eventually(t, "all wait", func() bool { return len(s.queue) == 20 })
	close(gate)
	wg.Wait()
	if n := <-sizes; n != 20 {
		t.Errorf("the next commit had %d of the 20 posts that waited", n)
	}
}

func TestCommitIsToldBeforeItIsAnswered(t *testing.T) {
	told := 0 // no lock: being told comes before the answer, always
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{OnCommit: func(changes []parlour.Change) {
		time.Sleep(time.Millisecond) // a slow listener
		told += len(changes)
	}})
	lobby, err := s.Room(t.Context(), "lobby")
	must(t, err)
	for i := range 20 {
		post(t, s, lobby.ID, "hello")
		if told != i+1 {
			t.Fatalf("%d changes were told when post %d was answered", told, i+1)
		}
	}
}

func TestCancelledBeforeItRanIsSkipped(t *testing.T) {
	s, room, hold := heldStore(t)
	release := hold()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _, err := s.Post(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "cancelled", At: noon})
		wantErr(t, err, context.Canceled)
	})
	wg.Go(func() { post(t, s, room, "kept") })
	eventually(t, "both wait", func() bool { return len(s.queue) == 2 })
	cancel()
	release()
	wg.Wait()
	if got := stored(t, s, room); got != "held kept" {
		t.Errorf("stored %q", got)
	}
}

func TestCancelledWhileItRanTellsTheTruth(t *testing.T) {
	s, room, _ := heldStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.write(ctx, func(tx *tx) error {
		cancel()
		_, _, err := tx.post(parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "done", At: noon}, nil)
		return err
	})
	must(t, err)
	if got := stored(t, s, room); got != "done" {
		t.Errorf("stored %q", got)
	}
}

func TestFullQueueIsWaitedForWithTheCallersPatience(t *testing.T) {
	s, room, hold := heldStore(t)
	release := hold()
	var wg sync.WaitGroup
	for range maxQueue {
		wg.Go(func() {
			if err := s.write(context.Background(), func(*tx) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "the queue is full", func() bool { return len(s.queue) == maxQueue })
	ctx, cancel := context.WithCancel(t.Context())
	impatient := make(chan error)
	go func() {
		_, _, err := s.Post(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "impatient", At: noon})
		impatient <- err
	}()
	wg.Go(func() { post(t, s, room, "patient") })
	cancel()
	wantErr(t, <-impatient, context.Canceled)
	release()
	wg.Wait()
	if got := stored(t, s, room); got != "held patient" {
		t.Errorf("stored %q", got)
	}
}

// One operation that fails after it has written, or that panics, is undone; all
// others of its batch are done, each once.
func TestFaultyOperationIsUndoneAlone(t *testing.T) {
	fault := errors.New("a fault of ours")
	for name, fail := range map[string]func() error{
		"error":   func() error { return fault },
		"refusal": func() error { return parlour.ErrNameTaken },
		"panic":   func() error { panic("a fault of ours") },
	} {
		t.Run(name, func(t *testing.T) {
			s, room, hold := heldStore(t)
			release := hold()
			var wg sync.WaitGroup
			for i := range 10 {
				wg.Go(func() { post(t, s, room, "good") })
				if i == 5 {
					wg.Go(func() {
						err := s.write(context.Background(), func(tx *tx) error {
							_, _, err := tx.post(parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "bad", At: noon}, nil)
							return errors.Join(err, fail())
						})
						if err == nil {
							t.Error("a failed operation was answered with success")
						}
					})
				}
			}
			eventually(t, "all wait", func() bool { return len(s.queue) == 11 })
			release()
			wg.Wait()
			page, err := s.Page(t.Context(), room, 0, 100)
			must(t, err)
			if len(page.Messages) != 11 || page.Head != 11 {
				t.Fatalf("%d messages up to %d: %s", len(page.Messages), page.Head, bodies(page.Messages))
			}
			for i, m := range page.Messages {
				if m.Seq != parlour.Seq(i+1) || m.Body == "bad" {
					t.Errorf("message %d is %q at place %d", m.Seq, m.Body, i)
				}
			}
		})
	}
}

func TestPanicWhileTellingHarmsNoPost(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{OnCommit: func([]parlour.Change) { panic("cannot render") }})
	room, err := s.Room(t.Context(), "lobby")
	must(t, err)
	for i := range 3 {
		if m := post(t, s, room.ID, "hello"); m.Seq != parlour.Seq(i+1) {
			t.Errorf("post %d has number %d", i+1, m.Seq)
		}
	}
}

func TestBusyFileIsUnavailableAndRecovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parlour.db")
	s := openAt(t, path, Options{busyTimeout: 100 * time.Millisecond})
	room, err := s.Room(t.Context(), "lobby")
	must(t, err)
	post(t, s, room.ID, "before")

	other, err := connect(dsn(path, time.Second, false))
	must(t, err)
	defer other.close()
	must(t, other.control("BEGIN IMMEDIATE"))
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			_, _, err := s.Post(t.Context(), parlour.NewMessage{Room: room.ID, Kind: parlour.KindMessage, Body: "during", At: noon})
			wantKind(t, err, parlour.Unavailable)
		})
	}
	wg.Wait()
	if got := stored(t, s, room.ID); got != "before" { // reading goes on
		t.Errorf("stored %q", got)
	}
	must(t, other.control("ROLLBACK"))
	if m := post(t, s, room.ID, "after"); m.Seq != 2 {
		t.Errorf("the next post has number %d", m.Seq)
	}
}

func TestFullDiskIsUnavailableAndRecovers(t *testing.T) {
	s, room, _ := heldStore(t)
	pages := func(most string) {
		must(t, s.write(t.Context(), func(tx *tx) error {
			_, err := tx.one("PRAGMA max_page_count = " + most)
			return err
		}))
	}
	pages("1") // no fewer than there are: from now on the file cannot grow
	said := 0
	for {
		_, _, err := s.Post(t.Context(), parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: usualBody, At: noon})
		if err != nil {
			wantKind(t, err, parlour.Unavailable)
			break
		}
		if said++; said > 10_000 {
			t.Fatal("the file grew beyond its bound")
		}
	}
	page, err := s.Page(t.Context(), room, 0, 20_000)
	must(t, err)
	if len(page.Messages) != said || int(page.Head) != said {
		t.Errorf("%d messages up to %d, %d were acknowledged", len(page.Messages), page.Head, said)
	}
	pages("1000000")
	if m := post(t, s, room, "after"); int(m.Seq) != said+1 {
		t.Errorf("the next post has number %d, want %d", m.Seq, said+1)
	}
}

func TestCloseFinishesWhatIsQueued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parlour.db")
	gate, busy := make(chan struct{}), make(chan struct{}, 2)
	s, err := Open(t.Context(), path, Options{OnCommit: func([]parlour.Change) { busy <- struct{}{}; <-gate }})
	must(t, err)
	room, err := s.Room(t.Context(), "lobby")
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() { post(t, s, room.ID, "first") })
	<-busy
	for range 50 {
		wg.Go(func() { post(t, s, room.ID, "queued") })
	}
	eventually(t, "all wait", func() bool { return len(s.queue) == 50 })
	var closing sync.WaitGroup
	for range 2 { // twice, at the same time
		closing.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	close(gate)
	wg.Wait()
	closing.Wait()

	_, _, err = s.Post(t.Context(), parlour.NewMessage{Room: room.ID, Kind: parlour.KindMessage, Body: "late", At: noon})
	wantKind(t, err, parlour.Unavailable)
	_, err = s.Room(t.Context(), "lobby")
	wantKind(t, err, parlour.Unavailable)
	wantKind(t, s.Ping(t.Context()), parlour.Unavailable)

	again := openAt(t, path, Options{})
	page, err := again.Page(t.Context(), room.ID, 0, 100)
	must(t, err)
	if len(page.Messages) != 51 {
		t.Errorf("%d of 51 posts are there", len(page.Messages))
	}
}
