package policy

import "strings"

// layers says what of the module a folder's product code may import: the row of the folder itself counts, else the first one above it. A
// name that ends in "..." stands for the folder and all below it.
var layers = []struct {
	dir string
	may []string
	why string
}{
	{dir: "hdr", why: "hdr stands alone"},
	{dir: "parser", may: []string{"hdr"}, why: "the parser knows hdr alone"},
	{dir: "writer", may: []string{"hdr"}, why: "the writer knows hdr alone"},
	{dir: "srv", may: []string{"hdr", "parser", "writer", "srv/internal/..."}, why: "srv imports what is below it"},
	{dir: "srv/...", may: []string{"hdr", "parser", "writer", "srv", "srv/internal/..."}, why: "packages below srv import srv and what is below it"},
	{dir: "assets", why: "assets are data"},
	{dir: "cmd/...", may: []string{"hdr", "parser", "writer", "srv/...", "assets", "cmd/internal/..."}, why: "a command imports no other command and no benchmark"},
	{dir: "bench/...", may: []string{"hdr", "parser", "writer", "srv/...", "assets"}, why: "benchmarks import no command and no other benchmark"},
	{dir: "fuzz/...", may: []string{"hdr", "parser", "writer", "srv/..."}, why: "fuzz targets import no command and no benchmark"},
}

// sansIO is what hdr, parser and writer may import of the standard library, beyond unsafe, which has its own rule.
var sansIO = []string{
	"bytes", "cmp", "encoding/binary", "errors", "internal/...", "iter", "math", "math/bits", "slices", "strconv", "strings", "unicode/utf8",
}

// banned says what must not be used where requests are served. dirs are folders as in layers; what is a package with or without one of
// its names.
var banned = []struct {
	what string
	dirs []string
	why  string
}{
	{"fmt", hot, "formats through reflection and allocates"},
	{"reflect", hot, "slow, and allocates"},
	{"regexp", hot, "slow, and allocates"},
	{"log", hot, "the server has a slog.Logger"},
	{"errors.As", hot, "allocates its target"},
	{"errors.AsType", hot, "errors are small values: compare them"},
	{"errors.New", core, "errors are typed small values"},
	{"strings.Split", hot, "allocates; cut in place"},
	{"strings.SplitN", hot, "allocates; cut in place"},
	{"strings.Fields", hot, "allocates; cut in place"},
	{"strings.ToLower", hot, "allocates, and folds more than ASCII"},
	{"strings.EqualFold", hot, "folds more than ASCII: hdr.EqualFold"},
	{"bytes.Split", hot, "allocates; cut in place"},
	{"bytes.SplitN", hot, "allocates; cut in place"},
	{"bytes.Fields", hot, "allocates; cut in place"},
	{"bytes.ToLower", hot, "allocates, and folds more than ASCII: hdr.Fold"},
	{"bytes.EqualFold", hot, "folds more than ASCII: hdr.EqualFold"},
	{"strconv.Itoa", core, "allocates: strconv.AppendInt"},
	{"strconv.FormatInt", core, "allocates: strconv.AppendInt"},
	{"strconv.FormatUint", core, "allocates: strconv.AppendUint"},
	{"strconv.Quote", core, "allocates: strconv.AppendQuote"},
	{"strconv.Atoi", core, "accepts signs, and allocates its error"},
	{"strconv.ParseInt", core, "accepts signs, and allocates its error"},
	{"strconv.ParseUint", core, "allocates its error"},
	{"time.After", hot, "makes a timer that outlives the wait"},
	{"time.Tick", hot, "makes a timer that is never stopped"},
	{"time.Sleep", hot, "nothing waits for a guessed time"},
	{"os.Exit", hot, "a library never ends the program"},
}

var (
	core = []string{"hdr", "parser", "writer"}
	hot  = []string{"hdr", "parser", "writer", "srv/..."}
)

// cold are the files below the folders of banned that serve no request, by why.
var cold = map[string]string{
	"srv/server.go":     "set-up",
	"srv/log.go":        "logging, rate-limited",
	"srv/net_accept.go": "waits for descriptors before it accepts more",
	"srv/srvtest/...":   "for tests",
}

// topLevel is all that may stand at the top of the repository, beside dot-files.
var topLevel = []string{"go.mod", "go.sum", "cmd/", "parser/", "hdr/", "writer/", "srv/", "bench/", "fuzz/", "assets/", "README.md"}

// machineFolders at the root of a path belong to the machine that somebody happened to work on.
var machineFolders = []string{"work", "root", "home"}

const (
	maxFileLines     = 400
	maxFunctionLines = 70
	sizeMarker       = "size:"
)

// matches reports whether name is one of the patterns, or is below one that ends in "...".
func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if prefix, below := strings.CutSuffix(p, "/..."); p == name || below && (name == prefix || strings.HasPrefix(name, prefix+"/")) {
			return true
		}
	}
	return false
}
