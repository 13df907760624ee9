package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// files is a small tree for a rule to be tried on: path to text. Text without a package clause gets one.
type files map[string]string

// A rule reports what breaks it, one line each. Every tree in bad breaks it once, those in good do not.
type rule struct {
	name  string
	check func(*tree) []string
	bad   []files
	good  []files
}

var rules = []rule{
	{"layers", checkLayers,
		[]files{
			{"hdr/a.go": `import _ "barewire/parser"`},
			{"parser/a.go": `import _ "barewire/writer"`},
			{"writer/a.go": `import _ "barewire/parser"`},
			{"writer/a.go": `import _ "barewire/srv"`},
			{"srv/a.go": `import _ "barewire/srv/route"`},
			{"srv/route/a.go": `import _ "barewire/srv/files"`},
			{"srv/a.go": `import _ "barewire/assets"`},
			{"assets/a.go": `import _ "barewire/hdr"`},
			{"cmd/a/a.go": `import _ "barewire/cmd/b"`},
			{"cmd/a/a.go": `import _ "barewire/bench"`},
			{"bench/a.go": `import _ "barewire/cmd/a"`},
			{"fuzz/a_test.go": `import _ "barewire/bench/origin"`},
			{"new/a.go": `import _ "barewire/hdr"`},
		},
		[]files{
			{"hdr/a.go": `import _ "bytes"`},
			{"parser/a.go": `import _ "barewire/hdr"`},
			{"srv/a.go": `import _ "barewire/srv/internal/pool"`},
			{"srv/files/a.go": `import _ "barewire/srv"`},
			{"cmd/a/a.go": `import (_ "barewire/srv/route"; _ "barewire/assets"; _ "barewire/cmd/internal/cli")`},
			{"srv/a_test.go": `import _ "barewire/srv/srvtest"`},
		}},
	{"standard library alone", checkStandard,
		[]files{
			{"srv/a.go": `import _ "net/http"`},
			{"srv/a.go": `import _ "net/http/httptest"`},
			{"cmd/a/a.go": `import _ "golang.org/x/sys/unix"`},
			{"bench/origin/a.go": `import _ "github.com/stretchr/testify/assert"`},
			{"srv/a_test.go": `import _ "github.com/valyala/fasthttp"`},
			{"srv/a.go": `import _ "C"`},
		},
		[]files{
			{"srv/a.go": `import _ "net/netip"`},
			{"srv/a_test.go": `import (_ "net/http"; _ "github.com/stretchr/testify/assert")`},
			{"bench/peers/go.mod": "module peers", "bench/peers/a.go": `import _ "net/http"`},
		}},
	{"no I/O, clock or goroutine below srv", checkSansIO,
		[]files{
			{"hdr/a.go": `import _ "net"`},
			{"parser/a.go": `import _ "time"`},
			{"writer/a.go": `import _ "io"`},
			{"parser/a.go": `import _ "sync/atomic"`},
			{"parser/a.go": "func f() { go f() }"},
			{"parser/a.go": "func f(c chan int) { }"},
			{"hdr/a.go": "var m map[string]int"},
		},
		[]files{
			{"hdr/a.go": `import _ "encoding/binary"`},
			{"srv/a.go": `import _ "time"; func f() { go f() }`},
			{"hdr/a_test.go": `import _ "time"; var m map[string]int`},
		}},
	{"unsafe", checkUnsafe,
		[]files{
			{"srv/a.go": `import "unsafe"; var _ unsafe.Pointer`},
			{"srv/a_test.go": `import _ "unsafe"`},
		},
		[]files{{"srv/a_unsafe_linux.go": `import _ "unsafe"`}}},
	{"banned where requests are served", checkBanned,
		[]files{
			{"parser/a.go": `import "fmt"; var _ = fmt.Sprint`},
			{"srv/conn.go": `import f "fmt"; var _ = f.Sprint`},
			{"srv/route/a.go": `import "errors"; var _ = errors.As`},
			{"hdr/a.go": `import "strings"; var _ = strings.Split`},
			{"writer/a.go": `import "strconv"; var _ = strconv.Itoa(1)`},
			{"srv/conn.go": `import . "fmt"`},
			{"srv/conn.go": `import "reflect"`},
		},
		[]files{
			{"srv/conn.go": `import "errors"; var _ = errors.Is`},
			{"srv/server.go": `import "fmt"; var _ = fmt.Sprint`},
			{"srv/conn_test.go": `import "fmt"; var _ = fmt.Sprint`},
			{"srv/srvtest/a.go": `import "fmt"; var _ = fmt.Sprint`},
			{"cmd/a/a.go": `import "fmt"; var _ = fmt.Sprint`},
			{"hdr/a.go": `type t struct{ Split int }; var strings t; var _ = strings.Split`},
		}},
	{"size", checkSize,
		[]files{
			{"srv/a.go": strings.Repeat("\n", maxFileLines)},
			{"srv/a.go": "func f() {" + strings.Repeat("\n", maxFunctionLines) + "}"},
			{"srv/a.go": "// f is long. No size is given.\nfunc f() {" + strings.Repeat("\n", maxFunctionLines) + "}"},
			{"srv/a.go": "// size:\nfunc f() {" + strings.Repeat("\n", maxFunctionLines) + "}"},
			{"srv/a.go": strings.Repeat("\n", maxFileLines) + "func f() {}\n// size: too late to count\n"},
		},
		[]files{
			{"srv/a.go": "func f() {" + strings.Repeat("\n", maxFunctionLines-1) + "}"},
			{"srv/a.go": "// size: one switch over the whole grammar\nfunc f() {" + strings.Repeat("\n", maxFunctionLines) + "}"},
			{"srv/a.go": "// size: the registry is one table\n\n" + strings.Repeat("\n", maxFileLines)},
			{"srv/a_test.go": strings.Repeat("\n", maxFileLines)},
		}},
	{"documentation", checkDocs,
		[]files{
			{"srv/a.go": "package srv"},
			{"srv/doc.go": "package srv"},
			{"srv/doc.go": "package srv", "srv/a.go": "// Package srv is documented in the wrong file.\npackage srv"},
			{"fuzz/a_test.go": "package fuzz"},
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a.go": "package srv\nfunc Exported() {}"},
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a.go": "package srv\ntype Exported int"},
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a.go": "package srv\n\n// T is it.\ntype T int\nfunc (t *T) M() {}"},
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a.go": "package srv\nvar Exported int"},
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a.go": "package srv\nconst (\nA = 1 // A is it.\nB = 2\n)"},
		},
		[]files{
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a.go": "package srv\nfunc f() {}\ntype t int\nfunc (t) M() {}\n// A and B are it.\nconst (\nA = 1\nB = 2)"},
			{"srv/doc.go": "// Package srv is it.\npackage srv", "srv/a_test.go": "package srv\nfunc TestA() {}"},
		}},
	{"top level", checkTop,
		[]files{
			{"util.go": "package util"},
			{"docs/notes.md": "notes"},
			{"LICENSE.txt": "text"},
		},
		[]files{{".gitignore": "", ".ci/run": "", "go.mod": "", "README.md": "", "srv/a.go": ""}}},
	{"no paths of a machine", checkPaths,
		[]files{
			{"README.md": "see /" + "root/notes"},
			{"srv/a.go": `var p = "/` + `work/main"`},
			{"srv/testdata/a.txt": "in /" + "home/x"},
		},
		[]files{{"README.md": "framework/main, a/root/b, /working/x"}}},
}

func TestPolicy(t *testing.T) {
	real := readTree(t)
	require.Greater(t, len(real.product()), 10, "the tree was not found")
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, bad := range r.bad {
				assert.Len(t, r.check(synthetic(t, bad)), 1, "what the rule finds in %.200q", bad)
			}
			for _, good := range r.good {
				assert.Empty(t, r.check(synthetic(t, good)), "what the rule finds in %.200q", good)
			}
			for _, broken := range r.check(real) {
				t.Error(broken)
			}
		})
	}
}

