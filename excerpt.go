package parlour

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// Fragment is a piece of an excerpt; marked is what was searched for.
type Fragment struct {
	Text   string
	Marked bool
}

// An excerpt begins so many characters, as people count them, before what was
// found first, and is so long.
const (
	excerptLead   = 60
	excerptLength = 240
)

// Excerpt is where a message says what was searched for, in one line. What its
// author hid as a ||spoiler|| stays hidden.
func (q Query) Excerpt(m Message) []Fragment {
	text := strings.Join(strings.Fields(hideSpoilers(m.Body)), " ")
	marks := q.marks(text)
	from, to := window(text, marks)
	var pieces []Fragment
	add := func(start, end int, marked bool) {
		if start < end {
			pieces = append(pieces, Fragment{Text: text[start:end], Marked: marked})
		}
	}
	if from > 0 {
		pieces = append(pieces, Fragment{Text: "…"})
	}
	at := from
	for _, mark := range marks {
		start, end := max(mark[0], at), min(mark[1], to)
		if start < end {
			add(at, start, false)
			add(start, end, true)
			at = end
		}
	}
	add(at, to, false)
	if to < len(text) {
		pieces = append(pieces, Fragment{Text: "…"})
	}
	return pieces
}

// marks tells where the terms are in a text, in order and without overlaps.
func (q Query) marks(text string) (marks [][2]int) {
	var b []byte
	var places [][2]int // of what each byte of b was made of
	fold(text, func(r rune, start, end int) {
		b = appendFolded(b, r)
		for len(places) < len(b) {
			places = append(places, [2]int{start, end})
		}
	})
	folded := string(b)
	for _, term := range q.Terms {
		for at := 0; ; {
			i := strings.Index(folded[at:], term)
			if i < 0 || term == "" {
				break
			}
			start := at + i
			at = start + len(term)
			marks = append(marks, [2]int{places[start][0], places[at-1][1]})
		}
	}
	slices.SortFunc(marks, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	merged := marks[:0]
	for _, mark := range marks {
		if n := len(merged); n > 0 && mark[0] <= merged[n-1][1] {
			merged[n-1][1] = max(merged[n-1][1], mark[1])
			continue
		}
		merged = append(merged, mark)
	}
	return merged
}

// window is the part of a text that an excerpt shows.
func window(text string, marks [][2]int) (from, to int) {
	starts, clusters := []int(nil), uniseg.NewGraphemes(text)
	first := 0
	for clusters.Next() {
		start, _ := clusters.Positions()
		if len(marks) > 0 && start <= marks[0][0] {
			first = len(starts)
		}
		starts = append(starts, start)
	}
	if len(starts) <= excerptLength {
		return 0, len(text)
	}
	begin := min(max(first-excerptLead, 0), len(starts)-excerptLength)
	from, to = starts[begin], len(text)
	if end := begin + excerptLength; end < len(starts) {
		to = starts[end]
	}
	return from, to
}
