package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parlour"
	"parlour/cmd/parlour-load/internal/process"
	"parlour/cmd/parlour-load/internal/trial"
	"parlour/db"
)

// seed makes a house in a new folder: its rooms, and in some of them messages.
func (b *bench) seed(ctx context.Context, name string, seed func(context.Context, *db.Store) error) (folder string, err error) {
	folder = filepath.Join(b.Data, name)
	store, err := db.Open(ctx, filepath.Join(folder, "parlour.db"), db.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if seed != nil {
		err = seed(ctx, store)
	}
	return folder, err
}

// roomsNamed makes rooms name-1, name-2, and so on, many at a time so that they
// share commits.
func roomsNamed(ctx context.Context, store *db.Store, name string, n int) ([]parlour.Room, error) {
	rooms := make([]parlour.Room, n)
	err := atOnce(n, func(i int) (err error) {
		slug := fmt.Sprintf("%s-%d", name, i+1)
		rooms[i], err = store.CreateRoom(ctx, parlour.Room{Slug: slug, Name: slug})
		return err
	})
	return rooms, err
}

// say posts n messages into a room.
func say(ctx context.Context, store *db.Store, room int64, n int) error {
	for i := range n {
		_, _, err := store.Post(ctx, message(room, i))
		if err != nil {
			return err
		}
	}
	return nil
}

// message is the i-th message of the room, of a usual length.
func message(room int64, i int) parlour.NewMessage {
	return parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage,
		Author: parlour.Author{ID: fmt.Sprintf("g%012d", i%40), Name: fmt.Sprintf("Guest %d", i%40)},
		Body:   fmt.Sprintf("Message %d of this room: people talk and others listen while the evening goes on.", i),
		Key:    fmt.Sprintf("bench-%d-%d", room, i), At: time.Now(),
	}
}

// posters is how many post at a time where many do.
const posters = 256

// atOnce does n things, as many at a time as there are posters.
func atOnce(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	next, failed := 0, error(nil) // guarded by mu
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= n && failed == nil
	}
	for range min(posters, n) {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := do(i); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// open starts the server over a folder.
func (b *bench) open(ctx context.Context, folder string, flags ...string) (*trial.Standing, error) {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", folder, "--limits", "off", "--metrics-listen", "127.0.0.1:0", "--shutdown-grace", "100ms"}, flags...)
	log, err := os.Create(filepath.Join(folder, "server.log"))
	if err != nil {
		return nil, err
	}
	child, err := trial.Start(ctx, true, process.Options{Dir: folder, Log: log, Needs: []string{"metrics"}}, b.server, args...)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	metrics := child.Logged("metrics")
	return &trial.Standing{Child: child, Subject: trial.Subject{
		Name: "parlour", Base: child.Address, PID: child.PID,
		Collect: metrics + "/debug/pprof/heap?gc=1", Goroutines: metrics + "/debug/pprof/goroutine?debug=1",
	}}, nil
}

// setting is what the trials here have in common.
func (b *bench) setting() trial.Setting {
	return trial.Setting{
		Rooms: 1, Room: "lobby", RoomPattern: "load-%d", Sessions: b.less(200), InFlight: []int{1}, Duration: b.shorter(8 * time.Second),
		WarmUp: b.shorter(2 * time.Second), EventBytes: 500, Settle: b.shorter(20 * time.Second), Pin: true, Spin: true,
	}
}
