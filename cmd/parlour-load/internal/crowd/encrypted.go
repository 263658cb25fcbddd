package crowd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parlour/cmd/parlour-load/internal/mark"
	"parlour/cmd/parlour-load/internal/wire"
)

// Encrypted is a crowd that reads over HTTP/2 and TLS. It has a goroutine for
// each reader, so it tells what they cost the server in memory and whether they
// get everything, and not how fast.
type Encrypted struct {
	plan   Plan
	run    *mark.Run
	end    context.CancelFunc
	wg     sync.WaitGroup
	heard  atomic.Int64 // deliveries
	failed atomic.Pointer[error]
	client *http.Client
	posts  int
}

// OpenEncrypted opens a stream for each of the plan's readers, as many on a
// connection as are told: one, as people at home are, or more, as behind a
// proxy.
func OpenEncrypted(ctx context.Context, plan Plan, perConnection int, secure *tls.Config) (*Encrypted, error) {
	if err := allowFiles(uint64(plan.Readers + 64)); err != nil {
		return nil, err
	}
	// The transport adds HTTP/2 to its configuration, and others use the one given.
	transport := &http.Transport{TLSClientConfig: secure.Clone(), Protocols: new(http.Protocols), DisableCompression: true}
	transport.Protocols.SetHTTP2(true)
	c := &Encrypted{plan: plan, run: mark.NewRun(), client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	c.end = end
	var opening sync.WaitGroup
	places := make(chan struct{}, 64)
	for first := 0; first < plan.Readers && ctx.Err() == nil && c.failed.Load() == nil; first += perConnection {
		places <- struct{}{}
		opening.Go(func() {
			defer func() { <-places }()
			if err := c.open(life, transport, first, min(first+perConnection, plan.Readers)); err != nil {
				c.fail(err)
			}
		})
	}
	opening.Wait()
	if err := errors.Join(ctx.Err(), c.err()); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// open opens the streams of some readers on one connection.
func (c *Encrypted) open(life context.Context, transport *http.Transport, first, end int) error {
	ctx, cancel := context.WithTimeout(life, time.Minute)
	defer cancel()
	connection, err := transport.NewClientConn(ctx, "https", c.plan.Address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	context.AfterFunc(life, func() { connection.Close() })
	for i := first; i < end; i++ {
		room := c.plan.Rooms[i%len(c.plan.Rooms)]
		req, err := http.NewRequestWithContext(life, "GET", "https://"+c.plan.Address+room.Events, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Cookie", room.Sessions[i/len(c.plan.Rooms)%len(room.Sessions)].Cookie)
		resp, err := connection.RoundTrip(req)
		if err != nil {
			return fmt.Errorf("open stream %d: %w", i, err)
		}
		if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
			return errors.Join(fmt.Errorf("open stream %d: %s %s", i, resp.Proto, resp.Status), resp.Body.Close())
		}
		c.wg.Go(func() { c.listen(life, resp.Body) })
	}
	return nil
}

func (c *Encrypted) listen(life context.Context, body io.ReadCloser) {
	defer body.Close()
	stream := wire.Stream{Opened: true}
	var scratch []byte
	in := make([]byte, 4<<10)
	for {
		n, err := body.Read(in)
		if errFeed := stream.Feed(in[:n], &scratch, c.hear); errFeed != nil {
			err = errFeed
		}
		if err != nil {
			if life.Err() == nil {
				c.fail(fmt.Errorf("a stream has ended: %w", err))
			}
			return
		}
	}
}

func (c *Encrypted) hear(e wire.Event) {
	for text := e.Data; ; {
		_, rest, ok := c.run.Next(text)
		if !ok {
			return
		}
		text = rest
		c.heard.Add(1)
	}
}

// Talk makes posts one after the other, waits until the readers got them all
// and answers how many deliveries there were.
func (c *Encrypted) Talk(ctx context.Context, posts, padding int) (deliveries int64, err error) {
	before, first := c.heard.Load(), c.posts
	want := int64(0)
	for ; c.posts < first+posts; c.posts++ {
		at := c.posts % len(c.plan.Rooms)
		if err := c.post(ctx, c.plan.Rooms[at], padding); err != nil {
			return 0, err
		}
		want += int64(c.plan.Readers / len(c.plan.Rooms))
		if at < c.plan.Readers%len(c.plan.Rooms) {
			want++
		}
	}
	for until := time.Now().Add(10 * time.Second); c.heard.Load()-before < want && time.Now().Before(until); {
		if err := c.Idle(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return c.heard.Load() - before, c.err()
}

func (c *Encrypted) post(ctx context.Context, room Room, padding int) error {
	body := c.run.Append(nil, mark.Mark{Post: c.posts, Sent: c.run.Now()})
	form := url.Values{"body": {string(body) + " " + mark.Padding(padding)}, "key": {fmt.Sprintf("%s-%d", c.run.ID(), c.posts)}}
	req, err := http.NewRequestWithContext(ctx, "POST", "https://"+c.plan.Address+room.Path+"/messages", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("HX-Request", "true")
	req.Header.Set("Cookie", room.Sessions[0].Cookie)
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return fmt.Errorf("post: status %d", resp.StatusCode)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// Idle waits. The readers go on reading meanwhile, as they always do.
func (c *Encrypted) Idle(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return c.err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends all streams.
func (c *Encrypted) Close() {
	c.end()
	c.wg.Wait()
	c.client.CloseIdleConnections()
}

func (c *Encrypted) fail(err error) { c.failed.CompareAndSwap(nil, &err) }

func (c *Encrypted) err() error {
	if err := c.failed.Load(); err != nil {
		return *err
	}
	return nil
}
