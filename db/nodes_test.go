package db

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour"
	"parlour/db/postgrestest"
)

// Several nodes of a house have one database: what one store holds alone, they
// hold together.

func openNodes(t *testing.T, n int) []*house {
	t.Helper()
	return openNodesAt(t, postgrestest.Database(t), n)
}

func openNodesAt(t *testing.T, url string, n int) []*house {
	t.Helper()
	nodes := make([]*house, n)
	for i := range nodes {
		nodes[i] = &house{}
		nodes[i].Store = openShared(t, url, Options{OnCommit: nodes[i].listen})
	}
	return nodes
}

func TestNodesThatStartTogetherMakeOneHouse(t *testing.T) {
	t.Parallel()
	startTogether(t, postgrestest.Database(t))
}

func startTogether(t *testing.T, url string) {
	const nodes = 5
	var secrets [nodes]string
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() {
			s, err := OpenPostgres(t.Context(), url, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			secret, err := s.Secret(t.Context(), "forms")
			if err != nil {
				t.Error(err)
			}
			secrets[i] = string(secret)
		})
	}
	starting.Wait()
	for _, secret := range secrets {
		if secret != secrets[0] || len(secret) != 32 {
			t.Errorf("the nodes have the secrets %q", secrets)
		}
	}
	testLobby(t, &house{Store: openShared(t, url, Options{})})
}

// While all nodes post to the same rooms, and other things happen that lock what
// they please, each room's numbers have no gaps, each post is there once, and
// each node is told of its own in order.
func TestNodesNumberTheirRoomsTogether(t *testing.T) {
	t.Parallel()
	numberTogether(t, openNodes(t, 3))
}

func numberTogether(t *testing.T, nodes []*house) {
	const rooms, posters, each = 4, 12, 25
	var ids [rooms]int64
	for i := range ids {
		ids[i] = nodes[0].room(t, "room"+strconv.Itoa(i))
		nodes[0].sit(t, ids[i], "g-roamer", "Roamer")
		must(t, nodes[0].Attend(t.Context(), ids[i], []parlour.Author{{ID: "g-roamer", Name: "Roamer"}}, nil, noon))
	}
	var said sync.Map // room and number -> body
	var all sync.WaitGroup
	for n, node := range nodes {
		for p := range posters {
			all.Go(func() {
				for i := range each {
					room := ids[(p+i)%rooms]
					body := fmt.Sprintf("%d-%d-%d", n, p, i)
					m, fresh, err := node.Post(t.Context(), parlour.NewMessage{
						Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: body, Key: body, At: noon,
					})
					if err != nil || !fresh {
						t.Errorf("posting %s: fresh %v, %v", body, fresh, err)
						return
					}
					if old, twice := said.LoadOrStore(fmt.Sprint(room, m.Seq), body); twice {
						t.Errorf("number %d of room %d was given to %v and to %s", m.Seq, room, old, body)
					}
				}
			})
		}
		all.Go(func() {
			for i := range each { // in all rooms at once
				if err := node.Rename(t.Context(), "g-roamer", fmt.Sprintf("Roamer %d %d", n, i), noon, noon); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for i := range each {
				if _, err := node.Sanction(t.Context(), parlour.Sanction{
					Kind: parlour.Ban, Room: ids[i%rooms], Person: "g-nobody", At: noon,
				}, parlour.LogEntry{Room: ids[i%rooms], At: noon}); err != nil {
					t.Error(err)
				}
				if err := node.Sessions().Commit(fmt.Sprint(n, i), []byte("data"), noon); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	told := make(map[int64]int)
	for i, node := range nodes {
		for _, room := range ids {
			heard := node.heard(room)
			if !slices.IsSortedFunc(heard, func(a, b parlour.Change) int { return int(a.Seq - b.Seq) }) {
				t.Errorf("node %d was told of room %d out of order", i, room)
			}
			told[room] += len(heard)
		}
	}
	posts := 0
	for _, room := range ids {
		page := nodes[1].page(t, room, 0, 10_000)
		if len(page.Messages) != int(page.Head) || told[room] != int(page.Head) {
			t.Errorf("room %d has %d messages up to number %d, and %d were told", room, len(page.Messages), page.Head, told[room])
		}
		for i, m := range page.Messages {
			if m.Seq != parlour.Seq(i+1) {
				t.Fatalf("place %d of room %d has number %d", i+1, room, m.Seq)
			}
			if m.Kind != parlour.KindMessage {
				continue
			}
			posts++
			if body, _ := said.Load(fmt.Sprint(room, m.Seq)); body != m.Body {
				t.Errorf("number %d of room %d was acknowledged as %v and is %q", m.Seq, room, body, m.Body)
			}
		}
	}
	if want := len(nodes) * posters * each; posts != want {
		t.Errorf("%d posts are there, %d were acknowledged", posts, want)
	}
}

func TestOnePostSentToAllNodesIsOneMessage(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 3)
	room := nodes[0].room(t, "garden")
	for i := range 20 {
		var fresh atomic.Int32
		var all sync.WaitGroup
		for _, node := range nodes {
			all.Go(func() {
				_, isFresh, err := node.Post(t.Context(), parlour.NewMessage{
					Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "hi", Key: strconv.Itoa(i), At: noon,
				})
				if err != nil {
					t.Error(err)
				}
				if isFresh {
					fresh.Add(1)
				}
			})
		}
		all.Wait()
		if fresh.Load() != 1 {
			t.Errorf("%d nodes took it for new", fresh.Load())
		}
	}
	if page := nodes[0].page(t, room, 0, 100); len(page.Messages) != 20 || page.Head != 20 {
		t.Errorf("%d messages up to %d", len(page.Messages), page.Head)
	}
}

func TestRightTakenAwayOnOneNodeOvertakesPostsOnOthers(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 2)
	ctx, room := t.Context(), nodes[0].room(t, "garden")
	post := parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "hi", At: noon, Asked: time.Now()}
	_, _, err := nodes[1].Post(ctx, post)
	must(t, err)
	_, err = nodes[0].Sanction(ctx, parlour.Sanction{Kind: parlour.Ban, Room: room, Person: "g-Ana", At: noon}, parlour.LogEntry{Room: room, At: noon})
	must(t, err)
	_, _, err = nodes[1].Post(ctx, post)
	wantErr(t, err, parlour.ErrOvertaken)
	post.Asked = time.Now()
	_, _, err = nodes[1].Post(ctx, post)
	must(t, err)
}

// What is checked before it is written stays as it was found until then, whoever
// else is at it.
func TestNodesAgreeOnTheFirstAdmin(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 4)
	var made atomic.Int32
	var all sync.WaitGroup
	for i, node := range nodes {
		all.Go(func() {
			a := account("m"+strconv.Itoa(i), "Name"+strconv.Itoa(i))
			a.Admin = true
			err := node.AddAccount(t.Context(), parlour.NewAccount{Account: a, FirstAdmin: true}, noon)
			if err == nil {
				made.Add(1)
			} else {
				wantKind(t, err, parlour.Gone)
			}
		})
	}
	all.Wait()
	if n, err := nodes[0].CountAdmins(t.Context()); made.Load() != 1 || n != 1 || err != nil {
		t.Errorf("%d were made, %d are there, %v", made.Load(), n, err)
	}
}

func TestNameIsTakenOnOneNodeOnly(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 4)
	room := nodes[0].room(t, "garden")
	var seated atomic.Int32
	var all sync.WaitGroup
	for i, node := range nodes {
		all.Go(func() {
			_, err := node.TakeSeat(t.Context(), parlour.Seat{Room: room, Person: "g" + strconv.Itoa(i), Name: "Ana", SeenAt: noon}, noon)
			if err == nil {
				seated.Add(1)
			} else {
				wantErr(t, err, parlour.ErrNameTaken)
			}
		})
	}
	all.Wait()
	if seated.Load() != 1 {
		t.Errorf("%d have the name", seated.Load())
	}
}

