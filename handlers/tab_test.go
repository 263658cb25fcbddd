package handlers_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"parlour"
)

// tab is a browser's tab with a page of the lobby in it, which is kept up to date
// by the stream as htmx does it. Its methods answer errors, because tabs are
// looked at from goroutines of their own.
type tab struct {
	v      *visitor
	doc    *html.Node
	cursor parlour.Seq // what the browser would come back with
	frames <-chan frame
	hangUp context.CancelFunc // of the stream that is open, or nil

	resets, caughtUp int // frames that replaced the list; frames from the store
}

// frame is an event of a stream as the wire has it.
type frame struct {
	id   parlour.Seq // 0: it has none
	name string
	data string
}

var streamFrom = regexp.MustCompile(`/events\?after=(\d+)`)

// openTab loads the page as it is now.
func (v *visitor) openTab(ctx context.Context) (*tab, error) {
	page, err := v.load(ctx, "/rooms/lobby")
	if err != nil {
		return nil, err
	}
	from := streamFrom.FindStringSubmatch(page)
	if from == nil {
		return nil, fmt.Errorf("the page has no stream: %.200s", page)
	}
	b := &tab{v: v}
	if b.cursor, err = parlour.ParseSeq(from[1]); err != nil {
		return nil, err
	}
	b.doc, err = html.Parse(strings.NewReader(page))
	return b, err
}

// load is the body of a page that has to be there.
func (v *visitor) load(ctx context.Context, path string, fields ...string) (string, error) {
	response, err := v.Do(v.request(ctx, http.MethodGet, path, nil, fields...))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var body strings.Builder
	if _, err := bufio.NewReader(response.Body).WriteTo(&body); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %d: %.200s", path, response.StatusCode, body.String())
	}
	return body.String(), nil
}

// goOnline connects with the cursor, as htmx does when it comes back.
func (b *tab) goOnline(ctx context.Context) error {
	ctx, b.hangUp = context.WithCancel(ctx)
	r := b.v.request(ctx, http.MethodGet, "/rooms/lobby/events?after=0", nil, "Last-Event-ID", b.cursor.String())
	response, err := b.v.Do(r)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return fmt.Errorf("the stream answers %d", response.StatusCode)
	}
	frames := make(chan frame)
	b.frames = frames
	go func() {
		defer close(frames)
		defer response.Body.Close()
		var f frame
		for lines := bufio.NewReader(response.Body); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return // a frame that was cut is none
			}
			field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch field {
			case "id":
				f.id, _ = parlour.ParseSeq(value) // 0 would be seen as a cursor that does not move
			case "event":
				f.name = value
			case "data":
				f.data += value + "\n"
			case "":
				select {
				case frames <- f:
				case <-ctx.Done():
					return
				}
				f = frame{}
			}
		}
	}()
	return nil
}

// goOffline breaks the connection wherever it is.
func (b *tab) goOffline() {
	if b.hangUp != nil {
		b.hangUp()
		for range b.frames { // what was on its way is lost
		}
		b.hangUp = nil
	}
}

// takes applies a frame.
func (b *tab) takes(f frame) error {
	switch {
	case f.name == "reset":
		b.resets++
	case f.name == "" && f.data != "":
		if f.id == 0 && strings.Contains(f.data, `"#m-`) {
			b.caughtUp++
		}
		if err := b.apply(f.data); err != nil {
			return err
		}
	}
	if f.id != 0 {
		b.cursor = f.id
	}
	return nil
}

// reaches reads on until the tab has come to a number.
func (b *tab) reaches(ctx context.Context, seq parlour.Seq) error {
	for b.cursor < seq {
		if b.hangUp == nil {
			if err := b.goOnline(ctx); err != nil {
				return err
			}
		}
		select {
		case f, ok := <-b.frames:
			if !ok {
				b.goOffline() // the server has let it go: it comes back
			} else if err := b.takes(f); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("the stream is at %d and does not come to %d", b.cursor, seq)
		}
	}
	return nil
}

// apply does what htmx does with what a stream sends.
func (b *tab) apply(content string) error { return b.swap(content, byID(b.doc, "log"), nil) }

// swap does what htmx does with what comes: partials find their targets first, then
// what has none is put into its place, then the targets are swapped (htmx 4, swap).
func (b *tab) swap(content string, into, before *html.Node) error {
	fragment, err := parseFragment(content)
	if err != nil {
		return err
	}
	type task struct{ partial, target *html.Node }
	var tasks []task
	for n := range fragment.ChildNodes() {
		if n.Data == "hx-partial" {
			id, ok := strings.CutPrefix(attributeOf(n, "hx-target"), "#")
			if !ok {
				return fmt.Errorf("a partial has the target %s", outer(n))
			}
			tasks = append(tasks, task{n, byID(b.doc, id)})
		}
	}
	if title := titleOf(fragment); title != nil {
		title.Parent.RemoveChild(title)
		page := titleOf(b.doc)
		page.Parent.InsertBefore(title, page)
		page.Parent.RemoveChild(page)
	}
	for _, t := range tasks {
		fragment.RemoveChild(t.partial)
	}
	move(fragment, into, before)
	for _, t := range tasks {
		if t.target == nil || t.target.Parent == nil {
			continue // it is not on this page
		}
		switch how := attributeOf(t.partial, "hx-swap"); how {
		case "delete":
			t.target.Parent.RemoveChild(t.target)
		case "outerMorph", "outerHTML":
			move(t.partial, t.target.Parent, t.target)
			t.target.Parent.RemoveChild(t.target)
		case "innerHTML", "innerMorph":
			for t.target.FirstChild != nil {
				t.target.RemoveChild(t.target.FirstChild)
			}
			move(t.partial, t.target, nil)
		case "beforeend":
			move(t.partial, t.target, nil)
		case "beforebegin": // the way to what a reader missed who was away for long, as on a slow machine
			move(t.partial, t.target.Parent, t.target)
		default:
			return fmt.Errorf("a partial is swapped by %q", how)
		}
	}
	return nil
}

