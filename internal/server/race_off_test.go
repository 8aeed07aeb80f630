//go:build !race

package server_test

// detector is the memory that the race detector adds to that of a request.
const detector = 0
