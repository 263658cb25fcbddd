// Package trial measures a server: it opens a crowd there, has it talk, and makes
// figures of what came of it and of what the server used meanwhile.
package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/mark"
	"parlour/cmd/parlour-load/internal/process"
)

// Subject is a server to be measured.
type Subject struct {
	Name    string
	Base    string // http://host:port
	PID     int    // 0 when it is not on this machine
	Collect string // address that makes it collect garbage, or empty
	// Goroutines is the address of its goroutine profile with debug=1, or empty.
	Goroutines string
}

// Setting says what the crowd is like. Its tags make it flags of a command.
type Setting struct {
	Readers     int           `default:"1000" help:"Readers, spread evenly over the rooms."`
	Rooms       int           `default:"1" help:"Rooms. More than one are named by --room-pattern."`
	Room        string        `default:"lobby" help:"The room, when there is one."`
	RoomPattern string        `default:"load-%d" help:"Names of several rooms, counted from 1."`
	Sessions    int           `default:"200" help:"Sessions that the readers share."`
	InFlight    []int         `default:"1" help:"Closed loop: posts under way at a time. Several values are measured one after the other."`
	Rate        float64       `help:"Posts a second, in place of a closed loop."`
	Duration    time.Duration `default:"10s" help:"How long to post."`
	Posts       int           `help:"Posts after which to stop earlier."`
	WarmUp      time.Duration `default:"1s" help:"How long to post before anything counts."`
	EventBytes  int           `default:"500" help:"Size of an event on the wire; messages are padded to reach it."`
	Stalled     int           `help:"Readers on top that never read."`
	Slow        int           `help:"Readers on top that read slowly."`
	SlowRate    int           `default:"1024" help:"Bytes a second that a slow reader reads."`
	Settle      time.Duration `default:"15s" help:"The most to wait until the server's memory stands still, before and after the readers have come."`
	Pin         bool          `default:"true" negatable:"" help:"Keep the reading thread on the last core, and yardsticks on the first."`
	Plain       bool          `help:"Post as a browser without scripts does, and be answered 303."`
	Spin        bool          `default:"true" negatable:"" help:"In a closed loop keep this program awake, so that the server is not charged for waking it."`
}

func (s Setting) slugs() []string {
	if s.Rooms <= 1 {
		return []string{s.Room}
	}
	slugs := make([]string, s.Rooms)
	for i := range slugs {
		slugs[i] = fmt.Sprintf(s.RoomPattern, i+1)
	}
	return slugs
}

// Run opens a crowd at the server and has it talk once for each count of posts
// in flight. It does so on a thread of its own that keeps to one core.
func Run(ctx context.Context, s Subject, f Setting, show *Progress) (result Result, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if cores := process.Cores(); f.Pin && len(cores) > 1 {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			if err = process.StayOn(slices.Max(cores)); err != nil {
				return
			}
		}
		t := trial{Subject: s, Setting: f, show: show}
		result, err = t.run(ctx)
	}()
	<-done
	return result, err
}

type trial struct {
	Subject
	Setting
	show  *Progress
	crowd *crowd.Crowd
}

func (t *trial) run(ctx context.Context) (Result, error) {
	slugs := t.slugs()
	result := Result{Name: t.Name, Address: t.Base, Rooms: len(slugs), Readers: t.Readers, Stalled: t.Stalled, Slow: t.Slow}
	t.show.Say(t.Name, "joins the rooms")
	rooms, err := crowd.Enter(ctx, t.Base, slugs, t.Sessions, "load "+mark.NewRun().ID(), nil)
	if err != nil {
		return result, err
	}
	before, err := t.memory(ctx, process.Pause)
	if err != nil {
		return result, err
	}
	address, err := url.Parse(t.Base)
	if err != nil {
		return result, err
	}
	start := time.Now()
	t.show.Say(t.Name, "opens streams")
	t.crowd, err = crowd.Open(ctx, crowd.Plan{
		Address: address.Host, Rooms: rooms,
		Readers: t.Readers, Stalled: t.Stalled, Slow: t.Slow, SlowRate: t.SlowRate,
		InFlight: t.connections(), Plain: t.Plain, Spin: t.Spin && t.Rate == 0, Progress: t.show.step,
	})
	if err != nil {
		return result, fmt.Errorf("open the streams: %w", err)
	}
	defer t.crowd.Close()
	result.OpenSeconds = time.Since(start).Seconds()
	if t.PID != 0 {
		t.show.Say(t.Name, "settles")
		idle, err := t.memory(ctx, t.crowd.Idle)
		if err != nil {
			return result, err
		}
		result.ResidentBefore, result.ResidentIdle = before, idle
		if all := t.Readers + t.Stalled + t.Slow; all > 0 {
			result.BytesPerReader = float64(idle-before) / float64(all)
		}
	}
	if result.Goroutines, err = t.goroutines(ctx); err != nil {
		return result, err
	}
	padding, err := t.calibrate(ctx)
	if err != nil {
		return result, err
	}
	counts := t.InFlight
	if t.Rate > 0 {
		counts = []int{0}
	}
	for _, inFlight := range counts {
		talk, err := t.talk(ctx, inFlight, padding)
		if err != nil {
			return result, err
		}
		result.Talks = append(result.Talks, talk)
	}
	return result, nil
}

