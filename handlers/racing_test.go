package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// insister is somebody who opens streams from many tabs, and opens another one
// whenever one ends, until they are refused. At any moment some of the streams
// are being opened, some catch up, and some are live.
type insister struct {
	t      *testing.T
	opened chan struct{} // has a token for each stream that was opened, up to its size
	over   chan struct{} // closed when all tabs are refused
	mu     sync.Mutex
	read   strings.Builder // what all the streams have told, guarded by mu
}

// insist begins to open streams of the room, as a visitor whose cookies must
// not change meanwhile.
func (v *visitor) insist(t *testing.T, room string) *insister {
	t.Helper()
	const tabs = 9
	in := &insister{t: t, opened: make(chan struct{}, 1024), over: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	var opening sync.WaitGroup
	for i := range tabs {
		path := "/rooms/" + room + "/events?after=0"
		if i%3 == 2 {
			path = "/rooms/" + room + "/live"
		}
		opening.Go(func() {
			for ctx.Err() == nil && in.open(ctx, v, path, i%2 == 0) {
			}
		})
	}
	go func() { opening.Wait(); close(in.over) }()
	t.Cleanup(func() { cancel(); <-in.over })
	return in
}

// open opens a stream and reads a little of it or until it ends. It is false
// when it was refused.
func (in *insister) open(ctx context.Context, v *visitor, path string, little bool) bool {
	response, err := v.Do(v.request(ctx, http.MethodGet, path, nil))
	if err != nil { // it was ended before its head was sent
		return true
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return false
	case http.StatusServiceUnavailable: // ended while it was being opened
		return true
	default:
		in.t.Errorf("a stream is answered %d", response.StatusCode)
		return false
	}
	select {
	case in.opened <- struct{}{}:
	default:
	}
	body := io.Reader(response.Body)
	if little {
		body = io.LimitReader(body, 300)
	}
	told, _ := io.ReadAll(body)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.read.Write(told)
	return true
}

// wantRefused waits until no stream is left, and checks that none has told what
// was said after the right was gone.
func (in *insister) wantRefused(what, secret string) {
	in.t.Helper()
	wantEnded(in.t, what, in.over)
	in.mu.Lock()
	defer in.mu.Unlock()
	if strings.Contains(in.read.String(), secret) {
		in.t.Errorf("%s has told what was said after the right was gone", what)
	}
}

// wantKept checks that a stream which had to stay goes on.
func wantKept(t *testing.T, staying <-chan string, secret string) {
	t.Helper()
	for line := range staying {
		if strings.Contains(line, secret) {
			return
		}
	}
	t.Error("the stream of somebody who may stay has ended")
}

// holding is somebody else with the visitor's cookie of this moment, which
// nothing changes.
func (v *visitor) holding() *visitor {
	v.t.Helper()
	copied := v.site.visitor()
	copied.header.Set("Cookie", "parlour="+v.session())
	return copied
}

func TestSigningOutEndsStreamsThatAreBeingOpened(t *testing.T) {
	s := open(t, plan{})
	here, there, bob := s.member("Ana"), s.visitor(), s.guest()
	here.get("/rooms/lobby")
	also, staying := here.streamOf("/rooms/lobby/events"), bob.streamOf("/rooms/lobby/events")
	for round := range 5 {
		there.signIn("Ana", password)
		tabs := there.holding().insist(t, "lobby")
		for range 20 {
			<-tabs.opened
		}
		there.want("signing out", there.post("/logout", nil), http.StatusSeeOther)
		secret := fmt.Sprint("said when Ana had gone ", round)
		bob.say(secret)
		tabs.wantRefused("a stream of the session that was signed out", secret)
		wantKept(t, staying, secret)
		wantKept(t, also, secret)
	}
}

func TestNewPasswordEndsStreamsThatAreBeingOpened(t *testing.T) {
	s := open(t, plan{})
	here, there, bob := s.member("Ana"), s.visitor(), s.guest()
	here.get("/rooms/lobby")
	staying := bob.streamOf("/rooms/lobby/events")
	old := password
	for round := range 3 {
		there.signIn("Ana", old)
		// The session in which the password is changed goes on under another token.
		before := here.holding()
		elsewhere, same := there.holding().insist(t, "lobby"), before.insist(t, "lobby")
		for range 20 {
			<-elsewhere.opened
			<-same.opened
		}
		fresh := fmt.Sprint("another good password ", round)
		here.want("changing", here.post("/account/password", url.Values{"old": {old}, "password": {fresh}}), http.StatusSeeOther)
		old = fresh
		secret := fmt.Sprint("said after the change ", round)
		bob.say(secret)
		elsewhere.wantRefused("a stream of another session", secret)
		same.wantRefused("a stream by the old token", secret)
		wantKept(t, staying, secret)
		if e := here.stream("/rooms/lobby/events").next(); e.ended {
			t.Error("who changed the password cannot come back")
		}
	}
}

// TestLockKeepsOutWhoIsJustComing locks a room while a crowd comes in, each of
// them with streams that are being opened: whoever was not in before the lock
// is not in after it, and none of their streams ever opens.
func TestLockKeepsOutWhoIsJustComing(t *testing.T) {
	s := open(t, plan{})
	admin, in := s.admin("Ada"), s.guest()
	const newcomers = 24
	for round := range 3 {
		slug := fmt.Sprint("cellar-", round)
		admin.create(slug, "preset", "open")
		in.want("entering", in.get("/rooms/"+slug), http.StatusOK)
		staying := in.streamOf("/rooms/" + slug + "/events")
		lock := url.Values{"name": {"C"}, "slug": {slug}, "preset": {"open"}, "locked": {"1"}}
		secret := "said behind the lock"
		ctx, cancel := context.WithCancel(t.Context())

		// They come a few at a time, before, at the moment of, and after the lock.
		line := make(chan *knocker, newcomers)
		for range newcomers - 1 {
			line <- s.guest().knock(ctx, slug)
		}
		late := s.guest().knock(ctx, slug)
		var coming sync.WaitGroup
		came := make(chan struct{}, newcomers)
		all := make(chan *knocker, newcomers)
		for range 3 {
			coming.Go(func() {
				for k := range line {
					switch a := k.who.get("/rooms/" + slug); a.status {
					case http.StatusOK:
						k.entered = true
						came <- struct{}{}
					case http.StatusForbidden: // too late
					default:
						t.Errorf("coming answers %d", a.status)
					}
					all <- k
				}
			})
		}
		for range newcomers / 4 {
			<-came
		}
		admin.want("locking", admin.post("/rooms/"+slug+"/settings", lock), http.StatusSeeOther)
		line <- late
		close(line)
		in.post("/rooms/"+slug+"/messages", url.Values{"body": {secret}})
		coming.Wait()
		wantKept(t, staying, secret)
		cancel()
		close(all)
		for k := range all {
			<-k.over
			if !k.entered && k.opened {
				t.Error("a stream was opened by somebody who was never let in")
			}
		}
		if late.entered {
			t.Error("who came after the lock was let in")
		}
	}
}

// knocker opens streams of a room all the time, whether or not they are refused.
type knocker struct {
	who     *visitor
	entered bool
	opened  bool // a stream, once over is closed
	over    chan struct{}
}

func (v *visitor) knock(ctx context.Context, room string) *knocker {
	k := &knocker{who: v, over: make(chan struct{})}
	held := v.holding()
	go func() {
		defer close(k.over)
		for ctx.Err() == nil {
			response, err := held.Do(held.request(ctx, http.MethodGet, "/rooms/"+room+"/events", nil))
			if err != nil {
				continue
			}
			if response.StatusCode == http.StatusOK {
				k.opened = true
			}
			response.Body.Close()
		}
	}()
	return k
}

// TestNewPasswordEndsSessionsThatAreBeingBegun has a crowd sign in with the old
// password while it is changed: whoever was let in before is out after it.
func TestNewPasswordEndsSessionsThatAreBeingBegun(t *testing.T) {
	s := open(t, plan{})
	here := s.member("Ana")
	old := password
	for round := range 2 {
		var signingIn sync.WaitGroup
		begun, changed := make(chan struct{}, 3), make(chan struct{})
		var mu sync.Mutex
		var crowd []*visitor // guarded by mu
		for range 3 {
			signingIn.Go(func() {
				for isChanged := false; !isChanged; {
					select {
					case <-changed:
						isChanged = true // one more comes after it
					default:
					}
					v := s.visitor()
					switch a := v.signIn("Ana", old); a.status {
					case http.StatusSeeOther, http.StatusUnauthorized, http.StatusForbidden:
					default:
						t.Errorf("signing in answers %d", a.status)
					}
					mu.Lock()
					crowd = append(crowd, v)
					mu.Unlock()
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}
		for range 3 {
			<-begun
		}
		fresh := fmt.Sprint("another good password ", round)
		a := here.post("/account/password", url.Values{"old": {old}, "password": {fresh}})
		close(changed)
		signingIn.Wait()
		here.want("changing", a, http.StatusSeeOther)
		for _, v := range crowd {
			if v.isSignedIn() {
				t.Error("a session was begun with the old password and goes on")
			}
		}
		if !here.isSignedIn() {
			t.Error("who changed the password is out")
		}
		old = fresh
	}
}
