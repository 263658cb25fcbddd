package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5/middleware"

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
	errNoMethod    = errors.New("method not allowed")
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

// refuse answers with the page that tells of a problem.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := s.refusal(w, r, err)
	_ = s.page(w, r, status, func(p views.Page) component { return views.Problem(p, status, err) })
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
				"request", middleware.GetReqID(r.Context()), "error", err)
		}
		return http.StatusInternalServerError
	}
	if refusal.Kind == parlour.Unavailable {
		s.log.Warn("unavailable", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if refusal.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(refusal.RetryAfter.Seconds())))
	}
	return statuses[refusal.Kind]
}

func (s *server) noSuchPage(http.ResponseWriter, *http.Request) error { return errNoPage }

// noSuchMethod tells that a page is there, and so it tells nothing below /admin.
func (s *server) noSuchMethod(_ http.ResponseWriter, r *http.Request) error {
	if strings.HasPrefix(r.URL.Path, "/admin/") {
		return errNoPage
	}
	return errNoMethod
}
