package db

import (
	"context"
	"flag"
	"iter"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour"
)

var (
	millionHouse  = flag.String("million", "", "file of a house of a million messages to search, built when it is missing")
	millionShared = flag.String("million-postgres", "", "the same in a PostgreSQL database, postgres://…")
)

const millionRooms, millionEach = 100, 10_000

// millionMessages are 1,000,000 messages in 100 rooms, as rows of the columns of
// millionColumns. The n-th word comes about n times more rarely than the first.
func millionMessages() iter.Seq[[]any] {
	random := rand.New(rand.NewPCG(1, 2))
	frequency := rand.NewZipf(random, 1.07, 4, 50_000)
	words := make([]string, 50_001)
	for n := range words {
		words[n] = word(n)
	}
	return func(yield func([]any) bool) {
		for i := range millionRooms * millionEach {
			room, seq := int64(firstRoom+i%millionRooms), parlour.Seq(1+i/millionRooms)
			var body strings.Builder
			for range 4 + random.IntN(24) {
				body.WriteString(words[frequency.Uint64()])
				body.WriteByte(' ')
			}
			if i%100_000 == 5 {
				body.WriteString("zanzibar")
			}
			name := "Ana"
			if i%50_000 == 7 {
				name = "Nina"
			}
			at := noon.Add(time.Duration(i) * time.Second).UnixMilli()
			if !yield([]any{place(room, seq), room, int64(seq), int64(seq), "message", "g1", name, body.String(), at}) {
				return
			}
		}
	}
}

var millionColumns = []string{"id", "room_id", "seq", "changed", "kind", "author_id", "author_name", "body", "created_at"}

const makeRoom = `INSERT INTO rooms (slug, name, topic, head, created_at) VALUES ($1, 'Room', '', $2, 0)`

// fillMillion makes a house of the million, with its index.
func fillMillion(b *testing.B, path string) {
	b.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	must(b, openAt(b, path, Options{}).Close())
	c, err := connect(dsn(path, time.Second, false))
	must(b, err)
	_, err = c.exec(`PRAGMA synchronous = OFF`)
	must(b, err)
	for room := range millionRooms {
		_, err := c.exec(makeRoom, "room-"+strconv.Itoa(room), millionEach)
		must(b, err)
	}
	must(b, c.control("BEGIN IMMEDIATE"))
	for values := range millionMessages() {
		_, err := c.exec(`INSERT INTO messages (`+strings.Join(millionColumns, ", ")+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, values...)
		must(b, err)
	}
	must(b, c.control("COMMIT"))
	must(b, c.close())
	before, err := os.Stat(path)
	must(b, err)
	s := openAt(b, path, Options{})
	start := time.Now()
	must(b, s.Index())
	took := time.Since(start)
	must(b, s.Close())
	after, err := os.Stat(path)
	must(b, err)
	b.Logf("indexed in %v; %d MB without the index, %d MB with it", took, before.Size()>>20, after.Size()>>20)
}

// fillMillionShared does the same in a PostgreSQL database.
func fillMillionShared(b *testing.B, url string) {
	b.Helper()
	ctx := b.Context()
	must(b, openShared(b, url, Options{}).Close())
	c, err := pgx.Connect(ctx, url)
	must(b, err)
	defer c.Close(context.WithoutCancel(ctx))
	size := func() (bytes int64) {
		must(b, c.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&bytes))
		return bytes >> 20
	}
	var isFull bool
	must(b, c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM messages)`).Scan(&isFull))
	if !isFull {
		for room := range millionRooms {
			_, err := c.Exec(ctx, makeRoom, "room-"+strconv.Itoa(room), millionEach)
			must(b, err)
		}
		next, stop := iter.Pull(millionMessages())
		defer stop()
		_, err = c.CopyFrom(ctx, pgx.Identifier{"messages"}, millionColumns, pgx.CopyFromFunc(func() ([]any, error) {
			values, _ := next()
			return values, nil
		}))
		must(b, err)
		_, err = c.Exec(ctx, `ANALYZE messages`)
		must(b, err)
	}
	before := size()
	s := openShared(b, url, Options{})
	start := time.Now()
	must(b, s.Index())
	took := time.Since(start)
	must(b, s.Close())
	b.Logf("indexed in %v; %d MB without the index, %d MB with it", took, before, size())
}
