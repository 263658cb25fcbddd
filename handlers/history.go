package handlers

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"parlour"
	"parlour/views"
)

// histories keep the newest page of rooms as it was rendered last: in a quiet
// room it stays the same however many people open it.
type histories struct {
	newest *lru.Cache[historyKey, history]
}

type historyKey struct {
	room   int64
	slug   string // stands in links
	lang   string
	zone   string
	format historyFormat
}

// historyFormat is one of the two ways in which messages stand in pages.
type historyFormat int

const (
	inPage historyFormat = iota
	inDocument
)

type history struct {
	content []byte
	head    parlour.Seq
	older   parlour.Seq
	face    parlour.Face
	begins  []beginning // of its messages, in their order
}

// beginning is where a message begins in the content.
type beginning struct {
	seq parlour.Seq
	at  int
}

// at cuts the content where a message begins. It is false when the message does
// not stand there.
func (h history) at(seq parlour.Seq) (before, from []byte, ok bool) {
	i, ok := slices.BinarySearchFunc(h.begins, seq, func(b beginning, seq parlour.Seq) int { return cmp.Compare(b.seq, seq) })
	if !ok {
		return h.content, nil, false
	}
	cut := h.begins[i].at
	return h.content[:cut:cut], h.content[cut:], true
}

// historiesKept bounds the memory: a page of long messages takes some 100 KB,
// the usual one 20 KB.
const historiesKept = 512

func newHistories() *histories {
	cache, err := lru.New[historyKey, history](historiesKept)
	if err != nil {
		panic(err) // the size above is positive
	}
	return &histories{newest: cache}
}

// history is a run of the room's messages as HTML. The newest page comes from
// memory when nothing was changed since: the room was read a moment ago, and
// its head says so. A page on which somebody's history does not begin with the
// room's own is theirs alone.
func (s *server) history(ctx context.Context, who parlour.Standing, room parlour.Room, before parlour.Seq, l views.Locale, format historyFormat) (history, error) {
	key := historyKey{room: room.ID, slug: room.Slug, lang: l.Lang, zone: l.Zone.String(), format: format}
	isForAll := before == 0 && who.Floor(room) == 0
	if isForAll {
		if kept, ok := s.histories.newest.Get(key); ok && kept.head == room.Head {
			return kept, nil
		}
	}
	page, err := s.house.Page(ctx, who, room, before)
	if err != nil {
		return history{}, err
	}
	h := history{head: page.Head, older: olderThan(page), face: page.Face}
	l = l.In(room.Slug)
	var content bytes.Buffer
	for _, m := range page.Messages {
		h.begins = append(h.begins, beginning{m.Seq, content.Len()})
		if format == inDocument {
			c := m.Change()
			c.Seq = m.Seq // new on this page, whatever was changed since
			err = views.WriteLiveChange(&content, l, c)
		} else {
			err = views.WriteMessage(&content, l, m)
		}
		if err != nil {
			return history{}, err
		}
	}
	h.content = content.Bytes()
	if isForAll {
		s.histories.newest.Add(key, h)
	}
	return h, nil
}
