package bus

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
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
}

// text renders messages as their number and body.
type text struct{}

func (text) Change(w *bytes.Buffer, _ events.Feed, c parlour.Change) error {
	_, err := fmt.Fprintf(w, "message %d %s", c.Message.Seq, c.Message.Body)
	return err
}

func (text) Presence(*bytes.Buffer, events.Feed, events.Presence) error { return nil }

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

// openNode opens a node.
func openNode(t *testing.T, database opener, natsURL string) *node {
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
		JoinGrace: time.Hour, LeaveGrace: time.Hour,
		Authorize: func(ctx context.Context, sub events.Subscription) error {
			return n.house.MayStay(ctx, parlour.Identity{Kind: parlour.Guest, ID: sub.Person.ID, Name: sub.Person.Name}, "lobby")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.house = parlour.NewHouse(n.store, n.hub, parlour.Rules{NameHold: time.Hour})
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
	_ = rd.ServeWriter(r.Context(), w, nil)
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

// proxy stands between a node and the bus, and can be cut.
type proxy struct {
	net.Listener
	mu    sync.Mutex // guards all below
	to    string
	isCut bool
	conns []net.Conn
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, to: to}
	t.Cleanup(func() { _ = l.Close(); p.set(true) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(in)
		}
	}()
	return p
}

func (p *proxy) join(in net.Conn) {
	defer in.Close()
	p.mu.Lock()
	isCut := p.isCut
	p.conns = append(p.conns, in)
	p.mu.Unlock()
	if isCut {
		return
	}
	out, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(in, out)
}

func (p *proxy) set(isCut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = isCut
	if isCut {
		for _, conn := range p.conns {
			_ = conn.Close()
		}
		p.conns = nil
	}
}

// talkOn has somebody on each node say things, each until it is acknowledged, until
// finish is called, which tells how many were.
func talkOn(t *testing.T, nodes []*node) (finish func() int) {
	t.Helper()
	done := make(chan struct{})
	var talking sync.WaitGroup
	var said atomic.Int64
	for i, n := range nodes {
		who := n.enters(t, "Talker "+rand.Text()[:8])
		talking.Go(func() {
			for key := 0; ; {
				_, err := n.house.Say(context.WithoutCancel(t.Context()), who, "lobby", parlour.Draft{Body: "hello", Key: strconv.Itoa(key)})
				switch {
				case err == nil:
					said.Add(1)
					key++
				case parlour.KindOf(err) != parlour.Unavailable:
					t.Errorf("node %d: %v", i, err)
					return
				}
				select {
				case <-done:
					if err == nil {
						return
					}
				case <-time.After(3 * time.Millisecond):
				}
			}
		})
	}
	return func() int {
		close(done)
		talking.Wait()
		return int(said.Load())
	}
}

// TestNodesAgreeWhateverHappensToTheBus: people talk on all nodes while the bus
// stops and starts again, and while one node is cut off from it. All readers of
// all nodes end with the same, each message once and in order, and whoever is
// banned on one node is out on all.
func TestNodesAgreeWhateverHappensToTheBus(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) { nodesAgree(t, database(t)) })
	}
}

