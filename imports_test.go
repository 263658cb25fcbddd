package parlour_test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says which packages of the project each part of it may import. A
// part is a folder at the top of the tree with all packages in it, "" is the
// root package. A part may import itself. Tests are free: they put together
// what they need.
var mayImport = map[string][]string{
	"":           {},
	"internal":   {},
	"db":         {"", "internal"},
	"events":     {""},
	"views":      {""},
	"assets":     {},
	"mail":       {"", "views"},
	"policyhook": {""},
	"handlers":   {"", "events", "views", "assets"},
	"bus":        {"", "events"},
	"cmd":        {"", "bus", "db", "events", "views", "mail", "policyhook", "handlers", "assets"},
	"e2e":        {"internal"},
}

// mayNotImport says which parts of the world are none of a part's business:
// the domain knows no HTTP, SQL or HTML, the live side no SQL or HTML, the
// store no HTTP or HTML. A path stands for the packages below it too.
var mayNotImport = map[string][]string{
	"":       {"net/http", "database/sql", "html", "github.com/a-h/templ"},
	"events": {"database/sql", "html", "github.com/a-h/templ"},
	"bus":    {"net/http", "database/sql", "html", "github.com/a-h/templ"},
	"db":     {"net/http", "html", "github.com/a-h/templ"},
	"views":  {"net/http", "database/sql"},
	"assets": {"database/sql"},
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 2 {
		t.Fatalf("go list found %d packages, so this test would hold nothing", len(packages))
	}
	for _, p := range packages {
		part := partOf(p.ImportPath)
		allowed, known := mayImport[part]
		if !known {
			t.Errorf("%s: the folder %q is not in the import rule", p.ImportPath, part)
			continue
		}
		for _, imported := range p.Imports {
			if isOurs(imported) {
				if to := partOf(imported); to != part && !slices.Contains(allowed, to) {
					t.Errorf("%s imports %s: %q may import %q", p.ImportPath, imported, part, allowed)
				}
				continue
			}
			for _, foreign := range mayNotImport[part] {
				if imported == foreign || strings.HasPrefix(imported, foreign+"/") {
					t.Errorf("%s imports %s, which is none of its business", p.ImportPath, imported)
				}
			}
		}
	}
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "./...")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var packages []listedPackage
	for dec := json.NewDecoder(out); ; {
		var p listedPackage
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("reading go list: %v", err)
		}
		packages = append(packages, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	return packages
}

func isOurs(path string) bool {
	return path == "parlour" || strings.HasPrefix(path, "parlour/")
}

// partOf is the top folder of a package of the project, "" for the root.
func partOf(path string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "parlour"), "/"), "/")
	return part
}
