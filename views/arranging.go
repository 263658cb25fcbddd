package views

import (
	"strconv"

	"parlour"
)

// ArrangedRoom is the form of a room's settings.
type ArrangedRoom struct {
	Room   parlour.Room // as it is; the zero Room is one that is to be made
	Form   parlour.RoomForm
	Preset string // the access chosen by name, or "custom"
	Err    error
	Done   string // what was just done, as a key below "rooms.done."
}

// CustomAccess is the preset of those who choose each audience.
const CustomAccess = "custom"

// PresetOf names an access for a form.
func PresetOf(a parlour.Access) string {
	if name := a.Preset(); name != "" {
		return name
	}
	return CustomAccess
}

var presetChoices = []string{"open", "members", "private", CustomAccess}

func (a ArrangedRoom) isNew() bool { return a.Room.ID == 0 }

func (a ArrangedRoom) action() string {
	if a.isNew() {
		return "/rooms/new"
	}
	return roomPath(a.Room.Slug, "/settings")
}

// roomFields are the fields of the form, by which a refusal is told beside them.
var roomFields = []string{
	"name", "slug", "topic", "description", "rules", "see", "read", "post", "upload",
	"password", "slow", "talk_after", "link_after", "edit_window", "confirm",
}

func (a ArrangedRoom) blank(name, value string) blank {
	return blank{Prefix: "rooms.", Name: name, Value: value, Err: a.Err}
}

func audienceNames() []string {
	names := make([]string, len(parlour.Audiences))
	for i, a := range parlour.Audiences {
		names[i] = string(a)
	}
	return names
}

// RoomList is the list of a room's members with the form that adds to it.
type RoomList struct {
	Room   parlour.Room
	Listed []parlour.Listing
	Typed  string // who was to be added
	Role   string
	Err    error
	Done   string
}

// Invitations are those to a room, or to the house when the room is empty.
type Invitations struct {
	Room    parlour.Room
	Working []parlour.Pass
	Made    string // the address of one that was just made; it is never shown again
	Form    parlour.Invite
	Err     error
	Done    string
}

func (i Invitations) path(below string) string {
	if i.Room.ID == 0 {
		return "/admin/invitations" + below
	}
	return roomPath(i.Room.Slug, "/invitations"+below)
}

func (i Invitations) blank(name, value string) blank {
	return blank{Prefix: "invite.", Name: name, Value: value, Err: i.Err}
}

// Invited is somebody who follows an invitation.
type Invited struct {
	parlour.Invited
	Token  string // of the invitation
	Proof  string // that the form comes from the page; empty: none is asked for
	SignUp bool   // whether it leads to signing up
	Name   string // what was typed, or is to be proposed
	Zone   string // the time zone that was chosen, or empty: the house's
	Err    error
}

func (i Invited) path() string { return "/invite/" + i.Token }

func itoa(n int) string { return strconv.Itoa(n) }
