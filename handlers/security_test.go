package handlers_test

import (
	"net/url"

	"parlour/handlers"
)

func withPublicURL(public *url.URL) func(*handlers.Options) {
	return func(o *handlers.Options) { o.PublicURL = public }
}
