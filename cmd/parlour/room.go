package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"parlour"
	"parlour/db"
)

type roomCommand struct {
	Add  roomAddCommand  `cmd:"" help:"Add an open room."`
	List roomListCommand `cmd:"" help:"List the rooms."`
}

type roomAddCommand struct {
	databaseOptions
	Slug  string `arg:"" help:"The room's part of the address: /rooms/SLUG."`
	Name  string `arg:"" optional:"" help:"The room's name (the slug)."`
	Topic string `help:"One line that tells what the room is about."`
}

// Run adds the room. The server may be running meanwhile.
func (c *roomAddCommand) Run(ctx context.Context) (err error) {
	store, err := c.store(ctx, db.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	slug, err := parlour.CleanSlug(c.Slug)
	if err != nil {
		return err
	}
	room, err := store.CreateRoom(ctx, parlour.Room{Slug: slug, Name: cmp.Or(c.Name, slug), Topic: c.Topic})
	if err != nil {
		return err
	}
	fmt.Printf("/rooms/%s\n", room.Slug)
	return nil
}

type roomListCommand struct {
	databaseOptions
}

// Run lists the rooms.
func (c *roomListCommand) Run(ctx context.Context) (err error) {
	store, err := c.store(ctx, db.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	rooms, err := store.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, room := range rooms {
		fmt.Printf("/rooms/%s\t%s\t%s changes\n", room.Slug, room.Name, room.Head)
	}
	return nil
}
