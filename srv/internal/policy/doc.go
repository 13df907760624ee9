// Package policy has no code of its own. Its test reads the tree with go/parser and holds it to the rules that a
// compiler does not know:
//
//   - layers: who may import whom. hdr stands alone; parser and writer import hdr and never each other; srv imports the three;
//     the packages below srv import srv; cmd, bench and fuzz import what stands above, nothing of each other, and nobody imports them.
//   - product code imports the standard library alone, and no net/http. Tests may use both net/http and testify.
//   - hdr, parser and writer do no I/O, start no goroutine, read no clock and make no map.
//   - unsafe is imported only in files with "unsafe" in their name.
//   - what serves a request calls nothing that is known to allocate or to be slow, see the table in rules_test.go.
//   - a file of more than 400 lines, or a function of more than 70, states its reason in a comment line that begins with "size:",
//     in the function's doc comment, or for a file in a comment before its first declaration.
//   - every package has a doc.go with the package comment, every exported identifier a doc comment.
//   - the top level of the repository holds a fixed list of names, and no file names a path of somebody's machine.
//
// Each rule is fed small trees that break it, too: a rule that finds nothing there fails, so that the policy cannot
// rot into a test that always passes.
package policy
