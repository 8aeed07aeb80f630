package app

import "runtime"

// reserve is memory that is asked for but never touched, so that it takes no
// place. It counts for the garbage collector, which starts a cycle when the
// heap has doubled: without it a small heap would be collected all the time.
type reserve []byte

func newReserve() reserve { return make(reserve, 32<<20) }

// keep holds on to the reserve up to here.
func (r reserve) keep() { runtime.KeepAlive(r) }
