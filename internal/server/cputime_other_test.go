//go:build !unix

package server_test

import "time"

var began = time.Now()

// clock is the time that has passed, where that of the process is not known.
func clock() time.Duration { return time.Since(began) }
