package main

import (
	"bytes"
	"log/slog"
	"sync"
	"time"

	"barewire/assets"
	"barewire/srv"
	"barewire/srv/proxy"
)

// newProxy makes what serves /httpbin/.
func newProxy(o *options) (*proxy.Proxy, error) {
	p, err := proxy.New(o.upstream)
	if err != nil {
		return nil, err
	}
	p.Timeout, p.Digest, p.Fail, p.OnFail = o.timeout, true, explain, (&failures{}).log
	return p, nil
}

// failures logs why an upstream failed, once in a second at the most: clients can cause it at will.
type failures struct {
	mu      sync.Mutex
	last    time.Time
	skipped int
}

func (f *failures) log(_ *srv.Request, err proxy.Error, cause error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.last) < time.Second {
		f.skipped++
		return
	}
	var detail slog.Attr // left out if there is nothing behind the error
	if cause != nil {
		detail = slog.Any("cause", cause)
	}
	slog.Warn("upstream failed", slog.String("why", err.Text()), detail, slog.Int("skipped", f.skipped))
	f.last, f.skipped = now, 0
}

// explain answers for an upstream that did not, with a page that says why.
func explain(w *srv.Response, _ *srv.Request, err proxy.Error) {
	html := assets.BadGateway
	if err.Status() == 504 {
		html = assets.GatewayTimeout
	}
	before, after, _ := bytes.Cut(html, []byte(assets.Why))
	w.Set("Content-Type", assets.PageType)
	w.Write(before)
	w.WriteString(err.Text())
	w.Write(after)
}
