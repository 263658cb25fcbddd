package events

import (
	"fmt"
	"slices"
	"testing"
)

// roll is a transport that notes who is brought up to date, in a list that all
// share. It does not ask whether a reader is stuck: walks pass by those who are.
type roll struct{ called *[]string }

func (r roll) push(rd *Reader, v view) error {
	if b, err := v.from(rd.place, rd.floor); err != nil || len(b) == 0 {
		return err
	}
	*r.called = append(*r.called, rd.sub.Person.ID)
	rd.place = v.end()
	return nil
}

func (roll) write([]byte) error          { return nil }
func (roll) begin(b []byte) (int, error) { return len(b), nil }
func (roll) last([]byte)                 {}
func (roll) close()                      {}

// TestThoseWhoKeepUpComeFirst: readers who were stuck and take bytes again, however
// many they are, get what they lack after all others, and a few at a time.
func TestThoseWhoKeepUpComeFirst(t *testing.T) {
	const late, prompt = 2*turn + 10, 5
	hub := newHub(t, newLedger(), quiet())
	rm := hub.enter(lobby)
	defer hub.leave(rm)
	rm.mu.Lock()
	rm.pumping = true // by this test
	rm.mu.Unlock()
	var called, waiting, keeping []string
	for n := range late + prompt {
		person := fmt.Sprint("p", n)
		rd, err := hub.Open(t.Context(), as(person), mayRead)
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		rd.mu.Lock()
		rd.transport, rd.live = roll{&called}, true
		if n < late {
			rd.getStuck()
		}
		rd.mu.Unlock()
		if n >= late {
			keeping = append(keeping, person)
			continue
		}
		waiting = append(waiting, person)
		rm.mu.Lock()
		rm.unstuck = append(rm.unstuck, rd)
		rm.mu.Unlock()
	}
	w := new(bench)
	for len(waiting) > 0 {
		called = called[:0]
		rm.mu.Lock()
		rm.feed(Feed{}).append([]byte("news"))
		rm.grow()
		rm.mu.Unlock()
		rm.walk(w)
		now := min(turn, len(waiting))
		want := slices.Concat(keeping, waiting[:now])
		slices.Sort(called[:len(keeping)]) // among themselves they come as they sit
		slices.Sort(want[:len(keeping)])
		if !slices.Equal(called, want) {
			t.Fatalf("brought up to date were %v, want %v", called, want)
		}
		keeping = append(keeping, waiting[:now]...)
		waiting = waiting[now:]
	}
}
