package e2e

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"parlour"
)

func TestStoppingEndsStreamsAndFinishesPosts(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off", "--shutdown-grace", "2s")
	var streams []*stream
	for i := range 10 {
		streams = append(streams, enters(t, house, fmt.Sprintf("Reader %d", i)).listens("/rooms/lobby/events"))
	}
	live, err := enters(t, house, "Frame").open(t.Context(), "GET", "/rooms/lobby/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()

	const posts = 5
	var posters []*visitor
	for i := range posts {
		posters = append(posters, enters(t, house, fmt.Sprintf("Poster %d", i)))
	}
	// The store is held, so the posts are in flight when the program is told to
	// stop.
	release := house.holdStore()
	answers, began := make(chan error, posts), make(chan struct{}, posts)
	for i, v := range posters {
		go func() {
			// The program asks for the body once it works on the post.
			ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
				Got100Continue: func() { began <- struct{}{} },
			})
			got, err := v.try(ctx, "POST", "/rooms/lobby/messages",
				strings.NewReader(url.Values{"body": {fmt.Sprintf("in flight %d", i)}}.Encode()),
				with("Content-Type", "application/x-www-form-urlencoded"), with("Expect", "100-continue"))
			if err == nil && got.status != http.StatusSeeOther {
				err = fmt.Errorf("answered with %d", got.status)
			}
			answers <- err
		}()
	}
	for range posts {
		<-began
	}
	house.Terminate()
	until(t, "the program takes no more connections", func() bool {
		conn, err := net.Dial("tcp", house.Listen)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	release()
	for range posts {
		if err := <-answers; err != nil {
			t.Errorf("a post in flight: %v", err)
		}
	}
	for i, s := range streams {
		if err := s.end(); err != nil {
			t.Errorf("stream %d was cut: %v", i, err)
		}
	}
	house.Wait()
	house.inStore(func(_ context.Context, store parlour.Store, lobby parlour.Room) {
		for i := range posts {
			storedAs(t, store, lobby.ID, fmt.Sprintf("in flight %d", i))
		}
	})
}

// What was acknowledged is there after a kill, under load, each message once.
func TestKillLosesNoAcknowledgedMessage(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	var (
		mu    sync.Mutex // guards acked
		acked = map[string]bool{}
		all   sync.WaitGroup
	)
	for i := range 12 {
		v := enters(t, house, fmt.Sprintf("Poster %d", i))
		all.Go(func() {
			for n := 0; ; n++ {
				body := fmt.Sprintf("poster %d says %d", i, n)
				got, err := v.try(context.Background(), "POST", "/rooms/lobby/messages",
					strings.NewReader(url.Values{"body": {body}, "key": {fmt.Sprint(n)}}.Encode()),
					with("Content-Type", "application/x-www-form-urlencoded"))
				if err != nil {
					return // the program was killed
				}
				if got.status != http.StatusSeeOther {
					t.Errorf("%q was answered with %d", body, got.status)
					return
				}
				mu.Lock()
				acked[body] = true
				mu.Unlock()
			}
		})
	}
	until(t, "many messages are acknowledged", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acked) > 500
	})
	house.Kill()
	all.Wait()

	house.inStore(func(_ context.Context, store parlour.Store, lobby parlour.Room) {
		times := map[string]int{}
		for _, m := range stored(t, store, lobby.ID) {
			times[m.Body]++
		}
		for _, body := range slices.Sorted(maps.Keys(acked)) {
			if times[body] != 1 {
				t.Errorf("%q was acknowledged and is there %d times", body, times[body])
			}
		}
	})
	house.again()
	v := enters(t, house, "Later")
	v.says("life goes on")
	if page := v.get("/rooms/lobby").body; !strings.Contains(page, "life goes on") {
		t.Error("the room does not go on after the kill")
	}
}

// TestLoadBalancersSeeTheStopBeforeItComes: a server that is told to stop says so
// at once, and serves everything for a while yet.
func TestLoadBalancersSeeTheStopBeforeItComes(t *testing.T) {
	t.Parallel()
	house := start(t, "--shutdown-delay", "5s")
	v := enters(t, house, "Ana")
	if got := v.get("/readyz"); got.status != http.StatusOK || got.body != "ready\ndatabase: ok\nbus: none\n" {
		t.Errorf("before: %d %q", got.status, got.body)
	}
	house.Terminate()
	until(t, "it says that it stops", func() bool {
		got := v.get("/readyz")
		return got.status == http.StatusServiceUnavailable && strings.HasPrefix(got.body, "stopping\n")
	})
	v.says("in the last seconds")
	house.Wait()
}
