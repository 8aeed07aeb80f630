package keypool

import (
	"slices"
	"strings"
	"time"
)

// Status is the state of one key, for people and metrics.
type Status struct {
	ID     string
	State  State // Ready or Quarantined
	Reason string
	Since  time.Time // with Quarantined
	// Calls, Limited and Failed count what the key was used for.
	Calls, Limited, Failed int64
	// Models holds the models for which the key is not ready, by name.
	Models []ModelStatus
}

// ModelStatus is the state of one key for one model.
type ModelStatus struct {
	Model string
	State State
	Until time.Time
}

// Snapshot returns the state of all keys, in the order they were configured.
func (p *Pool) Snapshot(now time.Time) []Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Status, 0, len(p.keys))
	for _, e := range p.keys {
		s := Status{ID: e.id, State: Ready, Calls: e.picked, Limited: e.limited, Failed: e.failed}
		if e.refused != "" {
			s.State, s.Reason, s.Since = Quarantined, e.refused, e.since
		}
		for model, l := range e.models {
			until, why := l.blocked(now)
			switch {
			case why == AllLimited && l.perDay:
				s.Models = append(s.Models, ModelStatus{model, Parked, until})
			case why == AllLimited:
				s.Models = append(s.Models, ModelStatus{model, Cooling, until})
			case why == AllFailing:
				s.Models = append(s.Models, ModelStatus{model, Failing, until})
			}
		}
		slices.SortFunc(s.Models, func(a, b ModelStatus) int { return strings.Compare(a.Model, b.Model) })
		out = append(out, s)
	}
	return out
}
