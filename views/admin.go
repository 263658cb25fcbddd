package views

import "parlour"

// AdminRoom is a room as admins see it.
type AdminRoom struct {
	parlour.Room
	Present int
}

// Accounts are a page of the house's members.
type Accounts struct {
	Accounts []parlour.Account
	Search   string
	After    string // the name after which the next page begins, empty: none
	Done     string
	Reset    string // the address of a reset link that was just made, and for whom
	For      string
	Err      error
}

// HouseSettings is the form of the settings of the whole house.
type HouseSettings struct {
	parlour.Settings
	Err  error
	Done string
}

var (
	signUpChoices = []string{string(parlour.SignUpOpen), string(parlour.SignUpInvited), string(parlour.SignUpClosed)}
	makerChoices  = []string{string(parlour.AdminsMakeRooms), string(parlour.MembersMakeRooms)}
)
