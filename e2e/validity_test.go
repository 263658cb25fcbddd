package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const checkerJar = "node_modules/vnu-jar/build/dist/vnu.jar"

// The attributes of htmx are no part of HTML, and are all that the Nu HTML
// checker may call an error.
var isOfHTMX = regexp.MustCompile(`^Attribute “hx-[^”]*” not allowed on element`)

// The checker recommends headings for articles. A message is an article that has
// none: a heading for each would be in the way of everybody who listens.
const articleAdvice = "Article lacks heading."

func TestPagesAreValidHTML(t *testing.T) {
	t.Parallel()
	java, err := exec.LookPath("java")
	if err != nil {
		missing(t, "no Java is installed (apt-get install default-jre-headless)")
	}
	if _, err := os.Stat(checkerJar); err != nil {
		missing(t, "the Nu HTML checker is not there (npm ci in e2e)")
	}
	house := furnished(t)
	dir := t.TempDir()
	in, out := enters(t, house, "Validator"), newVisitor(t, house)
	keep := func(name string, page answer, status int) {
		if page.status != status {
			t.Errorf("%s was answered with %d, want %d", name, page.status, status)
		}
		file := strings.ReplaceAll(strings.Trim(name, "/"), " ", "-") + ".html"
		if err := os.WriteFile(filepath.Join(dir, file), []byte(page.body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, page := range pages {
		who := in
		if page.isOutside {
			who = out
		}
		for _, lang := range []string{"en", "ar"} {
			keep(fmt.Sprintf("%d %s %s", i, page.name, lang), who.get(page.path, with("Accept-Language", lang)), page.status)
		}
	}
	keep("door with a refusal", refusedAtDoor(t, house), 409)
	keep("composer with a refusal", in.post("/rooms/lobby/compose", url.Values{"body": {strings.Repeat("x", 4001)}}), 422)
	keep("room with a refusal", in.post("/rooms/lobby/messages", url.Values{"body": {strings.Repeat("x", 4001)}}), 422)

	for _, complaint := range checkHTML(t, java, dir) {
		t.Error(complaint)
	}
}

// checkHTML is what the Nu HTML checker says of the pages in a folder.
func checkHTML(t *testing.T, java, dir string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), java, "-jar", checkerJar, "--format", "json", "--stdout", "--exit-zero-always", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the Nu HTML checker: %v", err)
	}
	var said struct {
		Messages []struct {
			Type, SubType, URL, Message, Extract string
			LastLine                             int
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("the Nu HTML checker said %q: %v", out, err)
	}
	var complaints []string
	filtered := 0
	for _, m := range said.Messages {
		if isOfHTMX.MatchString(m.Message) {
			filtered++
			continue
		}
		if m.Type == "info" && strings.HasPrefix(m.Message, articleAdvice) {
			continue
		}
		complaints = append(complaints, fmt.Sprintf("%s:%d: %s %s: %s\n\t%s", filepath.Base(m.URL), m.LastLine, m.Type, m.SubType, m.Message, m.Extract))
	}
	// The room's pages use htmx, so a checker that has nothing to say of it has
	// not looked.
	if filtered == 0 {
		t.Error("the Nu HTML checker has not looked at the pages")
	}
	return complaints
}
