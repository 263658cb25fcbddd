package e2e

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"parlour/db/postgrestest"
	"parlour/e2e/process"
)

// migrates carries the program's house over and answers what is said of it.
func (p *program) migrates(to string) (string, error) {
	p.t.Helper()
	out, err := exec.CommandContext(p.t.Context(), process.Build(p.t), "migrate", "--from", p.data, "--to", to).CombinedOutput()
	return string(out), err
}

// TestPeopleStaySignedInWhenTheHouseMoves: whoever was signed in goes on in the
// new database, with the same rights, name and cursor, and nothing was left behind.
func TestPeopleStaySignedInWhenTheHouseMoves(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	p := start(t, "--limits", "off")
	setUp, err := url.Parse(p.setUpPath())
	if err != nil {
		t.Fatal(err)
	}
	ada := newVisitor(t, p)
	joined := ada.post("/setup", url.Values{
		"token": {setUp.Query().Get("token")}, "name": {"Ada"}, "email": {"ada@example.org"}, "password": {password},
	})
	if joined.status != http.StatusSeeOther {
		t.Fatalf("setting up was answered with %d:\n%s", joined.status, joined.body)
	}
	guest := enters(t, p, "Gus")
	ada.post("/rooms/lobby/join", url.Values{"name": {"Ada"}})
	ada.says("before the move")
	guest.says("so it is")

	if out, err := p.migrates(database); err == nil || !strings.Contains(out, "stop the server first") {
		t.Fatalf("moving a house that is open: %v\n%s", err, out)
	}
	p.Stop()
	out, err := p.migrates(database)
	if err != nil || !strings.Contains(out, "checking sessions") || strings.Contains(out, "\x1b") {
		t.Fatalf("moving: %v\n%s", err, out)
	}
	if out, err := p.migrates(database); err == nil || !strings.Contains(out, "there is a house") {
		t.Fatalf("moving again: %v\n%s", err, out)
	}

	moved := &program{Process: process.New(t, "the moved program"), t: t, data: t.TempDir(), options: []string{"--limits", "off", "--database", database}}
	t.Cleanup(moved.finish)
	moved.run()
	ada, guest = ada.at(moved), guest.at(moved)
	page := ada.get("/rooms/lobby")
	if page.status != http.StatusOK || !strings.Contains(page.body, "before the move") || !strings.Contains(page.body, "so it is") {
		t.Fatalf("the room is answered with %d:\n%s", page.status, page.body)
	}
	if got := ada.get("/admin/settings"); got.status != http.StatusOK {
		t.Errorf("the admin's page is answered with %d", got.status)
	}
	heard := guest.listens("/rooms/lobby/events")
	ada.says("after the move")
	heard.next(func(e event) bool { return strings.Contains(e.data, "after the move") })
	guest.says("indeed")
	if found := ada.get("/search?q=move"); !strings.Contains(found.body, "before the <mark>move</mark>") {
		t.Errorf("searching is answered with %d:\n%s", found.status, found.body)
	}
}
