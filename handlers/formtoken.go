package handlers

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"parlour"
)

// formTokens are the proof that a form comes from a page of ours that somebody
// had before them for a moment: a signed time in a hidden field. They stop those
// who post without looking, which is most of what floods open chats; whoever
// reads the page and waits passes.
type formTokens struct {
	key []byte
	use func(token string) bool // false: it was used before
}

// formOf says which form a token is for.
type formOf struct {
	name    string
	least   time.Duration // between the page and the form
	most    time.Duration
	oneTime bool
}

// A name takes longer to type than a word in a room that one reads already. The
// composer's page stays open for as long as a session lasts.
var (
	doorForm     = formOf{name: "door", least: time.Second, most: 2 * time.Hour, oneTime: true}
	composerForm = formOf{name: "composer", least: 300 * time.Millisecond, most: sessionLifetime}
)

const (
	tokenHead  = 8 + 8 // time and nonce
	tokenBytes = tokenHead + 16
)

func newFormTokens(key []byte, use func(token string) bool) *formTokens {
	if len(key) == 0 {
		key = []byte(rand.Text())
	}
	return &formTokens{key: key, use: use}
}

// issue makes a token for a form. Whose tells for whom: a token is good for
// nobody else.
func (f *formTokens) issue(form formOf, whose string, now time.Time) string {
	token := make([]byte, tokenHead, tokenBytes)
	binary.BigEndian.PutUint64(token, uint64(now.UnixMilli()))
	_, _ = rand.Read(token[8:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(append(token, f.sign(form, whose, token)...))
}

func (f *formTokens) sign(form formOf, whose string, head []byte) []byte {
	mac := hmac.New(sha256.New, f.key)
	mac.Write(head)
	mac.Write([]byte(form.name + "\x00" + whose))
	return mac.Sum(nil)[:tokenBytes-tokenHead]
}

// Why a form is refused for its token. What was typed is kept each time, and a
// fresh token comes with it.
var (
	errFormStale = parlour.Errorf(parlour.Invalid, "form.stale", "the form's token is not good any more, send it again")
	errFormUsed  = parlour.Errorf(parlour.Invalid, "form.used", "the form was sent already, send it again")
)

// check refuses a token that is not ours, not this person's, or too old. Wait is
// what is left of the time that the form takes at least; it is never more.
func (f *formTokens) check(form formOf, whose, text string, now time.Time) (wait time.Duration, err error) {
	token, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(token) != tokenBytes {
		return 0, errFormStale
	}
	if !hmac.Equal(token[tokenHead:], f.sign(form, whose, token[:tokenHead])) {
		return 0, errFormStale
	}
	age := now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(token))))
	if age > form.most || age < -time.Minute { // clocks of two servers may differ a little
		return 0, errFormStale
	}
	return min(max(form.least-age, 0), form.least), nil
}

// spend uses up a token that check let pass, where it may be used only once.
func (f *formTokens) spend(form formOf, text string) error {
	if !form.oneTime {
		return nil
	}
	// The same token can be written in several ways.
	token, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errFormStale
	}
	if !f.use(string(token)) {
		return errFormUsed
	}
	return nil
}

// token is a fresh token for a form, or empty where none is asked for.
func (s *server) token(r *http.Request, form formOf) string {
	by := s.identity(r)
	if !asksForToken(s.house, by) {
		return ""
	}
	return s.tokens.issue(form, whose(by), time.Now())
}

// prove refuses a form whose token is not good. One without any token is from a
// script, or a bot: see House.AdmitUnproven.
func (s *server) prove(r *http.Request, by parlour.Identity, form formOf) error {
	unproven, err := s.proof(r, by, form)
	if unproven {
		return s.house.AdmitUnproven(by)
	}
	return err
}

// proof is prove, and leaves it to others what to do about a form without token.
//
// Whoever is too quick only has to wait: a browser that gives back what was
// typed before, or fills names in, makes people that fast. A bot is slowed down
// just as much as by asking it again.
func (s *server) proof(r *http.Request, by parlour.Identity, form formOf) (unproven bool, err error) {
	if !asksForToken(s.house, by) {
		return false, nil
	}
	if !r.PostForm.Has("token") {
		return true, nil
	}
	token := r.PostForm.Get("token")
	wait, err := s.tokens.check(form, whose(by), token, time.Now())
	if err != nil {
		return false, err
	}
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-r.Context().Done(): // and who clicks twice sends the same token again
			return false, r.Context().Err()
		}
	}
	return false, s.tokens.spend(form, token)
}

func asksForToken(house *parlour.House, by parlour.Identity) bool {
	return house.HasLimits() && by.Kind != parlour.Member
}

// whose names the person, or where they are as long as nobody is known.
func whose(by parlour.Identity) string {
	if by.Known() {
		return by.ID
	}
	return parlour.AddrKey(by.Addr)
}
