package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/mark"
	"parlour/cmd/parlour-load/internal/process"
)

// nodesTalk is what came of a while of posting through all nodes in turn.
type nodesTalk struct {
	Posts   int // acknowledged, in Seconds
	Seconds float64
	Here    *hdrhistogram.Histogram // microseconds from post to delivery at the node that was posted to
	There   *hdrhistogram.Histogram // and at the others
	Lost    int                     // deliveries that did not come
	Used    used
}

// hearing is the readers of a talk: one for each room at each node.
type hearing struct {
	run   *mark.Run
	nodes int

	mu          sync.Mutex    // guards all below
	from, to    time.Duration // posts that count were due then
	here, there *hdrhistogram.Histogram
	posts       int // acknowledged, of those that count
	heard       int // deliveries of those that count
	failed      error
}

// nodeOf is which node the posts with a number go to: posters are spread over the
// nodes, and post n is made by poster n modulo their number.
func nodeOf(post, nodes int) int { return post % nodePosters % nodes }

// talk has posters post as fast as they are answered, or with a rate at times of
// their own, and counts after a warm-up.
func (c *cluster) talk(ctx context.Context, rate float64, warmUp, most time.Duration) (result nodesTalk, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &hearing{
		run: mark.NewRun(), nodes: len(c.nodes), to: 1 << 62,
		here: hdrhistogram.New(1, 60_000_000, 3), there: hdrhistogram.New(1, 60_000_000, 3),
	}
	transport := &http.Transport{MaxIdleConnsPerHost: nodePosters}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel() // before that
	if err := c.open(ctx, client, l, &all); err != nil {
		return result, err
	}
	posting, stop := context.WithCancel(ctx)
	defer stop()
	var posters sync.WaitGroup
	for p := range nodePosters {
		posters.Go(func() { c.post(posting, client, l, p, rate) })
	}
	if err := process.Pause(ctx, warmUp); err != nil {
		return result, err
	}
	before, err := c.used(ctx)
	if err != nil {
		return result, err
	}
	begun := l.count()
	if err := process.Pause(ctx, most); err != nil {
		return result, err
	}
	ended := l.stopCounting()
	after, err := c.used(ctx)
	if err != nil {
		return result, err
	}
	stop()
	posters.Wait()
	result = l.outcome(ctx)
	result.Seconds, result.Used = (ended - begun).Seconds(), after.less(before)
	return result, l.failed
}

func (l *hearing) count() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.from = l.run.Now()
	l.here.Reset()
	l.there.Reset()
	l.posts, l.heard = 0, 0
	return l.from
}

func (l *hearing) stopCounting() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = l.run.Now()
	return l.to
}

func (l *hearing) counts(m mark.Mark) bool { return m.Sent >= l.from && m.Sent < l.to }

// outcome waits until all is delivered, or for some seconds.
func (l *hearing) outcome(ctx context.Context) nodesTalk {
	for until := time.Now().Add(5 * time.Second); ; {
		l.mu.Lock()
		lost := l.posts*l.nodes - l.heard
		result := nodesTalk{Posts: l.posts, Here: l.here, There: l.there, Lost: lost}
		l.mu.Unlock()
		if lost <= 0 || time.Now().After(until) || process.Pause(ctx, 20*time.Millisecond) != nil {
			return result
		}
	}
}

func (l *hearing) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = errors.Join(l.failed, err)
}

// open opens the streams, and has them read until ctx ends.
func (c *cluster) open(ctx context.Context, client *http.Client, l *hearing, all *sync.WaitGroup) error {
	for i, node := range c.nodes {
		for _, room := range c.rooms {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, node.Address+room.Path+"/events", nil)
			if err != nil {
				return err
			}
			r.Header.Set("Cookie", room.Sessions[0].Cookie)
			r.Header.Set("Accept", "text/event-stream")
			resp, err := client.Do(r)
			if err != nil {
				return err
			}
			if resp.StatusCode != http.StatusOK {
				return errors.Join(fmt.Errorf("a stream was answered with %s", resp.Status), resp.Body.Close())
			}
			all.Go(func() {
				defer resp.Body.Close()
				l.read(ctx, i, resp.Body)
			})
		}
	}
	return nil
}

// read notes when each post comes at a node.
func (l *hearing) read(ctx context.Context, node int, body io.Reader) {
	for lines := bufio.NewReader(body); ; {
		line, err := lines.ReadBytes('\n')
		now := l.run.Now()
		for m, rest, ok := l.run.Next(line); ok; m, rest, ok = l.run.Next(rest) {
			l.mu.Lock()
			if l.counts(m) {
				l.heard++
				h := l.there
				if nodeOf(m.Post, l.nodes) == node {
					h = l.here
				}
				_ = h.RecordValue(max(1, (now - m.Sent).Microseconds())) // a minute is more than any
			}
			l.mu.Unlock()
		}
		if err != nil {
			if ctx.Err() == nil {
				l.fail(fmt.Errorf("a stream ended: %w", err))
			}
			return
		}
	}
}

// post is one poster: always in the same room, at the same node.
func (c *cluster) post(ctx context.Context, client *http.Client, l *hearing, poster int, rate float64) {
	room := c.rooms[poster%len(c.rooms)]
	session := room.Sessions[poster/len(c.rooms)%len(room.Sessions)]
	address := c.nodes[nodeOf(poster, len(c.nodes))].Address + room.Path + "/messages"
	start := l.run.Now()
	for n := 0; ctx.Err() == nil; n++ {
		m := mark.Mark{Post: n*nodePosters + poster, Sent: l.run.Now()}
		if rate > 0 {
			m.Sent = start + time.Duration((float64(n)+float64(poster)/nodePosters)*nodePosters/rate*float64(time.Second))
			if process.Pause(ctx, m.Sent-l.run.Now()) != nil {
				return
			}
		}
		if err := sendPost(ctx, client, address, session, l.run, m); err != nil {
			if ctx.Err() == nil {
				l.fail(err)
			}
			return
		}
		l.mu.Lock()
		if l.counts(m) {
			l.posts++
		}
		l.mu.Unlock()
	}
}

// sendPost posts as htmx does. What is under way when the time is over is finished: it
// may be counted.
func sendPost(ctx context.Context, client *http.Client, address string, session *crowd.Session, run *mark.Run, m mark.Mark) error {
	form := url.Values{
		"body": {string(run.Append(nil, m)) + " people talk and others listen while the evening goes on"},
		"key":  {fmt.Sprintf("%s-%d", run.ID(), m.Post)},
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Cookie", session.Cookie)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("a post was answered with %s", resp.Status)
	}
	return nil
}
