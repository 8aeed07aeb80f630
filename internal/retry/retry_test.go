package retry

import (
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDecide(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	long := 30 * time.Minute
	for _, tt := range []struct {
		name   string
		try    Try
		jitter float64
		wait   time.Duration
		again  bool
	}{
		{"the request is at fault", Try{Class: Final, OtherKey: true, Left: long}, 0, 0, false},
		{"something was handed on", Try{Class: Transient, Begun: true, Left: long}, 0, 0, false},
		{"first failure", Try{Class: Transient, Left: long}, 0, 125 * ms, true},
		{"first failure, full jitter", Try{Class: Transient, Left: long}, 0.996, 374 * ms, true},
		{"second failure", Try{Class: Transient, Retries: 1, Left: long}, 0.5, 500 * ms, true},
		{"third failure", Try{Class: Transient, Retries: 2, Left: long}, 0.5, 0, false},
		{"deadline before the wait is over", Try{Class: Transient, Left: 125 * ms}, 0, 0, false},
		{"failure, asked to wait", Try{Class: Transient, FreeIn: 2 * s, Left: long}, 0.5, 2250 * ms, true},
		{"failure, asked to wait less than it would", Try{Class: Transient, FreeIn: 100 * ms, Left: long}, 0, 125 * ms, true},
		{"failure, asked to wait too long", Try{Class: Transient, FreeIn: 4 * s, Left: long}, 0, 0, false},
		{"refused key, another one", Try{Class: KeyRefused, Retries: 2, OtherKey: true, Left: long}, 0.9, 0, true},
		{"refused key, no other", Try{Class: KeyRefused, FreeIn: s, Left: long}, 0, 0, false},
		{"limited, another key", Try{Class: Limited, OtherKey: true, Left: long}, 0.9, 0, true},
		{"limited, another key, tries used up", Try{Class: Limited, Retries: 2, OtherKey: true, Left: long}, 0, 0, false},
		{"limited, free soon", Try{Class: Limited, FreeIn: 2 * s, Left: long}, 0, 2 * s, true},
		{"limited, free soon, spread", Try{Class: Limited, FreeIn: 2 * s, Left: long}, 0.5, 2250 * ms, true},
		{"limited, free soon, tries used up", Try{Class: Limited, Retries: 2, FreeIn: s, Left: long}, 0, 0, false},
		{"limited, free too late", Try{Class: Limited, FreeIn: 3001 * ms, Left: long}, 0, 0, false},
		{"limited, free after the deadline", Try{Class: Limited, FreeIn: 2 * s, Left: 2 * s}, 0, 0, false},
		{"limited, no word when", Try{Class: Limited, Left: long}, 0, 0, false},
	} {
		wait, again := Default().Decide(tt.try, tt.jitter)
		if again != tt.again || again && wait.Round(ms) != tt.wait {
			t.Errorf("%s: %s, %v, want %s, %v", tt.name, wait, again, tt.wait, tt.again)
		}
	}
}

func TestBudget(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b := NewBudget(now)
	taken := 0
	for range 10_000 { // everything fails, and every call would like two retries
		b.Call(now)
		for range 2 {
			if b.Take(now) {
				taken++
			}
		}
	}
	if taken < 1000 || taken > 1000+burst {
		t.Errorf("%d retries for 10000 calls, want 1000 and the burst", taken)
	}
	if b.Take(now) {
		t.Error("the budget is used up")
	}
	b = NewBudget(now)
	for range burst {
		if !b.Take(now) {
			t.Fatal("a new budget must have its burst")
		}
	}
	if now = now.Add(9 * time.Second); b.Take(now) {
		t.Error("the floor gives one retry in ten seconds")
	}
	if now = now.Add(1100 * time.Millisecond); !b.Take(now) || b.Take(now) {
		t.Error("after ten seconds there is one retry")
	}
	now = now.Add(24 * time.Hour)
	for taken = 0; b.Take(now); taken++ {
	}
	if taken != burst {
		t.Errorf("%d retries saved up over a quiet day, want %d", taken, burst)
	}
	if b.Call(now.Add(-time.Hour)); b.Take(now.Add(-time.Hour)) {
		t.Error("a clock set back gives retries")
	}
}

// T103: in any minute, wherever it begins, there are no more retries than the
// budget's burst, its share of the calls and its floor, also when the clock is
// set back.
func TestT103BudgetInAnyMinute(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	clock := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	b := NewBudget(clock)
	type event struct {
		at    time.Time
		retry bool
	}
	var all []event
	for i := range 20_000 {
		clock = clock.Add(time.Duration(rnd.Int64N(int64(500 * time.Millisecond))))
		now := clock
		if i%700 == 350 {
			now = clock.Add(-time.Hour)
		}
		b.Call(now)
		all = append(all, event{at: clock})
		for b.Take(now) { // whoever fails tries as often as may be
			all = append(all, event{clock, true})
		}
	}
	total, begin, calls, retries := 0, 0, 0.0, 0.0
	for _, e := range all {
		if e.retry {
			retries++
			total++
		} else {
			calls++
		}
		for ; e.at.Sub(all[begin].at) > time.Minute; begin++ {
			if all[begin].retry {
				retries--
			} else {
				calls--
			}
		}
		if most := burst + Share*calls + floor*60; retries > 1.01*most {
			t.Fatalf("%g retries for %g calls within a minute, at most %g may be", retries, calls, most)
		}
	}
	if total < 1000 {
		t.Errorf("only %d retries", total)
	}
}
