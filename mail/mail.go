// Package mail sends the house's letters by SMTP. It owns the queue between
// those who ask for a letter, who never wait for a mail server, and the server.
package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"parlour"
	"parlour/views"
)

// Options say how letters are sent. Server, From and Public are needed.
type Options struct {
	// Server is smtp://user:password@host:port, or smtps:// for TLS from the
	// first byte. With smtp the server must offer STARTTLS unless it is on this
	// machine.
	Server *url.URL
	// From is the address that letters come from.
	From string
	// Public is the house's own address, where links in letters lead.
	Public *url.URL
	Log    *slog.Logger // default: slog.Default()

	pauses  []time.Duration // between tries
	timeout time.Duration   // of one answer of the server
}

// Post is a post office. It implements parlour.Mailer.
type Post struct {
	opts   Options
	client *gomail.Client
	queue  chan *gomail.Msg
	stop   context.Context // ends when nothing more is to be tried
	cancel context.CancelFunc
	clerk  sync.WaitGroup

	closing sync.RWMutex // held for reading while a letter is put in the queue
	closed  bool         // guarded by closing
}

var _ parlour.Mailer = (*Post)(nil)

const (
	// maxQueue bounds what is lost when the server dies before it was sent.
	maxQueue = 256
	patience = 30 * time.Second
)

var errBusy = parlour.Errorf(parlour.Unavailable, "mail.busy", "too many letters wait to be sent")

// New opens a post office. Close ends it.
func New(o Options) (*Post, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.pauses == nil {
		o.pauses = []time.Duration{5 * time.Second, time.Minute}
	}
	o.timeout = cmp.Or(o.timeout, patience)
	if err := gomail.NewMsg().From(o.From); err != nil {
		return nil, fmt.Errorf("the address that letters come from: %w", err)
	}
	client, err := newClient(o.Server, o.timeout)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	p := &Post{opts: o, client: client, queue: make(chan *gomail.Msg, maxQueue)}
	p.stop, p.cancel = context.WithCancel(context.Background())
	p.clerk.Go(p.deliverAll)
	return p, nil
}

func newClient(server *url.URL, timeout time.Duration) (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithTimeout(timeout)}
	switch server.Scheme {
	case "smtps":
		options = append(options, gomail.WithSSL(), gomail.WithPort(465))
	case "smtp":
		policy := gomail.TLSMandatory
		if isHere(server.Hostname()) {
			policy = gomail.TLSOpportunistic
		}
		options = append(options, gomail.WithTLSPolicy(policy), gomail.WithPort(587))
	default:
		return nil, fmt.Errorf("%q is neither smtp nor smtps", server.Scheme)
	}
	if server.Port() != "" {
		port, err := strconv.Atoi(server.Port())
		if err != nil {
			return nil, err
		}
		options = append(options, gomail.WithPort(port))
	}
	if password, ok := server.User.Password(); ok {
		how := gomail.SMTPAuthAutoDiscover // never in the open
		if isHere(server.Hostname()) {
			how = gomail.SMTPAuthPlain
		}
		options = append(options, gomail.WithSMTPAuth(how),
			gomail.WithUsername(server.User.Username()), gomail.WithPassword(password))
	}
	return gomail.NewClient(server.Hostname(), options...)
}

// isHere tells whether a host is this machine.
func isHere(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Send implements parlour.Mailer.
func (p *Post) Send(_ context.Context, letter parlour.Letter) error {
	msg, err := p.write(letter)
	if err != nil {
		return fmt.Errorf("writing a letter: %w", err)
	}
	p.closing.RLock()
	defer p.closing.RUnlock()
	if p.closed {
		return errBusy
	}
	select {
	case p.queue <- msg:
		return nil
	default:
		return errBusy
	}
}

func (p *Post) write(letter parlour.Letter) (*gomail.Msg, error) {
	path, err := url.Parse(letter.Path)
	if err != nil {
		return nil, err
	}
	link := p.opts.Public.JoinPath(path.Path)
	link.RawQuery = path.RawQuery
	subject, body := views.Letter(letter, link.String())
	msg := gomail.NewMsg()
	if err := cmp.Or(msg.From(p.opts.From), msg.To(letter.To)); err != nil {
		return nil, err
	}
	msg.Subject(subject)
	msg.SetBodyString(gomail.TypeTextPlain, body)
	msg.SetDate()
	msg.SetMessageID()
	// No answers by machines (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	return msg, nil
}

func (p *Post) deliverAll() {
	lost := 0
	for msg := range p.queue {
		if p.stop.Err() != nil {
			lost++
		} else if err := p.deliver(msg); err != nil {
			p.opts.Log.Error("a letter could not be sent", "error", err)
		}
	}
	if lost > 0 {
		p.opts.Log.Error("letters were not sent before the end", "letters", lost)
	}
}

// deliver tries a few times: mail servers put strangers off at first.
func (p *Post) deliver(msg *gomail.Msg) error {
	for i := 0; ; i++ {
		err := p.client.DialAndSendWithContext(p.stop, msg)
		if err == nil {
			return nil
		}
		if refusal, ok := errors.AsType[*gomail.SendError](err); ok && !refusal.IsTemp() || i == len(p.opts.pauses) {
			return err
		}
		select {
		case <-time.After(p.opts.pauses[i]):
		case <-p.stop.Done():
			return err
		}
	}
}

// Close takes no more letters, and sends those that wait until ctx ends.
func (p *Post) Close(ctx context.Context) {
	p.closing.Lock()
	if !p.closed {
		p.closed = true
		close(p.queue)
	}
	p.closing.Unlock()
	defer context.AfterFunc(ctx, p.cancel)()
	p.clerk.Wait()
	p.cancel()
}
