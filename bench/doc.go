// Package bench measures the library: parsing, writing and serving, in time and in allocations. The program in origin is what
// load generators and conformance probes from outside are pointed at. What is compared with other projects' code lives in
// modules of its own below this folder, so that their dependencies are not this module's.
package bench
