package db

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parlour"
	"parlour/db/postgrestest"
)

var searchRules = []rule{
	{"SearchFindsPartsOfWordsInAnyWriting", testSearchWords},
	{"SearchTakesSignsAsTheyAre", testSearchSigns},
	{"SearchFindsTheSameWithAndWithoutTheIndex", testSearchIndexed},
	{"SearchGoesThroughAllPagesOnce", testSearchPages},
	{"IndexKeepsNothingOfTheDeleted", testSearchDeleted},
	{"IndexForgetsDeletedRooms", testSearchForgets},
}

// find searches some rooms, all of whose messages may be read.
func (h *house) find(t testing.TB, query string, rooms ...int64) parlour.Found {
	t.Helper()
	q, err := parlour.ParseQuery(query, nil)
	must(t, err)
	return h.look(t, parlour.Wanted{Query: q, Floors: floors(rooms...)}, 100)
}

func (h *house) look(t testing.TB, wanted parlour.Wanted, limit int) parlour.Found {
	t.Helper()
	found, err := h.Search(t.Context(), wanted, limit)
	must(t, err)
	return found
}

func floors(rooms ...int64) map[int64]parlour.Seq {
	all := make(map[int64]parlour.Seq)
	for _, room := range rooms {
		all[room] = 0
	}
	return all
}

// testSearchWords asks everything twice: while nothing is in a run, and when all is.
func testSearchWords(t *testing.T, h *house) {
	room := h.room(t, "garden")
	for _, said := range []string{
		"The roses bloom at Caf\u00e9 Stra\u00dfe", "東京タワーに行く", "see https://example.org/x now", "한국어 공부", "Привет, мир", "ｆｕｌｌｗｉｄｔｈ",
	} {
		h.say(t, room, "Ana", said)
	}
	h.say(t, room, "Béa Long", "a rose\nby another name")
	for range 2 {
		for query, want := range map[string]int{
			"rose": 2, "ROSES": 1, "oom": 1, "cafe": 1, "cafe\u0301": 1, "strasse": 1, "京": 1, "東京": 1, "京タワ": 1, "国": 0,
			"한국": 1, "привет": 1, "see /x": 1, "see 京": 0, "タワー 京": 1, "fullwidth": 1, "ll": 1, `"rose by another"`: 1, `"another rose"`: 0, "another rose": 1,
			"has:link": 1, "from:ana rose": 1, `from:"bea long"`: 1, "from:be": 0, "zz": 0, "q": 0, "e": 3,
			"before:2026-05-04 rose": 0, "before:2026-05-05 rose": 2, "after:2026-05-03 rose": 2, "after:2026-05-04 rose": 0,
		} {
			if found := h.find(t, query, room); len(found.Messages) != want || found.More || found.Partial {
				t.Errorf("%s finds %d: %s, want %d", query, len(found.Messages), bodies(found.Messages), want)
			}
		}
		must(t, h.Index())
	}
	if found := h.find(t, "rose", room+1); len(found.Messages) != 0 {
		t.Errorf("found %s in another room", bodies(found.Messages))
	}
	behind := parlour.Wanted{Query: parlour.Query{Terms: []string{"rose"}}, Floors: map[int64]parlour.Seq{room: 1}}
	if found := h.look(t, behind, 10); bodies(found.Messages) != "a rose\nby another name" {
		t.Errorf("found %s behind the floor", bodies(found.Messages))
	}
}

