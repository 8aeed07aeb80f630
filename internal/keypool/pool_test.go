package keypool

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const model = "gemini-2.5-flash"

var noon = time.Date(2026, 7, 1, 19, 0, 0, 0, time.UTC) // noon in California

// picks returns which keys n picks give, as the letters the keys end in.
func picks(t *testing.T, p *Pool, now time.Time, model string, n int) string {
	t.Helper()
	var b strings.Builder
	for range n {
		k, err := p.Pick(now, model)
		if err != nil {
			b.WriteByte('-')
			continue
		}
		if k.ID != ID(k.Secret) {
			t.Fatalf("key %q has the id %q", k.Secret, k.ID)
		}
		b.WriteByte(k.Secret[len(k.Secret)-1])
	}
	return b.String()
}

func limited(wait time.Duration) Outcome { return Outcome{Result: Limited, Wait: wait} }

func TestIDIsShortHash(t *testing.T) {
	// printf 'hello' | sha256sum
	if got := ID("hello"); got != "2cf24dba" {
		t.Errorf("ID = %s", got)
	}
}

func TestPickOrder(t *testing.T) {
	p := New([]string{"key-a", "key-b", "", "key-c", "key-a"})
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	if got := picks(t, p, noon, model, 7); got != "abcabca" {
		t.Errorf("fresh keys: %s, want turns", got)
	}
	p.Report(at(1), ID("key-b"), model, limited(10*time.Second))
	if got := picks(t, p, at(2), model, 4); got != "caca" {
		t.Errorf("while b cools: %s", got)
	}
	if got := picks(t, p, at(2), "other", 3); got != "bca" {
		t.Errorf("another model, b unused for longest: %s", got)
	}
	p.Report(at(3), ID("key-a"), model, limited(2*time.Second))
	if got := picks(t, p, at(20), model, 3); got != "ccc" {
		t.Errorf("c was never limited: %s", got)
	}
	p.Report(at(21), ID("key-c"), model, limited(time.Second))
	if got := picks(t, p, at(30), model, 3); got != "bbb" {
		t.Errorf("b was limited least recently: %s", got)
	}
	if k, _ := p.Pick(at(30), model, ID("key-b")); k.Secret != "key-a" {
		t.Errorf("avoiding b: %v", k.Secret)
	}
	if k, _ := p.Pick(at(30), model, ID("key-a"), ID("key-b"), ID("key-c")); k.Secret != "key-b" {
		t.Errorf("avoiding all must not leave nothing: %v", k.Secret)
	}
}

