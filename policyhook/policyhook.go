// Package policyhook asks another program over HTTP whether somebody may do
// something in a room. It can refuse what the house allows and never the
// reverse: bans come first, the rules of the house second, and only what both
// allow is asked here (see parlour.May).
//
// Each question is a POST with a JSON body:
//
//	{"identity": {"kind": "member", "id": "p…", "name": "Ana"},
//	 "role": "moderator", "seated": true, "action": "post",
//	 "room": {"slug": "garden", "name": "Garden", "topic": "…", "archived": false,
//	          "access": {"see": "guests", "read": "members", "post": "listed", "upload": "nobody"}}}
//
// The kind is "" for a visitor without a name, "guest" or "member"; the role is
// "", "listed", "moderator" or "owner". The actions are parlour.Actions. The
// header Parlour-Timestamp has the Unix time in seconds, Parlour-Signature has
// "sha256=" and the HMAC-SHA256 in hex over the timestamp, a full stop and the
// body, by the shared secret.
//
// The answer has status 200 and a JSON body:
//
//	{"allow": false, "reason": "for subscribers only", "ttl": 30}
//
// allow is true, false, or null for no opinion; the reason is shown to people;
// ttl is for how many seconds the answer is good (5 unless told, 60 at most, 0
// is only this once). Anything else, and an answer that takes longer than two
// seconds, is a failure, and a failure refuses. Redirects are not followed.
package policyhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"parlour"
)

const (
	answerTime = 2 * time.Second
	// answerSize is how many bytes an answer may have.
	answerSize = 16 << 10
	usualTTL   = 5 * time.Second
	longestTTL = time.Minute
	// failureTTL is for how long nothing is asked after a failure: a page that
	// asks about a hundred rooms is not to wait for a hundred timeouts.
	failureTTL = time.Second
	// answersKept bounds the memory for answers: some 500 bytes each.
	answersKept = 10_000
	// reasonSize is how many characters of a reason are shown.
	reasonSize = 300
)

// Hook is a parlour.Policy that another program decides.
type Hook struct {
	url    string
	secret []byte
	client *http.Client
	now    func() time.Time

	asking  singleflight.Group
	answers *lru.Cache[string, answer] // by question

	mu     sync.Mutex // guards all below
	broken error      // the last failure
	until  time.Time  // for how long it counts
}

var _ parlour.Policy = (*Hook)(nil)

type answer struct {
	refusal *parlour.Error // nil: none
	until   time.Time
}

// New makes a hook that asks at an http or https address, which may be on a
// private network, and signs with a secret.
func New(address, secret string) (*Hook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("policy hook: %q is no address such as https://site.example/policy", address)
	}
	if secret == "" {
		return nil, errors.New("policy hook: a secret is needed, or anybody could ask in our name")
	}
	answers, err := lru.New[string, answer](answersKept)
	if err != nil {
		return nil, fmt.Errorf("policy hook: %w", err)
	}
	return &Hook{
		url: address, secret: []byte(secret), answers: answers, now: time.Now,
		client: &http.Client{
			Transport:     kept(),
			Timeout:       answerTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// kept is a transport that keeps as many connections as questions may be under way:
// the usual one keeps two, and of many questions at once each would begin with a
// connection of its own.
func kept() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	return transport
}

// question is what is asked, and the same question has the same answer for as
// long as that is good. So nothing stands in it that changes by itself.
type question struct {
	Identity identity       `json:"identity"`
	Role     string         `json:"role"`
	Seated   bool           `json:"seated"`
	Action   parlour.Action `json:"action"`
	Room     room           `json:"room"`
}

type identity struct {
	Kind parlour.IdentityKind `json:"kind"`
	ID   string               `json:"id"`
	Name string               `json:"name"`
}

type room struct {
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Topic    string `json:"topic"`
	Archived bool   `json:"archived"`
	Access   access `json:"access"`
}

type access struct {
	See    parlour.Audience `json:"see"`
	Read   parlour.Audience `json:"read"`
	Post   parlour.Audience `json:"post"`
	Upload parlour.Audience `json:"upload"`
}

// May implements parlour.Policy.
func (h *Hook) May(ctx context.Context, who parlour.Standing, action parlour.Action, in parlour.Room) error {
	body, err := json.Marshal(question{
		Identity: identity{Kind: who.Kind, ID: who.ID, Name: who.Name},
		Role:     who.Role.String(), Seated: who.IsSeated(), Action: action,
		Room: room{
			Slug: in.Slug, Name: in.Name, Topic: in.Topic, Archived: !in.ArchivedAt.IsZero(), Access: access(in.Access),
		},
	})
	if err != nil {
		return fmt.Errorf("policy hook: %w", err)
	}
	key := string(body)
	if known, ok := h.answers.Get(key); ok && h.now().Before(known.until) {
		return known.err()
	}
	if err := h.isBroken(); err != nil {
		return err
	}
	// One asks for all who want to know the same. Whoever gives up does not
	// stop it for the others; the client's own time limit does.
	asked := h.asking.DoChan(key, func() (any, error) { return h.ask(context.WithoutCancel(ctx), key, body) })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case result := <-asked:
		if result.Err != nil {
			return result.Err
		}
		return result.Val.(answer).err()
	}
}

