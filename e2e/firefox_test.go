package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// firefox is somebody in front of a Firefox of their own, which is driven by
// WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).
type firefox struct {
	t       *testing.T
	program *program
	socket  *websocket.Conn
	context string // the tab, as the browser names it
	calls   int

	mu         sync.Mutex           // guards all below
	answers    map[int]chan<- reply // by the number of the call
	complaints []string
}

// reply is what the browser says: an answer to a call, or an event.
type reply struct {
	ID      int             `json:"id"`
	Method  string          `json:"method"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Params  struct {
		Level, Text string
	} `json:"params"`
}

// firefoxPatience is how long Firefox may take for what it is told: on a machine
// with other things to do, it starts slowly.
const firefoxPatience = 3 * patience

var firefoxListens = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

// newFirefox starts a Firefox with preferences of its own, as user.js has them.
// The test fails if that browser has anything to complain about.
func newFirefox(t *testing.T, program *program, preferences ...string) *firefox {
	t.Helper()
	var path string
	for _, name := range []string{"firefox", "firefox-esr"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
		}
	}
	if path == "" {
		missing(t, "no Firefox is installed (apt-get install firefox-esr)")
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "user.js"), []byte(strings.Join(preferences, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(path, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", home)
	run.Env = append(os.Environ(), "HOME="+home)
	says, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	f := &firefox{t: t, program: program, answers: make(map[int]chan<- reply)}
	t.Cleanup(func() { f.closes(run) })
	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(says); lines.Scan(); {
			if found := firefoxListens.FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
			}
		}
	}()
	select {
	case at := <-address:
		f.connects(at + "/session")
	case <-time.After(firefoxPatience):
		t.Fatal("Firefox does not start")
	}
	return f
}

// connects begins to drive the browser, in a window of its own: in the first one
// the address line has the focus.
func (f *firefox) connects(address string) {
	f.t.Helper()
	socket, _, err := websocket.Dial(f.t.Context(), address, nil)
	if err != nil {
		f.t.Fatalf("connecting to Firefox: %v", err)
	}
	socket.SetReadLimit(-1)
	f.socket = socket
	go f.listens()
	f.call("session.new", map[string]any{"capabilities": map[string]any{}}, nil)
	var tab frame
	f.call("browsingContext.create", map[string]any{"type": "window"}, &tab)
	f.context = tab.Context
	f.call("session.subscribe", map[string]any{"events": []string{"log.entryAdded"}}, nil)
}

// frame is a tab or an iframe.
type frame struct {
	Context, URL string
	Children     []frame
}

// inFrame acts as one who writes in an iframe, which has an address that ends in a
// suffix.
func (f *firefox) inFrame(suffix string, act func()) {
	f.t.Helper()
	tab := f.context
	defer func() { f.context = tab }()
	var tree struct{ Contexts []frame }
	f.call("browsingContext.getTree", map[string]any{"root": tab}, &tree)
	for _, iframe := range tree.Contexts[0].Children {
		if strings.HasSuffix(iframe.URL, suffix) {
			f.context = iframe.Context
			act()
			return
		}
	}
	f.t.Fatalf("there is no frame with %s", suffix)
}

// listens takes what the browser says until it is closed.
func (f *firefox) listens() {
	for {
		var r reply
		if err := wsjson.Read(context.Background(), f.socket, &r); err != nil {
			return
		}
		f.mu.Lock()
		if r.Method == "log.entryAdded" {
			// Tests make requests fail on purpose.
			if p := r.Params; p.Level == "error" && !strings.Contains(p.Text, "NetworkError") && !strings.Contains(p.Text, "input stream") {
				f.complaints = append(f.complaints, p.Text)
			}
		} else if answer, ok := f.answers[r.ID]; ok {
			delete(f.answers, r.ID)
			answer <- r
		}
		f.mu.Unlock()
	}
}

func (f *firefox) closes(run *exec.Cmd) {
	if f.socket == nil || f.try("browser.close", map[string]any{}, nil) != nil {
		_ = run.Process.Kill()
	}
	_ = run.Wait()
	if f.socket != nil {
		_ = f.socket.CloseNow()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.complaints) > 0 {
		f.t.Errorf("Firefox complained:\n%s", strings.Join(f.complaints, "\n"))
	}
}

func (f *firefox) call(method string, params map[string]any, result any) {
	f.t.Helper()
	if err := f.try(method, params, result); err != nil {
		f.t.Fatalf("Firefox does not do what it is told: %v", err)
	}
}

func (f *firefox) try(method string, params map[string]any, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), firefoxPatience)
	defer cancel()
	answer := make(chan reply, 1)
	f.mu.Lock()
	f.calls++
	id := f.calls
	f.answers[id] = answer
	f.mu.Unlock()
	if err := wsjson.Write(ctx, f.socket, map[string]any{"id": id, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case r := <-answer:
		if r.Error != "" {
			return fmt.Errorf("%s: %s: %s", method, r.Error, r.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// sees tells whether an expression is true in the page; where there is no page
// yet it is not.
func (f *firefox) sees(expression string, args ...any) (bool, error) {
	var got struct {
		Type   string
		Result struct{ Value any }
	}
	err := f.try("script.evaluate", map[string]any{
		"expression": "Boolean(" + filled(f.t, expression, args) + ")", "target": map[string]any{"context": f.context}, "awaitPromise": false,
	}, &got)
	if err == nil && got.Type != "success" {
		err = errors.New("the expression failed")
	}
	return got.Result.Value == true, err
}

func (f *firefox) waitFor(what, expression string, args ...any) {
	f.t.Helper()
	until(f.t, "in Firefox "+what, func() bool {
		isSo, err := f.sees(expression, args...)
		return err == nil && isSo
	})
}

func (f *firefox) visits(path string) {
	f.t.Helper()
	f.call("browsingContext.navigate", map[string]any{"context": f.context, "url": f.program.url(path), "wait": "none"}, nil)
	f.waitFor("a new page is there", `location.pathname === %s && document.readyState !== 'loading'`, path)
}

// enters goes through the door of the lobby under a name.
func (f *firefox) enters(name string) {
	f.t.Helper()
	f.visits("/rooms/lobby/join")
	f.waitFor("the page is there for as long as people need to type a name", `performance.now() > 1200`)
	f.typesInto("input[name=name]", name+enterKey)
	f.waitFor("one is in the room", `location.pathname === '/rooms/lobby' && document.readyState !== 'loading'`)
}

// The keys of WebDriver (https://w3c.github.io/webdriver/#keyboard-actions).
const (
	tabKey   = "\uE004"
	enterKey = "\uE007"
)

func (f *firefox) typesInto(selector, text string) {
	f.t.Helper()
	f.waitFor(selector+" has the focus", `(e => { e?.focus(); return e != null && document.activeElement === e })(document.querySelector(%s))`, selector)
	f.types(text)
}

// types presses the keys of a text where the focus is.
func (f *firefox) types(text string) {
	f.t.Helper()
	var keys []map[string]any
	for _, key := range text {
		keys = append(keys, map[string]any{"type": "keyDown", "value": string(key)}, map[string]any{"type": "keyUp", "value": string(key)})
	}
	f.call("input.performActions", map[string]any{
		"context": f.context, "actions": []any{map[string]any{"type": "key", "id": "keyboard", "actions": keys}},
	}, nil)
}
