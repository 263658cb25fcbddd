package cluster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// line is a message that somebody reads.
type line struct {
	seq  int64
	text string
}

// reader follows a room from its beginning, at any node and with its cursor, until
// the house is closed or the stream is ended for good.
type reader struct {
	*person
	first  *node              // where the first stream is opened
	stays  bool               // and all others
	leaves context.CancelFunc // has them close the stream, and not come back
	done   chan struct{}      // closed when they read no more

	mu       sync.Mutex // guards all below
	lines    []line     // what talkers said
	faults   []string   // what came twice, or out of order
	resets   int
	streams  int    // opened so far
	isOpen   bool   // one is open now
	shown    int    // lines by the time when nothing more was to be shown; see end
	endedFor string // why the stream ended for good, if it did
	cursor   string // Last-Event-ID
}

// listens has a person follow their room, at one node first and later anywhere.
func (h *house) listens(p *person, first *node) *reader {
	h.t.Helper()
	return h.begins(&reader{person: p, first: first})
}

// listensOnlyAt has a person follow their room at one node.
func (h *house) listensOnlyAt(p *person, at *node) *reader {
	h.t.Helper()
	return h.begins(&reader{person: p, first: at, stays: true})
}

func (h *house) begins(r *reader) *reader {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.leaves, r.done = cancel, make(chan struct{})
	go func() {
		defer close(r.done)
		r.follow(ctx)
	}()
	h.t.Cleanup(func() {
		cancel()
		<-r.done
	})
	until(h.t, r.name+" listens", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.streams > 0
	})
	return r
}

// follow opens the stream again and again.
func (r *reader) follow(ctx context.Context) {
	for at := r.first; ctx.Err() == nil; {
		r.read(ctx, at)
		if !r.stays {
			at = r.house.next()
		}
		r.mu.Lock()
		isOver := r.endedFor != ""
		r.mu.Unlock()
		if isOver {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *reader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// read reads one stream to its end.
func (r *reader) read(ctx context.Context, at *node) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Address+r.room+"/events?after=0", nil)
	if err != nil {
		return
	}
	r.mu.Lock()
	if r.cursor != "" {
		request.Header.Set("Last-Event-ID", r.cursor)
	}
	r.mu.Unlock()
	request.Header.Set("X-Forwarded-For", r.address)
	request.Header.Set("Accept", "text/event-stream")
	// A node that has no database answers late, or never.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patient := time.AfterFunc(shortPatience, cancel)
	resp, err := r.client.Do(request.WithContext(ctx))
	if err != nil {
		return
	}
	patient.Stop()
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		r.mu.Lock()
		r.endedFor = resp.Status
		r.mu.Unlock()
		return
	case http.StatusServiceUnavailable:
		return
	default:
		r.mu.Lock()
		r.fault("a stream was answered with %s", resp.Status)
		r.mu.Unlock()
		return
	}
	r.mu.Lock()
	r.streams++
	r.isOpen = true
	r.mu.Unlock()
	r.parse(ctx, at, resp.Body)
	r.mu.Lock()
	r.isOpen = false
	r.mu.Unlock()
}

// parse takes a stream apart by the rules of the HTML Living Standard,
// server-sent events.
func (r *reader) parse(ctx context.Context, at *node, body io.Reader) {
	lines := bufio.NewReader(body)
	var data []string
	id, isNamed := "", false
	for {
		text, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		if text == "" {
			if id != "" {
				r.mu.Lock()
				r.cursor = id
				r.mu.Unlock()
			}
			if len(data) > 0 && !isNamed {
				r.take(ctx, at, strings.Join(data, "\n"))
			}
			data, isNamed = nil, false
			continue
		}
		field, value, _ := strings.Cut(text, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "event":
			isNamed = true
		case "data":
			data = append(data, value)
		}
	}
}

// take shows what came.
func (r *reader) take(ctx context.Context, at *node, html string) {
	came := linesIn(html)
	switch {
	case strings.Contains(html, `hx-target="#live"`):
		r.mu.Lock()
		defer r.mu.Unlock()
		r.endedFor = "ended: " + html
	case strings.Contains(html, `hx-target="#history"`):
		r.reset(ctx, at, html, came)
	default:
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, l := range came {
			if n := len(r.lines); n > 0 && l.seq <= r.lines[n-1].seq {
				r.fault("%q (%d) came after %q (%d)", l.text, l.seq, r.lines[n-1].text, r.lines[n-1].seq)
			}
			r.lines = append(r.lines, l)
		}
	}
}

// reset puts the newest page in place of what is shown, and reads back to where
// the reader was, as people do who want to know what they missed.
func (r *reader) reset(ctx context.Context, at *node, html string, came []line) {
	r.mu.Lock()
	have := int64(0)
	if n := len(r.lines); n > 0 {
		have = r.lines[n-1].seq
	}
	r.mu.Unlock()
	for before := firstArticle(html); before > have+1; {
		var got answer
		if !isSoon(func() bool {
			var err error
			got, err = r.get(ctx, at, r.room+"/messages?before="+strconv.FormatInt(before, 10))
			at = r.house.next() // if that did not go well
			return err == nil && got.status == http.StatusOK || ctx.Err() != nil
		}) || ctx.Err() != nil {
			return
		}
		first := firstArticle(got.body)
		if first == 0 || first >= before {
			break
		}
		came, before = append(linesIn(got.body), came...), first
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resets++
	known := make(map[int64]string, len(r.lines))
	for _, l := range r.lines {
		known[l.seq] = l.text
	}
	for _, l := range came {
		if text, ok := known[l.seq]; ok && text != l.text {
			r.fault("message %d was %q and is %q after a reset", l.seq, text, l.text)
		} else if !ok {
			r.lines = append(r.lines, l)
		}
	}
}

var (
	articleID = regexp.MustCompile(`<article id="m-(\d+)"`)
	textOf    = regexp.MustCompile(`talker\d+says\d+`)
)

// linesIn are the messages of talkers in a fragment.
func linesIn(html string) (found []line) {
	at := articleID.FindAllStringSubmatchIndex(html, -1)
	for i, m := range at {
		end := len(html)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if text := textOf.FindString(html[m[0]:end]); text != "" {
			seq, _ := strconv.ParseInt(html[m[2]:m[3]], 10, 64) // digits
			found = append(found, line{seq, text})
		}
	}
	return found
}

// firstArticle is the lowest number of a message in a fragment, or 0.
func firstArticle(html string) int64 {
	var numbers []int64
	for _, m := range articleID.FindAllStringSubmatch(html, -1) {
		seq, _ := strconv.ParseInt(m[1], 10, 64) // digits
		numbers = append(numbers, seq)
	}
	if len(numbers) == 0 {
		return 0
	}
	return slices.Min(numbers)
}

// last is the number of the last message that the reader has.
func (r *reader) last() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 {
		return 0
	}
	return r.lines[len(r.lines)-1].seq
}
