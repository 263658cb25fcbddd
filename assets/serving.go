package assets

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// file is an asset with its content in each encoding that is served.
type file struct {
	path        string
	hash        string
	contentType string
	plain       []byte
	// The compressed forms are made when they are first asked for, at the
	// highest level: that costs a tenth of a second once, and not at start.
	brotli, gzip func() []byte
}

func newFile(contentType string, plain []byte) *file {
	return &file{
		hash:        hashOf(plain),
		contentType: contentType,
		plain:       plain,
		brotli: sync.OnceValue(func() []byte {
			return compress(plain, func(w io.Writer) io.WriteCloser {
				return brotli.NewWriterLevel(w, brotli.BestCompression)
			})
		}),
		gzip: sync.OnceValue(func() []byte {
			return compress(plain, func(w io.Writer) io.WriteCloser {
				z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
				if err != nil { // the level is a constant
					panic(err)
				}
				return z
			})
		}),
	}
}

func compress(plain []byte, through func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	z := through(&b)
	if _, err := z.Write(plain); err != nil {
		panic(fmt.Sprintf("assets: compressing into memory: %v", err))
	}
	if err := z.Close(); err != nil {
		panic(fmt.Sprintf("assets: compressing into memory: %v", err))
	}
	return b.Bytes()
}

// Handler serves the assets at the addresses that Path gives, and 404 at all
// others: an address with an outdated hash must not be answered with newer
// content, since every cache would keep it under that name.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	f, ok := byPath[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD here", http.StatusMethodNotAllowed)
		return
	}
	content, encoding := f.plain, ""
	switch accepted := r.Header.Values("Accept-Encoding"); {
	case accepts(accepted, "br"):
		content, encoding = f.brotli(), "br"
	case accepts(accepted, "gzip"):
		content, encoding = f.gzip(), "gzip"
	}
	h := w.Header()
	etag := `"` + f.hash + encoding + `"`
	h.Set("ETag", etag)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(content) // the reader went away; there is nobody to tell
	}
}

// accepts tells whether an Accept-Encoding header (RFC 9110 §12.5.3) names a
// coding without refusing it by q=0.
func accepts(headers []string, coding string) bool {
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q=")
		if !found {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

// matches tells whether an If-None-Match header (RFC 9110 §13.1.2) has a tag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