// scrollUp loads what is older, if there is more and htmx would load it. As many
// frames come while that is on its way.
func (b *tab) scrollUp(ctx context.Context, meanwhile int) (more bool, err error) {
	history := byID(b.doc, "history")
	for n := range history.ChildNodes() {
		if attributeOf(n, "hx-get") != "" {
			return true, b.loads(ctx, n, meanwhile)
		}
	}
	return false, nil
}

// loads replaces an element by what it asks for, and goes on with what is to be
// asked for then.
func (b *tab) loads(ctx context.Context, n *html.Node, meanwhile int) error {
	content, err := b.v.load(ctx, attributeOf(n, "hx-get"), "HX-Request", "true")
	if err != nil {
		return err
	}
	for range meanwhile {
		select {
		case f, ok := <-b.frames:
			if ok {
				err = errors.Join(err, b.takes(f))
			}
		case <-time.After(time.Millisecond):
		}
	}
	if n.Parent == nil {
		return err // the list has begun afresh
	}
	if err := errors.Join(err, b.swap(content, n.Parent, n)); err != nil {
		return err
	}
	for next := n.PrevSibling; next != nil; next = next.PrevSibling {
		if attributeOf(next, "hx-trigger") == "load" {
			n.Parent.RemoveChild(n)
			return b.loads(ctx, next, meanwhile)
		}
	}
	n.Parent.RemoveChild(n)
	return nil
}

// shown is what everybody is to see alike.
type shown struct {
	list  []string // messages and what stands between them, oldest first
	whole bool     // from the beginning of the room
	older bool     // or there is a way to what is older
	above string   // the title, the room's name, the topic, the rules, the pins
}

// shown is what the tab shows: the marks of where its reader has read to or was
// away, and the way to what is older, are its own.
func (b *tab) shown() (s shown) {
	for _, part := range [...]string{"history", "log"} {
		for n := range byID(b.doc, part).ChildNodes() {
			switch class := attributeOf(n, "class"); {
			case class == "older":
				s.older = true
			case class == "mark" || n.Type == html.TextNode && strings.TrimSpace(n.Data) == "":
			case class == "start":
				s.whole = true
			default:
				s.list = append(s.list, outer(n))
			}
		}
	}
	s.above = outer(titleOf(b.doc)) + outer(byID(b.doc, "name")) + outer(byID(b.doc, "topic")) + outer(byID(b.doc, "notes"))
	return s
}

// differs tells how what is shown differs from the whole of it, or is empty. A
// list may begin later, but with a message that is there.
func (s shown) differs(from shown) string {
	want := from.list
	if !s.whole && len(s.list) > 0 {
		first := messageID.FindString(s.list[0])
		i := slices.IndexFunc(want, func(m string) bool { return messageID.FindString(m) == first })
		want = want[max(i, 0):]
	}
	for i := range max(len(s.list), len(want)) {
		has, wants := "nothing", "nothing"
		if i < len(s.list) {
			has = s.list[i]
		}
		if i < len(want) {
			wants = want[i]
		}
		if has != wants {
			return fmt.Sprintf("%s\nwant\n%s", has, wants)
		}
	}
	if s.whole == s.older {
		return fmt.Sprintf("the beginning of the room: %t, a way to what is older: %t", s.whole, s.older)
	}
	if s.above != from.above {
		return fmt.Sprintf("%s\nwant\n%s", s.above, from.above)
	}
	return ""
}

var messageID = regexp.MustCompile(`id="m-\d+"`)

func parseFragment(content string) (*html.Node, error) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(content), body)
	for _, n := range nodes {
		body.AppendChild(n)
	}
	return body, err
}

// move puts all children of a node into another, before one of its children or at
// the end.
func move(from, to, before *html.Node) {
	for from.FirstChild != nil {
		n := from.FirstChild
		from.RemoveChild(n)
		to.InsertBefore(n, before)
	}
}

func byID(in *html.Node, id string) *html.Node {
	for n := range in.Descendants() {
		if n.Type == html.ElementNode && attributeOf(n, "id") == id {
			return n
		}
	}
	return nil
}

func titleOf(in *html.Node) *html.Node {
	for n := range in.Descendants() {
		if n.DataAtom == atom.Title {
			return n
		}
	}
	return nil
}

func attributeOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func outer(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	_ = html.Render(&b, n) // a strings.Builder takes everything
	return b.String()
}
