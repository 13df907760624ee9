//go:build !race && !poison

package srv

// poison is true under -race and with the build tag poison.
const poison = false
