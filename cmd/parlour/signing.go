package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"parlour/handlers"
	"parlour/mail"
)

// signingOptions are how members sign in besides by password, and how the house
// writes to them.
type signingOptions struct {
	SMTPURL          string `name:"smtp-url" env:"PARLOUR_SMTP_URL" help:"Mail server: smtp://user:password@host:port, or smtps://. Without one, sign-ups are not confirmed, and new passwords are set by links that admins make."`
	MailFrom         string `env:"PARLOUR_MAIL_FROM" help:"Address that e-mail comes from, such as \"Parlour <chat@example.org>\"."`
	OIDCIssuer       string `name:"oidc-issuer" env:"PARLOUR_OIDC_ISSUER" help:"OpenID Connect provider with which people can sign in, such as https://id.example.org."`
	OIDCClientID     string `name:"oidc-client-id" env:"PARLOUR_OIDC_CLIENT_ID" help:"The house's client ID at the provider."`
	OIDCClientSecret string `name:"oidc-client-secret" env:"PARLOUR_OIDC_CLIENT_SECRET" help:"The house's client secret at the provider, where PUBLIC-URL/login/oidc/callback is the redirect address."`
	OIDCName         string `name:"oidc-name" default:"OpenID" env:"PARLOUR_OIDC_NAME" help:"What people call the provider (${default})."`
}

// post is the post office, or nil where the house sends no mail.
func (o *signingOptions) post(public *url.URL, log *slog.Logger) (*mail.Post, error) {
	if o.SMTPURL == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	server, err := url.Parse(o.SMTPURL)
	if err != nil {
		return nil, errors.New("--smtp-url is no address such as smtp://user:password@host:587") // err would show the password
	}
	if public == nil || o.MailFrom == "" {
		return nil, errors.New("--smtp-url needs --public-url, where letters lead, and --mail-from")
	}
	return mail.New(mail.Options{Server: server, From: o.MailFrom, Public: public, Log: log})
}

// provider is the OpenID Connect provider, or nil.
func (o *signingOptions) provider(public *url.URL) (*handlers.OIDC, error) {
	if o.OIDCIssuer == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	if public == nil || o.OIDCClientID == "" {
		return nil, errors.New("--oidc-issuer needs --public-url, where the provider leads back to, and --oidc-client-id")
	}
	return &handlers.OIDC{
		Issuer: o.OIDCIssuer, ClientID: o.OIDCClientID, ClientSecret: o.OIDCClientSecret, Name: o.OIDCName,
	}, nil
}

// mailTime is how long letters may take to go when the server stops.
const mailTime = 5 * time.Second

func closePost(post *mail.Post) {
	if post == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), mailTime)
	defer cancel()
	post.Close(ctx)
}

// tellSetUp logs the link by which the first admin signs up, as long as there is
// none. Whoever reads the log of a new house runs it.
func (h *house) tellSetUp(ctx context.Context, log *slog.Logger, base string) error {
	path, err := h.rules.SetUpLink(ctx)
	if err != nil {
		return fmt.Errorf("set-up link: %w", err)
	}
	if path != "" {
		log.Info("the house has no admin yet: open this link within a day to become one", "link", base+path)
	}
	return nil
}
