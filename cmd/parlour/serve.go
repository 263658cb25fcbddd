package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"parlour"
	"parlour/bus"
	"parlour/db"
	"parlour/events"
	"parlour/handlers"
	"parlour/mail"
	"parlour/views"
)

type serveCommand struct {
	databaseOptions
	signingOptions
	policyOptions
	Listen         string         `default:"127.0.0.1:8080" env:"PARLOUR_LISTEN" help:"Address to listen on (${default})."`
	NATS           string         `name:"nats" env:"PARLOUR_NATS" help:"The bus between several servers of one house, such as nats://bus.example:4222; several addresses have commas between them (none)."`
	NATSCreds      string         `name:"nats-credentials" type:"existingfile" env:"PARLOUR_NATS_CREDENTIALS" help:"File with this server's credentials at the bus (.creds), where its servers ask for them (none)."`
	PublicURL      string         `name:"public-url" env:"PARLOUR_PUBLIC_URL" help:"The address that people see, such as https://chat.example. With https, cookies are Secure."`
	TrustedProxies []netip.Prefix `env:"PARLOUR_TRUSTED_PROXIES" help:"Networks whose X-Forwarded-For, or Forwarded where that is missing, is believed, such as 10.0.0.0/8 (none)."`
	TLSCert        string         `name:"tls-cert" type:"existingfile" env:"PARLOUR_TLS_CERT" help:"Certificate chain (PEM): serve https and HTTP/2."`
	TLSKey         string         `name:"tls-key" type:"existingfile" env:"PARLOUR_TLS_KEY" help:"Private key (PEM) of the certificate."`
	TimeZone       string         `default:"UTC" env:"PARLOUR_TIME_ZONE" help:"Zone in which times are told, such as Europe/Berlin (${default})."`
	NameHold       time.Duration  `default:"1h" env:"PARLOUR_NAME_HOLD" help:"How long the name of somebody who is gone stays theirs (${default})."`
	JoinGrace      time.Duration  `default:"2s" env:"PARLOUR_JOIN_GRACE" help:"How long somebody must be there before a room is told (${default})."`
	LeaveGrace     time.Duration  `default:"5m" env:"PARLOUR_LEAVE_GRACE" help:"How long somebody may be without a connection before they count as gone (${default})."`
	ShutdownGrace  time.Duration  `default:"3s" env:"PARLOUR_SHUTDOWN_GRACE" help:"Over how long the ends of the streams are spread when the server stops (${default})."`
	ShutdownDelay  time.Duration  `default:"0s" env:"PARLOUR_SHUTDOWN_DELAY" help:"How long a server that is told to stop goes on while /readyz answers 503, so that load balancers notice (${default})."`
	MetricsListen  string         `env:"PARLOUR_METRICS_LISTEN" help:"Address for /metrics and /debug/pprof, not for the public (off)."`
	Limits         string         `default:"on" enum:"on,off" env:"PARLOUR_LIMITS" help:"off: no flood limits, stream limits, fill times or form tokens. For benchmarks and tests on a closed network only."`
	LogLevel       slog.Level     `default:"info" env:"PARLOUR_LOG_LEVEL" help:"debug, info, warn or error (${default})."`
}

// Limits on open streams: a person has several tabs, an address may be a school.
const (
	streamsPerPerson  = 30
	streamsPerAddress = 500
)

// Run serves until ctx ends, and then lets everybody finish.
func (c *serveCommand) Run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	slog.SetDefault(log)
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return fmt.Errorf("--time-zone: %w", err)
	}
	public, err := c.publicURL()
	if err != nil {
		return err
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}

	elsewhere, err := c.provider(public)
	if err != nil {
		return err
	}
	post, err := c.post(public, log)
	if err != nil {
		return err
	}
	defer closePost(post)
	house, err := c.open(ctx, log, zone, post)
	if err != nil {
		return err
	}
	ending, ended := context.WithCancel(context.Background())
	defer ended()
	defer house.close(log)
	forms, err := house.store.Secret(ctx, "forms")
	if err != nil {
		return err
	}

	server := &http.Server{
		Handler: handlers.New(handlers.Options{
			House: house.rules, Hub: house.hub, Renderer: house.renderer,
			Sessions: house.store.Sessions(), Ready: house.store.Ping, Stopping: house.stopping.Load,
			PublicURL: public, TrustedProxies: c.TrustedProxies, OIDC: elsewhere, FormKey: forms, Log: log,
		}),
		ReadHeaderTimeout: 10 * time.Second,
		// A request's body must be here by then. Streams have none, and set the
		// deadlines of their writes themselves.
		ReadTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- c.serve(server, listener) }()
	log.Info("the house is open", "address", c.address(listener))
	if err := house.tellSetUp(ctx, log, c.base(public, listener)); err != nil && ctx.Err() == nil {
		return err
	}
	if c.MetricsListen != "" {
		watching, err := net.Listen("tcp", c.MetricsListen)
		if err != nil {
			return fmt.Errorf("--metrics-listen: %w", err)
		}
		defer watching.Close()
		go house.metrics.serve(watching, log)
		log.Info("metrics are open", "metrics", "http://"+watching.Addr().String())
	}
	if c.Limits == "off" {
		log.Warn("LIMITS ARE OFF: anybody can flood this server. Never do this on an open network.")
	}

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("closing the house")
	return c.shutdown(ending, log, server, house)
}

