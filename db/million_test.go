package db

import (
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlour"
)

var millionHouse = flag.String("million", "", "file of a house of a million messages to search, built when it is missing")

// fillMillion makes a house of 1,000,000 messages in 100 rooms, with its index.
// The n-th word comes about n times more rarely than the first.
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
	random := rand.New(rand.NewPCG(1, 2))
	frequency := rand.NewZipf(random, 1.07, 4, 50_000)
	const rooms, each = 100, 10_000
	words := make([]string, 50_001)
	for n := range words {
		words[n] = word(n)
	}
	for room := range rooms {
		_, err := c.exec(`INSERT INTO rooms (slug, name, topic, head, created_at) VALUES ($1, $2, '', $3, 0)`, "room-"+strconv.Itoa(room), "Room", each)
		must(b, err)
	}
	must(b, c.control("BEGIN IMMEDIATE"))
	for i := range rooms * each {
		id, seq := int64(firstRoom+i%rooms), parlour.Seq(1+i/rooms)
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
		_, err := c.exec(`INSERT INTO messages
			(id, room_id, seq, changed, kind, author_id, author_name, body, created_at) VALUES ($1, $2, $3, $3, 'message', 'g1', $4, $5, $6)`,
			place(id, seq), id, seq, name, body.String(), noon.Add(time.Duration(i)*time.Second))
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
