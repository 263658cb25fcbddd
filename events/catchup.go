package events

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"parlour"
)

// begin sends the beginning of the stream, replays what the reader lacks, from
// the log when that reaches back far enough and else from the store, and makes
// the reader live.
func (rd *Reader) begin(ctx context.Context, head []byte) error {
	cursor := rd.sub.After
	if cursor < 0 {
		cursor = rd.room.reached()
	}
	cursor = max(cursor, rd.sub.Floor)
	if rd.sub.Feed.Format == SSE {
		head = appendHello(head, cursor)
	}
	if err := rd.transport.write(head); err != nil { // first bytes at once
		return err
	}
	for {
		lacked, ok := rd.stand(cursor)
		if ok {
			if rd.sub.Feed.Format == SSE {
				lacked.frames = rd.room.appendPresence(lacked.frames, rd.sub.Feed)
				lacked.frames = rd.room.appendTyping(lacked.frames, rd.sub.Feed)
			}
			reached, isWhole, err := rd.hand(lacked)
			if err != nil {
				return err
			}
			if isWhole && rd.goLive() {
				return nil
			}
			cursor = reached // the peer takes its time, or the log went on faster
			continue
		}
		lacked, err := rd.replay(ctx, cursor)
		if err != nil {
			return err
		}
		if cursor, _, err = rd.hand(lacked); err != nil {
			return err
		}
		// The store may be ahead of the log, which is about to hear of it.
		if err := rd.room.reach(ctx, cursor); err != nil {
			return err
		}
	}
}

// portion is some of what a reader lacks.
type portion struct {
	frames  []byte
	steps   []step      // where it may be left off, in order
	reached parlour.Seq // the number that it leads to
	isNews  bool        // others have said something in it
}

// step is a place in the frames of a portion behind which nothing is lacked up to a
// number.
type step struct {
	end     int
	reached parlour.Seq
}

// maxHeld is about how much is kept for a peer that takes what it lacks slowly. The
// rest is made anew when it has taken that, as it is then: what is rendered for one
// reader is in nobody else's memory, and many may come back at once.
const maxHeld = 32 << 10

// leaveOff drops what is too much to be held when a number of bytes was taken.
func (p *portion) leaveOff(taken int) {
	for i, s := range p.steps {
		if s.end >= taken && (i+1 == len(p.steps) || p.steps[i+1].end > taken+maxHeld) {
			p.frames, p.reached = p.frames[:s.end], s.reached
			return
		}
	}
}

// hand sends the peer a portion, or its beginning when the peer does not take it at
// once. It answers the number that this leads to, and whether it was all.
func (rd *Reader) hand(p portion) (reached parlour.Seq, isWhole bool, err error) {
	if err := rd.mark(p.isNews); err != nil {
		return 0, false, err
	}
	whole := len(p.frames)
	taken, err := rd.transport.begin(p.frames)
	if err != nil || taken == whole {
		return p.reached, true, err
	}
	if whole-taken > maxHeld {
		p.leaveOff(taken)
	}
	isWhole = len(p.frames) == whole
	rest := bytes.Clone(p.frames[taken:])
	p.frames, p.steps = nil, nil // while the peer takes its time only the rest is kept
	return p.reached, isWhole, rd.transport.write(rest)
}

// markAfter is how long somebody must have been away for what was said meanwhile
// to be marked: they have looked elsewhere. A connection that broke, and a server
// that was started again, are back sooner, and whoever looks at the page then has
// missed nothing.
const markAfter = 5 * time.Second

// mark sends, before the first portion that brings news, a mark where these begin.
// It has no number: it belongs to this return, and is not told again on the next.
func (rd *Reader) mark(isNews bool) error {
	if !isNews || rd.absence < markAfter || rd.sub.Feed.Format != SSE {
		return nil
	}
	rd.absence = 0
	var content bytes.Buffer
	if err := rd.room.hub.opts.Renderer.Mark(&content, rd.sub.Feed); err != nil {
		rd.room.hub.opts.Log.Error("rendering a mark", "room", rd.room.id, "error", err)
		return nil
	}
	return rd.transport.write(rd.sub.Feed.frame(nil, 0, content.Bytes()))
}

