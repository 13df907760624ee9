package proxy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestClientFields(t *testing.T) {
	const sent = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: first\r\nForwarded: for=\"[2001:db8::1]\"\r\n"
	request := func(fields string) string {
		return "GET /httpbin/x HTTP/1.1\r\nHost: a.example:81\r\n" + fields + "Connection: close\r\n\r\n"
	}
	tests := []struct {
		name, request string
		prepare       func(*Proxy)
		want          []string // of the fields told of
	}{
		{"as it is", request(sent), func(*Proxy) {}, strings.Split(strings.TrimSuffix(strings.NewReplacer("F", "f", "X", "x", "H", "h", "P", "p").Replace(sent), "\r\n"), "\r\n")},
		{"as it is, nothing there", request(""), func(*Proxy) {}, nil},
		{"Forwarded replaced", request("Forwarded: for=192.0.2.1\r\n"), func(p *Proxy) { p.Forwarded = ForwardReplace },
			[]string{`Forwarded: for="127.0.0.1";host="a.example:81";proto=http`}},
		{"Forwarded appended", request("Forwarded: for=192.0.2.1, for=b\r\nForwarded: for=c\r\n"), func(p *Proxy) { p.Forwarded = ForwardAppend },
			[]string{`Forwarded: for=192.0.2.1, for=b, for=c, for="127.0.0.1";host="a.example:81";proto=http`}},
		{"Forwarded appended to nothing", request(""), func(p *Proxy) { p.Forwarded, p.Scheme = ForwardAppend, "https" },
			[]string{`Forwarded: for="127.0.0.1";host="a.example:81";proto=https`}},
		{"no Host", "GET /httpbin/x HTTP/1.0\r\n\r\n", func(p *Proxy) { p.Forwarded, p.XForwarded = ForwardReplace, ForwardReplace },
			[]string{`Forwarded: for="127.0.0.1";proto=http`, "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http"}},
		{"X-Forwarded replaced", request(sent), func(p *Proxy) { p.Forwarded, p.XForwarded = ForwardReplace, ForwardReplace },
			[]string{`Forwarded: for="127.0.0.1";host="a.example:81";proto=http`, "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: a.example:81", "X-Forwarded-Proto: http"}},
		{"X-Forwarded appended", request(sent), func(p *Proxy) { p.Forwarded, p.XForwarded = ForwardReplace, ForwardAppend },
			[]string{`Forwarded: for="127.0.0.1";host="a.example:81";proto=http`, "X-Forwarded-For: 192.0.2.1, 192.0.2.2, 127.0.0.1", "X-Forwarded-Host: first", "X-Forwarded-Proto: https"}},
		{"X-Forwarded appended to nothing", request(""), func(p *Proxy) { p.XForwarded, p.Scheme = ForwardAppend, "https" },
			[]string{"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: a.example:81", "X-Forwarded-Proto: https"}},
		{"nominated by the client, appended", request(sent + "Forwarded: for=b\r\nConnection: x-forwarded-for, forwarded\r\nConnection: x-forwarded-host,x-forwarded-proto\r\n"), func(p *Proxy) { p.Forwarded, p.XForwarded = ForwardAppend, ForwardAppend },
			[]string{`Forwarded: for="127.0.0.1";host="a.example:81";proto=http`, "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: a.example:81", "X-Forwarded-Proto: http"}},
		{"nominated by the client", request("Connection: x-forwarded-for, forwarded\r\n"), func(p *Proxy) { p.Forwarded, p.XForwarded = ForwardReplace, ForwardReplace },
			[]string{`Forwarded: for="127.0.0.1";host="a.example:81";proto=http`, "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: a.example:81", "X-Forwarded-Proto: http"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := make(chan string, 1)
			p := newProxy(t, upstream(t, func(u *peer) {
				got <- u.head()
				u.send(okay)
			}))
			tt.prepare(p)
			do(t, serve(t, p), tt.request)
			var told []string
			for _, line := range fields(<-got) {
				if strings.Contains(strings.ToLower(line[:10]), "forwarded") || strings.HasPrefix(strings.ToLower(line), "x-forwarded-") {
					told = append(told, line)
				}
			}
			assert.Equal(t, tt.want, told)
		})
	}
	t.Run("Via", func(t *testing.T) {
		for via, want := range map[string]string{"": "", "edge": "\r\nVia: 1.1 edge\r\n", "barewire": "\r\nVia: 1.1 barewire\r\n"} {
			got := make(chan string, 1)
			p := newProxy(t, upstream(t, func(u *peer) {
				got <- u.head()
				u.send(okay)
			}))
			assert.Equal(t, "barewire", p.Via)
			p.Via = via
			do(t, serve(t, p), keep[:len(keep)-2]+"Connection: close\r\n\r\n")
			if head := <-got; want == "" {
				assert.NotContains(t, head, "Via")
			} else {
				assert.Contains(t, head, want)
			}
		}
	})
}

// Addresses are written as each field has them.
func TestForwardedAddresses(t *testing.T) {
	for addr, want := range map[string][2]string{
		"192.0.2.1":        {`for="192.0.2.1"`, "192.0.2.1"},
		"::ffff:192.0.2.1": {`for="192.0.2.1"`, "192.0.2.1"},
		"2001:db8::1":      {`for="[2001:db8::1]"`, "2001:db8::1"},
		"fe80::1%eth0":     {`for="[fe80::1]"`, "fe80::1"},
		"":                 {`for="unknown"`, "unknown"},
	} {
		a, _ := netip.ParseAddr(addr)
		assert.Equal(t, want[0], string(appendNode(nil, plain(a))))
		assert.Equal(t, want[1], string(appendAddr(nil, plain(a))))
	}
}
