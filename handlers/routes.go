package handlers

import (
	"net/http"
	"net/netip"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"

	"parlour/assets"
)

func (s *server) routes(public *url.URL, trusted []netip.Prefix) chi.Router {
	r := chi.NewRouter()
	if s.proxied {
		r.Use(believeProxies(trusted))
	}
	r.Use(s.logRequests)
	r.Use(securityHeaders)
	r.Use(middleware.GetHead)
	r.Use(s.refuseCrossOrigin(public))
	r.Use(s.chooseLanguage)
	// With the session, or it would show that other pages are there which answer
	// the same (see adminsOnly).
	r.NotFound(s.loadSession(s.handle(s.noSuchPage)).ServeHTTP)
	r.MethodNotAllowed(s.loadSession(s.handle(s.noSuchMethod)).ServeHTTP)

	r.Get("/healthz", s.health)
	r.Get("/readyz", s.readiness)
	r.Method(http.MethodGet, "/assets/*", assets.Handler())
	r.Method(http.MethodHead, "/assets/*", assets.Handler())
	r.Get("/favicon.ico", s.favicon)
	r.Get("/hide.css", s.handle(s.hideCSS))
	r.Get("/rooms/{room}/own.css", s.handle(s.ownCSS))

	// Streams stand outside of the session middleware, which would store an old
	// session over a newer one, and outside of compression.
	r.Get("/rooms/{room}/events", s.handle(s.streamEvents))
	r.Get("/rooms/{room}/live", s.handle(s.streamDocument))

	r.Group(func(r chi.Router) {
		r.Use(compress())
		r.Use(s.loadSession)
		r.Get("/", s.handle(s.lobby))
		r.Get("/search", s.handle(s.search))
		r.Get("/mentions", s.handle(s.mentions))
		r.Get("/signup", s.handle(s.signUpForm))
		r.Post("/signup", s.handle(s.signUp))
		r.Get("/signup/confirm", s.handle(s.confirmForm))
		r.Post("/signup/confirm", s.handle(s.confirm))
		r.Get("/setup", s.handle(s.setUpForm))
		r.Post("/setup", s.handle(s.setUp))
		r.Get("/login", s.handle(s.signInForm))
		r.Post("/login", s.handle(s.signIn))
		r.Get("/login/oidc", s.handle(s.signInElsewhere))
		r.Get("/login/oidc/callback", s.handle(s.backFromElsewhere))
		r.Post("/logout", s.handle(s.signOut))
		r.Get("/forgot", s.handle(s.forgotForm))
		r.Post("/forgot", s.handle(s.forgot))
		r.Get("/reset", s.handle(s.resetForm))
		r.Post("/reset", s.handle(s.reset))
		r.Get("/account", s.handle(s.account))
		r.Post("/account/name", s.handle(s.changeName))
		r.Post("/account/password", s.handle(s.changePassword))
		r.Post("/account/preferences", s.handle(s.changePreferences))
		r.Post("/account/connect", s.handle(s.connect))
		r.Post("/account/sessions", s.handle(s.endSessions))

		r.Get("/rooms/new", s.handle(s.newRoom))
		r.Post("/rooms/new", s.handle(s.createRoom))
		r.Get("/invite/{token}", s.handle(s.invited))
		r.Post("/invite/{token}", s.handle(s.accept))

		r.Get("/rooms/{room}", s.handle(s.room))
		r.Get("/rooms/{room}/join", s.handle(s.door))
		r.Post("/rooms/{room}/join", s.handle(s.join))
		r.Post("/rooms/{room}/leave", s.handle(s.leave))
		r.Get("/rooms/{room}/messages", s.handle(s.older))
		r.Post("/rooms/{room}/messages", s.handle(s.say))
		r.Post("/rooms/{room}/preview", s.handle(s.preview))
		r.Post("/rooms/{room}/typing", s.handle(s.typing))
		r.Post("/rooms/{room}/completion", s.handle(s.complete))
		r.Get("/rooms/{room}/compose", s.handle(s.compose))
		r.Post("/rooms/{room}/compose", s.handle(s.say))
		r.Get("/rooms/{room}/unread", s.handle(s.unread))
		r.Post("/rooms/{room}/draft", s.handle(s.keepDraft))
		r.Get("/rooms/{room}/people", s.handle(s.people))
		r.Get("/rooms/{room}/people/{person}", s.handle(s.person))

		r.Get("/rooms/{room}/settings", s.handle(s.roomSettings))
		r.Post("/rooms/{room}/settings", s.handle(s.arrangeRoom))
		r.Post("/rooms/{room}/archive", s.handle(s.archiveRoom))
		r.Post("/rooms/{room}/reopen", s.handle(s.reopenRoom))
		r.Post("/rooms/{room}/delete", s.handle(s.deleteRoom))
		r.Get("/rooms/{room}/members", s.handle(s.roomMembers))
		r.Post("/rooms/{room}/members", s.handle(s.listMember))
		r.Post("/rooms/{room}/members/{person}", s.handle(s.setRole))
		r.Get("/rooms/{room}/invitations", s.handle(s.invitations))
		r.Post("/rooms/{room}/invitations", s.handle(s.invite))
		r.Post("/rooms/{room}/invitations/{id}/revoke", s.handle(s.revokeInvitation))

		r.Get("/rooms/{room}/messages/{seq}", s.handle(s.around))
		r.Get("/rooms/{room}/messages/{seq}/menu", s.handle(s.menu))
		r.Get("/rooms/{room}/messages/{seq}/edit", s.handle(s.editForm))
		r.Post("/rooms/{room}/messages/{seq}/edit", s.handle(s.editMessage))
		r.Get("/rooms/{room}/messages/{seq}/revisions", s.handle(s.revisions))
		r.Post("/rooms/{room}/messages/{seq}/pin", s.handle(s.pin))
		r.Post("/rooms/{room}/messages/{seq}/unpin", s.handle(s.unpin))
		r.Get("/rooms/{room}/messages/{seq}/reactions", s.handle(s.reactions))
		r.Post("/rooms/{room}/messages/{seq}/reactions", s.handle(s.react))
		r.Post("/rooms/{room}/messages/{seq}/report", s.handle(s.report))
		r.Post("/rooms/{room}/messages/{seq}/delete", s.handle(s.deleteMessage))
		r.Get("/rooms/{room}/moderation", s.handle(s.moderation))
		r.Get("/rooms/{room}/moderation/log", s.handle(s.moderationLog))
		r.Post("/rooms/{room}/moderation/sanctions", s.handle(s.sanction))
		r.Post("/rooms/{room}/moderation/sanctions/{id}/lift", s.handle(s.lift))
		r.Post("/rooms/{room}/moderation/purge", s.handle(s.purge))
		r.Post("/rooms/{room}/moderation/held/{id}", s.handle(s.release))
		r.Post("/rooms/{room}/moderation/reports/{id}", s.handle(s.settle))
		r.Post("/rooms/{room}/moderation/waiting/{person}", s.handle(s.letIn))
		r.Post("/rooms/{room}/moderation/filters", s.handle(s.addFilter))
		r.Post("/rooms/{room}/moderation/filters/{id}/remove", s.handle(s.removeFilter))

		r.Group(func(r chi.Router) {
			r.Use(s.adminsOnly)
			r.Get("/admin", s.handle(s.admin))
			r.Get("/admin/rooms", s.handle(s.adminRooms))
			r.Get("/admin/people", s.handle(s.adminPeople))
			r.Post("/admin/people/{person}", s.handle(s.adminPerson))
			r.Get("/admin/invitations", s.handle(s.invitations))
			r.Post("/admin/invitations", s.handle(s.invite))
			r.Post("/admin/invitations/{id}/revoke", s.handle(s.revokeInvitation))
			r.Get("/admin/settings", s.handle(s.adminSettings))
			r.Post("/admin/settings", s.handle(s.changeSettings))
			// The order of the whole house is that of a room without a name.
			r.Get("/admin/moderation", s.handle(s.moderation))
			r.Get("/admin/moderation/log", s.handle(s.moderationLog))
			r.Post("/admin/moderation/sanctions/{id}/lift", s.handle(s.lift))
			r.Post("/admin/moderation/reports/{id}", s.handle(s.settle))
			r.Post("/admin/moderation/filters", s.handle(s.addFilter))
			r.Post("/admin/moderation/filters/{id}/remove", s.handle(s.removeFilter))
		})
	})
	return r
}

// compress makes pages smaller; what is shorter than a packet stays as it is.
func compress() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1400), gzhttp.CompressionLevel(5))
	if err != nil {
		panic(err) // the options above are constants
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}