func nodesAgree(t *testing.T, database opener) {
	nats := startServer(t, -1)
	address := strings.TrimPrefix(nats.ClientURL(), "nats://")
	port, err := strconv.Atoi(address[strings.LastIndex(address, ":")+1:])
	if err != nil {
		t.Fatal(err)
	}
	between := newProxy(t, address)
	var nodes []*node
	for _, address := range []string{nats.ClientURL(), nats.ClientURL(), "nats://" + between.Addr().String()} {
		nodes = append(nodes, openNode(t, database, address))
	}
	for _, n := range nodes {
		eventually(t, "the node is connected", func() bool { return n.hub.BusState() == "connected" })
	}
	var readers []*reader
	for i, n := range nodes {
		for _, taken := range []bool{false, true} {
			readers = append(readers, n.listens(t, n.enters(t, fmt.Sprintf("Reader %d %v", i, taken)), taken))
		}
	}
	banned := nodes[2].listens(t, nodes[2].enters(t, "Banned"), true)

	said := 0
	talk := func() (stop func()) {
		finish := talkOn(t, nodes)
		return func() { said += finish() }
	}
	all := func(what string) {
		t.Helper()
		for _, r := range readers {
			eventually(t, what+": "+r.who.Name+" has everything", func() bool { return r.count() == said })
			if fault := r.trouble(); fault != "" {
				t.Errorf("%s: %s: %s", what, r.who.Name, fault)
			}
		}
	}
	for _, trouble := range []struct {
		what   string
		begin  func()
		finish func()
	}{
		{"all is well", func() {}, func() {}},
		{"the bus stops", func() { nats.Shutdown(); nats.WaitForShutdown() }, func() { nats = startServer(t, port) }},
		{"a node is cut off", func() { between.set(true) }, func() { between.set(false) }},
	} {
		before := said
		stop := talk()
		eventually(t, "much is said", func() bool { return readers[0].count() > before+30 })
		trouble.begin()
		time.Sleep(300 * time.Millisecond) // some more is said meanwhile
		stop()
		all(trouble.what + ", meanwhile")
		stop = talk()
		trouble.finish()
		for _, n := range nodes {
			eventually(t, "the node is connected again", func() bool { return n.hub.BusState() == "connected" })
		}
		stop()
		all(trouble.what + ", afterwards")
	}

	// The node that is cut off hears of a ban from the store.
	between.set(true)
	eventually(t, "it is cut off", func() bool { return nodes[2].hub.BusState() == "away" })
	admin := parlour.Identity{Kind: parlour.Member, ID: "admin", Name: "Admin", Admin: true}
	_, err = nodes[0].house.Sanction(t.Context(), admin, "lobby", parlour.Sentence{Kind: parlour.Ban, Person: banned.who.ID})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream of one who is banned ends", func() bool { return banned.end() == "barred" })
	between.set(false)
	for _, r := range readers {
		if reason := r.end(); reason != "" {
			t.Errorf("%s was ended: %s", r.who.Name, reason)
		}
	}
	var stats Stats
	for _, n := range nodes {
		s := n.bus.Stats()
		stats.Sent, stats.SentBytes, stats.Dropped = stats.Sent+s.Sent, stats.SentBytes+s.SentBytes, stats.Dropped+s.Dropped
	}
	t.Logf("%d messages were said; %d parcels with %d bytes on the bus, %d dropped", said, stats.Sent, stats.SentBytes, stats.Dropped)
}

// TestNodesOutliveTheDatabase: it stops for a while and comes back, and again it
// crashes. What was acknowledged is there for all readers, once and in order, and
// what people try again meanwhile is said once.
func TestNodesOutliveTheDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	database := server.Database(t)
	nats := startServer(t, -1)
	var nodes []*node
	var readers []*reader
	for i := range 2 {
		n := openNode(t, func(ctx context.Context, o db.Options) (*db.Store, error) {
			return db.OpenPostgres(ctx, database, o)
		}, nats.ClientURL())
		nodes = append(nodes, n)
		readers = append(readers, n.listens(t, n.enters(t, fmt.Sprintf("Reader %d", i)), i == 0))
	}
	said := 0
	for _, end := range []func(testing.TB){server.Stop, server.Crash} {
		before := readers[0].count()
		finish := talkOn(t, nodes)
		eventually(t, "much is said", func() bool { return readers[0].count() > before+20 })
		end(t)
		time.Sleep(1500 * time.Millisecond) // the nodes find out, and go on trying
		server.Start(t)
		before = readers[0].count()
		eventually(t, "people go on", func() bool { return readers[0].count() > before+20 })
		said += finish()
		for _, r := range readers {
			eventually(t, r.who.Name+" has everything", func() bool { return r.count() == said })
			if fault := r.trouble(); fault != "" {
				t.Errorf("%s: %s", r.who.Name, fault)
			}
			if reason := r.end(); reason != "" {
				t.Errorf("%s was ended: %s", r.who.Name, reason)
			}
		}
	}
	admin := parlour.Identity{Kind: parlour.Member, ID: "admin", Name: "Admin", Admin: true}
	_, err := nodes[0].house.Sanction(t.Context(), admin, "lobby", parlour.Sentence{Kind: parlour.Ban, Person: readers[1].who.ID})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream of one who is banned ends", func() bool { return readers[1].end() == "barred" })
}
