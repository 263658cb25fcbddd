package parlour

import (
	"context"
	"strings"
	"sync"
	"time"
)

// FilterStore keeps filters.
type FilterStore interface {
	// Filters are those of a room (0: of the house), oldest first.
	Filters(ctx context.Context, room int64) ([]Filter, error)
	// AddFilter stores a filter, unless the room has MaxFilters already: then
	// it is a Conflict.
	AddFilter(ctx context.Context, filter Filter, entry LogEntry) (Filter, error)
	// RemoveFilter deletes a filter and completes the entry with what it was,
	// or is ErrFilterNotFound.
	RemoveFilter(ctx context.Context, room, id int64, entry LogEntry) error
}

// MaxFilters is how many filters a room may have, and the house.
const MaxFilters = 200

// Errors of filters.
var (
	ErrFilterNotFound = Errorf(NotFound, "filter.not_found", "there is no such filter")
	ErrTooManyFilters = Errorf(Conflict, "filter.too_many", "there are %d filters already", MaxFilters)
	errFiltered       = filteredError()
)

func filteredError() *Error {
	err := bodyErrorf("filter.refused", "a filter of this room refuses the message")
	return err
}

// AddFilter adds a filter to the room, or with an empty slug to the house. It is
// Invalid for what is no filter (see Filter.compile).
func (h *House) AddFilter(ctx context.Context, by Identity, slug string, filter Filter) (Filter, error) {
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return Filter{}, err
	}
	filter.Pattern = strings.TrimSpace(filter.Pattern)
	if _, err := filter.compile(); err != nil {
		return Filter{}, err
	}
	entry := h.act(who, room, ActAddFilter)
	entry.Detail = filter.String()
	filter.Room, filter.At = room.ID, entry.At
	filter, err = h.store.AddFilter(ctx, filter, entry)
	h.filters.forget(room.ID)
	return filter, err
}

// RemoveFilter takes a filter away.
func (h *House) RemoveFilter(ctx context.Context, by Identity, slug string, id int64) error {
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return err
	}
	err = h.store.RemoveFilter(ctx, room.ID, id, h.act(who, room, ActRemoveFilter))
	h.filters.forget(room.ID)
	return err
}

// verdict is what the filters make of a body: the act of the strictest filter
// that found something, its pattern, and the body with all masks on.
type verdict struct {
	act  FilterAct
	why  string
	body string
}

// filter asks the filters of the house and of the room about a body.
func (h *House) filter(ctx context.Context, room Room, body string) (verdict, error) {
	v := verdict{body: body}
	for _, scope := range []int64{0, room.ID} {
		filters, err := h.filters.of(ctx, h.store, scope, h.now())
		if err != nil {
			return v, err
		}
		for _, f := range filters {
			places := f.find(v.body)
			if len(places) == 0 {
				continue
			}
			if f.Act == Masking {
				v.body = mask(v.body, places)
			}
			if f.Act.strictness() > v.act.strictness() {
				v.act, v.why = f.Act, f.String()
			}
		}
	}
	return v, nil
}

// filterKept is how long compiled filters are used before the store is asked
// again: what another server of the house changes is known here so soon.
const filterKept = 10 * time.Second

// filterCache keeps filters compiled. A change on this server counts at once.
type filterCache struct {
	mu    sync.Mutex // guards all below
	kept  map[int64]compiledFilters
	epoch int64 // how often something was forgotten
}

type compiledFilters struct {
	filters []compiledFilter
	at      time.Time
}

func newFilterCache() *filterCache { return &filterCache{kept: make(map[int64]compiledFilters)} }

// of are the compiled filters of a room, 0 of the house.
func (c *filterCache) of(ctx context.Context, store FilterStore, room int64, now time.Time) ([]compiledFilter, error) {
	c.mu.Lock()
	kept, ok := c.kept[room]
	epoch := c.epoch
	c.mu.Unlock()
	if ok && now.Sub(kept.at) < filterKept {
		return kept.filters, nil
	}
	stored, err := store.Filters(ctx, room)
	if err != nil {
		return nil, err
	}
	kept = compiledFilters{at: now}
	for _, f := range stored {
		compiled, err := f.compile()
		if err != nil { // it was good when it was stored
			return nil, err
		}
		kept.filters = append(kept.filters, compiled)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch == epoch { // else what was read may be out of date already
		c.kept[room] = kept
	}
	return kept.filters, nil
}

func (c *filterCache) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	clear(c.kept)
}

func (c *filterCache) forget(room int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	delete(c.kept, room)
}
