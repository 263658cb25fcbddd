package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/html"
)

// endlessPage is a tab without JavaScript, with the page in it that never ends.
type endlessPage struct {
	mu     sync.Mutex // guards all below
	source strings.Builder
	err    error
}

// openEndless loads the page and goes on loading for as long as the context is.
// When the page ends, the browser loads it again, as its head tells it to.
func (v *visitor) openEndless(ctx context.Context) *endlessPage {
	e := new(endlessPage)
	go func() {
		for ctx.Err() == nil {
			response, err := v.Do(v.request(ctx, http.MethodGet, "/rooms/lobby/live", nil))
			if err == nil && response.StatusCode != http.StatusOK {
				err = fmt.Errorf("the never-ending page answers %d", response.StatusCode)
			}
			e.begins(err)
			if err != nil {
				return
			}
			_, _ = io.Copy(e, response.Body) // whatever ends it
			_ = response.Body.Close()
		}
	}()
	return e
}

func (e *endlessPage) begins(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.source.Reset()
	e.err = err
}

func (e *endlessPage) Write(some []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.source.Write(some)
}

// soFar is what has come of the page.
func (e *endlessPage) soFar() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.source.String(), e.err
}

// stubID is the id that the stub of a message has, so that the style sheet which
// hides the message does not hide its stub.
var stubID = regexp.MustCompile(`id="gone-(\d+)"`)

// shown is what the browser shows. Some put the content of a <template for> in
// place of what stands between the processing instructions of that name; the
// others know nothing of that and obey the style sheets alone.
func (e *endlessPage) shown(knowsTemplates bool) (shown, error) {
	source, err := e.soFar()
	if err != nil {
		return shown{}, err
	}
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return shown{}, err
	}
	log := byID(doc, "log")
	if log == nil {
		return shown{}, nil // it has only begun
	}
	hidden := make(map[string]bool)
	for n := log.FirstChild; n != nil; {
		next := n.NextSibling
		switch n.Data {
		case "link":
			if seq, ok := strings.CutPrefix(attributeOf(n, "href"), "/hide.css?m="); ok {
				hidden["m-"+seq] = true
			}
			log.RemoveChild(n)
		case "template":
			if knowsTemplates {
				replaceBetween(log, attributeOf(n, "for"), n)
			}
			log.RemoveChild(n)
		}
		n = next
	}
	s := shown{older: true} // by a link beside the page
	for n := range log.ChildNodes() {
		switch {
		case n.Type == html.CommentNode || n.Type == html.TextNode && strings.TrimSpace(n.Data) == "":
		case hidden[attributeOf(n, "id")] || attributeOf(n, "class") == "mark":
		default:
			s.list = append(s.list, stubID.ReplaceAllString(outer(n), `id="m-$1"`))
		}
	}
	return s, nil
}

// keepsBack tells how a browser that knows no templates shows messages that were
// deleted, or hides others. It may show texts from before they were edited.
func (e *endlessPage) keepsBack(others shown) (string, error) {
	s, err := e.shown(false)
	ids := func(list []string) (ids []string) {
		for _, m := range list {
			if !strings.Contains(m, `class="quiet gone `) {
				ids = append(ids, messageID.FindString(m))
			}
		}
		return ids
	}
	if has, want := ids(s.list), ids(others.list); err == nil && !slices.Equal(has, want) {
		return fmt.Sprintf("without templates %q, want %q", has, want), nil
	}
	return "", err
}

// replaceBetween puts what a template has in place of what stands between the
// markers of a name, and of these markers.
func replaceBetween(log *html.Node, name string, template *html.Node) {
	var start *html.Node
	for n := range log.ChildNodes() {
		if n.Type == html.CommentNode && n.Data == `?start name="`+name+`"` {
			start = n
		}
	}
	if start == nil {
		return // it is not on this page
	}
	move(template, log, start)
	for n := start; n != nil; {
		next, isEnd := n.NextSibling, n.Type == html.CommentNode && n.Data == "?end"
		log.RemoveChild(n)
		if isEnd {
			return
		}
		n = next
	}
}
