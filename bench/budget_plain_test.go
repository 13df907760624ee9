//go:build !race && !poison

package bench

const instrumented = false
