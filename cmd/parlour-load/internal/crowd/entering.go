package crowd

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Enter joins rooms as many guests and reads each room's page for its cursor.
// With more sessions than rooms each room has several, otherwise each session
// has several rooms. The name is the start of the guests' names. secure is how
// to trust an https server, or nil.
func Enter(ctx context.Context, base string, slugs []string, sessions int, name string, secure *tls.Config) ([]Room, error) {
	// The client follows no redirect: the answer to a form is one.
	transport := &http.Transport{MaxIdleConnsPerHost: atDoor, TLSClientConfig: secure}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	rooms := make([]Room, len(slugs))
	var guests []*guest
	for i := range max(1, sessions) {
		guests = append(guests, &guest{client: client, base: base, name: fmt.Sprintf("%s %d", name, i), session: &Session{}})
	}
	for i, slug := range slugs {
		rooms[i].Path = "/rooms/" + url.PathEscape(slug)
		for j := i % len(guests); j < len(guests); j += len(slugs) {
			guests[j].rooms = append(guests[j].rooms, i)
			rooms[i].Sessions = append(rooms[i].Sessions, guests[j].session)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex // guards the cursors of rooms
	var wg sync.WaitGroup
	places := make(chan struct{}, atDoor)
	for _, g := range guests {
		if len(g.rooms) == 0 {
			continue
		}
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if err := g.enter(ctx, rooms, &mu); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return rooms, context.Cause(ctx)
}

type guest struct {
	client     *http.Client
	base, name string
	rooms      []int
	session    *Session
}

// atDoor is how many guests enter at a time.
const atDoor = 8

func (g *guest) enter(ctx context.Context, rooms []Room, mu *sync.Mutex) error {
	for _, i := range g.rooms {
		path := rooms[i].Path
		if status, _, err := g.do(ctx, "POST", path+"/join", url.Values{"name": {g.name}}.Encode()); err != nil {
			return err
		} else if status >= 400 {
			return fmt.Errorf("join %s: status %d; is the room there, and does the server run with --limits off?", path, status)
		}
		status, page, err := g.do(ctx, "GET", path, "")
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("open %s: status %d", path, status)
		}
		events := regexp.MustCompile(regexp.QuoteMeta(path) + `/events\?after=\d+`).FindString(page)
		if events == "" {
			return fmt.Errorf("open %s: the page has no address of a stream", path)
		}
		mu.Lock()
		rooms[i].Events = cmp.Or(rooms[i].Events, events)
		mu.Unlock()
	}
	return nil
}

// do makes a request in the guest's session, as a browser would make it on the
// server's own pages, and keeps the cookies that come back.
func (g *guest) do(ctx context.Context, method, path, form string) (status int, page string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, g.base+path, strings.NewReader(form))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if g.session.Cookie != "" {
		req.Header.Set("Cookie", g.session.Cookie)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return 0, "", fmt.Errorf("%s %s: %w", method, path, err)
	}
	g.session.keep(resp.Cookies())
	return resp.StatusCode, string(b), nil
}

// keep takes over cookies, each in the place of one of the same name.
func (s *Session) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		kept := make([]string, 0, 2)
		for old := range strings.SplitSeq(s.Cookie, "; ") {
			if old != "" && !strings.HasPrefix(old, c.Name+"=") {
				kept = append(kept, old)
			}
		}
		if c.MaxAge >= 0 && c.Value != "" {
			kept = append(kept, c.Name+"="+c.Value)
		}
		s.Cookie = strings.Join(kept, "; ")
	}
}