// An exception whose file is gone would cover another file of that name some day.
func TestExceptions(t *testing.T) {
	real := readTree(t)
	for pattern, why := range cold {
		assert.True(t, slices.ContainsFunc(real.sources, func(s *source) bool { return matches([]string{pattern}, s.path) || matches([]string{pattern}, s.dir) }),
			"no file is %s (%s)", pattern, why)
	}
}

func synthetic(t *testing.T, fs files) *tree {
	var top []string
	texts := map[string][]byte{}
	for name, text := range fs {
		if path.Ext(name) == ".go" && !regexp.MustCompile(`(?m)^package `).MatchString(text) {
			pkg := "package " + path.Base(path.Dir(name)) + "\n"
			if comments := regexp.MustCompile(`^// size: .*\n\n`).FindString(text); comments != "" {
				text = comments + pkg + text[len(comments):]
			} else {
				text = pkg + text
			}
		}
		texts[name] = []byte(text)
		if first, _, folder := strings.Cut(name, "/"); folder {
			top = append(top, first+"/")
		} else {
			top = append(top, first)
		}
	}
	tr, err := makeTree(top, texts)
	require.NoError(t, err)
	return tr
}

func checkLayers(t *tree) (out []string) {
	for _, s := range t.sources {
		for _, imported := range s.imports {
			name, ours := strings.CutPrefix(imported, module+"/")
			if !ours || s.test && !matches([]string{"cmd/...", "bench/..."}, name) {
				continue // tests may look down and sideways
			}
			if may, why := layerOf(s.dir); !matches(may, name) {
				out = append(out, fmt.Sprintf("%s imports %s: %s", s.path, imported, why))
			}
		}
	}
	return out
}

