package policy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "barewire"

// A source is one Go file of the module, product code or test.
type source struct {
	path    string // slash-separated, from the top of the repository
	dir     string
	test    bool
	fset    *token.FileSet
	ast     *ast.File
	lines   int
	imports map[string]string // local name to import path
}

// A tree is what the rules look at.
type tree struct {
	top     []string          // the names at the top level, folders ending in a slash
	texts   map[string][]byte // every text file by its path
	sources []*source         // in the order of their paths
}

// product returns the Go files that are not tests.
func (t *tree) product() []*source {
	return slices.DeleteFunc(slices.Clone(t.sources), func(s *source) bool { return s.test })
}

func (s *source) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(pos).Line)
}

// makeTree parses the Go files among texts, but for those of nested modules.
func makeTree(top []string, texts map[string][]byte) (*tree, error) {
	t := &tree{top: top, texts: texts}
	for _, name := range slices.Sorted(keys(texts)) {
		if path.Ext(name) != ".go" || nested(texts, path.Dir(name)) || strings.Contains(name, "testdata/") {
			continue
		}
		s := &source{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), fset: token.NewFileSet()}
		file, err := parser.ParseFile(s.fset, name, texts[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.ast, s.lines, s.imports = file, bytes.Count(texts[name], []byte("\n")), map[string]string{}
		for _, spec := range file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			local := path.Base(imported)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			s.imports[local] = imported
		}
		t.sources = append(t.sources, s)
	}
	return t, nil
}

func keys(m map[string][]byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// nested reports whether a folder belongs to a module below this one.
func nested(texts map[string][]byte, dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := texts[dir+"/go.mod"]; ok {
			return true
		}
	}
	return false
}

// readTree reads the repository that this test stands in. Binary files and what .gitignore names at the top are left
// out.
func readTree(t *testing.T) *tree {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	ignored, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	require.NoError(t, err)

	var top []string
	texts := map[string][]byte{}
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case name == ".git":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !strings.Contains(name, "/") && entry.IsDir():
			top = append(top, name+"/")
		case !strings.Contains(name, "/") && !bytes.Contains(ignored, []byte("\n/"+name+"\n")):
			top = append(top, name)
		}
		if entry.IsDir() || !entry.Type().IsRegular() || path.Ext(name) == ".mp4" {
			return nil
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if err == nil && !bytes.Contains(b[:min(len(b), 8000)], []byte{0}) {
			texts[name] = b
		}
		return err
	})
	require.NoError(t, err)
	tr, err := makeTree(top, texts)
	require.NoError(t, err)
	return tr
}
