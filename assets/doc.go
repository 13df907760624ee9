// Package assets holds the pages of the demonstration server, embedded in the program: each is a complete HTML page
// in one file below html, with its style inside, so that it is served by one write from memory and needs nothing else.
package assets