// testSearchSigns has whatever could mean something to a database.
func testSearchSigns(t *testing.T, h *house) {
	room := h.room(t, "garden")
	all := []string{`100% sure_thing`, `it's c:\temp\new`, `a & (b | !c):*`, `''\\%_ <->`, `50 %`, `...`, `😀😀 😀`, `c++ d--`, `ꦲꦏ꧀ꦱꦫ ꦲ`}
	for _, said := range all {
		h.say(t, room, "O'Neil:*", said)
	}
	must(t, h.Index())
	queries := []string{
		`%`, `_`, `\`, `'`, `''`, `0%`, `e_t`, `re_th`, `c:\`, `\temp\`, `\\%_`, `&`, `(b | !`, `:*`, `<->`, `..`, `...`, `....`,
		`😀`, `😀😀`, `😀 😀`, `++`, `c++`, `+ d`, `0 %`, `ꦲ`, `ꦏ꧀ꦱ`, `x'y`, `o'n`, `100_`,
	}
	for _, term := range queries {
		q := parlour.Query{Terms: []string{parlour.Fold(term)}}
		want := 0
		for _, said := range all {
			if strings.Contains(parlour.Fold(said), q.Terms[0]) {
				want++
			}
		}
		for _, by := range ways(h) {
			found, err := h.searchBy(t.Context(), by, parlour.Wanted{Query: q, Floors: floors(room)}, 100)
			must(t, err)
			if len(found.Messages) != want || found.Partial {
				t.Errorf("%s finds %s, want %d", term, bodies(found.Messages), want)
			}
		}
	}
	if found := h.find(t, `from:o'neil:*`, room); len(found.Messages) != len(all) {
		t.Errorf("%d messages by O'Neil:* were found, want %d", len(found.Messages), len(all))
	}
}

// testSearchIndexed changes a house at random and compares each search with what
// a look at every message finds.
func testSearchIndexed(t *testing.T, h *house) {
	random := rand.New(rand.NewPCG(7, 7))
	words := []string{"apple", "apply", "pear", "東京", "peach", "each"}
	rooms := []int64{h.room(t, "one"), h.room(t, "two")}
	text := func() string {
		return words[random.IntN(len(words))] + " " + words[random.IntN(len(words))]
	}
	heads := make(map[int64]parlour.Seq)
	for step := range 300 {
		room := rooms[random.IntN(len(rooms))]
		seq := parlour.Seq(1 + random.IntN(int(heads[room])+1))
		switch random.IntN(8) {
		case 0:
			_, err := h.Edit(t.Context(), parlour.Revision{Room: room, Seq: seq, Kind: parlour.KindMessage, Body: text(), At: noon}, parlour.LogEntry{})
			if parlour.KindOf(err) != parlour.NotFound {
				must(t, err)
			}
		case 1:
			_, err := h.Delete(t.Context(), room, seq, parlour.StubOfAuthor, noon)
			if parlour.KindOf(err) != parlour.NotFound {
				must(t, err)
			}
		case 2:
			if step%3 == 0 {
				must(t, h.Index())
			}
		default:
			_, _, err := h.Post(t.Context(), parlour.NewMessage{
				Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: text(),
				At: noon.Add(time.Duration(step+random.IntN(20)) * time.Millisecond),
			})
			must(t, err)
		}
		heads[room] = h.page(t, room, 0, 0).Head
		if step%20 != 0 {
			continue
		}
		var all []parlour.Message
		for _, room := range rooms {
			all = append(all, h.page(t, room, 0, 1000).Messages...)
		}
		slices.SortFunc(all, func(a, b parlour.Message) int {
			if b.Mark().Before(a.Mark()) {
				return -1
			}
			return 1
		})
		for _, query := range append(words, "appl", "ea", "京", "apple pear", `"apple pear"`) {
			q, err := parlour.ParseQuery(query, nil)
			must(t, err)
			var want []string
			for _, m := range all {
				if q.Finds(m) {
					want = append(want, fmt.Sprint(m.Room, " ", m.Seq, " ", m.Body))
				}
			}
			for _, by := range ways(h) {
				found, err := h.searchBy(t.Context(), by, parlour.Wanted{Query: q, Floors: floors(rooms...)}, 1000)
				must(t, err)
				var got []string
				for _, m := range found.Messages {
					got = append(got, fmt.Sprint(m.Room, " ", m.Seq, " ", m.Body))
				}
				if !slices.Equal(got, want) || found.Partial {
					t.Fatalf("step %d: %s finds %q, want %q, by %+v", step, query, got, want, by)
				}
			}
		}
	}
}

