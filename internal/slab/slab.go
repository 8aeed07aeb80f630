// Package slab lends large byte slices and uses them again. Pictures and vectors
// come in bodies of megabytes; made anew each time, they would be cleared before
// they are filled and stay until the garbage collector passes.
package slab

import (
	"math/bits"
	"sync"
)

// Sizes go from least to most in steps of a quarter of the power of two below,
// with some slack for what is around a body of a round size. What is smaller is
// no burden, what is larger too rare to be kept.
const (
	least = 256 << 10
	most  = 64 << 20
	steps = 4
	slack = 4 << 10
)

// shelves hold what was given back, by size. The garbage collector empties them
// when nobody takes anything.
var shelves [8*steps + 1]sync.Pool

// shelf returns the place of slices that hold n bytes, and their size.
func shelf(n int) (place, size int) {
	if n -= slack; n <= least {
		return 0, least + slack
	}
	power := bits.Len(uint(n-1)) - 1 // n is in (2^power, 2^(power+1)]
	quarter := 1 << power / steps
	step := (n - 1<<power + quarter - 1) / quarter // 1 to steps
	return (power-bits.Len(least)+1)*steps + step, 1<<power + step*quarter + slack
}

// Get returns an empty slice with room for n bytes. What is in the room is
// undefined.
func Get(n int) []byte {
	if b := Used(n); b != nil {
		return b
	}
	if n < least || n > most {
		return make([]byte, 0, n)
	}
	_, size := shelf(n)
	return make([]byte, 0, size)
}

// Used is Get if there is one that was given back, else nil.
func Used(n int) []byte {
	if n < least || n > most {
		return nil
	}
	place, _ := shelf(n)
	if b, ok := shelves[place].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

// Put gives a slice of Get's back. Nobody may use it any more. Slices of other
// sizes are left to the garbage collector.
func Put(b []byte) {
	if cap(b) < least || cap(b) > most+slack {
		return
	}
	if place, size := shelf(cap(b)); size == cap(b) {
		shelves[place].Put(&b)
	}
}
