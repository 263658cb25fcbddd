package handlers

import (
	"errors"
	"testing"
	"time"

	"parlour"
)

func TestFormTokenIsGoodForOnePersonOneFormAndAWhile(t *testing.T) {
	f, other := newFormTokens([]byte("key")), newFormTokens([]byte("other"))
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	door, composer := f.issue(doorForm, "192.0.2.1", noon), f.issue(composerForm, "pana", noon)
	forged := []byte(composer)
	forged[3] ^= 1
	for _, c := range []struct {
		name, token string
		form        formOf
		whose       string
		after       time.Duration
		code        string
	}{
		{name: "sooner than one can type", token: door, form: doorForm, whose: "192.0.2.1", after: 900 * time.Millisecond, code: "form.too_quick"},
		{name: "sooner than one can say a word", token: composer, form: composerForm, whose: "pana", after: 200 * time.Millisecond, code: "form.too_quick"},
		{name: "somebody else's", token: composer, form: composerForm, whose: "pbob", after: time.Minute, code: "form.stale"},
		{name: "from elsewhere", token: door, form: doorForm, whose: "192.0.2.2", after: time.Minute, code: "form.stale"},
		{name: "of another form", token: composer, form: doorForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "of another house", token: other.issue(doorForm, "192.0.2.1", noon), form: doorForm, whose: "192.0.2.1", after: time.Minute, code: "form.stale"},
		{name: "forged", token: string(forged), form: composerForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "no token", token: "hello", form: composerForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "empty", token: "", form: composerForm, whose: "pana", after: time.Minute, code: "form.stale"},
		{name: "too old", token: door, form: doorForm, whose: "192.0.2.1", after: doorForm.most + time.Second, code: "form.stale"},
		{name: "from the future", token: door, form: doorForm, whose: "192.0.2.1", after: -time.Hour, code: "form.stale"},
		{name: "good", token: door, form: doorForm, whose: "192.0.2.1", after: time.Second},
		{name: "used", token: door, form: doorForm, whose: "192.0.2.1", after: time.Minute, code: "form.used"},
		{name: "good", token: composer, form: composerForm, whose: "pana", after: time.Second},
		{name: "good for many messages", token: composer, form: composerForm, whose: "pana", after: 24 * time.Hour},
	} {
		code := ""
		if err := f.check(c.form, c.whose, c.token, noon.Add(c.after)); err != nil {
			refusal, _ := errors.AsType[*parlour.Error](err)
			code = refusal.Code
		}
		if code != c.code {
			t.Errorf("%s: %q, want %q", c.name, code, c.code)
		}
	}
}