func TestNodesTellOfOneComingAndGoingOnce(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 3)
	ctx, room := t.Context(), nodes[0].room(t, "garden")
	nodes[0].sit(t, room, "g-Ana", "Ana")
	onAll := func(do func(*house) error) {
		t.Helper()
		var all sync.WaitGroup
		for _, node := range nodes {
			all.Go(func() {
				if err := do(node); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	join := func(node *house) error { return node.Attend(ctx, room, people("Ana"), nil, noon) }
	leave := func(node *house) error { return node.Attend(ctx, room, nil, people("Ana"), noon) }
	want := func(head parlour.Seq, event parlour.Event) {
		t.Helper()
		page := nodes[0].page(t, room, 0, 1)
		last := page.Messages[0].Event
		if page.Head != head || last == nil || !slices.Equal(last.Joined, event.Joined) || !slices.Equal(last.Left, event.Left) {
			t.Errorf("at number %d the room was told %+v", page.Head, last)
		}
	}
	onAll(join)
	want(1, parlour.Event{Joined: []string{"Ana"}})
	nodes[1].say(t, room, "Bea", "hello") // 2
	onAll(leave)
	want(3, parlour.Event{Left: []string{"Ana"}})
	onAll(join)
	nodes[1].say(t, room, "Bea", "hello again") // 5
	must(t, nodes[2].GiveUpSeat(ctx, room, "g-Ana"))
	onAll(leave)
	want(6, parlour.Event{Left: []string{"Ana"}})
	nodes[1].say(t, room, "Bea", "and once more") // 7
	nodes[0].sit(t, room, "g-Ana", "Ana")
	onAll(join)
	want(8, parlour.Event{Joined: []string{"Ana"}})
}

func TestLoginOnOneNodeWhileThePasswordChangesOnAnotherIsEnded(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 2)
	signsInWhileThePasswordChanges(t, nodes[0], nodes[1])
}

// TestSigningInAndOutWaitsForNoRoom: somebody else is in the middle of a transaction
// that posts.
func TestSigningInAndOutWaitsForNoRoom(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	h := &house{Store: openShared(t, url, Options{})}
	ana := h.member(t, "m1", "Ana")
	other, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer other.Close(t.Context())
	_, err = other.Exec(t.Context(), `BEGIN; SELECT id FROM rooms FOR NO KEY UPDATE`)
	must(t, err)
	_, err = other.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared($1)`, int64(houseLock))
	must(t, err)
	begin := func(session, after string) error {
		return h.BeginLogin(t.Context(), parlour.Login{Session: session, Person: ana.ID, At: noon, SeenAt: noon, Proof: ana.Proof()}, after)
	}
	must(t, begin("one", ""))
	must(t, begin("two", "one"))
	must(t, h.EndLogin(t.Context(), ana.ID, "two"))
}
