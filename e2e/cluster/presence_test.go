package cluster

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"parlour"
	"parlour/db"
)

var listed = regexp.MustCompile(`(?s)<li class="(by-[^"]*)">.*?<bdi[^>]*>([^<]*)</bdi>`)

// listAt is who is in a room, by the list that a node shows. Somebody who is away
// is named so.
func (h *house) listAt(n *node, room string) []string {
	asks := h.readers[slices.IndexFunc(h.readers, func(r *reader) bool { return r.room == room })]
	got, err := asks.get(h.t.Context(), n, room+"/people")
	if err != nil || got.status != http.StatusOK {
		return []string{fmt.Sprintf("%s answers %d, %v", n.Name, got.status, err)}
	}
	var people []string
	for _, m := range listed.FindAllStringSubmatch(got.body, -1) {
		name := m[2]
		if slices.Contains(strings.Fields(m[1]), "away") {
			name += " (away)"
		}
		people = append(people, name)
	}
	slices.Sort(people)
	return people
}

// agrees waits until the lists of all nodes are the same, have all who read, and
// none of those who are gone.
func (h *house) agrees(gone ...string) {
	h.t.Helper()
	for _, slug := range h.rooms {
		room := "/rooms/" + slug
		lists := make([][]string, len(h.nodes))
		isSo := func() bool {
			for i, n := range h.nodes {
				lists[i] = h.listAt(n, room)
				if !slices.Equal(lists[i], lists[0]) {
					return false
				}
			}
			for _, r := range h.readers {
				if r.room == room && !slices.Contains(lists[0], r.name) {
					return false
				}
			}
			return !slices.ContainsFunc(lists[0], func(name string) bool { return slices.Contains(gone, strings.TrimSuffix(name, " (away)")) })
		}
		if !isSoon(isSo) {
			h.t.Errorf("who is in %s, by the lists of the nodes; %v should be gone:\n%q", room, gone, lists)
		}
	}
}

// tellsRightly checks what the rooms were told: that each who reads came once and
// did not leave, whichever nodes they were at.
func (h *house) tellsRightly() {
	h.t.Helper()
	joined, left := make(map[string]int), make(map[string]int)
	h.inStore(func(ctx context.Context, store *db.Store) error {
		return eachMessage(ctx, store, h.rooms, func(_ string, m parlour.Message) {
			if m.Event != nil {
				for _, name := range m.Event.Joined {
					joined[name]++
				}
				for _, name := range m.Event.Left {
					left[name]++
				}
			}
		})
	})
	for _, r := range h.readers {
		if joined[r.name] != 1 || left[r.name] != 0 {
			h.t.Errorf("of %s the rooms were told %d times that they came, and %d times that they left", r.name, joined[r.name], left[r.name])
		}
	}
}