// ways are those in which a house can be searched: as it is, and as if it were so
// full that the others of its index' ways are gone.
func ways(h *house) []index {
	all := []index{h.Store.index}
	if by, isTexts := h.Store.index.(texts); isTexts {
		by.nearby = 3
		all = append(all, by)
		by.most = 4
		all = append(all, by)
	}
	return all
}

// testSearchPages has messages at the same time in two rooms, some of them in
// runs, and goes back page by page.
func testSearchPages(t *testing.T, h *house) {
	one, two := h.room(t, "one"), h.room(t, "two")
	for i := range 30 {
		h.say(t, one, "Ana", fmt.Sprint("apple ", i))
		h.say(t, two, "Ana", fmt.Sprint("apple ", 100+i))
		if i == 20 {
			must(t, h.Index())
		}
	}
	for _, by := range ways(h) {
		wanted := parlour.Wanted{Query: parlour.Query{Terms: []string{"apple"}}, Floors: floors(one, two)}
		seen := make(map[parlour.Mark]bool)
		for {
			found, err := h.searchBy(t.Context(), by, wanted, 7)
			must(t, err)
			for _, m := range found.Messages {
				if mark := m.Mark(); seen[mark] {
					t.Fatalf("%v comes twice", mark)
				}
				seen[m.Mark()] = true
				wanted.Older = m.Mark()
			}
			if !found.More {
				break
			}
		}
		if len(seen) != 60 {
			t.Errorf("%d messages were found on all pages, want 60, by %+v", len(seen), by)
		}
	}
}

func testSearchDeleted(t *testing.T, h *house) {
	room := h.room(t, "garden")
	secret := h.say(t, room, "Ana", "xylophone")
	edited := h.say(t, room, "Ana", "quizzical")
	h.say(t, room, "Ana", "apple")
	must(t, h.Index())
	_, err := h.Edit(t.Context(), parlour.Revision{Room: room, Seq: edited.Seq, Kind: parlour.KindMessage, Body: "peach", At: noon}, parlour.LogEntry{})
	must(t, err)
	_, err = h.Delete(t.Context(), room, secret.Seq, parlour.NoStub, noon)
	must(t, err)
	for range 2 {
		for query, want := range map[string]int{"xylophone": 0, "quizzical": 0, "peach": 1, "apple": 1} {
			if found := h.find(t, query, room); len(found.Messages) != want {
				t.Errorf("%s finds %s", query, bodies(found.Messages))
			}
		}
		must(t, h.Index())
	}
	for word, want := range map[string]int{"xyl": 0, "qui": 0, "pea": 1, "app": 1} {
		if has := inIndex(t, h, word); has != want {
			t.Errorf("the index has %d messages with %s in them, want %d", has, word, want)
		}
	}
}

func testSearchForgets(t *testing.T, h *house) {
	gone, kept := h.room(t, "gone"), h.room(t, "kept")
	for i := range 5 {
		h.say(t, gone, "Ana", fmt.Sprint("apple ", i))
		h.say(t, kept, "Ana", fmt.Sprint("apple ", i))
	}
	must(t, h.Index())
	must(t, h.DeleteRoom(t.Context(), gone, parlour.LogEntry{At: noon}))
	if found := h.find(t, "apple", gone, kept); len(found.Messages) != 5 {
		t.Errorf("%d messages were found, want 5", len(found.Messages))
	}
	must(t, h.Index())
	if found := h.find(t, "apple", gone, kept); len(found.Messages) != 5 {
		t.Errorf("%d messages were found, want 5", len(found.Messages))
	}
	if has := inIndex(t, h, "app"); has != 5 {
		t.Errorf("the index has %d messages, want 5", has)
	}
}

