package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"parlour"
	"parlour/events"
	"parlour/views"
)

// documentAge is how long a never-ending page lasts: it cannot show edits in
// every browser, so it is loaded anew now and then.
const documentAge = 10 * time.Minute

// documentRefresh is after how many seconds the browser loads a never-ending
// page again that has ended. It is longer than a restart of the server: whoever
// asks too early is left with the browser's error page.
const documentRefresh = 3

// streamEvents is the room as text/event-stream.
func (s *server) streamEvents(w http.ResponseWriter, r *http.Request) error {
	after, err := cursorOf(r)
	if err != nil {
		return s.refuseStream(w, r, "", err)
	}
	session, room, who, err := s.streamStanding(r)
	if err != nil {
		return s.refuseStream(w, r, room.Slug, err)
	}
	if onlyAsks(w, r, "text/event-stream") {
		return nil
	}
	rd, err := s.openStream(r, session, events.Subscription{
		Room: room.ID, Slug: room.Slug, Feed: s.feed(r, session.by, events.SSE), Person: who.Seat.Author(),
		Until: session.until, After: after, Floor: who.Floor(room),
	})
	if err != nil {
		return s.refuseStream(w, r, room.Slug, err)
	}
	return s.serveStream(w, r, rd, "text/event-stream", nil)
}

// streamDocument is the room as a page that never ends.
func (s *server) streamDocument(w http.ResponseWriter, r *http.Request) error {
	session, room, who, err := s.streamStanding(r)
	w.Header().Set("Content-Security-Policy", scriptlessPolicy)
	if err != nil {
		return s.refuseDocument(w, r, session.by, room, err)
	}
	if onlyAsks(w, r, "text/html; charset=utf-8") {
		return nil
	}
	p := s.pageOf(r)
	p.Me, p.Locale = session.by, s.renderer.locale(s.lang(r), session.by.Zone)
	past, err := s.history(r.Context(), who, room, 0, p.Locale, inDocument)
	if err != nil {
		return err
	}
	var head bytes.Buffer
	if err := views.LiveHead(p, room, documentRefresh).Render(r.Context(), &head); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	if err := s.documentHistory(r, &head, past, room, who, p.Locale); err != nil {
		return err
	}
	until := time.Now().Add(documentAge)
	if !session.until.IsZero() && session.until.Before(until) {
		until = session.until
	}
	rd, err := s.openStream(r, session, events.Subscription{
		Room: room.ID, Slug: room.Slug, Feed: s.feed(r, session.by, events.Document), Person: who.Seat.Author(),
		Until: until, After: past.head, Floor: who.Floor(room),
	})
	if err != nil {
		return err
	}
	return s.serveStream(w, r, rd, "text/html; charset=utf-8", head.Bytes())
}

// documentHistory begins the never-ending page with what was said, and marks where
// the page around it found something unread. That mark stays for as long as this
// address is loaded again, for by then all is read.
func (s *server) documentHistory(r *http.Request, dst *bytes.Buffer, past history, room parlour.Room, who parlour.Standing, l views.Locale) error {
	if !r.URL.Query().Has("read") {
		dst.Write(past.content)
		return nil
	}
	read, err := seqOf(r, "read")
	if err != nil {
		return err
	}
	first, err := s.house.FirstUnread(r.Context(), who, room, read)
	if err != nil {
		return err
	}
	before, unread, ok := past.at(first)
	dst.Write(before)
	if !ok {
		return nil
	}
	if err := views.UnreadMark(l).Render(r.Context(), dst); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	dst.Write(unread)
	return nil
}

// cursorOf is where the reader is: what the browser saw last, else what the
// page was made at, else now. The first wins because the address stays the same
// for as long as the page is open.
func cursorOf(r *http.Request) (parlour.Seq, error) {
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		return parlour.ParseSeq(last)
	}
	if !r.URL.Query().Has("after") {
		return -1, nil
	}
	return seqOf(r, "after")
}

// streamStanding is whose stream it is, and how they stand in the room.
func (s *server) streamStanding(r *http.Request) (streamSession, parlour.Room, parlour.Standing, error) {
	session, err := s.streamSession(r)
	if err != nil {
		return session, parlour.Room{}, parlour.Standing{}, err
	}
	room, who, err := s.house.Attending(r.Context(), session.by, slug(r), parlour.Read)
	if err == nil {
		s.renderer.know(room)
	}
	return session, room, who, err
}