func TestNoKeyLeftSaysUntilWhen(t *testing.T) {
	p := New([]string{"key-a", "key-b"})
	p.Report(noon, ID("key-a"), model, limited(30*time.Second))
	p.Report(noon, ID("key-b"), model, limited(20*time.Second))
	check := func(now time.Time, want Unavailable) {
		t.Helper()
		_, err := p.Pick(now, model)
		var u *Unavailable
		if !errors.As(err, &u) {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(want, *u); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	check(noon.Add(time.Second), Unavailable{Reason: AllLimited, Until: noon.Add(20 * time.Second)})
	if got := picks(t, p, noon.Add(20*time.Second), model, 1); got != "b" {
		t.Errorf("at the very moment: %s", got)
	}
	p.Report(noon.Add(21*time.Second), ID("key-b"), model, Outcome{Result: Limited, PerDay: true})
	check(noon.Add(22*time.Second), Unavailable{Reason: AllLimited, Until: noon.Add(30 * time.Second)})
	p.Report(noon.Add(31*time.Second), ID("key-a"), model, Outcome{Result: Limited, PerDay: true})
	midnight := time.Date(2026, 7, 2, 7, 0, 0, 0, time.UTC) // in summer
	_, err := p.Pick(noon.Add(time.Hour), model)
	var u *Unavailable
	if !errors.As(err, &u) || !u.PerDay || !u.Until.Equal(midnight) {
		t.Errorf("daily quotas used up: %+v, want until %s", u, midnight)
	}
	if got := picks(t, p, midnight.Add(-time.Second), model, 1) + picks(t, p, midnight, model, 1); got != "-b" {
		t.Errorf("around midnight: %s", got)
	}
	p.Report(noon, ID("key-a"), model, Outcome{Result: Refused, Reason: "API_KEY_INVALID"})
	p.Report(noon, ID("key-b"), model, Outcome{Result: Refused})
	check(midnight, Unavailable{Reason: AllRefused})
	p.Set(nil)
	check(midnight, Unavailable{Reason: NoKeys})
}

func TestMidnightInCalifornia(t *testing.T) {
	for _, tt := range []struct{ now, want string }{
		{"2026-07-01T19:00:00Z", "2026-07-02T07:00:00Z"}, // daylight saving time
		{"2026-12-01T19:00:00Z", "2026-12-02T08:00:00Z"},
		{"2026-07-02T06:59:59Z", "2026-07-02T07:00:00Z"},
		{"2026-07-02T07:00:00Z", "2026-07-03T07:00:00Z"},
		{"2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z"}, // 23 hours, the clocks go forward
		{"2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"}, // 25 hours
		{"2026-12-31T20:00:00Z", "2027-01-01T08:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := Midnight(now).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("Midnight(%s) = %s, want %s", tt.now, got, tt.want)
		}
	}
}

func TestRestWithoutStatedDelay(t *testing.T) {
	p := New([]string{"key-a"})
	now, got := noon, []time.Duration{}
	for range 9 {
		c, _ := p.Report(now, ID("key-a"), model, limited(0))
		got = append(got, c.Until.Sub(now))
		now = c.Until
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s, 60 * s}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Report(now, ID("key-a"), model, Outcome{Result: OK})
	if c, _ := p.Report(now, ID("key-a"), model, limited(0)); c.Until.Sub(now) != s {
		t.Errorf("after an answer: %s", c.Until.Sub(now))
	}
	if c, _ := p.Report(now.Add(time.Hour), ID("key-a"), model, limited(9999*time.Hour)); c.Until.Sub(now) != 2*time.Hour {
		t.Errorf("an absurd delay: %s", c.Until.Sub(now))
	}
}

// Calls under way when a limit strikes all bring the same news: the rest does
// not double with each of them.
func TestLimitOfManyCallsIsOne(t *testing.T) {
	p := New([]string{"key-a"})
	for range 50 {
		p.Report(noon, ID("key-a"), model, limited(0))
	}
	if got := picks(t, p, noon.Add(time.Second), model, 1); got != "a" {
		t.Errorf("still at rest after a second: %s", got)
	}
	if c, _ := p.Report(noon.Add(time.Second), ID("key-a"), model, limited(0)); c.Until.Sub(noon) != 3*time.Second {
		t.Errorf("limited again after its rest: until %s", c.Until.Sub(noon))
	}
}

// A late refusal, or one with a shorter delay, does not free a key early.
func TestRestIsNeverShortened(t *testing.T) {
	p := New([]string{"key-a"})
	if _, changed := p.Report(noon, ID("key-a"), model, limited(30*time.Second)); !changed {
		t.Error("the first limit is a change")
	}
	if _, changed := p.Report(noon.Add(time.Second), ID("key-a"), model, limited(time.Second)); changed {
		t.Error("another one meanwhile is none")
	}
	p.Report(noon.Add(2*time.Second), ID("key-a"), model, Outcome{Result: OK}) // sent before
	if got := picks(t, p, noon.Add(29*time.Second), model, 1); got != "-" {
		t.Errorf("free too early: %s", got)
	}
	c, changed := p.Report(noon.Add(3*time.Second), ID("key-a"), model, Outcome{Result: Limited, PerDay: true, Spread: time.Minute})
	if !changed || c.State != Parked || !c.Until.Equal(time.Date(2026, 7, 2, 7, 1, 0, 0, time.UTC)) {
		t.Errorf("a daily quota on top: %+v, %v", c, changed)
	}
}

func TestRefusedKeyIsReportedOnce(t *testing.T) {
	p := New([]string{"key-a", "key-b"})
	var mu sync.Mutex
	var changes []Change
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if c, ok := p.Report(noon, ID("key-a"), model, Outcome{Result: Refused, Reason: "leaked"}); ok {
				mu.Lock()
				changes = append(changes, c)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff([]Change{{ID: ID("key-a"), State: Quarantined, Reason: "leaked"}}, changes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := picks(t, p, noon.Add(100*time.Hour), "any model", 3); got != "bbb" {
		t.Errorf("a refused key is used: %s", got)
	}
	p.Report(noon, ID("key-b"), model, limited(time.Hour))
	p.Set([]string{"key-b", "key-a"})
	if got := picks(t, p, noon.Add(time.Minute), model, 2); got != "aa" {
		t.Errorf("after a reload the refused key has another chance and the limited one still rests: %s", got)
	}
}

func TestFailuresLetAModelRest(t *testing.T) {
	p := New([]string{"key-a"})
	id := ID("key-a")
	fail := func(now time.Time) (Change, bool) { return p.Report(now, id, model, Outcome{Result: Failed}) }
	for i := range 7 {
		fail(noon)
		if got := picks(t, p, noon, model, 1); got != "a" {
			t.Fatalf("after %d failures: %s", i+1, got)
		}
	}
	p.Report(noon, id, model, Outcome{Result: OK})
	for range 7 {
		fail(noon)
	}
	c, changed := fail(noon)
	if want := (Change{ID: id, Model: model, State: Failing, Until: noon.Add(time.Second)}); !changed || c != want {
		t.Errorf("eight in a row: %+v, %v, want %+v", c, changed, want)
	}
	for range 100 { // those still under way change nothing
		if c, changed := fail(noon); changed {
			t.Fatalf("reported again: %+v", c)
		}
	}
	_, err := p.Pick(noon.Add(999*time.Millisecond), model)
	var u *Unavailable
	if !errors.As(err, &u) || u.Reason != AllFailing || !u.Until.Equal(noon.Add(time.Second)) {
		t.Errorf("while it rests: %+v", err)
	}
	if got := picks(t, p, noon, "other", 1); got != "a" {
		t.Errorf("another model: %s", got)
	}
	// One trial at a time, each failure doubles the pause up to 5 s.
	now := noon.Add(time.Second)
	for _, pause := range []time.Duration{2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second} {
		if got := picks(t, p, now, model, 3); got != "a--" {
			t.Fatalf("at %s: %s, want one trial", now.Sub(noon), got)
		}
		fail(now.Add(10 * time.Millisecond))
		now = now.Add(10*time.Millisecond + pause)
		if got := picks(t, p, now.Add(-time.Millisecond), model, 1); got != "-" {
			t.Fatalf("before %s: %s", now.Sub(noon), got)
		}
	}
	// A trial that hangs does not block the next one.
	if got := picks(t, p, now, model, 2) + picks(t, p, now.Add(trialDistance), model, 2); got != "a-a-" {
		t.Errorf("trials: %s", got)
	}
	c, changed = p.Report(now, id, model, Outcome{Result: OK})
	if !changed || c.State != Ready {
		t.Errorf("recovery: %+v, %v", c, changed)
	}
	if got := picks(t, p, now, model, 3); got != "aaa" {
		t.Errorf("after recovery: %s", got)
	}
}

func TestKeyless(t *testing.T) {
	p := Keyless("adc")
	k, err := p.Pick(noon, model)
	if err != nil || k.ID != "adc" || k.Secret != "" || len(p.Secrets()) != 0 {
		t.Errorf("%v %v %v", k, err, p.Secrets())
	}
}

func TestSnapshot(t *testing.T) {
	p := New([]string{"key-a", "key-b"})
	picks(t, p, noon, model, 3)
	p.Report(noon, ID("key-a"), "m2", limited(time.Minute))
	p.Report(noon, ID("key-a"), "m1", Outcome{Result: Limited, PerDay: true})
	p.Report(noon, ID("key-a"), "m3", limited(time.Second))
	for range 8 {
		p.Report(noon, ID("key-a"), "m4", Outcome{Result: Failed})
	}
	p.Report(noon, ID("key-b"), model, Outcome{Result: Refused, Reason: "leaked"})
	want := []Status{
		{ID: ID("key-a"), State: Ready, Calls: 2, Limited: 3, Failed: 8, Models: []ModelStatus{
			{"m1", Parked, time.Date(2026, 7, 2, 7, 0, 0, 0, time.UTC)},
			{"m2", Cooling, noon.Add(time.Minute)},
			{"m4", Failing, noon.Add(time.Second)},
		}},
		{ID: ID("key-b"), State: Quarantined, Reason: "leaked", Since: noon, Calls: 1},
	}
	equal := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
	got := p.Snapshot(noon.Add(time.Second))
	// m4's pause ends at this very moment
	want[0].Models = want[0].Models[:2]
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.Snapshot(noon)[0].Models; len(got) != 4 || got[3].State != Failing {
		t.Errorf("a second before: %+v", got)
	}
}

func TestPrintingShowsNoKey(t *testing.T) {
	const canary = "AIzaCanaryCanaryCanary"
	p := New([]string{canary})
	k, _ := p.Pick(noon, model)
	for _, v := range []any{p, *p.keys[0], p.keys[0], k, &k, struct{ K Key }{k}, p.Snapshot(noon)} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, "Canary") {
				t.Errorf("%s of %T shows the key: %s", format, v, s)
			}
		}
	}
}

// Names of models come from clients; remembering them must not grow without end.
func TestModelsAreBounded(t *testing.T) {
	p := New([]string{"key-a"})
	for i := range 10 * maxModels {
		p.Report(noon.Add(time.Duration(i)*time.Millisecond), ID("key-a"), fmt.Sprint("m", i), limited(time.Hour))
	}
	if n := len(p.keys[0].models); n > maxModels {
		t.Errorf("%d models remembered", n)
	}
	p.Report(noon.Add(3*time.Hour), ID("key-a"), "new", limited(time.Hour))
	if n := len(p.keys[0].models); n != 1 {
		t.Errorf("%d models remembered after the rest of all is over, want 1", n)
	}
}
