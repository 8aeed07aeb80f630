package metrics

import (
	"maps"
	"sync"
	"sync/atomic"
)

// bound is a small map that grows seldom and is read all the time, without a
// lock.
type bound[K comparable, V any] struct {
	all    atomic.Pointer[map[K]V]
	adding sync.Mutex
}

// find returns the value of a key, and how many there are.
func (b *bound[K, V]) find(k K) (v V, n int, ok bool) {
	all := b.all.Load()
	if all == nil {
		return v, 0, false
	}
	v, ok = (*all)[k]
	return v, len(*all), ok
}

// get returns the value of a key, made if it is asked for first.
func (b *bound[K, V]) get(k K, make func(K) V) V {
	if v, _, ok := b.find(k); ok {
		return v
	}
	b.adding.Lock()
	defer b.adding.Unlock()
	if v, _, ok := b.find(k); ok {
		return v
	}
	all := map[K]V{}
	if old := b.all.Load(); old != nil {
		all = maps.Clone(*old)
	}
	v := make(k)
	all[k] = v
	b.all.Store(&all)
	return v
}
