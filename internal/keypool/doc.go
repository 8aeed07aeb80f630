// Package keypool decides which key the next call uses.
//
// A Pool is a state machine: it has no clock, no randomness and no I/O. Every
// method takes the time as an argument, and what happened to a call is reported
// to it. It remembers, for each key, whether it was refused for good, and for
// each key and model until when it is out of quota and whether calls fail so
// regularly that they are not worth sending.
//
// The keys themselves leave the pool only in the result of Pick and Secrets.
// Everything else knows them by ID.
package keypool
