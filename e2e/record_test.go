package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// record is what a tab's browser tells about itself: its complaints and its
// requests.
type record struct {
	mu sync.Mutex // guards all below
	// complaints are violations of the Content-Security-Policy, errors of
	// scripts, deprecated features. Requests that fail are not among them: many
	// tests make them fail.
	complaints []string
	requests   []*request
}

// request is one request of a tab. Of a redirected one only the last step is
// kept.
type request struct {
	id      network.RequestID
	loader  cdp.LoaderID // of the page that it belongs to
	url     *url.URL
	method  string
	status  int64 // 0: no answer yet
	bytes   int64 // over the wire, head and body as they were encoded, once it is over
	isOver  bool
	failure string
}

// keepRecord begins to record, and fails the test at its end if the browser had
// anything to complain about.
func keepRecord(p *person) *record {
	r := &record{}
	p.do(chromedp.Listen(p.ctx, r.note))
	call(p, audits.Enable, cdp.Empty{})
	p.t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.complaints) > 0 {
			p.t.Errorf("the browser complained:\n%s", strings.Join(r.complaints, "\n"))
		}
	})
	return r
}

func (r *record) note(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil {
			r.complain("a request to %q", e.Request.URL)
			return
		}
		if q := r.request(e.RequestID); q != nil {
			q.url, q.method = u, e.Request.Method
			return
		}
		r.requests = append(r.requests, &request{id: e.RequestID, loader: e.LoaderID, url: u, method: e.Request.Method})
	case *page.EventFrameNavigated:
		// What a page that was left had open is not always told to be over.
		if e.Frame.ParentID == "" {
			for _, q := range r.requests {
				if q.loader != e.Frame.LoaderID && !q.isOver {
					q.isOver, q.failure = true, "the page was left"
				}
			}
		}
	case *network.EventResponseReceived:
		if q := r.request(e.RequestID); q != nil {
			q.status = e.Response.Status
		}
	case *network.EventLoadingFinished:
		if q := r.request(e.RequestID); q != nil {
			q.isOver, q.bytes = true, int64(e.EncodedDataLength)
		}
	case *network.EventLoadingFailed:
		if q := r.request(e.RequestID); q != nil {
			q.isOver, q.failure = true, e.ErrorText
		}
	case *log.EventEntryAdded:
		isBad := e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning
		if isBad && e.Entry.Source != log.EntrySourceNetwork {
			r.complain("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			r.complain("Content-Security-Policy: %s, %s", d.ViolatedDirective, d.BlockedURL)
		} else if e.Issue.Code == audits.InspectorIssueCodeQuirksModeIssue || e.Issue.Code == audits.InspectorIssueCodeDeprecationIssue {
			r.complain("%s", e.Issue.Code)
		}
	case *runtime.EventExceptionThrown:
		r.complain("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, arg := range e.Args {
				said = append(said, string(arg.Value)+arg.Description)
			}
			if text := strings.Join(said, " "); !strings.Contains(text, "Failed to fetch") && !strings.Contains(text, "network error") {
				r.complain("console: %s", text)
			}
		}
	}
}

func (r *record) request(id network.RequestID) *request {
	for _, q := range r.requests {
		if q.id == id {
			return q
		}
	}
	return nil
}

func (r *record) complain(format string, args ...any) {
	r.complaints = append(r.complaints, fmt.Sprintf(format, args...))
}

// count tells of how many requests something is so.
func (r *record) count(isSo func(request) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, q := range r.requests {
		if isSo(*q) {
			n++
		}
	}
	return n
}

// openStreams is how many streams of changes the tab has open.
func (r *record) openStreams() int {
	return r.count(func(q request) bool {
		return strings.HasSuffix(q.url.Path, "/events") && q.status == 200 && !q.isOver
	})
}

// posts is how many messages the tab has tried to send.
func (r *record) posts() int {
	return r.count(func(q request) bool {
		return q.method == "POST" && strings.HasSuffix(q.url.Path, "/messages")
	})
}

// pending is how many posts have no answer yet.
func (r *record) pending() int {
	return r.count(func(q request) bool { return q.method == "POST" && !q.isOver })
}
