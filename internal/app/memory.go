package app

import (
	"math"
	"runtime"
	"runtime/debug"
)

// reserve is memory that is asked for but never touched, so that it takes no
// place. It counts for the garbage collector, which starts a cycle when the
// heap has doubled: without it a small heap would be collected all the time.
type reserve []byte

func newReserve() reserve {
	if debug.SetMemoryLimit(-1) < 1<<30 {
		return nil // it would count for the limit
	}
	return make(reserve, 32<<20)
}

// within bounds what requests may take together to a quarter of the memory that
// the process may have (GOMEMLIMIT), if that is known, but never below what one
// of them may need.
func within(bytes, least int64) int64 {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return bytes
	}
	return min(bytes, max(limit/4, least))
}

// keep holds on to the reserve up to here.
func (r reserve) keep() { runtime.KeepAlive(r) }
