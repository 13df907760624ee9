//go:build race || poison

package srv_test

// instrumented builds spend memory on finding mistakes.
const instrumented = true
