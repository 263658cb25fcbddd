package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/process"
	"parlour/cmd/parlour-load/internal/wire"
	"parlour/db"
)

// pages measures line 7.
func (b *bench) pages(ctx context.Context) error {
	folder, err := b.seed(ctx, "pages", func(ctx context.Context, store *db.Store) error {
		rooms, err := roomsNamed(ctx, store, "quiet", 1)
		if err != nil {
			return err
		}
		return say(ctx, store, rooms[0].ID, 60)
	})
	if err != nil {
		return err
	}
	server, err := b.open(ctx, folder)
	if err != nil {
		return err
	}
	defer server.Stop()
	rooms, err := crowd.Enter(ctx, server.Base, []string{"quiet-1"}, 1, "load", nil)
	if err != nil {
		return err
	}
	plain, err := b.fetchPages(ctx, server.Base, server.PID, rooms[0], "")
	if err != nil {
		return err
	}
	packed, err := b.fetchPages(ctx, server.Base, server.PID, rooms[0], "Accept-Encoding: gzip\r\n")
	if err != nil {
		return err
	}
	b.line(Line{
		Number:   7,
		Asked:    "a room page of 50 messages at least 5,000 a second and core for a quiet room",
		Measured: fmt.Sprintf("%s a CPU second as %.1f KiB, %s compressed to %.1f KiB", thousands(plain.perCPU), plain.size/1024, thousands(packed.perCPU), packed.size/1024),
		Verdict:  verdict(plain.perCPU >= 5000),
		Why:      "The verdict is of the page as it is; compressing is gzip's price, and a proxy in front may pay it.",
	})
	return b.allocations(ctx)
}

// fetched is how pages were served.
type fetched struct {
	perCPU float64 // pages a second of the server's processor time
	size   float64 // bytes of a page
}

// fetchPages asks for a room's page over and over on a few connections.
func (b *bench) fetchPages(ctx context.Context, base string, pid int, room crowd.Room, header string) (fetched, error) {
	address, err := url.Parse(base)
	if err != nil {
		return fetched{}, err
	}
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n%s\r\n", room.Path, address.Host, room.Sessions[0].Cookie, header)
	var count, bytes atomic.Int64
	ask := func(d time.Duration) error {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		var wg sync.WaitGroup
		failures := make(chan error, 4)
		for range cap(failures) {
			wg.Go(func() { failures <- askAgain(ctx, address.Host, request, &count, &bytes) })
		}
		wg.Wait()
		close(failures)
		var all error
		for err := range failures {
			all = errors.Join(all, err)
		}
		return all
	}
	if err := ask(b.shorter(time.Second)); err != nil {
		return fetched{}, err
	}
	count.Store(0)
	bytes.Store(0)
	before, err := process.CPU(pid)
	if err != nil {
		return fetched{}, err
	}
	if err := ask(b.shorter(5 * time.Second)); err != nil {
		return fetched{}, err
	}
	after, err := process.CPU(pid)
	if err != nil {
		return fetched{}, err
	}
	n := float64(count.Load())
	return fetched{perCPU: n / max((after-before).Seconds(), 0.01), size: float64(bytes.Load()) / max(n, 1)}, nil
}

func askAgain(ctx context.Context, address string, request []byte, count, bytes *atomic.Int64) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := make([]byte, 64<<10)
	var answer wire.Answer
	for ctx.Err() == nil {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		for done := false; !done; {
			n, err := conn.Read(in)
			if err != nil {
				return err
			}
			if done, err = answer.Feed(in[:n], nil); err != nil {
				return err
			}
		}
		if answer.Head.Status != 200 {
			return fmt.Errorf("the page was answered with status %d", answer.Head.Status)
		}
		count.Add(1)
		bytes.Add(answer.Size)
	}
	return nil
}

var allocs = regexp.MustCompile(`(?m)^Benchmark(\w+?)(?:-\d+)?\s.*?(\d+) allocs/op`)

// allocationsOf reads the allocations of each benchmark in what go test says.
func allocationsOf(out []byte) map[string]int {
	found := make(map[string]int)
	for _, match := range allocs.FindAllSubmatch(out, -1) {
		found[string(match[1])], _ = strconv.Atoi(string(match[2])) // digits
	}
	return found
}

// allocations reads what the Go benchmarks say of a post, of its session, and of
// the request that the benchmark itself makes. They end within a second, before
// the store begins to index what was posted.
func (b *bench) allocations(ctx context.Context) error {
	l := Line{Number: 7, Asked: "no more than 60 allocations beyond the session's for a post", Measured: "no benchmark tells", Verdict: Unmeasured}
	out, err := b.tool(ctx, "go", "test", "-run=^$", "-bench=^Benchmark(Post|Session|Request)$", "-benchmem", "-benchtime=1000x", "./handlers").CombinedOutput()
	if err != nil {
		return fmt.Errorf("benchmark of a post: %w\n%s", err, out)
	}
	if found := allocationsOf(out); found["Post"] > 0 && found["Session"] > 0 && found["Request"] > 0 {
		n := found["Post"] - found["Session"] - found["Request"]
		l.Measured = fmt.Sprintf("%d (BenchmarkPost %d, less the session's %d and %d of the test's own request)",
			n, found["Post"], found["Session"], found["Request"])
		l.Verdict = verdict(n <= 60)
		l.Why = "The search index is not in it: it is made in the background, of many messages at once, and takes some 20 more for each."
		l.Cause = "They are those of the questions to the store (room, role, seat, sanctions, the post itself), of the form, and of routing, headers and the answer."
	}
	b.line(l)
	return nil
}
