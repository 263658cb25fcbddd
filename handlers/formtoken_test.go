package handlers

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

func TestFormTokenIsGoodForOnePersonOneFormAndAWhile(t *testing.T) {
	house := parlour.NewHouse(nil, nil, parlour.Rules{})
	f, other := newFormTokens([]byte("key"), house.UseOnce), newFormTokens([]byte("other"), house.UseOnce)
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	door, composer := f.issue(doorForm, "192.0.2.1", noon), f.issue(composerForm, "pana", noon)
	good, behind := f.issue(doorForm, "192.0.2.1", noon), f.issue(doorForm, "192.0.2.1", noon)
	forged := []byte(composer)
	forged[3] ^= 1
	for _, c := range []struct {
		name, token string
		form        formOf
		whose       string
		after       time.Duration
		wait        time.Duration
		code        string
	}{
		{name: "sooner than one can type", token: door, form: doorForm, whose: "192.0.2.1", after: 900 * time.Millisecond, wait: 100 * time.Millisecond},
		{name: "sooner than one can say a word", token: composer, form: composerForm, whose: "pana", after: 200 * time.Millisecond, wait: 100 * time.Millisecond},
		{name: "somebody else's", token: composer, form: composerForm, whose: "pbob", after: time.Minute, code: "form.stale"},
		{name: "from elsewhere", token: door, form: doorForm, whose: "192.0.2.2", after: time.Minute, code: "form.stale"},
		{name: "of another form", token: composer, form: doorForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "of another house", token: other.issue(doorForm, "192.0.2.1", noon), form: doorForm, whose: "192.0.2.1", after: time.Minute, code: "form.stale"},
		{name: "forged", token: string(forged), form: composerForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "no token", token: "hello", form: composerForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "empty", token: "", form: composerForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "too old", token: door, form: doorForm, whose: "192.0.2.1", after: doorForm.most + time.Second, code: "form.stale"},
		{name: "from the future", token: door, form: doorForm, whose: "192.0.2.1", after: -time.Hour, code: "form.stale"},
		{name: "by a clock that is behind", token: behind, form: doorForm, whose: "192.0.2.1", after: -30 * time.Second, wait: doorForm.least},
		{name: "good", token: good, form: doorForm, whose: "192.0.2.1", after: time.Second},
		{name: "used", token: good, form: doorForm, whose: "192.0.2.1", after: time.Minute, code: "form.used"},
		{name: "used, written in another way", token: good[:9] + "\n" + good[9:], form: doorForm, whose: "192.0.2.1", after: time.Minute, code: "form.used"},
		{name: "good", token: composer, form: composerForm, whose: "pana", after: time.Second},
		{name: "good for many messages", token: composer, form: composerForm, whose: "pana", after: 24 * time.Hour},
	} {
		code := ""
		wait, err := f.check(c.form, c.whose, c.token, noon.Add(c.after))
		if err == nil && c.wait == 0 {
			err = f.spend(c.form, c.token)
		}
		if err != nil {
			refusal, _ := errors.AsType[*parlour.Error](err)
			code = refusal.Code
		}
		if code != c.code || wait != c.wait {
			t.Errorf("%s: %q after %v, want %q after %v", c.name, code, wait, c.code, c.wait)
		}
	}
}

func TestQuickFormWaitsAndIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		house := parlour.NewHouse(nil, nil, parlour.Rules{Limits: true})
		s := &server{house: house, tokens: newFormTokens(nil, house.UseOnce)}
		guest := parlour.Identity{Kind: parlour.Guest, ID: "pana", Name: "Ana", Addr: netip.MustParseAddr("192.0.2.1")}
		for _, form := range []formOf{doorForm, composerForm} {
			start := time.Now()
			token := s.tokens.issue(form, guest.ID, start)
			send := func(ctx context.Context) error {
				r := httptest.NewRequestWithContext(ctx, "POST", "/", nil)
				r.PostForm = url.Values{"token": {token}}
				return s.prove(r, guest, form)
			}
			impatient, cancel := context.WithTimeout(t.Context(), form.least/3)
			if err := send(impatient); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != form.least/3 {
				t.Errorf("%s: who does not wait is answered %v after %v", form.name, err, time.Since(start))
			}
			cancel()
			if err := send(t.Context()); err != nil || time.Since(start) != form.least {
				t.Errorf("%s: is answered %v after %v, want nothing after %v", form.name, err, time.Since(start), form.least)
			}
			if err := send(t.Context()); (err != nil) != form.oneTime || time.Since(start) != form.least {
				t.Errorf("%s: the second time is answered %v after %v", form.name, err, time.Since(start))
			}
		}
	})
}