// stand puts the reader's place at the end of the log and answers what is between
// its cursor and there. It is false when the log cannot tell that.
func (rd *Reader) stand(cursor parlour.Seq) (portion, bool) {
	rd.room.mu.Lock()
	defer rd.room.mu.Unlock()
	frames, steps, ok := rd.log.since(cursor, rd.sub.Floor)
	if ok {
		rd.place = rd.log.end()
	}
	return portion{frames: frames, steps: steps, reached: rd.room.head, isNews: rd.log.hasNews(cursor, rd.sub.Person.ID)}, ok
}

// goLive gives the reader to the pump, with what was appended since it stood.
// It is false when some of that is gone already.
func (rd *Reader) goLive() bool {
	rd.mu.Lock()
	rd.room.mu.Lock()
	v := rd.log.view()
	rd.room.mu.Unlock()
	_, err := v.from(rd.place, rd.sub.Floor)
	rd.live = err == nil // what is appended from here on, the pump has to bring
	rd.mu.Unlock()
	rd.push(v)
	return err == nil
}

// replay is what happened after the cursor, from the store. Only a few are made at a
// time, one while another waits for the store: many readers may come back at once,
// and whoever posts meanwhile would wait for all of them.
func (rd *Reader) replay(ctx context.Context, cursor parlour.Seq) (portion, error) {
	hub := rd.room.hub
	select {
	case hub.replays <- struct{}{}:
		defer func() { <-hub.replays }()
	case <-ctx.Done():
		return portion{}, ctx.Err()
	case <-hub.ctx.Done():
		return portion{}, ErrShutdown
	}
	opts := &hub.opts
	lacked, err := opts.Store.Since(ctx, rd.room.id, cursor, opts.CatchUp)
	if err != nil {
		return portion{}, fmt.Errorf("reading what the reader lacks: %w", err)
	}
	if !lacked.TooFar {
		lacked = lacked.From(rd.sub.Floor)
		by := saidBy(cursor, lacked.Messages...)
		frames, steps := rd.room.catchup(nil, rd.sub.Feed, cursor, lacked)
		return portion{frames: frames, steps: steps, reached: lacked.Head, isNews: by != "" && by != rd.sub.Person.ID}, nil
	}
	if rd.sub.Feed.Format == Document {
		// What has come of the page cannot be replaced: the newest would stand there
		// twice. The browser loads it again when it ends.
		return portion{}, errFellOut
	}
	page, err := opts.Store.Page(ctx, rd.room.id, 0, parlour.PageSize)
	if err != nil {
		return portion{}, fmt.Errorf("reading the newest page: %w", err)
	}
	page = page.From(rd.sub.Floor)
	var content bytes.Buffer
	if err := opts.Renderer.Reset(&content, rd.sub.Feed, rd.room.id, page); err != nil {
		return portion{}, fmt.Errorf("rendering a reset: %w", err)
	}
	// The named event is for programs; browsers apply the unnamed one.
	frames := AppendFrame(nil, 0, "reset", []byte(page.Head.String()))
	return portion{frames: AppendFrame(frames, page.Head, "", content.Bytes()), reached: page.Head}, nil
}

// catchup appends the frames of what a reader at a cursor lacks, so that each
// id says that nothing up to it is missing: first the changes to what the
// reader has, without an id, then the new messages under their own numbers,
// and at the end the number that all this leads to. A page that never ends has no
// steps: it would be shown a second time what was changed meanwhile.
func (rm *room) catchup(dst []byte, feed Feed, cursor parlour.Seq, lacked parlour.Catchup) (frames []byte, steps []step) {
	var content bytes.Buffer
	reached := cursor
	for _, m := range lacked.Messages {
		c := m.Change()
		if m.Seq > cursor {
			reached = m.Seq
			c.Seq = m.Seq // new to this reader, whatever was changed since
			dst = feed.frame(dst, reached, rm.render(&content, feed, c))
			if feed.Format == SSE {
				steps = append(steps, step{end: len(dst), reached: reached})
			}
		} else {
			dst = feed.frame(dst, 0, rm.render(&content, feed, c))
		}
	}
	if reached < lacked.Head && feed.Format == SSE {
		dst = AppendFrame(dst, lacked.Head, "", nil)
	}
	return dst, steps
}