func layerOf(dir string) (may []string, why string) {
	for _, l := range layers {
		if l.dir == dir {
			return l.may, l.why
		}
	}
	for _, l := range layers {
		if matches([]string{l.dir}, dir) {
			return l.may, l.why
		}
	}
	return nil, "the folder has no row in the table of layers"
}

func checkStandard(t *tree) (out []string) {
	for _, s := range t.sources {
		for _, imported := range s.imports {
			first, _, _ := strings.Cut(imported, "/")
			standard := !strings.Contains(first, ".") && imported != "C"
			switch {
			case matches([]string{"net/http/..."}, imported) && !s.test:
				out = append(out, s.path+" imports "+imported+" in product code")
			case !standard && !(s.test && strings.HasPrefix(imported, "github.com/stretchr/testify/")):
				out = append(out, s.path+" imports "+imported+", which is not in the standard library")
			}
		}
	}
	return out
}

func checkSansIO(t *tree) (out []string) {
	for _, s := range t.product() {
		if !slices.Contains(core, s.dir) {
			continue
		}
		for _, imported := range s.imports {
			if !strings.HasPrefix(imported, module+"/") && imported != "unsafe" && !matches(sansIO, imported) {
				out = append(out, s.path+" imports "+imported)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt:
				out = append(out, s.at(n.Pos())+" starts a goroutine")
			case *ast.ChanType:
				out = append(out, s.at(n.Pos())+" has a channel")
			case *ast.MapType:
				out = append(out, s.at(n.Pos())+" has a map")
			}
			return true
		})
	}
	return out
}

func checkUnsafe(t *tree) (out []string) {
	for _, s := range t.sources {
		for _, imported := range s.imports {
			if imported == "unsafe" && !strings.Contains(path.Base(s.path), "unsafe") {
				out = append(out, s.path+" imports unsafe and does not say so in its name")
			}
		}
	}
	return out
}

func checkBanned(t *tree) (out []string) {
	for _, s := range t.product() {
		if isCold(s.path) {
			continue
		}
		for _, b := range banned {
			if matches(b.dirs, s.dir) {
				for _, pos := range uses(s, b.what) {
					out = append(out, fmt.Sprintf("%s uses %s: %s", s.at(pos), b.what, b.why))
				}
			}
		}
	}
	return out
}

