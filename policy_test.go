package parlour

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

// allowed is how a cell of the policy says yes.
const allowed = Internal

// policy is every cell of it, written down: what an identity of a kind may do.
var policy = map[IdentityKind]map[Action]ErrKind{
	Visitor: {See: allowed, Read: SignedOut, Post: SignedOut},
	Guest:   {See: allowed, Read: allowed, Post: allowed},
}

func TestPolicy(t *testing.T) {
	room := Room{ID: 1, Slug: "lobby"}
	for kind, row := range policy {
		by := Identity{Kind: kind}
		if kind != Visitor {
			by.ID, by.Name = "g0123456789ab", "Ana"
		}
		for action, want := range row {
			err := May(by, action, room)
			if (err == nil) != (want == allowed) || KindOf(err) != want {
				t.Errorf("May(%q, %s) = %v, want %s", kind, action, err, want)
			}
		}
	}
}

func TestPolicyHasEveryCell(t *testing.T) {
	kinds, actions := constants(t, "identity.go", "IdentityKind"), constants(t, "policy.go", "Action")
	if len(kinds) < 2 || len(actions) < 3 {
		t.Fatalf("found %q and %q in the code, so this test would hold nothing", kinds, actions)
	}
	for _, kind := range kinds {
		for _, action := range actions {
			if _, ok := policy[IdentityKind(kind)][Action(action)]; !ok {
				t.Errorf("whether %q may %q is not written down", kind, action)
			}
		}
	}
}

func TestPolicyRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, by := range []Identity{{}, {Kind: Guest, ID: "g0123456789ab"}, {Kind: "king", ID: "k"}} {
		if err := May(by, "demolish", Room{ID: 1}); err == nil {
			t.Errorf("%q may demolish", by.Kind)
		}
	}
}

func TestNameAloneMakesNobodyKnown(t *testing.T) {
	for _, by := range []Identity{{Name: "Ana"}, {Kind: Guest}, {Kind: Guest, Name: "Ana"}} {
		for _, action := range []Action{Read, Post} {
			if err := May(by, action, Room{ID: 1}); KindOf(err) != SignedOut {
				t.Errorf("May(%+v, %s) = %v, want SignedOut", by, action, err)
			}
		}
	}
}

// constants are the values of a file's string constants of a type.
func constants(t *testing.T, file, typ string) (values []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			spec := spec.(*ast.ValueSpec)
			if fmt.Sprint(spec.Type) != typ {
				continue
			}
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, text)
			}
		}
	}
	return values
}
