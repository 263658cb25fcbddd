package parlour

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The rooms of testdata/policy.txt. The password is asked for when a seat is taken, and
// changes nothing here.
var policyRooms = map[string]Room{
	"open":      {Access: Presets["open"]},
	"members":   {Access: Presets["members"]},
	"private":   {Access: Presets["private"]},
	"staff":     {Access: Access{See: Moderators, Read: Moderators, Post: Moderators, Upload: Nobody}},
	"stage":     {Access: Access{See: Guests, Read: Guests, Post: ListedOnly, Upload: Moderators}},
	"closed":    {Access: Access{See: Guests, Read: Nobody, Post: Nobody, Upload: Nobody}},
	"locked":    {Access: Presets["open"], Locked: true},
	"readonly":  {Access: Presets["open"], ReadOnly: true},
	"waiting":   {Access: Presets["open"], WaitingRoom: true},
	"slowstart": {Access: Presets["open"], TalkAfter: 2 * time.Minute, LinkAfter: 10 * time.Minute},
	"archive":   {Access: Presets["open"], ArchivedAt: policyNow.Add(-time.Hour)},
	"password":  {Access: Presets["open"], PasswordHash: "hash"},
	"final":     {Access: Presets["open"], EditWindow: NoEdits},
}

var policyNow = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// policyStandings are those of testdata/policy.txt: what somebody is, and behind
// the plus how they stand in the room. "in" has come a minute ago, "later" five
// minutes, "old" an hour; "out" has come and was not let in; "mute" and "ban"
// are sanctions. Without a plus they have no seat.
var policyStandings = strings.Fields(`visitor visitor+ban
	guest guest+in guest+out guest+later guest+old guest+mute guest+ban
	member member+in member+out member+mute member+ban
	listed listed+in listed+mute listed+ban mod mod+in mod+mute mod+ban
	owner owner+in owner+mute owner+ban admin admin+in admin+mute admin+ban`)

// policyStanding makes a standing of what the table calls it.
func policyStanding(t *testing.T, called string) Standing {
	t.Helper()
	kind, more, _ := strings.Cut(called, "+")
	who := Standing{Identity: Identity{ID: "pwho", Name: "Who", Kind: Member}}
	sanction := &Sanction{Reason: "a reason", Until: policyNow.Add(time.Hour)}
	switch kind {
	case "visitor":
		who.Identity = Identity{}
	case "guest":
		who.Kind = Guest
	case "member":
	case "listed":
		who.Role = Listed
	case "mod":
		who.Role = Moderator
	case "owner":
		who.Role = Owner
	case "admin":
		who.Admin = true
	default:
		t.Fatalf("nobody is called %q", called)
	}
	if more != "" {
		who.Seat = Seat{Person: who.ID, Admitted: true, Since: policyNow.Add(-time.Minute)}
	}
	switch more {
	case "", "in":
	case "out":
		who.Seat.Admitted = false
	case "later":
		who.Seat.Since = policyNow.Add(-5 * time.Minute)
	case "old":
		who.Seat.Since = policyNow.Add(-time.Hour)
	case "mute":
		who.Muted = sanction
	case "ban":
		who.Barred = sanction
	default:
		t.Fatalf("nobody is called %q", called)
	}
	return who
}

var policyCells = map[string]string{
	"room.not_found": "404", "session.none": "name", "policy.members_only": "sign", "seat.none": "seat",
	"policy.locked": "lock", "policy.waiting": "wait", "policy.barred": "ban", "policy.muted": "mute",
	"policy.read_only": "ro", "policy.archived": "arch", "policy.newcomer": "soon", "policy.newcomer_links": "soon",
	"policy.refused": "no", "policy.no_edits": "said", "policy.moderators_only": "mod", "policy.owners_only": "own",
}

