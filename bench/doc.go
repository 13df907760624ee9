// Package bench measures the library. Its benchmarks are sorted by the question that they answer, and every one of them reports allocations,
// and octets per second where octets move:
//
//   - Parse: what does it cost to read a request head, depending on the input, on how it is cut into pieces, and on which
//     implementation of the scanner does it? Content is the same for chunked content.
//   - Write: what does it cost to make a response?
//   - Serve: what does a request over loopback cost, depending on the engine, on what its handler may do, and on whether requests are
//     pipelined? ServeSaturated: how long does a request wait that goes through a proxy while the loops have all that they can do?
//   - Files: what does a file cost, large and small, whole, unchanged and in part?
//   - Proxy: what does it cost to pass on a request and its response?
//   - Idle: what does a connection cost that waits for its next request?
//
// Names are made for benchstat, as in Serve/engine=loop/mode=inline/pipe=16, so that one axis can be laid against another:
//
//	go test -run '^$' -bench 'Serve$' -count 6 ./bench > /tmp/serve.txt
//	go tool benchstat -col /engine /tmp/serve.txt
//
// Client and server share one process and its cores here, which is right for comparing a change with what was before it. To compare
// servers with each other is another question, with processes and cores of their own: bench/peers answers it.
//
// # The baseline
//
// The files in baseline have results to compare a change with, of one machine each. Their heads say which processor, kernel and Go they
// were made with, in the form that benchstat reads. On the same machine:
//
//	go test -run '^$' -bench . -benchtime 100ms -count 6 ./bench > /tmp/new.txt
//	go tool benchstat -ignore go,kernel bench/baseline/amd-epyc.txt /tmp/new.txt
//
// A file is made anew, when nothing else runs, by
//
//	(echo "go: $(go env GOVERSION)"; echo "kernel: $(uname -sr)"
//	go test -run '^$' -bench . -benchtime 100ms -count 6 ./bench) > bench/baseline/amd-epyc.txt
//
// # The rest of this folder
//
// The program in origin is what load generators and conformance probes from outside are pointed at. What takes other projects' code lives
// in modules of its own, so that their dependencies are not this module's: e2e has real clients, peers other servers.
package bench
