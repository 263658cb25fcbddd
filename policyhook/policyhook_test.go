package policyhook

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

const secret = "the secret of the tests"

var (
	ana    = parlour.Standing{Identity: parlour.Identity{Kind: parlour.Member, ID: "pana", Name: "Ana"}, Role: parlour.Listed}
	garden = parlour.Room{ID: 7, Slug: "garden", Name: "Garden", Access: parlour.Presets["members"]}
)

// program is the program at the other end, and counts how often it is asked.
func program(t *testing.T, answer http.HandlerFunc) (*Hook, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	h, err := New(server.URL, secret)
	if err != nil {
		t.Fatal(err)
	}
	return h, &asked
}

func saying(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestAnswerAllowsRefusesOrAbstains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ answer, code string }{
		{`{"allow": true}`, ""},
		{`{"allow": null}`, ""},
		{`{"allow": false, "reason": " for  subscribers "}`, "policy.hook"},
		{`{"allow": false}`, "policy.refused"},
	} {
		h, _ := program(t, saying(c.answer))
		err := h.May(t.Context(), ana, parlour.Read, garden)
		refusal, _ := errors.AsType[*parlour.Error](err)
		switch {
		case c.code == "" && err != nil:
			t.Errorf("%s refuses: %v", c.answer, err)
		case c.code != "" && (refusal == nil || refusal.Code != c.code || refusal.Kind != parlour.Forbidden):
			t.Errorf("%s answers %v, want %s", c.answer, err, c.code)
		case c.code == "policy.hook" && refusal.Args["Reason"] != "for subscribers":
			t.Errorf("the reason is %q", refusal.Args["Reason"])
		}
	}
}

func TestQuestionIsSignedAndTellsWhoWhatAndWhere(t *testing.T) {
	t.Parallel()
	h, _ := program(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		want := "sha256=" + sign([]byte(secret), r.Header.Get("Parlour-Timestamp"), body)
		if got := r.Header.Get("Parlour-Signature"); got != want {
			t.Errorf("the signature is %s, want %s", got, want)
		}
		var q map[string]any
		if err := json.Unmarshal(body, &q); err != nil {
			t.Error(err)
		}
		who, where := q["identity"].(map[string]any), q["room"].(map[string]any)
		if who["id"] != "pana" || who["kind"] != "member" || q["role"] != "listed" || q["action"] != "post" ||
			where["slug"] != "garden" || where["access"].(map[string]any)["read"] != "members" {
			t.Errorf("the question is %s", body)
		}
		_, _ = io.WriteString(w, `{"allow": true}`)
	})
	if err := h.May(t.Context(), ana, parlour.Post, garden); err != nil {
		t.Error(err)
	}
}

// What is signed is fixed, so that programs can be written from the description:
// printf '1700000000.{}' | openssl dgst -sha256 -hmac key
func TestSignatureIsThatOfTheDescription(t *testing.T) {
	t.Parallel()
	const want = "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
	if got := sign([]byte("key"), "1700000000", []byte("{}")); got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
}

func TestFailureIsNoPermission(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(saying(`{"allow": true}`))
	t.Cleanup(elsewhere.Close)
	for name, answer := range map[string]http.HandlerFunc{
		"status 500":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"status 204":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a redirect":          func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"no JSON":             saying("yes"),
		"an empty object":     saying("{}"),
		"a text for a truth":  saying(`{"allow": "true"}`),
		"more than is taken":  saying(`{"allow": true, "reason": "` + strings.Repeat("x", answerSize) + `"}`),
		"a broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		h, _ := program(t, answer)
		err := h.May(t.Context(), ana, parlour.Read, garden)
		if err == nil {
			t.Errorf("%s allows", name)
		}
		if _, isRefusal := errors.AsType[*parlour.Error](err); isRefusal {
			t.Errorf("%s is told as a refusal: %v", name, err)
		}
	}
}

func TestSilenceIsAFailureInBoundedTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := New("http://site.example/policy", secret)
		if err != nil {
			t.Fatal(err)
		}
		h.client.Transport = silence{}
		asked := time.Now()
		if err := h.May(t.Context(), ana, parlour.Read, garden); err == nil {
			t.Error("silence allows")
		}
		if took := time.Since(asked); took > answerTime+time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// silence is a program that takes questions and never answers.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestAnswerIsGoodForItsTimeAndNoLonger(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer     string
		good, gone time.Duration
	}{
		{`{"allow": true}`, usualTTL - time.Millisecond, usualTTL},
		{`{"allow": true, "ttl": 20}`, 19 * time.Second, 20 * time.Second},
		{`{"allow": true, "ttl": 1e9}`, longestTTL - time.Second, longestTTL},
		{`{"allow": false, "reason": "no", "ttl": 20}`, 19 * time.Second, 20 * time.Second},
		{`{"allow": true, "ttl": 0}`, -1, 0},
	} {
		h, asked := program(t, saying(c.answer))
		start := time.Now()
		times := func(after time.Duration) int64 {
			h.now = func() time.Time { return start.Add(after) }
			_ = h.May(t.Context(), ana, parlour.Read, garden)
			return asked.Load()
		}
		times(0)
		if c.good >= 0 && times(c.good) != 1 {
			t.Errorf("%s was asked for again after %v", c.answer, c.good)
		}
		if times(c.gone) != 2 {
			t.Errorf("%s was still good after %v", c.answer, c.gone)
		}
	}
}

func TestAnswerIsForOnePersonActionAndRoom(t *testing.T) {
	t.Parallel()
	h, asked := program(t, saying(`{"allow": true}`))
	ben, other := ana, garden
	ben.ID, other.Slug = "pben", "cellar"
	_ = h.May(t.Context(), ana, parlour.Read, garden)
	_ = h.May(t.Context(), ben, parlour.Read, garden)
	_ = h.May(t.Context(), ana, parlour.Post, garden)
	_ = h.May(t.Context(), ana, parlour.Read, other)
	_ = h.May(t.Context(), ana, parlour.Read, garden)
	if n := asked.Load(); n != 4 {
		t.Errorf("it was asked %d times for 4 questions", n)
	}
}

func TestFailureIsNotAskedForAgainAtOnce(t *testing.T) {
	t.Parallel()
	h, asked := program(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	start := time.Now()
	h.now = func() time.Time { return start }
	for _, action := range parlour.Actions {
		if err := h.May(t.Context(), ana, action, garden); err == nil {
			t.Error("a failure allows", action)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times within a moment", n)
	}
	h.now = func() time.Time { return start.Add(failureTTL) }
	_ = h.May(t.Context(), ana, parlour.Read, garden)
	if n := asked.Load(); n != 2 {
		t.Errorf("it was asked %d times, want again after %v", n, failureTTL)
	}
}

func TestManyWhoAskTheSameAreOneQuestion(t *testing.T) {
	t.Parallel()
	arrived, answer := make(chan struct{}, 100), make(chan struct{})
	h, asked := program(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-answer
		_, _ = io.WriteString(w, `{"allow": true}`)
	})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := h.May(t.Context(), ana, parlour.Read, garden); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	close(answer)
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

func TestHookNeedsAnAddressAndASecret(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"", secret}, {"/policy", secret}, {"ftp://site.example", secret}, {"https://site.example", ""}} {
		if _, err := New(c[0], c[1]); err == nil {
			t.Errorf("%q with secret %q is taken", c[0], c[1])
		}
	}
}
