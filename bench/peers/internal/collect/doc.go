// Package collect gives the Go peers what bench/origin has: a signal after which memory can be measured.
package collect
