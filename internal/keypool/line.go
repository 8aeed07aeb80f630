package keypool

import (
	"sync"
	"time"
	_ "time/tzdata" // a container may have no time zones
)

const (
	// A key that is limited without a word on how long rests this long, twice
	// as long each time in a row, and never longer than the maximum.
	firstRest = time.Second
	maxRest   = time.Minute
	// No stated delay is believed beyond this.
	maxStated = time.Hour

	// After this many failures in a row a key rests for the model, one second
	// at first and twice as long after each trial that fails too. The longest
	// rest is short, because an upstream that is back should be noticed.
	failuresToRest = 8
	firstPause     = time.Second
	maxPause       = 5 * time.Second
	// After a pause calls are let through one by one at this distance until
	// one succeeds.
	trialDistance = 500 * time.Millisecond
)

// line is the state of one key for one model. A nil line is a fresh one.
type line struct {
	limitedAt time.Time // the last time
	freeAt    time.Time // quota
	perDay    bool
	limits    int // in a row, without a stated delay

	failures int // in a row
	resumeAt time.Time
	pause    time.Duration
	trying   bool // a trial is out
}

// blocked returns until when and why the line is not to be used, "" if it is
// free.
func (l *line) blocked(now time.Time) (until time.Time, why Reason) {
	switch {
	case l == nil:
		return time.Time{}, ""
	case now.Before(l.freeAt):
		return l.freeAt, AllLimited
	case now.Before(l.resumeAt):
		return l.resumeAt, AllFailing
	}
	return time.Time{}, ""
}

// lastLimit returns when the line was limited last.
func (l *line) lastLimit() time.Time {
	if l == nil {
		return time.Time{}
	}
	return l.limitedAt
}

// trial notes that a call goes out.
func (l *line) trial(now time.Time) {
	if l != nil && l.failures >= failuresToRest {
		l.resumeAt, l.trying = now.Add(trialDistance), true
	}
}

// limit notes a call refused for lack of quota.
func (l *line) limit(now time.Time, o Outcome) {
	l.limitedAt = now
	wait := min(o.Wait, maxStated)
	switch {
	case o.PerDay:
		wait = Midnight(now).Sub(now) // a stated delay means nothing here
	case wait <= 0 && now.Before(l.freeAt):
		return // sent before the rest began, and nothing new
	case wait <= 0:
		wait = min(firstRest<<min(l.limits, 10), maxRest)
		l.limits++
	}
	if free := now.Add(wait + o.Spread); free.After(l.freeAt) {
		l.freeAt, l.perDay = free, o.PerDay
	}
}

// fail notes a call that came to nothing, and reports whether the line rests
// because of it.
func (l *line) fail(now time.Time) (rests bool) {
	l.failures++
	switch {
	case l.failures == failuresToRest:
		l.pause = firstPause
	case l.failures > failuresToRest && l.trying:
		l.pause = min(2*l.pause, maxPause)
	default: // not yet, or sent before the rest began
		return false
	}
	l.trying = false
	l.resumeAt = now.Add(l.pause)
	return true
}

// ok notes a call that was answered, and reports whether that ends a rest.
func (l *line) ok() (recovered bool) {
	recovered = l.failures >= failuresToRest
	l.failures, l.pause, l.limits, l.resumeAt, l.trying = 0, 0, 0, time.Time{}, false
	return recovered
}

// Midnight returns the next midnight in California, when Google resets daily
// quotas.
func Midnight(now time.Time) time.Time {
	t := now.In(pacific())
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location())
}

// pacific is California's time zone.
var pacific = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err) // the data is part of the program
	}
	return loc
})
