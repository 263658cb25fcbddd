package main

import (
	"context"
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

// subject is a server to be measured.
type subject struct {
	Name    string
	Base    string // http://host:port
	PID     int    // 0 when it is not on this machine
	Collect string // address that makes it collect garbage, or empty
}

// measure opens a crowd at the server and has it talk once for each count of
// posts in flight. It does so on a thread of its own that keeps to one core.
func measure(ctx context.Context, s subject, f crowdFlags, slugs []string, show *progress) (result Result, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if cores := process.Cores(); f.Pin && len(cores) > 1 {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			if err = process.StayOn(slices.Max(cores)); err != nil {
				return
			}
		}
		m := measurement{subject: s, crowdFlags: f, show: show}
		result, err = m.run(ctx, slugs)
	}()
	<-done
	return result, err
}

type measurement struct {
	subject
	crowdFlags
	show  *progress
	crowd *crowd.Crowd
}

func (m *measurement) run(ctx context.Context, slugs []string) (Result, error) {
	result := Result{Name: m.Name, Address: m.Base, Rooms: len(slugs), Readers: m.Readers, Stalled: m.Stalled, Slow: m.Slow}
	m.show.say(m.Name, "joins the rooms")
	rooms, err := crowd.Enter(ctx, m.Base, slugs, m.Sessions, "load "+mark.NewRun().ID())
	if err != nil {
		return result, err
	}
	before, err := m.memory(ctx, process.Pause)
	if err != nil {
		return result, err
	}
	address, err := url.Parse(m.Base)
	if err != nil {
		return result, err
	}
	start := time.Now()
	m.show.say(m.Name, "opens streams")
	m.crowd, err = crowd.Open(ctx, crowd.Plan{
		Address: address.Host, Rooms: rooms,
		Readers: m.Readers, Stalled: m.Stalled, Slow: m.Slow, SlowRate: m.SlowRate,
		InFlight: m.connections(), Plain: m.Plain, Spin: m.Spin && m.Rate == 0, Progress: m.show.step,
	})
	if err != nil {
		return result, fmt.Errorf("open the streams: %w", err)
	}
	defer m.crowd.Close()
	result.OpenSeconds = time.Since(start).Seconds()
	if m.PID != 0 {
		m.show.say(m.Name, "settles")
		idle, err := m.memory(ctx, m.crowd.Idle)
		if err != nil {
			return result, err
		}
		result.ResidentBefore, result.ResidentIdle = before, idle
		if all := m.Readers + m.Stalled + m.Slow; all > 0 {
			result.BytesPerReader = float64(idle-before) / float64(all)
		}
	}
	padding, err := m.calibrate(ctx)
	if err != nil {
		return result, err
	}
	counts := m.InFlight
	if m.Rate > 0 {
		counts = []int{0}
	}
	for _, inFlight := range counts {
		t, err := m.talk(ctx, inFlight, padding)
		if err != nil {
			return result, err
		}
		result.Talks = append(result.Talks, t)
	}
	return result, nil
}

// connections is how many connections post. With a rate there are plenty, so
// that a slow answer does not hold up the next post.
func (m *measurement) connections() int {
	if m.Rate > 0 {
		return 64
	}
	return slices.Max(m.InFlight)
}

// memory is the server's resident memory once it stands still, or 0 when the
// server is not here.
func (m *measurement) memory(ctx context.Context, pause func(context.Context, time.Duration) error) (int64, error) {
	if m.PID == 0 {
		return 0, nil
	}
	if m.Collect != "" {
		if err := fetch(ctx, m.Collect); err != nil {
			return 0, fmt.Errorf("have the server collect garbage: %w", err)
		}
	}
	return process.Settle(ctx, m.PID, m.Settle, pause)
}

func fetch(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// calibrate finds out how much text makes an event as large as was asked for.
func (m *measurement) calibrate(ctx context.Context) (padding int, err error) {
	m.show.say(m.Name, "warms up")
	t, err := m.crowd.Talk(ctx, crowd.Talk{InFlight: 1, Posts: 2})
	if err != nil {
		return 0, err
	}
	if t.Refused > 0 {
		return 0, fmt.Errorf("the first messages were refused: %s", t.Reason)
	}
	if t.Deliveries == 0 && t.Lost > 0 {
		return 0, fmt.Errorf("nobody got the first messages")
	}
	padding = max(0, m.EventBytes-t.MeanEvent()-1)
	_, err = m.crowd.Talk(ctx, crowd.Talk{Rate: m.Rate, Duration: m.WarmUp, Padding: padding})
	return padding, err
}

func (m *measurement) talk(ctx context.Context, inFlight, padding int) (Talk, error) {
	m.show.say(m.Name, "talks")
	var used [2]time.Duration
	clock := func(i int) (err error) {
		if m.PID != 0 {
			used[i], err = process.CPU(m.PID)
		}
		return err
	}
	if err := clock(0); err != nil {
		return Talk{}, err
	}
	tally, err := m.crowd.Talk(ctx, crowd.Talk{Rate: m.Rate, InFlight: inFlight, Duration: m.Duration, Posts: m.Posts, Padding: padding})
	if err != nil {
		return Talk{}, err
	}
	if err := clock(1); err != nil {
		return Talk{}, err
	}
	t := newTalk(tally, m.Rate, inFlight, (used[1] - used[0]).Seconds())
	if m.PID != 0 {
		t.Resident, err = process.Resident(m.PID)
	}
	return t, err
}
