// Package e2e has no code of its own. Its test runs the program httpserver before go-httpbin, a server of somebody else's, and looks at what
// arrives with other people's clients: net/http, curl, wget, ffprobe and Chromium. A client that is not installed is skipped, by name.
//
// It is a module of its own, so that go-httpbin is no dependency of the main one.
package e2e