func isCold(name string) bool {
	for pattern := range cold {
		if matches([]string{pattern}, name) {
			return true
		}
	}
	return false
}

// uses returns where a file imports a package, or uses one name of a package.
func uses(s *source, what string) (at []token.Pos) {
	pkg, name, single := strings.Cut(what, ".")
	for local, imported := range s.imports {
		if imported != pkg {
			continue
		}
		if !single {
			return []token.Pos{s.ast.Package}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && sel.Sel.Name == name {
				at = append(at, n.Pos())
			}
			return true
		})
	}
	return at
}

func checkSize(t *tree) (out []string) {
	for _, s := range t.product() {
		if s.lines > maxFileLines && !fileSaysSize(s) {
			out = append(out, fmt.Sprintf("%s has %d lines: split it, or say why in a line %q before its first declaration", s.path, s.lines, sizeMarker))
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
			if lines > maxFunctionLines && !saysSize(f.Doc) {
				out = append(out, fmt.Sprintf("%s: %s has %d lines: split it, or say why in a line %q of its doc comment", s.at(f.Pos()), f.Name.Name, lines, sizeMarker))
			}
		}
	}
	return out
}

func fileSaysSize(s *source) bool {
	first := token.Pos(s.fset.Base())
	if len(s.ast.Decls) > 0 {
		first = s.ast.Decls[0].Pos()
	}
	return slices.ContainsFunc(s.ast.Comments, func(g *ast.CommentGroup) bool { return g.Pos() < first && saysSize(g) })
}

// saysSize reports whether a line of a comment begins with the marker and goes on with a reason.
func saysSize(g *ast.CommentGroup) bool {
	return slices.ContainsFunc(strings.Split(g.Text(), "\n"), func(line string) bool {
		reason, ok := strings.CutPrefix(line, sizeMarker)
		return ok && strings.Contains(strings.TrimSpace(reason), " ")
	})
}

func checkDocs(t *tree) (out []string) {
	documented := map[string]bool{}
	for _, s := range t.sources {
		documented[s.dir] = documented[s.dir] || path.Base(s.path) == "doc.go" && s.ast.Doc != nil
	}
	for _, dir := range slices.Compact(dirs(t.sources)) {
		if !documented[dir] {
			out = append(out, dir+" has no doc.go with a package comment")
		}
	}
	for _, s := range t.product() {
		for _, d := range s.ast.Decls {
			for _, name := range undocumented(d) {
				out = append(out, s.at(name.Pos())+": "+name.Name+" has no doc comment")
			}
		}
	}
	return out
}

func dirs(sources []*source) (out []string) {
	for _, s := range sources {
		out = append(out, s.dir)
	}
	slices.Sort(out)
	return out
}

// undocumented returns the exported names that a declaration introduces without a comment. A comment on a group of constants
// or variables covers them all, one at the end of a line its line.
func undocumented(d ast.Decl) (out []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && receiverIsExported(d) {
			out = append(out, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && spec.Doc == nil && spec.Comment == nil && spec.Name.IsExported() {
					out = append(out, spec.Name)
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if d.Doc == nil && spec.Doc == nil && spec.Comment == nil && name.IsExported() {
						out = append(out, name)
					}
				}
			}
		}
	}
	return out
}

func receiverIsExported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	exported := false
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			exported = name.IsExported()
			return false
		}
		return true
	})
	return exported
}

func checkTop(t *tree) (out []string) {
	for _, name := range t.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) {
			out = append(out, name+" does not belong at the top level")
		}
	}
	return out
}

func checkPaths(t *tree) (out []string) {
	bad := regexp.MustCompile(`(^|[^A-Za-z0-9_.])/(` + strings.Join(machineFolders, "|") + `)/`)
	for name, text := range t.texts {
		for i, line := range strings.Split(string(text), "\n") {
			if bad.MatchString(line) {
				out = append(out, fmt.Sprintf("%s:%d names a path of a machine: %s", name, i+1, strings.TrimSpace(line)))
			}
		}
	}
	return out
}
