//go:build race || poison

package bench

// instrumented builds allocate to find mistakes.
const instrumented = true
