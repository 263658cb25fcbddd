package db

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"parlour"
	"parlour/db/postgrestest"
)

func TestTextThatPostgreSQLCannotKeepIsReplaced(t *testing.T) {
	t.Parallel()
	s := openShared(t, postgrestest.Database(t), Options{})
	ctx := context.Background()
	for _, name := range []string{"a\x00b", "a\xffb"} {
		must(t, s.Trace(ctx, parlour.Trace{Person: "g1", Name: name, At: noon}))
		target, err := s.Target(ctx, 1, "g1")
		must(t, err)
		if target.Name != "a\uFFFDb" {
			t.Errorf("%q is kept as %q", name, target.Name)
		}
	}
	_, err := s.Room(ctx, "lobby\x00")
	wantErr(t, err, parlour.ErrRoomNotFound)
}

func TestDatabaseThatDoesNotKeepTextIsNotOpened(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer c.Close(context.Background())
	_, err = c.Exec(t.Context(), `CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
	must(t, err)
	latin := strings.Replace(url, c.Config().Database, "latin", 1)
	if s, err := OpenPostgres(t.Context(), latin, Options{}); err == nil || !strings.Contains(err.Error(), "LATIN1") {
		t.Error("opened a database in Latin 1", err)
		if err == nil {
			must(t, s.Close())
		}
	}
}

func TestDatabaseThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	_, err := OpenPostgres(t.Context(), "postgres://postgres@127.0.0.1:1/house?sslmode=disable", Options{})
	wantKind(t, err, parlour.Unavailable)
}

// Nobody may wait in a circle for ever: who is chosen to give way does it again.
func TestNodesThatWaitForEachOtherGoOn(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 2)
	ctx := t.Context()
	rooms := []int64{nodes[0].room(t, "one"), nodes[0].room(t, "two")}
	// Each locks a room, waits until the other has locked its own, and wants
	// that one too. Only the first try waits.
	var holding sync.WaitGroup
	holding.Add(2)
	var all sync.WaitGroup
	for i, node := range nodes {
		all.Go(func() {
			tried := false
			err := node.writeIn(ctx, rooms[i], func(t *tx) error {
				if !tried {
					tried = true
					holding.Done()
					holding.Wait()
				}
				for _, room := range []int64{rooms[i], rooms[1-i]} {
					_, _, err := t.post(parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: strconv.Itoa(i), At: noon}, nil)
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, room := range rooms {
		got := make(map[string]int)
		for _, m := range nodes[0].page(t, room, 0, 10).Messages {
			got[m.Body]++
		}
		if !maps.Equal(got, map[string]int{"0": 1, "1": 1}) {
			t.Errorf("the room has %v", got)
		}
	}
}

// A node that stands still in the middle of a transaction keeps its rooms from
// the others for a while only.
func TestNodeThatStandsStillIsGivenUp(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	still := &house{Store: openShared(t, url+"&idle_in_transaction_session_timeout=2s", Options{})}
	other := &house{Store: openShared(t, url, Options{})}
	room := other.room(t, "garden")
	locked, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		tries := 0
		err := still.writeIn(t.Context(), room, func(t *tx) error {
			if tries++; tries == 1 {
				close(locked)
				<-goOn
			}
			_, _, err := t.post(parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "still", At: noon}, nil)
			return err
		})
		if err != nil || tries < 2 {
			t.Errorf("after %d tries: %v", tries, err)
		}
	})
	<-locked
	if m := other.say(t, room, "Ana", "hello"); m.Seq != 1 {
		t.Errorf("the post has number %d", m.Seq)
	}
	close(goOn)
	all.Wait()
	if got := stored(t, other.Store, room); got != "hello still" {
		t.Errorf("stored %q", got)
	}
}
