// Command peers compares barewire with other servers, on one machine and in one run. From this folder:
//
//	go run .                                       # a quarter of an hour at most; -quick takes a minute
//	go run . -out table.md -svg ../../assets/peers.svg
//
// It builds bench/origin and the peers below this folder (one small main package for each), takes nginx, h2o and HAProxy where they are
// installed, and asks every server for the same 13 octets of text. It needs Linux and two cores; everything stays on 127.0.0.1, and only
// processes that it started are ended.
//
// # What is measured
//
//   - Saturated: the server has core 0 and the generator of this command core 1, with 256 connections of one request at a time, and with
//     64 connections of 16 pipelined requests. Processor time of the server's processes is read from /proc before and after, so a
//     request's share is known whatever the generator can do. This is the steadiest figure.
//   - wrk, or h2load where there is no wrk: 64 connections, with two threads on each side and two cores for all. The load costs
//     as much as a fast server there, so these figures lie closer together than the servers do.
//   - Idle: by how much the server's resident memory grows for each connection that has made one request and waits. A server in Go is told
//     to collect garbage and to give memory back first (SIGUSR1). What the kernel keeps for a socket is not in it and is the same for all.
//   - Correctness: patterns.txt holds messages that were read differently by different implementations, and some that look alike and are
//     valid. Each is sent with another request behind it. A server accepts a message when its first final answer to it has a status
//     below 400, in one of three tries.
//
// Rounds are interleaved: each server runs in each round, in an order that changes, with a process of its own each time. The figures
// are medians of the rounds, and a ratio to barewire is the median of the ratios within each round, so that a machine that is slow for a
// while slows both sides.
//
// # What is not fair
//
// gnet is a library for connections, not for HTTP: its peer looks for an empty line and answers, whatever stands before it. nginx,
// h2o and HAProxy do more than a handler in Go needs, such as counting and logging that can only partly be turned off. h2o answers from a small
// file, its cheapest way. The request's content is read by those that can.
package main