func TestPolicyIsWhatTheTableSays(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("testdata/policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	rooms := strings.Split(strings.TrimSpace(string(table)), "\n\n")[1:] // the first part is a comment
	if len(rooms) != len(policyRooms) {
		t.Errorf("the table has %d rooms, want %d", len(rooms), len(policyRooms))
	}
	for _, of := range rooms {
		rows := strings.Split(of, "\n")
		head := strings.Fields(rows[0])
		room, known := policyRooms[head[0]]
		if !known || !slices.Equal(head[1:], actionNames()) {
			t.Fatalf("%q is no room with all actions", rows[0])
		}
		var standings []string
		for _, row := range rows[1:] {
			want := strings.Fields(row)
			standings = append(standings, want[0])
			who := policyStanding(t, want[0])
			for i, action := range Actions {
				if got := policyCell(May(who, action, room, policyNow)); got != want[i+1] {
					t.Errorf("%s: %s %s: %s, want %s", head[0], want[0], action, got, want[i+1])
				}
			}
		}
		if !slices.Equal(standings, policyStandings) {
			t.Errorf("%s has the standings %s, want %s", head[0], standings, policyStandings)
		}
	}
}

func actionNames() (names []string) {
	for _, action := range Actions {
		names = append(names, string(action))
	}
	return names
}

// policyCell is an answer of the policy as the table calls it.
func policyCell(err error) string {
	if err == nil {
		return "yes"
	}
	refusal, _ := errors.AsType[*Error](err)
	if cell, ok := policyCells[refusal.Code]; ok {
		return cell
	}
	return refusal.Code
}

func TestUnknownActionIsRefused(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"guest+in", "owner", "admin"} {
		if May(policyStanding(t, who), "fly", policyRooms["open"], policyNow) == nil {
			t.Errorf("%s may do what there is not", who)
		}
	}
}

func TestRefusalsTellForHowLong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		who, room string
		action    Action
		wait      time.Duration
	}{
		{"guest+in", "slowstart", Post, time.Minute},
		{"guest+later", "slowstart", Link, 5 * time.Minute},
		{"guest+ban", "open", Read, time.Hour},
		{"guest+mute", "open", Post, time.Hour},
	} {
		err := May(policyStanding(t, c.who), c.action, policyRooms[c.room], policyNow)
		if refusal, _ := errors.AsType[*Error](err); refusal == nil || refusal.RetryAfter != c.wait {
			t.Errorf("%s, %s in %s: %v, want to wait %v", c.who, c.action, c.room, err, c.wait)
		}
	}
}

// Whoever belongs to an audience belongs to every larger one.
func TestAudiencesIncludeTheSmallerOnes(t *testing.T) {
	t.Parallel()
	for _, called := range []string{"visitor", "guest+in", "member+in", "listed+in", "mod", "owner", "admin"} {
		who, was := policyStanding(t, called), false
		for _, audience := range Audiences {
			is := audience.includes(who)
			if was && !is {
				t.Errorf("%s belongs to an audience smaller than %s and not to it", called, audience)
			}
			was = is
		}
		if !was {
			t.Errorf("%s does not belong to everybody", called)
		}
	}
}

// Presets are named after what they are, and none is refused as a setting.
func TestPresetsAreAccessesThatCanBe(t *testing.T) {
	t.Parallel()
	for name, access := range Presets {
		if _, err := access.check(); err != nil || access.Preset() != name {
			t.Errorf("%s is called %q: %v", name, access.Preset(), err)
		}
	}
}

// TestWhatMayEndReadingIsKnown: no change of a room takes the right to read from
// anybody without being known for it.
func TestWhatMayEndReadingIsKnown(t *testing.T) {
	t.Parallel()
	ended := 0
	for wasCalled, was := range policyRooms {
		for isCalled, is := range policyRooms {
			for _, called := range policyStandings {
				who := policyStanding(t, called)
				if !who.IsSeated() || May(who, Read, was, policyNow) != nil || May(who, Read, is, policyNow) == nil {
					continue
				}
				if ended++; !MayEndReading(was, is) {
					t.Errorf("%s may read in %s and not in %s", called, wasCalled, isCalled)
				}
			}
		}
	}
	if ended == 0 {
		t.Error("nobody ever loses the right")
	}
	for _, called := range []string{"locked", "readonly", "slowstart", "archive", "password", "final"} {
		if MayEndReading(policyRooms["open"], policyRooms[called]) {
			t.Errorf("streams are asked about although an open room has only become %s", called)
		}
	}
}
