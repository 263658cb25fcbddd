package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"parlour"
)

// maxForm is how many bytes of a form are read. It is many times what any form
// can be good for: whoever pastes too much is told so by what the field is for,
// with the text given back.
const maxForm = 1 << 20

var (
	errFormTooLarge = parlour.Errorf(parlour.TooLarge, "form.too_large", "the form is larger than %d bytes", maxForm)
	errFormBroken   = parlour.Errorf(parlour.Malformed, "form.malformed", "the form cannot be read")
)

// readForm reads a form of either encoding into r.PostForm.
func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := parseForm(r)
	if err == nil || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errFormTooLarge
	}
	return errFormBroken
}

// longTexts are the fields in which people write at length.
var longTexts = []string{"body", "description", "rules", "topic", "reason", "pattern", "note"}

// typedOf is what somebody wrote in a form that is not shown to them again.
func typedOf(r *http.Request) (typed []string) {
	for _, field := range longTexts {
		if text := r.PostForm.Get(field); strings.TrimSpace(text) != "" {
			typed = append(typed, shown(text))
		}
	}
	return typed
}

// parseForm is what net/http does, and spares the usual form the copies for
// r.Form, which nobody asks for.
func parseForm(r *http.Request) error {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		if err := r.ParseForm(); err != nil {
			return err
		}
		return r.ParseMultipartForm(maxForm)
	}
	content := borrow()
	defer bringBack(content)
	if _, err := content.ReadFrom(r.Body); err != nil {
		return err
	}
	form, err := url.ParseQuery(content.String())
	r.PostForm = form
	return err
}

// shown is what was typed as a page can show it again.
func shown(typed string) string { return strings.ToValidUTF8(typed, "\ufffd") }
