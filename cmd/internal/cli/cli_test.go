package cli

import (
	"bytes"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		status int
		ok     bool
		says   string
	}{
		{"nothing", nil, ExitOK, true, ""},
		{"flag", []string{"-name", "x"}, ExitOK, true, ""},
		{"address", []string{"-addr", "localhost:0"}, ExitOK, true, ""},
		{"address, any host", []string{"-addr", ":65535"}, ExitOK, true, ""},
		{"address, IPv6", []string{"-addr", "[::1]:80"}, ExitOK, true, ""},
		{"address without port", []string{"-addr", "localhost"}, ExitUsage, false, "for flag -addr: address localhost: missing port"},
		{"address with a port too large", []string{"-addr", ":65536"}, ExitUsage, false, "invalid port"},
		{"address with a control", []string{"-addr", "\x1b[2J"}, ExitUsage, false, `"\x1b[2J"`},
		{"help", []string{"-h"}, ExitOK, false, "Tool does things.\n\nFlags:\n  -addr address\n    \taddress to use (default :1)\n  -name name\n    \tname to use\n"},
		{"unknown flag", []string{"-port", "1"}, ExitUsage, false, "not defined: -port"},
		{"missing value", []string{"-addr"}, ExitUsage, false, "needs an argument: -addr"},
		{"argument", []string{"\x1b[2J"}, ExitUsage, false, `tool: unexpected argument "\x1b[2J"` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			f := Flags("tool", "Tool does things.\n", &stderr)
			f.String("name", "", "`name` to use")
			Address(f, ":1", "`address` to use")
			status, ok := Parse(f, tt.args)
			assert.Equal(t, tt.status, status)
			assert.Equal(t, tt.ok, ok)
			if tt.says == "" {
				assert.Empty(t, stderr.String())
			}
			assert.Contains(t, stderr.String(), tt.says)
		})
	}
}

func TestIsTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	assert.False(t, IsTerminal(null), "it is a device, but nobody types there")
	r, w, err := os.Pipe()
	require.NoError(t, err)
	r.Close()
	assert.False(t, IsTerminal(w))
	w.Close()
	assert.False(t, IsTerminal(w), "closed")
	if terminal, err := os.Open("/dev/ptmx"); err == nil {
		defer terminal.Close()
		assert.True(t, IsTerminal(terminal))
	}
}

func TestAppendEscaped(t *testing.T) {
	tests := []struct{ name, in, keep, want string }{
		{"printable", "GET /~ok", "", "GET /~ok"},
		{"nothing", "", "", ""},
		{"controls", "\x00\a\t\n\r\x1b[2J\x7f", "", `\x00\x07\t\n\r\x1b[2J\x7f`},
		{"kept", "a\n\tb\r\v", "\n\t", "a\n\tb\\r\\x0b"},
		{"above ASCII", "\x80\x9b\xc3\xbc\xff", "", `\x80\x9b\xc3\xbc\xff`},
		{"backslash", `\x1b\`, "", `\\x1b\\`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, string(AppendEscaped([]byte("- "), []byte(tt.in), tt.keep)[2:]))
		})
	}
}

// What is shown of any octet is printable, and stands for that octet alone.
func TestAppendEscapedEveryOctet(t *testing.T) {
	for c := range 256 {
		shown := string(AppendEscaped(nil, []byte{byte(c)}, ""))
		for _, s := range []byte(shown) {
			assert.True(t, s >= ' ' && s <= '~', "%#x shown as %q", c, shown)
		}
		back := shown
		if c != '"' {
			var err error
			back, err = strconv.Unquote(`"` + shown + `"`)
			require.NoError(t, err)
		}
		assert.Equal(t, string([]byte{byte(c)}), back)
	}
}