func (c *serveCommand) publicURL() (*url.URL, error) {
	if c.PublicURL == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Scheme != "http" && public.Scheme != "https" || public.Host == "" {
		return nil, fmt.Errorf("--public-url: %q is no address such as https://chat.example", c.PublicURL)
	}
	return public, nil
}

func (c *serveCommand) serve(server *http.Server, listener net.Listener) error {
	if c.TLSCert == "" {
		return server.Serve(listener)
	}
	certificate, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return server.Serve(shakeHands(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{certificate},
	}))
}

func (c *serveCommand) address(listener net.Listener) string {
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + listener.Addr().String()
}

// base is the house's address as the log tells it.
func (c *serveCommand) base(public *url.URL, listener net.Listener) string {
	if public != nil {
		return strings.TrimSuffix(public.String(), "/")
	}
	return c.address(listener)
}

// shutdown first lets load balancers see that no more requests are wanted, while
// everything is still served. Then it ends the streams, spread over a while, and
// lets the requests in flight finish meanwhile. From then until ending ends,
// nothing waits for a database that is silent.
func (c *serveCommand) shutdown(ending context.Context, log *slog.Logger, server *http.Server, house *house) error {
	house.stopping.Store(true)
	time.Sleep(c.ShutdownDelay)
	go abandonSilent(ending, house.store, log)
	ctx, cancel := context.WithTimeout(ending, c.ShutdownGrace+finishTime)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		house.hub.Drain(ctx, c.ShutdownGrace)
		close(drained)
	}()
	err := server.Shutdown(ctx)
	<-drained
	return err
}

// house is everything behind the handlers.
type house struct {
	store    *db.Store
	bus      *bus.NATS // nil: this is the only node
	hub      *events.Hub
	rules    *parlour.House
	renderer *handlers.Renderer
	metrics  *metrics
	stopping atomic.Bool // no more requests are wanted
}

func (c *serveCommand) open(ctx context.Context, log *slog.Logger, zone *time.Location, post *mail.Post) (*house, error) {
	h := &house{renderer: handlers.NewRenderer(zone), metrics: newMetrics()}
	policy, err := c.policy()
	if err != nil {
		return nil, err
	}
	h.store, err = c.store(ctx, db.Options{
		OnCommit: func(changes []parlour.Change) {
			h.metrics.count(changes)
			h.hub.Publish(changes)
		},
		OnControl: func(controls []parlour.Control) {
			if h.hub != nil { // else nobody is connected yet
				h.hub.PublishControls(controls)
			}
		},
		Log: log,
	})
	if err != nil {
		return nil, err
	}
	var heeding atomic.Pointer[parlour.House]
	live := events.Options{
		Store: h.store, Renderer: h.renderer, Log: log,
		JoinGrace: c.JoinGrace, LeaveGrace: c.LeaveGrace,
		Authorize: func(ctx context.Context, sub events.Subscription) error {
			return h.rules.MayStay(ctx, identityOf(sub), sub.Slug)
		},
		IsShared: c.Database != "",
		Heed: func(c parlour.Control) {
			if rules := heeding.Load(); rules != nil { // else nothing is kept in memory yet
				rules.Heed(c)
			}
		},
		Count: func(spent []parlour.Spent) {
			if rules := heeding.Load(); rules != nil { // else nothing was admitted yet
				rules.Count(spent)
			}
		},
		StreamsPerPerson: streamsPerPerson, StreamsPerAddress: streamsPerAddress,
	}
	if policy != nil {
		live.Consult = func(ctx context.Context, sub events.Subscription) error {
			return h.rules.MayStayByPolicy(ctx, identityOf(sub), sub.Slug)
		}
	}
	if c.Limits == "off" {
		live.StreamsPerPerson, live.StreamsPerAddress = 0, 0
	}
	if c.NATS != "" {
		if h.bus, err = c.connectBus(ctx, h.store, log); err != nil {
			return nil, errors.Join(err, h.store.Close())
		}
		live.Bus = h.bus // a nil *bus.NATS would be a Bus
	}
	if h.hub, err = events.NewHub(live); err != nil {
		h.closeBus()
		return nil, errors.Join(err, h.store.Close())
	}
	h.metrics.watch(h.hub)
	if h.bus != nil {
		h.metrics.watchBus(h.bus, h.hub)
	}
	seats, err := h.store.AnnouncedSeats(ctx)
	if err != nil {
		h.hub.Close()
		h.closeBus()
		return nil, errors.Join(err, h.store.Close())
	}
	h.hub.Restore(seats)
	rules := parlour.Rules{
		Limits: c.Limits == "on", NameHold: c.NameHold, Share: h.hub.Spend, Policy: policy, MentionsAt: views.MentionsAt,
	}
	if post != nil { // a nil *mail.Post would be a Mailer
		rules.Mailer = post
	}
	if policy != nil {
		go recheckNowAndThen(ctx, h.hub)
	}
	h.rules = parlour.NewHouse(h.store, h.hub, rules)
	heeding.Store(h.rules)
	return h, nil
}

// identityOf is as whom a stream was opened.
func identityOf(sub events.Subscription) parlour.Identity {
	return parlour.Identity{Kind: sub.Kind, ID: sub.Person.ID, Name: sub.Person.Name, Addr: sub.Addr, Session: sub.Session}
}

// close ends what is live before the store that it reads.
func (h *house) close(log *slog.Logger) {
	h.hub.Close()
	h.closeBus()
	if err := h.store.Close(); err != nil {
		log.Error("closing the database", "error", err)
	}
}
