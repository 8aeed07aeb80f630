package keypool

import "time"

// Result is what became of a call.
type Result uint8

const (
	// OK is an answer, or an error that says nothing about key and model.
	OK Result = iota
	// Limited is a quota used up.
	Limited
	// Refused is a key that does not work, whatever the call.
	Refused
	// Failed is no answer, or one that the service is overloaded or down.
	Failed
)

// Outcome is reported for a call that used a key. A call that its caller gave
// up is not reported: it says nothing about anybody.
type Outcome struct {
	Result Result
	// Wait is the stated delay of a Limited call, 0 if none was stated.
	Wait time.Duration
	// PerDay is set for a daily quota. It rests until midnight in California.
	PerDay bool
	// Spread is added to the rest of a Limited call. A random value keeps many
	// waiters from coming back at the same moment.
	Spread time.Duration
	// Reason is a short word on why a key was Refused, for people.
	Reason string
}

// State is what a key is in, as a whole or for one model.
type State string

const (
	// Ready keys are used.
	Ready State = "ready"
	// Cooling keys wait for a quota by the minute.
	Cooling State = "cooling"
	// Parked keys wait for a daily quota.
	Parked State = "parked"
	// Failing keys rest because calls to the model keep failing.
	Failing State = "failing"
	// Quarantined keys were refused and are not used again.
	Quarantined State = "quarantined"
)

// Change is a change of state that is worth a line in the log. Each is
// reported once.
type Change struct {
	ID     string
	Model  string // "" for Quarantined, which concerns all models
	State  State
	Reason string    // with Quarantined
	Until  time.Time // with Cooling, Parked and Failing
}

// maxModels bounds the models remembered for a key: their names may come from
// clients.
const maxModels = 256

// Report tells the pool what became of a call. It returns a change of state
// and true if there was one. Keys that are no longer in the pool are ignored.
func (p *Pool) Report(now time.Time, id, model string, o Outcome) (Change, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.keys {
		if e.id == id {
			return e.report(now, model, o)
		}
	}
	return Change{}, false
}

func (e *entry) report(now time.Time, model string, o Outcome) (Change, bool) {
	change := Change{ID: e.id, Model: model}
	switch o.Result {
	case OK:
		if l := e.models[model]; l != nil && l.ok() {
			change.State = Ready
			return change, true
		}
	case Refused:
		if e.refused != "" {
			return Change{}, false
		}
		e.refused, e.since = o.Reason, now
		if e.refused == "" {
			e.refused = "refused"
		}
		return Change{ID: e.id, State: Quarantined, Reason: e.refused}, true
	case Limited:
		e.limited++
		l := e.line(now, model)
		_, before := l.blocked(now)
		wasDaily := l.perDay
		l.limit(now, o)
		change.State, change.Until = Cooling, l.freeAt
		if l.perDay {
			change.State = Parked
		}
		return change, before != AllLimited || l.perDay && !wasDaily
	case Failed:
		e.failed++
		l := e.line(now, model)
		rests := l.fail(now)
		change.State, change.Until = Failing, l.resumeAt
		return change, rests && l.failures == failuresToRest
	}
	return Change{}, false
}

// line returns the state for a model to write to.
func (e *entry) line(now time.Time, model string) *line {
	if l := e.models[model]; l != nil {
		return l
	}
	if len(e.models) >= maxModels {
		for name, l := range e.models {
			if _, why := l.blocked(now); why == "" {
				delete(e.models, name)
			}
		}
	}
	l := new(line)
	if len(e.models) < maxModels {
		e.models[model] = l
	}
	return l
}