// inIndex counts the messages that the index has with three letters in them.
func inIndex(t *testing.T, h *house, letters string) (has int) {
	t.Helper()
	must(t, h.read(t.Context(), func(c conn) error {
		if _, isTexts := h.Store.index.(texts); isTexts {
			r, err := c.one(`SELECT count(*) FROM search_texts WHERE strpos(folded, $1) > 0`, letters)
			if err == nil {
				has = int(r.int(0))
			}
			return err
		}
		heads, err := runsIn(c)
		if err != nil {
			return err
		}
		s := &search{conn: c}
		spans, more := spansOf(parlour.Query{Terms: []string{letters}})
		for _, run := range heads {
			var in members
			if _, err := s.inRun(&in, run, spans, more); err != nil {
				return err
			}
			for n := range run.size {
				if in.has(n) {
					has++
				}
			}
		}
		return nil
	}))
	return has
}

// BenchmarkSearch searches a million messages: in a house of 100 rooms that is
// made for it (or kept at -million FILE), with words as frequent as they are in
// writing, by a store that was just opened.
func BenchmarkSearch(b *testing.B) {
	path := *millionHouse
	if path == "" {
		path = b.TempDir() + "/parlour.db"
	}
	fillMillion(b, path)
	benchmarkSearch(b, func() *Store { return openAt(b, path, Options{}) })
}

// BenchmarkSearchPostgreSQL does the same in a database (or in -million-postgres
// URL).
func BenchmarkSearchPostgreSQL(b *testing.B) {
	url := *millionShared
	if url == "" {
		url = postgrestest.Start(b).Database(b)
	}
	fillMillionShared(b, url)
	benchmarkSearch(b, func() *Store { return openShared(b, url, Options{}) })
}

func benchmarkSearch(b *testing.B, open func() *Store) {
	for _, c := range []struct {
		name, query string
		rooms       int
	}{
		{"frequent", word(0), 100}, {"usual", word(40), 100}, {"rare", "zanzibar", 100}, {"never", "xylophone", 100},
		{"twoletters", "za", 100}, {"phrase", `"` + word(3) + " " + word(5) + `"`, 100}, {"tworare", word(900) + " " + word(901), 100},
		{"from", "from:nina", 100}, {"rareInRoom", "zanzibar", 6}, {"usualInRoom", word(40), 1}, {"neverPart", "anzibx", 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			q, err := parlour.ParseQuery(c.query, nil)
			must(b, err)
			wanted := parlour.Wanted{Query: q, Floors: make(map[int64]parlour.Seq)}
			for room := range int64(c.rooms) {
				wanted.Floors[firstRoom+room] = 0
			}
			slowest, n := time.Duration(0), 0
			for b.Loop() {
				b.StopTimer()
				s := open()
				b.StartTimer()
				start := time.Now()
				found, err := s.Search(b.Context(), wanted, parlour.SearchPage)
				must(b, err)
				slowest, n = max(slowest, time.Since(start)), len(found.Messages)
				b.StopTimer()
				must(b, s.Close())
				b.StartTimer()
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "ms/slowest")
			b.ReportMetric(float64(n), "found")
		})
	}
}

// word is the n-th word of a language that nobody speaks, with letters about as
// frequent as in English.
func word(n int) string {
	const consonants, vowels = "tttttnnnnnsssshhhhrrrrddlllccmmwwffggppbbvkyjxqz", "eeeeeeaaaaooooiiiiuu"
	random := rand.New(rand.NewPCG(uint64(n), 11))
	b := make([]byte, 2+random.IntN(3)+random.IntN(2+min(n/50, 5)))
	for i := range b {
		from := consonants
		if random.IntN(9) < 4 {
			from = vowels
		}
		b[i] = from[random.IntN(len(from))]
	}
	return string(b)
}