// connections is how many connections post. With a rate there are plenty, so
// that a slow answer does not hold up the next post.
func (t *trial) connections() int {
	if t.Rate > 0 {
		return 64
	}
	return slices.Max(t.InFlight)
}

// memory is the server's memory, see Memory.
func (t *trial) memory(ctx context.Context, pause func(context.Context, time.Duration) error) (int64, error) {
	return Memory(ctx, t.Subject, t.Settle, pause)
}

// Memory is the server's resident memory once it stands still, or 0 when the
// server is not on this machine. pause is how to spend a moment meanwhile.
func Memory(ctx context.Context, s Subject, most time.Duration, pause func(context.Context, time.Duration) error) (int64, error) {
	if s.PID == 0 {
		return 0, nil
	}
	for n := 0; n < collections && s.Collect != ""; n++ {
		if _, err := Fetch(ctx, s.Collect); err != nil {
			return 0, fmt.Errorf("have the server collect garbage: %w", err)
		}
	}
	return process.Settle(ctx, s.PID, most, pause)
}

// collections is how often a server collects garbage before its memory is read.
// Each halves the stacks that are too large for goroutines that only wait, which
// a server at rest would come to by itself, at one collection in two minutes.
const collections = 4

// goroutines is how many goroutines the server has, or 0 when it does not tell.
func (t *trial) goroutines(ctx context.Context) (n int, err error) {
	if t.Goroutines == "" {
		return 0, nil
	}
	profile, err := Fetch(ctx, t.Goroutines)
	if err != nil {
		return 0, fmt.Errorf("count the server's goroutines: %w", err)
	}
	if _, err := fmt.Sscanf(string(profile), "goroutine profile: total %d", &n); err != nil {
		return 0, fmt.Errorf("count the server's goroutines: %w", err)
	}
	return n, nil
}

// Fetch reads what an address answers.
func Fetch(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return io.ReadAll(resp.Body)
}

// calibrate finds out how much text makes an event as large as was asked for.
func (t *trial) calibrate(ctx context.Context) (padding int, err error) {
	t.show.Say(t.Name, "warms up")
	first, err := t.crowd.Talk(ctx, crowd.Talk{InFlight: 1, Posts: 2})
	if err != nil {
		return 0, err
	}
	if first.Refused > 0 {
		return 0, fmt.Errorf("the first messages were refused: %s", first.Reason)
	}
	if first.Deliveries == 0 && first.Lost > 0 {
		return 0, errors.New("nobody got the first messages")
	}
	padding = max(0, t.EventBytes-first.MeanEvent()-1)
	_, err = t.crowd.Talk(ctx, crowd.Talk{Rate: t.Rate, Duration: t.WarmUp, Padding: padding})
	return padding, err
}

func (t *trial) talk(ctx context.Context, inFlight, padding int) (Talk, error) {
	t.show.Say(t.Name, "talks")
	var used [2]time.Duration
	clock := func(i int) (err error) {
		if t.PID != 0 {
			used[i], err = process.CPU(t.PID)
		}
		return err
	}
	if err := clock(0); err != nil {
		return Talk{}, err
	}
	tally, err := t.crowd.Talk(ctx, crowd.Talk{Rate: t.Rate, InFlight: inFlight, Duration: t.Duration, Posts: t.Posts, Padding: padding})
	if err != nil {
		return Talk{}, err
	}
	if err := clock(1); err != nil {
		return Talk{}, err
	}
	talk := newTalk(tally, t.Rate, inFlight, (used[1] - used[0]).Seconds())
	if t.PID != 0 {
		talk.Resident, err = process.Resident(t.PID)
	}
	return talk, err
}