// openStream makes the stream known and then looks again whether it may be: a
// right that ends between the two looks would be missed otherwise.
func (s *server) openStream(r *http.Request, session streamSession, sub events.Subscription) (*events.Reader, error) {
	sub.Addr, sub.Session, sub.Kind = session.by.Addr, session.by.Session, session.by.Kind
	return s.hub.Open(r.Context(), sub, func(context.Context) error {
		_, _, _, err := s.streamStanding(r)
		return err
	})
}

// refuseStream answers a stream that may not be. To htmx, which would ask again
// and again, the end of a session is a stream whose one event puts a notice in
// the stream's place; everything else is a plain status.
func (s *server) refuseStream(w http.ResponseWriter, r *http.Request, room string, refusal error) error {
	if ended, ok := endedBy(refusal, parlour.Room{Slug: room}); ok && isHTMX(r) {
		var content bytes.Buffer
		if err := views.WriteEnded(&content, s.locale(r), ended); err != nil {
			return err
		}
		streamHeader(w.Header(), "text/event-stream")
		_, _ = w.Write(events.AppendFrame(nil, 0, "", content.Bytes()))
		return nil
	}
	status := s.refusal(w, r, refusal)
	http.Error(w, views.ErrorText(s.lang(r), refusal), status)
	return nil
}

// refuseDocument answers a never-ending page that may not be. It stands in a
// frame: whoever left, or is nobody any more, is told there, with a link that
// leads out of it.
func (s *server) refuseDocument(w http.ResponseWriter, r *http.Request, by parlour.Identity, room parlour.Room, refusal error) error {
	ended, ok := endedBy(refusal, room)
	// Of a hidden room nothing is told, not even its name.
	if !ok || room.ID == 0 || parlour.KindOf(refusal) == parlour.NotFound {
		return refusal
	}
	p := s.pageOf(r)
	p.Me = by
	var content bytes.Buffer
	err := errors.Join(
		views.LiveHead(p, room, 0).Render(r.Context(), &content),
		views.Closed(p.Locale, ended).Render(r.Context(), &content))
	if err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(s.refusal(w, r, refusal))
	_, _ = w.Write(content.Bytes())
	return nil
}

// endedBy is how a refusal is told in a stream's place, if it is for good.
func endedBy(refusal error, room parlour.Room) (views.Ended, bool) {
	ended := views.Ended{Room: room}
	switch {
	case parlour.KindOf(refusal) == parlour.SignedOut:
		ended.Reason = views.EndedSession
	case errors.Is(refusal, parlour.ErrNoSeat):
		ended.Reason = views.EndedLeft
	case parlour.KindOf(refusal) == parlour.Forbidden:
		ended.Reason = views.EndedBarred
	case parlour.KindOf(refusal) == parlour.NotFound:
		ended.Reason = views.EndedMoved
	}
	return ended, ended.Reason != ""
}

// streamHeader says what a stream is, and to everything between us and the
// browser that it must be passed on as it comes.
func streamHeader(h http.Header, contentType string) {
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
}

// onlyAsks answers those who want to know whether there is a stream for them
// (HEAD). Nothing is opened: the room would take it for somebody's presence.
func onlyAsks(w http.ResponseWriter, r *http.Request, contentType string) bool {
	if r.Method != http.MethodHead {
		return false
	}
	streamHeader(w.Header(), contentType)
	w.WriteHeader(http.StatusOK)
	return true
}

// serveStream hands the stream to the hub. A plain HTTP/1.1 connection is taken
// over from net/http, so that a quiet reader costs next to nothing; its body
// ends with the connection, so that all readers can be sent the same bytes. Other
// streams are kept by lasting.
func (s *server) serveStream(w http.ResponseWriter, r *http.Request, rd *events.Reader, contentType string, head []byte) error {
	streamHeader(w.Header(), contentType)
	if rest := restOf(r); rest != nil {
		keep, err := rd.ServeWriter(r.Context(), w, head)
		s.logEnd(r, err)
		*rest = keep
		return nil
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		rd.Close()
		return fmt.Errorf("taking over the connection: %w", err)
	}
	w.Header().Set("Connection", "close")
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	var response bytes.Buffer
	response.WriteString("HTTP/1.1 200 OK\r\n")
	_ = w.Header().Write(&response) // a bytes.Buffer takes everything
	response.WriteString("\r\n")
	response.Write(head)
	s.logEnd(r, rd.ServeConn(r.Context(), conn, response.Bytes()))
	return nil
}
