package bus

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
	"parlour/db"
	"parlour/db/postgrestest"
	"parlour/events"
)

// node is one server of a house, with all of it but the pages.
type node struct {
	*httptest.Server
	store *db.Store
	bus   *NATS
	hub   *events.Hub
	house *parlour.House
	// counted is how much other nodes have told of what they counted.
	counted atomic.Int64
}

// text renders messages as their number and body.
type text struct{}

func (text) Change(w *bytes.Buffer, _ events.Feed, c parlour.Change) error {
	_, err := fmt.Fprintf(w, "message %d %s", c.Message.Seq, c.Message.Body)
	return err
}

func (text) Presence(*bytes.Buffer, events.Feed, events.Presence) error { return nil }
func (text) Mark(*bytes.Buffer, events.Feed) error                      { return nil }
func (text) Typing(*bytes.Buffer, events.Feed, events.Typing) error     { return nil }

func (text) Reset(w *bytes.Buffer, _ events.Feed, _ int64, _ parlour.Page) error {
	_, err := w.WriteString("reset")
	return err
}

func (text) Ended(w *bytes.Buffer, _ events.Feed, _ int64, reason events.Ending) error {
	_, err := w.WriteString("ended " + string(reason))
	return err
}

const lobby = 1

// opener opens the house's database, as another process would.
type opener func(context.Context, db.Options) (*db.Store, error)

// databases are all in which a house can be kept.
var databases = map[string]func(*testing.T) opener{
	"SQLite": func(t *testing.T) opener {
		path := filepath.Join(t.TempDir(), "parlour.db")
		return func(ctx context.Context, o db.Options) (*db.Store, error) { return db.Open(ctx, path, o) }
	},
	"PostgreSQL": func(t *testing.T) opener {
		url := postgrestest.Database(t)
		return func(ctx context.Context, o db.Options) (*db.Store, error) { return db.OpenPostgres(ctx, url, o) }
	},
}

// manners are how a node deals with people.
type manners struct {
	join, leave time.Duration // graces
	limits      bool
}

// openNode opens a node that tells nobody of comings and goings.
func openNode(t *testing.T, database opener, natsURL string) *node {
	t.Helper()
	return openNodeWith(t, database, natsURL, manners{join: time.Hour, leave: time.Hour})
}

func openNodeWith(t *testing.T, database opener, natsURL string, m manners) *node {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	n := new(node)
	var err error
	n.store, err = database(t.Context(), db.Options{
		OnCommit:  func(changes []parlour.Change) { n.hub.Publish(changes) },
		OnControl: func(controls []parlour.Control) { n.hub.PublishControls(controls) }, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.bus = connect(t, natsURL, "house")
	n.hub, err = events.NewHub(events.Options{
		Store: n.store, Renderer: text{}, Bus: n.bus, Log: log, CatchUp: 100_000,
		JoinGrace: m.join, LeaveGrace: m.leave,
		Count: func(spent []parlour.Spent) {
			for _, s := range spent {
				n.counted.Add(int64(s.Times))
			}
			n.house.Count(spent)
		},
		Authorize: func(ctx context.Context, sub events.Subscription) error {
			return n.house.MayStay(ctx, parlour.Identity{Kind: parlour.Guest, ID: sub.Person.ID, Name: sub.Person.Name}, "lobby")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.house = parlour.NewHouse(n.store, n.hub, parlour.Rules{NameHold: time.Hour, Limits: m.limits, Share: n.hub.Spend})
	n.Server = httptest.NewServer(http.HandlerFunc(n.stream))
	t.Cleanup(func() {
		n.hub.Close()
		n.Close()
		if err := n.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// stream serves a stream, on a taken-over connection or not.
func (n *node) stream(w http.ResponseWriter, r *http.Request) {
	person := r.FormValue("person")
	sub := events.Subscription{Room: lobby, Slug: "lobby", Person: parlour.Author{ID: person, Name: person}}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		sub.After, _ = parlour.ParseSeq(last)
	}
	rd, err := n.hub.Open(r.Context(), sub, func(ctx context.Context) error {
		return n.house.MayStay(ctx, parlour.Identity{Kind: parlour.Guest, ID: person, Name: person}, "lobby")
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if r.FormValue("taken") != "" && n.hub.TakesConns() {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			rd.Close()
			return
		}
		_ = rd.ServeConn(r.Context(), conn, []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if keep, err := rd.ServeWriter(r.Context(), w, nil); err == nil {
		_ = keep()
	}
}

// enters gives a guest a seat and answers who that is.
func (n *node) enters(t *testing.T, name string) parlour.Identity {
	t.Helper()
	who, _, err := n.house.Join(t.Context(), parlour.Identity{}, "lobby", name, "")
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// reader reads a stream and comes back to it, until it is ended for good.
type reader struct {
	who   parlour.Identity
	mu    sync.Mutex // guards all below
	read  []string   // what each message said
	fault string
	ended string
}

// listens opens the stream and reads in a goroutine of its own. It returns when
// the first line is there.
func (n *node) listens(t *testing.T, who parlour.Identity, taken bool) *reader {
	t.Helper()
	r := &reader{who: who}
	address := n.URL + "?person=" + url.QueryEscape(who.ID)
	if taken {
		address += "&taken=1"
	}
	begun := make(chan struct{})
	var once sync.Once
	go func() {
		for last := ""; t.Context().Err() == nil && r.end() == ""; {
			q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			if err != nil {
				return
			}
			q.Header.Set("Last-Event-ID", last)
			if last == "" {
				q.Header.Set("Last-Event-ID", "0")
			}
			answer, err := n.Client().Do(q)
			if err != nil {
				continue
			}
			if answer.StatusCode == http.StatusOK {
				last = r.follow(answer.Body, last, func() { once.Do(func() { close(begun) }) })
			}
			_ = answer.Body.Close()
		}
	}()
	<-begun
	return r
}

func (r *reader) follow(body io.Reader, last string, begun func()) string {
	id := ""
	for lines := bufio.NewScanner(body); lines.Scan(); {
		begun()
		line := lines.Text()
		if value, is := strings.CutPrefix(line, "id: "); is {
			id = value
		}
		if value, is := strings.CutPrefix(line, "data: "); is {
			r.take(value)
		}
		if line == "" && id != "" {
			last = id
		}
	}
	return last
}

func (r *reader) take(data string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind, rest, _ := strings.Cut(data, " ")
	switch kind {
	case "ended":
		r.ended = rest
	case "reset":
		r.fault = "it was reset"
	case "message":
		number, body, _ := strings.Cut(rest, " ")
		if number != strconv.Itoa(len(r.read)+1) && r.fault == "" {
			r.fault = fmt.Sprintf("message %s follows %d others", number, len(r.read))
		}
		r.read = append(r.read, body)
	}
}

func (r *reader) end() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

func (r *reader) trouble() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}

func (r *reader) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.read)
}
