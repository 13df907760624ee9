//go:build race || poison

package srv

// poison is true under -race and with the build tag poison: borrowed octets are overwritten as soon as their time is
// over, and what a handler keeps says whose handler it was.
const poison = true
