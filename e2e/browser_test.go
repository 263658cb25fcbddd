package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// One Chromium serves all tests: starting it takes longer than most tests.
// People are kept apart by browser contexts, each with its own cookies, cache
// and window.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := chromiumPath()
	if err != nil {
		return nil, err
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // CI runs as root, for whom Chromium has no sandbox
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", false), // they are part of how wide a page is
		chromedp.Flag("lang", "en"),
		chromedp.IgnoreCertErrors, // the test's own certificate, see encrypted
	)...)
	ctx, cancel := chromedp.NewContext(allocator)
	stopChromium = func() {
		cancel()
		stop()
	}
	return ctx, chromedp.Do(ctx)
})

var stopChromium = func() {}

func closeBrowser() { stopChromium() }

func chromiumPath() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed (apt-get install chromium)")
}

func browser(t *testing.T) context.Context {
	t.Helper()
	if _, err := chromiumPath(); err != nil {
		missing(t, "%v", err)
	}
	ctx, err := chromium()
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}
