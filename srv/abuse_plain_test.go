//go:build !race && !poison

package srv_test

const instrumented = false
