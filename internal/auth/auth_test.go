package auth_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/auth"
)

func TestKeysPlainAndHashed(t *testing.T) {
	k, err := auth.New([]string{"plain-key", fmt.Sprintf("sha256:%X", sha256.Sum256([]byte("hashed-key")))})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{
		"plain-key": true, "hashed-key": true,
		"": false, "plain-ke": false, "plain-key ": false, "PLAIN-KEY": false, "plain-key\x00": false,
		fmt.Sprintf("sha256:%x", sha256.Sum256([]byte("hashed-key"))): false, // the hash is not the key
		"' OR 1=1 --": false, strings.Repeat("x", 1<<20): false,
	} {
		id, ok := k.Find(key)
		if ok != want {
			t.Errorf("%.40q is found: %t", key, ok)
		}
		if want && id != fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:8] {
			t.Errorf("the id of %q is %s", key, id)
		}
	}
	if !k.Any() || (*auth.Keys)(nil).Any() {
		t.Error("Any is wrong")
	}
}

func TestMistakesInKeys(t *testing.T) {
	for _, list := range [][]string{{"a", "sha256:123"}, {"a", "sha256:" + strings.Repeat("g", 64)}, {"a", "b c"}, {"a", "clé"}, {"a", strings.Repeat("x", 513)}} {
		_, err := auth.New(list)
		if err == nil || !strings.Contains(err.Error(), "number 2") {
			t.Errorf("%.30q: %v", list[1], err)
		}
		if err != nil && strings.Contains(err.Error(), list[1]) {
			t.Errorf("the error holds the key: %v", err)
		}
	}
}

// T057: how long a look-up takes does not depend on how much of a key is
// right. Welch's t compares keys wrong at the first and at the last byte.
func TestT057TimeSaysNothing(t *testing.T) {
	const right = "gw-0123456789abcdef0123456789abcdef"
	k, err := auth.New([]string{right, "another", "and-one-more"})
	if err != nil {
		t.Fatal(err)
	}
	first, last := "x"+right[1:], right[:len(right)-1]+"x"
	const rounds, batch = 4000, 25
	var a, b []float64
	for range rounds {
		for _, c := range []struct {
			key string
			out *[]float64
		}{{first, &a}, {last, &b}} {
			began := time.Now()
			for range batch {
				if _, ok := k.Find(c.key); ok {
					t.Fatal("a wrong key is found")
				}
			}
			*c.out = append(*c.out, float64(time.Since(began)))
		}
	}
	if v := math.Abs(welch(trim(a), trim(b))); v > 4.5 {
		t.Errorf("t = %.1f over %d look-ups each", v, rounds*batch)
	}
}

// trim leaves the slowest tenth out, which the machine's other work made slow.
func trim(v []float64) []float64 {
	slices.Sort(v)
	return v[:len(v)*9/10]
}

func welch(a, b []float64) float64 {
	mean := func(v []float64) (m, s float64) {
		for _, x := range v {
			m += x
		}
		m /= float64(len(v))
		for _, x := range v {
			s += (x - m) * (x - m)
		}
		return m, s / float64(len(v)-1) / float64(len(v))
	}
	ma, sa := mean(a)
	mb, sb := mean(b)
	return (ma - mb) / math.Sqrt(sa+sb)
}

func TestT058Guesses(t *testing.T) {
	var g auth.Guesses
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i := range 20 {
		if wait := g.Wrong(now, one); wait != 0 {
			t.Fatalf("guess %d has to wait %s", i+1, wait)
		}
	}
	if wait := g.Wrong(now, one); wait <= 0 || wait > time.Minute {
		t.Errorf("guess 21 has to wait %s", wait)
	}
	if g.Wrong(now, other) != 0 {
		t.Error("another address has to wait")
	}
	if wait := g.Wrong(now.Add(59*time.Second), one); wait != time.Second {
		t.Errorf("after 59 seconds it has to wait %s", wait)
	}
	if wait := g.Wrong(now.Add(3*time.Minute), one); wait != 0 {
		t.Errorf("after three minutes it still has to wait %s", wait)
	}
	// One customer of IPv6 has many addresses.
	for i := range 21 {
		ip := netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1))
		if wait := g.Wrong(now, ip); (wait > 0) != (i == 20) {
			t.Errorf("guess %d from one network: %s", i+1, wait)
		}
	}
}

// T103: in any minute, wherever it begins, no more wrong keys of an address are
// looked at than may be, also when the clock is set back.
func TestT103GuessesInAnyMinute(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var g auth.Guesses
	from := netip.MustParseAddr("192.0.2.1")
	clock := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var admitted []time.Time
	for i := range 20_000 {
		switch rnd.IntN(4) {
		case 0: // a burst
		case 1:
			clock = clock.Add(time.Duration(rnd.Int64N(int64(200 * time.Millisecond))))
		default:
			clock = clock.Add(time.Duration(rnd.Int64N(int64(4 * time.Second))))
		}
		now := clock
		if i%500 == 250 {
			now = clock.Add(-time.Hour)
		}
		wait := g.Wrong(now, from)
		if wait < 0 || wait > time.Minute {
			t.Fatalf("it has to wait %s", wait)
		}
		if wait == 0 {
			if n := len(admitted); n > 0 && now.Before(admitted[n-1]) {
				now = admitted[n-1] // set back, the clock stands still
			}
			admitted = append(admitted, now)
		}
	}
	if len(admitted) < 5000 {
		t.Fatalf("only %d are looked at", len(admitted))
	}
	for i, end := range admitted[20:] {
		if first := admitted[i]; end.Sub(first) >= 0 && end.Sub(first) < time.Minute {
			t.Fatalf("21 are looked at within %s", end.Sub(first))
		}
	}
}

// Many addresses take a bounded memory.
func TestGuessesForget(t *testing.T) {
	var g auth.Guesses
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 500_000 {
		g.Wrong(now, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d bytes for half a million addresses", grown)
	}
	runtime.KeepAlive(&g)
}
