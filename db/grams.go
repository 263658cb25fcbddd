package db

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math/bits"
	"slices"

	"parlour"
)

// The index of what messages say is made of runs: some thousand messages in the
// order of their times, and for each three characters in a row that one of them
// says (a gram) the list of those that do. A run is written once and as a whole,
// beside the posts, and replaced when one of its messages is edited or deleted.
//
// The grams of a run are sorted, so that those that begin with one or two
// characters lie side by side: a search for fewer than three reads them all. The
// last two characters of a text have grams of their own, filled up with zero.
// No gram says that a message is found: it is looked at as it is now.

// gram is three characters of 21 bits each.
type gram int64

const (
	runeBits = 21
	// Behind all characters there are what else is searched for.
	byAuthor gram = 0x110000 << (2 * runeBits) // with 42 bits of the name's digest
	hasLink  gram = 0x110001 << (2 * runeBits)
)

func gramOf(a, b, c rune) gram { return gram(a)<<(2*runeBits) | gram(b)<<runeBits | gram(c) }

func authorGram(folded string) gram {
	h := fnv.New64a()
	_, _ = h.Write([]byte(folded)) // a hash takes everything
	return byAuthor | gram(h.Sum64()>>(64-2*runeBits))
}

// gramsOf are all grams of a message, some of them more than once.
func gramsOf(m parlour.Message) []gram {
	text := []rune(parlour.Fold(m.Body))
	grams := make([]gram, 0, len(text)+2)
	at := func(i int) rune {
		if i < len(text) {
			return text[i]
		}
		return 0
	}
	for i := range text {
		grams = append(grams, gramOf(text[i], at(i+1), at(i+2)))
	}
	grams = append(grams, authorGram(parlour.Fold(m.Author.Name)))
	if len(parlour.Links(m.Body)) > 0 {
		grams = append(grams, hasLink)
	}
	return grams
}

// span is the grams from one to before another: a message that is wanted has one
// of them.
type span struct{ from, to gram }

// maxSpans bounds how many lists are read for one query.
const maxSpans = 24

// spansOf are the spans of a query, and more of them that tell little more: grams
// that overlap with those.
func spansOf(q parlour.Query) (spans, more []span) {
	if q.From != "" {
		g := authorGram(q.From)
		spans = append(spans, span{g, g + 1})
	}
	if q.Link {
		spans = append(spans, span{hasLink, hasLink + 1})
	}
	for _, term := range q.Terms {
		text := []rune(term)
		switch len(text) {
		case 1:
			spans = append(spans, span{gramOf(text[0], 0, 0), gramOf(text[0]+1, 0, 0)})
		case 2:
			spans = append(spans, span{gramOf(text[0], text[1], 0), gramOf(text[0], text[1]+1, 0)})
		default:
			last := len(text) - 3
			for i := range last + 1 {
				g := gramOf(text[i], text[i+1], text[i+2])
				if i%3 == 0 || i == last {
					spans = append(spans, span{g, g + 1})
				} else {
					more = append(more, span{g, g + 1})
				}
			}
		}
	}
	spans = spans[:min(len(spans), maxSpans)]
	return spans, more[:min(len(more), maxSpans)]
}

// runSize is how many messages a run has at most. The more, the fewer lists are
// read for each search.
const runSize = indexAtOnce

// timed is the place of a message, with its time.
type timed struct{ at, id int64 } // whole milliseconds; messages.id

// run is a run as it is written.
type run struct {
	oldest, newest int64
	size           int
	places         []byte
	rows           []gramRow
}

type gramRow struct {
	first gram
	lists []byte
}

// rowLength is about how many bytes of lists stand in a row, and pages of both
// databases fit a few of them.
const rowLength = 2000

// runOf makes a run of messages that are in the order of their times.
func runOf(ms []parlour.Message) run {
	lists := make(map[gram][]uint16)
	places := make([]timed, len(ms))
	for n, m := range ms {
		places[n] = timed{m.At.UnixMilli(), place(m.Room, m.Seq)}
		for _, g := range gramsOf(m) {
			if l := lists[g]; len(l) == 0 || l[len(l)-1] != uint16(n) {
				lists[g] = append(l, uint16(n))
			}
		}
	}
	grams := make([]gram, 0, len(lists))
	for g := range lists {
		grams = append(grams, g)
	}
	slices.Sort(grams)
	r := run{oldest: places[0].at, newest: places[len(ms)-1].at, size: len(ms), places: packPlaces(places)}
	var row *gramRow
	var before gram
	for _, g := range grams {
		if row == nil || len(row.lists) > rowLength {
			r.rows = append(r.rows, gramRow{first: g})
			row, before = &r.rows[len(r.rows)-1], g
		}
		row.lists = packList(row.lists, g-before, lists[g])
		before = g
	}
	return r
}

func packPlaces(places []timed) (b []byte) {
	before := timed{}
	for _, p := range places {
		b = binary.AppendVarint(b, p.at-before.at)
		b = binary.AppendVarint(b, p.id-before.id)
		before = p
	}
	return b
}

func packList(b []byte, skipped gram, list []uint16) []byte {
	b = binary.AppendUvarint(b, uint64(skipped))
	b = binary.AppendUvarint(b, uint64(len(list)))
	before := uint16(0)
	for _, n := range list {
		b = binary.AppendUvarint(b, uint64(n-before))
		before = n
	}
	return b
}

var errRun = errors.New("a run of the search index cannot be read")

func unpackPlaces(b []byte, size int) ([]timed, error) {
	places := make([]timed, 0, size)
	before := timed{}
	for len(b) > 0 {
		at, n := binary.Varint(b)
		id, m := binary.Varint(b[max(n, 0):])
		if n <= 0 || m <= 0 {
			return nil, errRun
		}
		before = timed{before.at + at, before.id + id}
		places, b = append(places, before), b[n+m:]
	}
	if len(places) != size {
		return nil, errRun
	}
	return places, nil
}

// unpackLists adds to a set what the lists of a span in a row have.
func unpackLists(in *members, first gram, b []byte, s span) error {
	g := first
	for len(b) > 0 {
		skipped, n := binary.Uvarint(b)
		length, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 {
			return errRun
		}
		if g += gram(skipped); g >= s.to {
			return nil
		}
		b = b[n+m:]
		number := uint64(0)
		for range length {
			step, n := binary.Uvarint(b)
			if number += step; n <= 0 || number >= runSize {
				return errRun
			}
			if b = b[n:]; g >= s.from {
				in.add(uint16(number))
			}
		}
	}
	return nil
}

// members are some of a run's messages, by their number in it.
type members [runSize / 64]uint64

func (in *members) add(n uint16) { in[n/64] |= 1 << (n % 64) }

func (in *members) has(n int) bool { return in[n/64]&(1<<(n%64)) != 0 }

// keep leaves those that are in the other set too, and tells how many they are.
func (in *members) keep(others *members) (left int) {
	for i := range in {
		in[i] &= others[i]
		left += bits.OnesCount64(in[i])
	}
	return left
}

func (in *members) fill() {
	for i := range in {
		in[i] = ^uint64(0)
	}
}
