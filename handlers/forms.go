package handlers

import (
	"errors"
	"net/http"
	"strings"

	"parlour"
)

// maxForm is how many bytes a form may have: the longest message, every
// character of it percent-encoded, and some more.
const maxForm = 128 << 10

var (
	errFormTooLarge = parlour.Errorf(parlour.TooLarge, "form.too_large", "the form is larger than %d bytes", maxForm)
	errFormBroken   = parlour.Errorf(parlour.Malformed, "form.malformed", "the form cannot be read")
)

// readForm reads a form of either encoding into r.PostForm.
func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	if err == nil {
		err = r.ParseMultipartForm(maxForm)
	}
	if err == nil || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errFormTooLarge
	}
	return errFormBroken
}

// shown is what was typed as a page can show it again.
func shown(typed string) string { return strings.ToValidUTF8(typed, "\ufffd") }
