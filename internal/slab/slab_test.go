package slab

import "testing"

func TestSizes(t *testing.T) {
	last := -1
	for n := least; n <= most; n += n/100 + 1 {
		place, size := shelf(n)
		if place < last || place > last+1 || place >= len(shelves) {
			t.Fatalf("%d bytes: shelf %d after %d, of %d", n, place, last, len(shelves))
		}
		if size < n || size > n+n/4+slack {
			t.Errorf("%d bytes: a slice of %d", n, size)
		}
		if p, s := shelf(size); p != place || s != size {
			t.Errorf("a slice of %d goes to shelf %d of %d", size, p, s)
		}
		last = place
	}
	if place, size := shelf(most + slack); place != len(shelves)-1 || size != most+slack {
		t.Errorf("the largest: shelf %d of %d, %d bytes", place, len(shelves), size)
	}
}

func TestGetPut(t *testing.T) {
	for _, n := range []int{0, 1, least - 1, least, least + 1, 10<<20 + 3, most, most + 1} {
		b := Get(n)
		if len(b) != 0 || cap(b) < n {
			t.Fatalf("%d bytes: %d of %d", n, len(b), cap(b))
		}
		Put(append(b, make([]byte, n)...))
		if b = Get(n); len(b) != 0 || cap(b) < n {
			t.Fatalf("%d bytes again: %d of %d", n, len(b), cap(b))
		}
	}
	Put(nil)
	Put(make([]byte, 10, least+10)) // of no shelf
	if b := Get(least + 5); cap(b) != least+slack {
		t.Errorf("got what was not lent: %d", cap(b))
	}
}

// What is lent is not lent twice.
func TestApart(t *testing.T) {
	a, b := Get(1<<20), Get(1<<20)
	Put(a)
	c := append(Get(1<<20), 1)
	if d := append(b, 2); &c[0] == &d[0] || c[0] != 1 {
		t.Error("one slice is lent twice")
	}
}
