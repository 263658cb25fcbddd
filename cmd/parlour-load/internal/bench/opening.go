package bench

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"parlour"
	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/wire"
	"parlour/db"
)

// weekOfTalk is how many messages a busy room has after seven days.
const weekOfTalk = 50_000

// openings is how often each page is opened by a server that was just started.
const openings = 15

// opened is how long pages took that were opened.
type opened struct {
	first, whole []time.Duration // until the first byte, until the last
	size         int64
}

func (o *opened) String() string {
	return fmt.Sprintf("%s to the first byte, %s to the last of %.1f KiB", inMillis(o.first), inMillis(o.whole), float64(o.size)/1024)
}

// weekInOneRoom measures line 9: rooms with nothing in them, with a page of
// messages and with a week of them are opened by guests who were there before all
// of it was said. Each opens them once after a start of the server, when all is
// read from the file, and then some times more, when the page is in memory.
func (b *bench) weekInOneRoom(ctx context.Context) error {
	slugs, messages := []string{"empty-1", "page-1", "week-1"}, []int{0, parlour.PageSize, b.less(weekOfTalk)}
	folder, err := b.seed(ctx, "week", func(ctx context.Context, store *db.Store) error {
		for _, name := range []string{"empty", "page", "week", "other"} {
			if _, err := roomsNamed(ctx, store, name, 1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	guests, err := b.guestsOf(ctx, folder, append(slugs, "other-1"))
	if err != nil {
		return err
	}
	store, err := db.Open(ctx, filepath.Join(folder, "parlour.db"), db.Options{})
	if err != nil {
		return err
	}
	for i, slug := range slugs {
		if err == nil {
			err = talk(ctx, store, slug, messages[i])
		}
	}
	if closed := store.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = makeIndex(ctx, folder)
	}
	if err != nil {
		return err
	}
	stored, kept := make([]opened, len(slugs)), make([]opened, len(slugs))
	for n, guest := range guests {
		server, err := b.open(ctx, folder)
		if err != nil {
			return err
		}
		// What a server does for the first time is not to be charged to a room.
		err = new(opened).open(server.Base, "/rooms/other-1", guest)
		for i := range slugs {
			i := (i + n) % len(slugs) // nor to always the same one
			for again := 0; again <= 10 && err == nil; again++ {
				of := &kept[i]
				if again == 0 {
					of = &stored[i]
				}
				err = of.open(server.Base, "/rooms/"+slugs[i], guest)
			}
		}
		server.Stop()
		if err != nil {
			return err
		}
	}
	for _, how := range []struct {
		name string
		of   []opened
	}{{"read from the store by a server that was just started", stored}, {"opened again, from memory", kept}} {
		factor := float64(median(how.of[2].whole)) / float64(median(how.of[1].whole))
		b.line(Line{
			Number:   9,
			Asked:    fmt.Sprintf("a room of seven days and %s messages opens as fast as an empty one: %s", thousands(float64(messages[2])), how.name),
			Measured: fmt.Sprintf("%s; with %d messages %s; empty %s", &how.of[2], messages[1], &how.of[1], &how.of[0]),
			Verdict:  verdict(factor <= 1.25),
			Why: fmt.Sprintf("%.2f times a room whose page is as long; as fast means within a quarter. The page of the empty room has no messages on it. "+
				"Medians of %d starts, by guests to whom all of it is new; the file is in the kernel's memory.", factor, len(guests)),
		})
	}
	return nil
}

// guestsOf are the sessions of guests who enter rooms before anything is said.
func (b *bench) guestsOf(ctx context.Context, folder string, slugs []string) ([]*crowd.Session, error) {
	server, err := b.open(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	var guests []*crowd.Session
	for i := range b.less(openings) {
		rooms, err := crowd.Enter(ctx, server.Base, slugs, 1, fmt.Sprint("guest ", i), nil)
		if err != nil {
			return nil, err
		}
		guests = append(guests, rooms[0].Sessions[0])
	}
	return guests, nil
}

// talk posts messages that were said over seven days. Some are deleted since.
func talk(ctx context.Context, store *db.Store, slug string, n int) error {
	room, err := store.Room(ctx, slug)
	if err != nil {
		return err
	}
	const week = 7 * 24 * time.Hour
	begun := time.Now().Add(-week)
	seqs := make([]parlour.Seq, n)
	err = atOnce(n, func(i int) error {
		post := message(room.ID, i)
		post.At = begun.Add(week / time.Duration(n) * time.Duration(i))
		m, _, err := store.Post(ctx, post)
		seqs[i] = m.Seq
		return err
	})
	for i := 0; i < n-parlour.PageSize && err == nil; i += 50 {
		_, err = store.Delete(ctx, room.ID, seqs[i], parlour.NoStub, time.Now())
	}
	return err
}

// open opens a page on a connection of its own, as a browser does.
func (o *opened) open(base, path string, as *crowd.Session) error {
	address, err := url.Parse(base)
	if err != nil {
		return err
	}
	conn, err := net.Dial("tcp", address.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", path, address.Host, as.Cookie)
	start := time.Now()
	if _, err := conn.Write(request); err != nil {
		return err
	}
	var answer wire.Answer
	in := make([]byte, 256<<10)
	for first, done := true, false; !done; first = false {
		n, err := conn.Read(in)
		if err != nil {
			return err
		}
		if first {
			o.first = append(o.first, time.Since(start))
		}
		if done, err = answer.Feed(in[:n], nil); err != nil {
			return err
		}
	}
	o.whole, o.size = append(o.whole, time.Since(start)), answer.Size
	if answer.Head.Status != 200 {
		return fmt.Errorf("%s is answered with status %d", path, answer.Head.Status)
	}
	return nil
}

func inMillis(of []time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(median(of).Microseconds())/1000)
}
