package parlour

import (
	"context"
	"slices"
)

// SignUpRule says who may become a member.
type SignUpRule string

// The rules of signing up.
const (
	SignUpOpen    SignUpRule = "open"
	SignUpInvited SignUpRule = "invited" // with an invitation only
	SignUpClosed  SignUpRule = "closed"
)

// RoomMakers says who may create rooms.
type RoomMakers string

// Those who may create rooms.
const (
	AdminsMakeRooms  RoomMakers = "admins"
	MembersMakeRooms RoomMakers = "members"
)

// Settings are what admins set for the whole house.
type Settings struct {
	SignUp      SignUpRule
	CreateRooms RoomMakers
}

// SettingStore keeps settings by name; one that was never set is not there.
type SettingStore interface {
	Settings(ctx context.Context) (map[string]string, error)
	ChangeSettings(ctx context.Context, set map[string]string, act LogEntry) error
}

// ActSettings is a change of settings, as the moderation log names it.
const ActSettings Act = "settings"

// Settings are those in force.
func (h *House) Settings(ctx context.Context) (Settings, error) {
	set, err := h.store.Settings(ctx)
	if err != nil {
		return Settings{}, err
	}
	s := Settings{SignUp: SignUpOpen, CreateRooms: AdminsMakeRooms}
	if rule, ok := set["sign_up"]; ok {
		s.SignUp = SignUpRule(rule)
	}
	if makers, ok := set["create_rooms"]; ok {
		s.CreateRooms = RoomMakers(makers)
	}
	return s, nil
}

// ChangeSettings sets them all. Only admins may.
func (h *House) ChangeSettings(ctx context.Context, by Identity, s Settings) error {
	if err := h.mustRun(by); err != nil {
		return err
	}
	if !slices.Contains([]SignUpRule{SignUpOpen, SignUpInvited, SignUpClosed}, s.SignUp) {
		return fieldErrorf(Invalid, "setting.unknown", "sign_up", "there is no such choice")
	}
	if !slices.Contains([]RoomMakers{AdminsMakeRooms, MembersMakeRooms}, s.CreateRooms) {
		return fieldErrorf(Invalid, "setting.unknown", "create_rooms", "there is no such choice")
	}
	act := h.act(Standing{Identity: by}, Room{}, ActSettings)
	act.Detail = "sign_up=" + string(s.SignUp) + " create_rooms=" + string(s.CreateRooms)
	return h.store.ChangeSettings(ctx, map[string]string{
		"sign_up": string(s.SignUp), "create_rooms": string(s.CreateRooms),
	}, act)
}

// mustRun refuses all but admins, to whom alone what is theirs is there.
func (h *House) mustRun(by Identity) error {
	if !by.Admin {
		return ErrNoPage
	}
	return nil
}

// ErrNoPage answers alike for what never was and for what is not for everybody
// to know of.
var ErrNoPage = Errorf(NotFound, "page.not_found", "there is no such page")
