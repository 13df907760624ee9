package writer_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is a response as net/http reads it.
type message struct {
	interims []*http.Response
	*http.Response
	body string
	rest string // octets behind the response
}

// reread reads raw as the answer to a request. The body is read to its end, so that Trailer is complete.
func reread(t *testing.T, raw []byte, method string) message {
	t.Helper()
	r := bufio.NewReaderSize(bytes.NewReader(raw), 1<<16)
	var m message
	for {
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		require.NoError(t, err, "%q", raw)
		if resp.StatusCode < 200 {
			m.interims = append(m.interims, resp)
			continue
		}
		m.Response = resp
		break
	}
	body, err := io.ReadAll(m.Body)
	require.NoError(t, err, "%q", raw)
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	m.body, m.rest = string(body), string(rest)
	return m
}

// requireFraming checks on the octets what net/http forgives: that no head has two framing fields, nor any where there must be none.
func requireFraming(t *testing.T, raw []byte) {
	t.Helper()
	for {
		head, rest, found := strings.Cut(string(raw), "\r\n\r\n")
		require.True(t, found, "%q", raw)
		require.True(t, strings.HasPrefix(head, "HTTP/1.1 "), "%q", head)
		lines := strings.Split(strings.ToLower(head), "\r\n")
		require.NotContains(t, strings.Join(lines, ""), "\n")
		require.NotContains(t, strings.Join(lines, ""), "\r")
		framing, connection := 0, 0
		for _, line := range lines[1:] {
			name, _, _ := strings.Cut(line, ":")
			switch name {
			case "content-length", "transfer-encoding":
				framing++
			case "connection":
				connection++
			}
		}
		require.LessOrEqual(t, connection, 1, "%q", head)
		switch code := lines[0][len("http/1.1 "):][:3]; {
		case code[0] == '1':
			require.Zero(t, framing, "%q", head)
			require.Zero(t, connection, "%q", head)
			raw = []byte(rest)
			continue
		case code == "204":
			require.Zero(t, framing, "%q", head)
		default:
			require.LessOrEqual(t, framing, 1, "%q", head)
		}
		return
	}
}
