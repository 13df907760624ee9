package main

import (
	"bytes"

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
	p.Timeout, p.Digest, p.Fail = o.timeout, true, explain
	return p, nil
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
