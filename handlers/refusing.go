package handlers

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// statuses is what each kind of refusal is over HTTP.
var statuses = map[parlour.ErrKind]int{
	parlour.Internal:    http.StatusInternalServerError,
	parlour.Malformed:   http.StatusBadRequest,
	parlour.Invalid:     http.StatusUnprocessableEntity,
	parlour.SignedOut:   http.StatusUnauthorized,
	parlour.Forbidden:   http.StatusForbidden,
	parlour.NotFound:    http.StatusNotFound,
	parlour.Conflict:    http.StatusConflict,
	parlour.TooLarge:    http.StatusRequestEntityTooLarge,
	parlour.TooMany:     http.StatusTooManyRequests,
	parlour.Gone:        http.StatusGone,
	parlour.Unavailable: http.StatusServiceUnavailable,
}

var (
	errNoPage      = parlour.ErrNoPage
	errNoMethod    = parlour.Errorf(parlour.NotFound, "page.not_found", "this address does not take that method")
	errCrossOrigin = parlour.Errorf(parlour.Forbidden, "request.cross_origin", "this form was sent from another site")
)

// handler answers a request, or says why not and writes nothing.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle answers with a page for whatever error a handler returns.
func (s *server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch fault := recover(); fault {
			case nil:
			case http.ErrAbortHandler:
				panic(fault)
			default:
				s.refuse(w, r, fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
			}
		}()
		if err := h(w, r); err != nil {
			s.refuse(w, r, err)
		}
	}
}

// refuse answers with the page that tells of a problem, or tells it beside the
// composer, which is what htmx sends forms from. On the page stands what was
// written in a form: the form itself may be for others only, by now.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := s.refusal(w, r, err)
	if isHTMX(r) && r.Method == http.MethodPost {
		_ = write(w, r, status, views.Refused(s.locale(r), err, ""))
		return
	}
	if r.Method == http.MethodPost && r.PostForm == nil && !errors.Is(err, errCrossOrigin) {
		_ = readForm(w, r) // it was refused before anybody looked at it
	}
	_ = s.page(w, r, status, func(p views.Page) component { return views.Problem(p, status, err, typedOf(r)...) })
}

// refusal is the status of an error. It logs what is not ours, and sets the
// headers that go with a refusal.
func (s *server) refusal(w http.ResponseWriter, r *http.Request, err error) int {
	if errors.Is(err, errNoMethod) {
		return http.StatusMethodNotAllowed
	}
	refusal, isOurs := errors.AsType[*parlour.Error](err)
	if !isOurs {
		if r.Context().Err() != nil {
			s.log.Debug("the client went away", "path", r.URL.Path, "error", err)
		} else {
			s.log.Error("request failed", "method", r.Method, "path", r.URL.Path,
				"request", requestID(w, r), "error", err)
		}
		return http.StatusInternalServerError
	}
	if refusal.Kind == parlour.Unavailable {
		level := slog.LevelWarn
		if !s.hub.HasStore() { // as the log was told: everybody's requests would say it again
			level = slog.LevelDebug
		}
		s.log.Log(r.Context(), level, "unavailable", "method", r.Method, "path", r.URL.Path,
			"request", requestID(w, r), "error", err)
	}
	if refusal.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(refusal.RetryAfter.Seconds()))))
	}
	return statuses[refusal.Kind]
}

const requestIDHeader = "X-Request-Id"

// requestID names a request that failed in the log, in its answer and on the
// page that the person sees. A name that a proxy gave it is kept.
func requestID(w http.ResponseWriter, r *http.Request) string {
	if id := w.Header().Get(requestIDHeader); id != "" {
		return id
	}
	id := r.Header.Get(requestIDHeader)
	if id == "" || len(id) > 64 {
		id = rand.Text()[:12]
	}
	w.Header().Set(requestIDHeader, id)
	return id
}

func (s *server) noSuchPage(http.ResponseWriter, *http.Request) error { return errNoPage }

// noSuchMethod refuses what the address does not do, and tells what it does
// (RFC 9110 §15.5.6). That tells that a page is there, and so it tells nothing
// below /admin.
func (s *server) noSuchMethod(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == "/admin" || strings.HasPrefix(r.URL.Path, "/admin/") {
		return errNoPage
	}
	routes, path := chi.RouteContext(r.Context()).Routes, cmp.Or(r.URL.RawPath, r.URL.Path)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if routes.Match(chi.NewRouteContext(), method, path) {
			w.Header().Add("Allow", method)
			if method == http.MethodGet {
				w.Header().Add("Allow", http.MethodHead)
			}
		}
	}
	if len(w.Header()["Allow"]) == 0 { // chi knows of no such method anywhere
		return errNoPage
	}
	return errNoMethod
}
