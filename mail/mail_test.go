package mail

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"parlour"
)

// office is a mail server that keeps what it is sent.
type office struct {
	letters chan received
	refuse  atomic.Int64 // how many letters it puts off at first
	user    string       // empty: anybody may send
}

type received struct {
	from, to string
	content  string
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &session{office: o, known: o.user == ""}, nil
}

type session struct {
	*office
	received
	known bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.user || password != "sesame&seed" {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.known {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	if s.refuse.Add(-1) >= 0 {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "later, please"}
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.content = string(content)
	s.letters <- s.received
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

func open(t *testing.T, o *office) *url.URL {
	t.Helper()
	o.letters = make(chan received, 10)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(o)
	server.AllowInsecureAuth = true
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	return &url.URL{Scheme: "smtp", Host: listener.Addr().String()}
}

func post(t *testing.T, server *url.URL) *Post {
	t.Helper()
	p, err := New(Options{
		Server: server, From: "Parlour <house@example.org>", Public: &url.URL{Scheme: "https", Host: "chat.example", Path: "/club"},
		Log: slog.New(slog.DiscardHandler), pauses: []time.Duration{time.Millisecond, time.Millisecond}, timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(context.Background()) })
	return p
}

var reset = parlour.Letter{Kind: parlour.LetterReset, To: "ana@example.org", Lang: "de", Path: "/reset?token=ABC"}

func TestLetterArrivesInItsLanguageWithItsLink(t *testing.T) {
	o := &office{user: "house"}
	server := open(t, o)
	server.User = url.UserPassword("house", "sesame&seed")
	p := post(t, server)
	if err := p.Send(t.Context(), reset); err != nil {
		t.Fatal(err)
	}
	p.Close(t.Context())
	if len(o.letters) != 1 {
		t.Fatalf("%d letters arrived", len(o.letters))
	}
	got := <-o.letters
	if got.from != "house@example.org" || got.to != "ana@example.org" {
		t.Errorf("the letter went from %s to %s", got.from, got.to)
	}
	m, err := mail.ReadMessage(strings.NewReader(got.content))
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Header.Get("Subject"); !strings.Contains(s, "neues_Passwort") {
		t.Errorf("the subject is %q", s)
	}
	if m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Error("machines may answer the letter")
	}
	content, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	// quoted-printable, so that = is =3D
	if want := "https://chat.example/club/reset?token=3DABC"; !strings.Contains(string(content), want) {
		t.Errorf("the letter lacks %s:\n%s", want, content)
	}
}

func TestLetterThatIsPutOffIsSentAgain(t *testing.T) {
	o := &office{}
	server := open(t, o)
	o.refuse.Store(2)
	p := post(t, server)
	if err := p.Send(t.Context(), reset); err != nil {
		t.Fatal(err)
	}
	p.Close(t.Context())
	if len(o.letters) != 1 {
		t.Errorf("%d letters arrived", len(o.letters))
	}
}

func TestNobodyWaitsForADeadServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := post(t, &url.URL{Scheme: "smtp", Host: listener.Addr().String()})
	taken := 0
	for ; taken < 2*maxQueue; taken++ {
		if err = p.Send(t.Context(), reset); err != nil {
			break
		}
	}
	if taken < maxQueue || parlour.KindOf(err) != parlour.Unavailable {
		t.Errorf("after %d letters the error is %v", taken, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.Close(ctx)
	if err := p.Send(t.Context(), reset); parlour.KindOf(err) != parlour.Unavailable {
		t.Errorf("a closed office answers %v", err)
	}
}

func TestPasswordIsNotSentInTheOpen(t *testing.T) {
	for _, c := range []struct {
		server string
		want   bool // STARTTLS must be there
	}{
		{"smtp://u:p@mail.example.org", true},
		{"smtp://u:p@127.0.0.1:25", false},
		{"smtp://u:p@[::1]:25", false},
		{"smtp://u:p@localhost", false},
	} {
		server, err := url.Parse(c.server)
		if err != nil {
			t.Fatal(err)
		}
		client, err := newClient(server, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if got := client.TLSPolicy() == "TLSMandatory"; got != c.want {
			t.Errorf("%s: TLS policy is %s", c.server, client.TLSPolicy())
		}
	}
	if _, err := newClient(&url.URL{Scheme: "http", Host: "x"}, time.Second); err == nil {
		t.Error("http is taken for a mail server")
	}
}
