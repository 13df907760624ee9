// Package cli is what the small commands share: exit statuses, command lines, terminals, signals, and how octets of strangers are
// shown on a terminal.
//
// Whatever comes from a peer goes through [AppendEscaped] before it is printed. A terminal obeys control octets: it
// renames its window, hides text, or answers as if somebody had typed. So only printable ASCII is shown as it is; the rest is
// written as in a Go string, with the backslash doubled, so that what is shown can be read back without doubt.
package cli