// err is the refusal as an error, or nil and not an error that holds nil.
func (a answer) err() error {
	if a.refusal == nil {
		return nil
	}
	return a.refusal
}

func (h *Hook) isBroken() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil && h.now().Before(h.until) {
		return h.broken
	}
	return nil
}

// ask sends the question and keeps the answer, or the failure for a moment.
func (h *Hook) ask(ctx context.Context, key string, body []byte) (answer, error) {
	a, ttl, err := h.send(ctx, body)
	if err != nil {
		err = fmt.Errorf("policy hook: %w", err)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.broken, h.until = err, h.now().Add(failureTTL)
		return a, err
	}
	if ttl > 0 {
		a.until = h.now().Add(ttl)
		h.answers.Add(key, a)
	}
	return a, nil
}

func (h *Hook) send(ctx context.Context, body []byte) (a answer, ttl time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return a, 0, err
	}
	timestamp := strconv.FormatInt(h.now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Parlour-Timestamp", timestamp)
	request.Header.Set("Parlour-Signature", "sha256="+sign(h.secret, timestamp, body))
	response, err := h.client.Do(request)
	if err != nil {
		return a, 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return a, 0, fmt.Errorf("the answer has status %d", response.StatusCode)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, answerSize+1))
	if err != nil {
		return a, 0, err
	}
	if len(content) > answerSize {
		return a, 0, fmt.Errorf("the answer is larger than %d bytes", answerSize)
	}
	return read(content)
}

func sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// read makes sense of an answer. One that says nothing about allow is no answer:
// it may be some other page that happens to be JSON.
func read(content []byte) (a answer, ttl time.Duration, err error) {
	var told struct {
		Allow  json.RawMessage `json:"allow"`
		Reason string          `json:"reason"`
		TTL    *float64        `json:"ttl"`
	}
	if err := json.Unmarshal(content, &told); err != nil {
		return a, 0, fmt.Errorf("the answer: %w", err)
	}
	ttl = usualTTL
	if told.TTL != nil {
		ttl = time.Duration(min(max(*told.TTL, 0), longestTTL.Seconds()) * float64(time.Second))
	}
	switch string(told.Allow) {
	case "true", "null":
	case "false":
		a.refusal = refusal(told.Reason)
	default:
		return a, 0, fmt.Errorf("the answer allows %.40q", string(told.Allow))
	}
	return a, ttl, nil
}

func refusal(told string) *parlour.Error {
	reason := strings.Join(strings.Fields(told), " ")
	if runes := []rune(reason); len(runes) > reasonSize {
		reason = string(runes[:reasonSize]) + "…"
	}
	if reason == "" {
		return parlour.Errorf(parlour.Forbidden, "policy.refused", "the site's policy refuses")
	}
	refused := parlour.Errorf(parlour.Forbidden, "policy.hook", "the site's policy refuses: %s", reason)
	refused.Args = map[string]any{"Reason": reason}
	return refused
}
