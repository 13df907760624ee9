package parser

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const chunkedEnd = "\r\nhello\r\n0\r\n\r\n"

var chunkedCases = []struct{ name, in, content, trailers string }{
	{"one chunk", "5" + chunkedEnd, "hello", ""},
	{"two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", ""},
	{"no chunk", "0\r\n\r\n", "", ""},
	{"last chunk of many zeros", "00000000000000000000000000000000\r\n\r\n", "", ""},
	{"leading zeros", "0000005" + chunkedEnd, "hello", ""},
	{"hexadecimal", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a", ""},
	{"size of two digits", "1A\r\n" + strings.Repeat("z", 26) + "\r\n0\r\n\r\n", strings.Repeat("z", 26), ""},
	{"CRLF in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", ""},
	{"ext", "5;a" + chunkedEnd, "hello", ""},
	{"ext with value", "5;a=b" + chunkedEnd, "hello", ""},
	{"ext with quotes", "5;a=\"b;\\\"c\\\\\t\xe9\"" + chunkedEnd, "hello", ""},
	{"ext with empty quotes", "5;a=\"\"" + chunkedEnd, "hello", ""},
	{"many ext", "5;a;b=c;d=\"e\";f" + chunkedEnd, "hello", ""},
	{"white space in ext", "5 \t; a \t=\t b ; c = \"d\" ; e" + chunkedEnd, "hello", ""},
	{"ext of all tchar", "5;!#$%&'*+-.^_`|~09azAZ=!#$%&'*+-.^_`|~09azAZ" + chunkedEnd, "hello", ""},
	{"ext with quotes everywhere", `5;ilovew3="I \"love\"; \\extensions\\";somuchlove="aretheseparametersfor";blah;foo=bar` + chunkedEnd, "hello", ""},
	{"ext at the last chunk", "0;a=b\r\n\r\n", "", ""},
	{"trailers", "5\r\nhello\r\n0\r\nX-Sum: abc\r\nB:\t c \r\n\r\n", "hello", "\"x-sum\": \"abc\"\n\"b\": \"c\"\n"},
	{"trailers named as framing fields are trailers", "0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n", "",
		"\"content-length\": \"5\"\n\"transfer-encoding\": \"chunked\"\n\"host\": \"a\"\n"},
}

func TestChunked(t *testing.T) {
	for _, c := range chunkedCases {
		t.Run(c.name, func(t *testing.T) {
			want := body{content: c.content, size: len(c.in), done: true, trailers: c.trailers}
			require.Equal(t, want, decodeEveryWay(t, chunkedBodies(-1), c.in))
			require.Equal(t, want, decodeEveryWay(t, chunkedBodies(int64(len(c.content))), c.in), "limit of just that size")
			require.Equal(t, want, decode(t, chunkedBodies(-1), c.in+"GET / HTTP/1.1\r\n"), "with octets behind")
			for i := range c.in { // the end within it
				d := chunkedBodies(-1)()
				for b := []byte(c.in[:i]); ; {
					_, n, e := d.Next(b)
					require.Zero(t, e)
					if b = b[n:]; n == 0 {
						break
					}
				}
				require.Equal(t, Truncated, d.End(), "end after %d octets", i)
			}
		})
	}
}

var chunkedRefusedCases = []headCase{
	{"no size", "§\r\nhello\r\n0\r\n\r\n", ChunkSizeSyntax},
	{"CRLF CRLF as the last chunk", "5\r\nhello\r\n§\r\n\r\n", ChunkSizeSyntax},
	{"sign", "§+5" + chunkedEnd, ChunkSizeSyntax},
	{"minus", "§-1" + chunkedEnd, ChunkSizeSyntax},
	{"0x", "0§x5" + chunkedEnd, ChunkSizeSyntax},
	{"underscore", "0§_5" + chunkedEnd, ChunkSizeSyntax},
	{"SP before the size", "§ 5" + chunkedEnd, ChunkSizeSyntax},
	{"HTAB before the size", "§\t5" + chunkedEnd, ChunkSizeSyntax},
	{"letter behind f", "5§g" + chunkedEnd, ChunkSizeSyntax},
	{"letter alone", "§G" + chunkedEnd, ChunkSizeSyntax},
	{"obs-text", "§\xb2" + chunkedEnd, ChunkSizeSyntax},
	{"ext without size", "§;a" + chunkedEnd, ChunkSizeSyntax},
	{"SP behind the size", "5 §" + chunkedEnd, ChunkExtSyntax},
	{"two sizes", "5 §5" + chunkedEnd, ChunkExtSyntax},
	{"LF behind the size", "5§\nhello\r\n0\r\n\r\n", BareLF},
	{"LF without size", "§\nhello", BareLF},
	{"LF behind SP", "5 §\nhello", BareLF},
	{"LF behind an ext", "5;x§\nhello\r\n0\r\n\r\n", BareLF},
	{"LF in ext value", "5;x=a§\n", BareLF},
	{"LF in quotes", "5;x=\"§\n", BareLF},
	{"LF behind a backslash", "5;x=\"\\§\n", BareLF},
	{"LF behind quotes", "5;x=\"\"§\n", BareLF},
	{"LF behind the semicolon", "5;§\n", BareLF},
	{"LF behind the equals sign", "5;a=§\n", BareLF},
	{"LF behind an ext and SP", "5;a §\n", BareLF},
	{"CR behind the size", "5\r§hello\r\n", BareCR},
	{"CR CR LF", "2\r§\r;a\r\n02\r\n41\r\n0\r\n\r\n", BareCR},
	{"CR within an ext", "5;a\r§b\r\n", BareCR},
	{"bare semicolon", "5;§" + chunkedEnd, ChunkExtSyntax},
	{"semicolon and SP", "5; §" + chunkedEnd, ChunkExtSyntax},
	{"two semicolons", "5;§;a" + chunkedEnd, ChunkExtSyntax},
	{"semicolon at the end", "5;a;§" + chunkedEnd, ChunkExtSyntax},
	{"equals sign without value", "5;a=§" + chunkedEnd, ChunkExtSyntax},
	{"equals sign without name", "5;§=b" + chunkedEnd, ChunkExtSyntax},
	{"equals sign without ext", "5§=b" + chunkedEnd, ChunkSizeSyntax},
	{"two equals signs", "5;a=§=b" + chunkedEnd, ChunkExtSyntax},
	{"two values", "5;a=b§=c" + chunkedEnd, ChunkExtSyntax},
	{"SP behind the name", "5;a §" + chunkedEnd, ChunkExtSyntax},
	{"SP behind the value", "5;a=b §" + chunkedEnd, ChunkExtSyntax},
	{"SP behind quotes", "5;a=\"b\" §" + chunkedEnd, ChunkExtSyntax},
	{"name of two words", "5;a §b" + chunkedEnd, ChunkExtSyntax},
	{"value of two words", "5;a=b §c" + chunkedEnd, ChunkExtSyntax},
	{"octet behind quotes", "5;a=\"b\"§c" + chunkedEnd, ChunkExtSyntax},
	{"quotes never closed", "1;ext=\"val§\r\nX\r\n0\r\n\r\n", ChunkExtSyntax},
	{"quotes in the name", "5;§\"a\"" + chunkedEnd, ChunkExtSyntax},
	{"quotes within a value", "5;a=b§\"c\"" + chunkedEnd, ChunkExtSyntax},
	{"CR behind a backslash", "5;a=\"\\§\r\n", ChunkExtSyntax},
	{"control in the name", "5;a§\x01" + chunkedEnd, ChunkExtSyntax},
	{"control in quotes", "5;a=\"§\x01\"" + chunkedEnd, ChunkExtSyntax},
	{"DEL in quotes", "5;a=\"§\x7f\"" + chunkedEnd, ChunkExtSyntax},
	{"obs-text in the name", "5;a§\xe9" + chunkedEnd, ChunkExtSyntax},
	{"comma", "5§,a" + chunkedEnd, ChunkSizeSyntax},
	{"comma in ext", "5;a§,b" + chunkedEnd, ChunkExtSyntax},

	{"data too long", "5\r\nhello§!!\r\n0\r\n\r\n", ChunkDataEnd},
	{"data too short", "6\r\nhello\r§\n0\r\n\r\n", BareLF},
	{"data and LF", "5\r\nhello§\n0\r\n\r\n", BareLF},
	{"data and CR", "5\r\nhello\r§0\r\n\r\n", BareCR},
	{"data and two wrong octets", "5\r\nhello§XX0\r\n\r\n", ChunkDataEnd},
	{"size read as data", "7\r\nhello\r\n§0\r\n\r\n", ChunkDataEnd},

	{"2^63", "800000000000000§0\r\n", ContentTooLarge},
	{"2^64", "1000000000000000§0\r\n", ContentTooLarge},
	{"2^64+5", "1000000000000000§5\r\nhello\r\n", ContentTooLarge},
	{"2^64-1", "fffffffffffffff§f\r\n", ContentTooLarge},
	{"2^63 in two chunks", "1\r\nX\r\n7ffffffffffffff§f\r\n", ContentTooLarge},
	{"33 digits", "00000000000000000000000000000000§5\r\nhello", ChunkSizeTooLong},
	{"endless zeros", strings.Repeat("0", 32) + "§" + strings.Repeat("0", 5000), ChunkSizeTooLong},

	{"trailer without colon", "0\r\nX§\r\n\r\n", ColonMissing},
	{"trailer with SP before the colon", "0\r\nX§ : y\r\n\r\n", NameSpace},
	{"trailer folded", "0\r\nX: y\r\n§ z\r\n\r\n", ObsFold},
	{"trailer behind SP", "0\r\n§ X: y\r\n\r\n", LeadingSpace},
	{"trailer with empty name", "0\r\n§: y\r\n\r\n", NameEmpty},
	{"trailer with LF", "0\r\nX: y§\n\r\n", BareLF},
	{"trailer with NUL", "0\r\nX: §\x00\r\n\r\n", ValueOctet},
	{"LF as the end", "0\r\n§\n", BareLF},
	{"CR as the end", "0\r\n\r§X", BareCR},
	{"next request in the place of trailers", "0\r\nGET§ / HTTP/1.1\r\n\r\n", NameSpace},
}

func TestChunkedRefused(t *testing.T) {
	for _, c := range chunkedRefusedCases {
		t.Run(c.name, func(t *testing.T) {
			in, off := unmark(t, c.in)
			got := decodeEveryWay(t, chunkedBodies(-1), in)
			require.Equal(t, c.err, got.err, "%s at %d, not %s at %d", got.err.Rule(), got.off, c.err.Rule(), off)
			require.Equal(t, off, got.off, "offset")
		})
	}
}

func TestChunkedLimits(t *testing.T) {
	check := func(name string, limit int64, in string, err Error) {
		t.Run(name, func(t *testing.T) {
			off := 0
			if err != 0 {
				in, off = unmark(t, in)
			}
			got := decodeEveryWay(t, chunkedBodies(limit), in)
			require.Equal(t, err, got.err, "%s at %d, not %s at %d", got.err.Rule(), got.off, err.Rule(), off)
			require.Equal(t, off, got.off, "offset")
			require.Equal(t, err == 0, got.done)
		})
	}
	check("content at the limit", 5, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 0)
	check("content beyond the limit", 5, "3\r\nhel\r\n§3\r\nlo!\r\n0\r\n\r\n", ContentTooLarge)
	check("content far beyond the limit", 5, "§fffff\r\n", ContentTooLarge)
	check("content of two digits beyond the limit", 20, "1§5\r\n", ContentTooLarge)
	check("limit 0", 0, "§1\r\na", ContentTooLarge)
	check("limit 0, no content", 0, "0\r\n\r\n", 0)

	ext := func(size int) string { return "1;" + strings.Repeat("x", size-2) } // a chunk line of size octets
	check("line at the limit", -1, ext(ChunkLineSize)+"\r\nX\r\n0\r\n\r\n", 0)
	check("line beyond the limit", -1, ext(ChunkLineSize)+"§x\r\nX\r\n0\r\n\r\n", ChunkLineTooLarge)
	check("endless line", -1, ext(ChunkLineSize)+"§"+strings.Repeat("x", 3000), ChunkLineTooLarge)
	check("lexical error at the limit of a line", -1, ext(ChunkLineSize)+"§\x00", ChunkExtSyntax)
	check("LF at the limit of a line", -1, ext(ChunkLineSize)+"§\n", BareLF)
	check("CR alone at the limit of a line", -1, ext(ChunkLineSize)+"\r§x", BareCR)
	check("last line beyond the limit", -1, "0;"+strings.Repeat("x", ChunkLineSize-2)+"§x", ChunkLineTooLarge)

	// Each of these lines exceeds a fair share by ChunkLineSize + 2 - 18 = 4080 octets; four of them stay within the bound.
	chunk := ext(ChunkLineSize) + "\r\nX\r\n"
	check("overhead within the bound", -1, strings.Repeat(chunk, 4)+"0\r\n\r\n", 0)
	check("overhead beyond the bound", -1, strings.Repeat(chunk, 4)+ext(ChunkLineSize)+"\r§\nX\r\n", ChunkOverhead)
	fill := strings.Repeat(chunk, 4) + ext(64+18-2) + "\r\nX\r\n" // to the bound exactly
	check("overhead at the bound", -1, fill+strings.Repeat("1\r\nX\r\n", 5)+"0\r\n\r\n", 0)
	check("one octet beyond the bound", -1, fill+ext(19-2)+"\r§\n", ChunkOverhead)
	check("an ample chunk takes off", -1, fill+fmt.Sprintf("%x\r\n%s\r\n", 2000, strings.Repeat("d", 2000))+ext(ChunkLineSize-100)+"\r\nX\r\n0\r\n\r\n", 0)
	check("a surplus is not saved", -1, "5000\r\n"+strings.Repeat("d", 0x5000)+"\r\n"+strings.Repeat(chunk, 4)+ext(ChunkLineSize)+"\r§\n", ChunkOverhead)
	check("overhead of empty data", -1, fill+"0;"+strings.Repeat("x", 13)+"\r§\n", ChunkOverhead)

	trailers := func(size int) string { // a trailer section of size octets
		return "A: " + strings.Repeat("a", 4000) + "\r\nB: " + strings.Repeat("b", size-4000-3-2-3-4) + "\r\n\r\n"
	}
	check("trailers at the limit", -1, "0\r\n"+trailers(TrailerSectionSize), 0)
	check("trailers beyond the limit", -1, "0\r\n"+trailers(TrailerSectionSize + 1)[:TrailerSectionSize]+"§\n", TrailersTooLarge)
	check("trailers not ended at the limit", -1, "0\r\n"+trailers(TrailerSectionSize + 99)[:TrailerSectionSize]+"§b", TrailersTooLarge)
	check("lexical error at the limit of trailers", -1, "0\r\n"+trailers(TrailerSectionSize + 99)[:TrailerSectionSize]+"§\x00", ValueOctet)
	check("lexical error behind the limit of trailers", -1, "0\r\n"+trailers(TrailerSectionSize + 99)[:TrailerSectionSize]+"§b\x00", TrailersTooLarge)
	check("trailer count at the limit", -1, "0\r\n"+strings.Repeat("X:\r\n", TrailerFieldCount)+"\r\n", 0)
	check("trailer count beyond the limit", -1, "0\r\n"+strings.Repeat("X:\r\n", TrailerFieldCount)+"§X:\r\n\r\n", TooManyFields)
}

// 200 kB in chunks of one octet are as good as any other content.
func TestChunksOfOneOctet(t *testing.T) {
	in := strings.Repeat("1\r\nX\r\n", 200_000) + "0\r\n\r\n"
	var c Content
	c.Reset(FramingChunked, -1, 200_000)
	size, b := 0, []byte(in)
	for !c.Done() {
		data, n, e := c.Next(b)
		require.Zero(t, e)
		require.NotZero(t, n)
		size += len(data)
		b = b[n:]
	}
	require.Equal(t, 200_000, size)
	require.Empty(t, b)
}

const (
	reToken  = "[-!#$%&'*+.^_`|~0-9A-Za-z]+"
	reQuoted = `"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"`
	reBWS    = `[ \t]*`
)

var reChunkLine = regexp.MustCompile(`\A([0-9A-Fa-f]{1,32})(?:` + reBWS + `;` + reBWS + reToken + `(?:` + reBWS + `=` + reBWS + `(?:` + reToken + `|` + reQuoted + `))?)*\r\n\z`)

// latin1 makes one rune of each octet, for regular expressions.
func latin1(s string) string {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

// plainChunks decodes a whole chunked body by its grammar. ok is false where it breaks the grammar or ends early.
func plainChunks(in string) (content string, size int, ok bool) {
	for rest := in; ; {
		line := rest[:strings.IndexByte(rest, '\n')+1]
		m := reChunkLine.FindStringSubmatch(latin1(line))
		if m == nil {
			return content, 0, false
		}
		var chunk int
		if _, err := fmt.Sscanf(m[1], "%x", &chunk); err != nil {
			return content, 0, false
		}
		rest = rest[len(line):]
		if chunk == 0 {
			const get = "GET / HTTP/1.1\r\n"
			p := plainParse(get+rest, Limits{Head: len(get) + TrailerSectionSize, Fields: TrailerFieldCount})
			return content, len(in) - len(rest) + p.n - len(get), p.n > 0
		}
		if chunk < 0 || chunk > len(rest)-2 || rest[chunk:chunk+2] != "\r\n" {
			return content, 0, false
		}
		content += rest[:chunk]
		rest = rest[chunk+2:]
	}
}

// sameAsChunkGrammar requires that Content accepts in if and only if the grammar does, with the same content.
func sameAsChunkGrammar(t require.TestingT, in string) {
	got := decode(t, chunkedBodies(-1), in)
	content, size, ok := plainChunks(in)
	if got.err == ChunkLineTooLarge || got.err == ChunkOverhead {
		return // not in the grammar
	}
	require.Equal(t, ok, got.done, "%q: %s", in, got.err.Rule())
	if ok {
		require.Equal(t, content, got.content)
		require.Equal(t, size, got.size)
	}
}
