// Package fuzz holds the fuzz targets that need more than one package: a whole server is given octets, and what it answers has to hold
// whatever they are. Targets for one package are beside it. Run one with
//
//	go test -fuzz=FuzzSplit ./fuzz
package fuzz
