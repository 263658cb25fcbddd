// Package assets holds the files that pages need besides their HTML: style
// sheets, htmx with its extensions, the icon. It embeds them, names them by
// their content, and serves them compressed for ever.
//
// Nothing is built beforehand: what is served is the embedded sources, joined.
// The files under vendor are other people's work, see vendor/htmx/VENDORED.
package assets

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

//go:embed css/*.css icon.svg vendor/htmx/*.js
var sources embed.FS

// parts tells what each asset is joined from, in this order. htmx and its
// extensions must be one script: htmx starts soon after its own has run, and an
// extension that came in a second one, a moment later, would be left out
// without a word.
var parts = map[string][]string{
	"app.js": {"vendor/htmx/htmx.min.js", "vendor/htmx/hx-csp.min.js", "vendor/htmx/hx-sse.min.js"},
	"app.css": {
		"css/layers.css", "css/tokens.css", "css/base.css", "css/page.css", "css/lobby.css", "css/door.css", "css/account.css",
		"css/message.css", "css/days.css", "css/markup.css", "css/menu.css", "css/answers.css", "css/room.css", "css/side.css", "css/composer.css", "css/live.css", "css/order.css", "css/search.css", "css/arranging.css", "css/print.css",
	},
	"noscript.css": {"css/noscript.css"},
	"icon.svg":     {"icon.svg"},
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// root is where the handler is to stand.
const root = "/assets/"

// byName has the assets by their plain names, byPath by their addresses.
var byName, byPath = join()

func join() (byName, byPath map[string]*file) {
	byName, byPath = make(map[string]*file), make(map[string]*file)
	for name, sourceNames := range parts {
		var content [][]byte
		for _, source := range sourceNames {
			part, err := sources.ReadFile(source)
			if err != nil { // they are part of the program
				panic("assets: " + err.Error())
			}
			content = append(content, part)
		}
		separator := "\n"
		ext := path.Ext(name)
		if ext == ".js" {
			separator = "\n;\n" // a script need not end in a semicolon
		}
		f := newFile(contentTypes[ext], bytes.Join(content, []byte(separator)))
		f.path = root + strings.TrimSuffix(name, ext) + "." + f.hash + ext
		byName[name], byPath[f.path] = f, f
	}
	return byName, byPath
}

// Path is the address of an asset: "app.css", "noscript.css", "app.js" or
// "icon.svg". The name in it changes with the content, so that whoever has it
// need never ask again. It panics when there is no such asset.
func Path(name string) string {
	f, ok := byName[name]
	if !ok {
		panic(fmt.Sprintf("assets: no asset %q", name))
	}
	return f.path
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:4])
}
