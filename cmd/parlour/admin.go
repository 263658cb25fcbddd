package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parlour"
	"parlour/db"
)

type adminCommand struct {
	Add   adminAddCommand   `cmd:"" help:"Make a member an admin, or print a link with which a new admin signs up."`
	Reset adminResetCommand `cmd:"" help:"Print a link with which a member chooses a new password."`
}

// shellOptions are those of the commands that work on the database beside the
// server, which may be running meanwhile.
type shellOptions struct {
	databaseOptions
	PublicURL string `name:"public-url" default:"http://127.0.0.1:8080" env:"PARLOUR_PUBLIC_URL" help:"The address that people see (${default})."`
}

// link is the whole address of a path of the house.
func (o shellOptions) link(path string) string { return strings.TrimSuffix(o.PublicURL, "/") + path }

// house opens the house without its live side.
func (o shellOptions) house(ctx context.Context) (*parlour.House, *db.Store, error) {
	store, err := o.store(ctx, db.Options{})
	if err != nil {
		return nil, nil, err
	}
	return parlour.NewHouse(store, nobodyIsHere{}, parlour.Rules{NameHold: time.Hour}), store, nil
}

// nobodyIsHere is the live side of a house that serves nobody. Streams of a
// server beside us ask again when their time is over.
type nobodyIsHere struct{}

func (nobodyIsHere) Left(int64, string)              {}
func (nobodyIsHere) SessionEnded(string)             {}
func (nobodyIsHere) Recheck(int64)                   {}
func (nobodyIsHere) RecheckWhom(int64, parlour.Whom) {}

type adminAddCommand struct {
	shellOptions
	Email string `arg:"" help:"The admin's e-mail address."`
}

// Run makes the admin, or prints the link.
func (c *adminAddCommand) Run(ctx context.Context) (err error) {
	house, store, err := c.house(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	path, err := house.AddAdmin(ctx, c.Email)
	if err != nil {
		return err
	}
	if path == "" {
		fmt.Printf("%s is an admin\n", c.Email)
		return nil
	}
	fmt.Println(c.link(path))
	return nil
}

type adminResetCommand struct {
	shellOptions
	Email string `arg:"" help:"The member's e-mail address."`
}

// Run prints the link.
func (c *adminResetCommand) Run(ctx context.Context) (err error) {
	house, store, err := c.house(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	account, err := store.AccountByEmail(ctx, c.Email)
	if err != nil {
		return err
	}
	// Whoever has the database in their hands may do what an admin may.
	shell := parlour.Identity{Kind: parlour.Member, Name: "shell", Admin: true}
	path, err := house.ResetLink(ctx, shell, account.ID)
	if err != nil {
		return err
	}
	fmt.Println(c.link(path))
	return nil
}
