package server

import (
	"sync"
	"time"

	"github.com/gemway/gemway/openai"
	"golang.org/x/sync/singleflight"
)

// lists remembers the upstream's lists of models: one for the server's keys,
// or one for each caller with a key of its own.
type lists struct {
	flight singleflight.Group
	mu     sync.Mutex
	known  map[string]fetched
}

// fetched is a list and when it came.
type fetched struct {
	models []openai.Model
	at     time.Time
}

const (
	// listLife is how long a list is believed.
	listLife = 10 * time.Minute
	// maxLists bounds the callers whose lists are remembered.
	maxLists = 256
)

// get returns the owner's list, and fetches it where none is fresh: once,
// however many ask for it at the same time. A list that came with an error is
// not remembered.
func (l *lists) get(owner string, now time.Time, fetch func() ([]openai.Model, error)) ([]openai.Model, error) {
	if have, ok := l.fresh(owner, now); ok {
		return have, nil
	}
	got, err, _ := l.flight.Do(owner, func() (any, error) {
		if have, ok := l.fresh(owner, now); ok {
			return have, nil
		}
		models, err := fetch()
		if err == nil {
			l.keep(owner, fetched{models, now})
		}
		return models, err
	})
	models, _ := got.([]openai.Model)
	return models, err
}

func (l *lists) fresh(owner string, now time.Time) ([]openai.Model, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	have, ok := l.known[owner]
	return have.models, ok && now.Sub(have.at) < listLife
}

func (l *lists) keep(owner string, list fetched) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]fetched{}
	}
	for id, old := range l.known {
		if list.at.Sub(old.at) >= listLife || len(l.known) >= maxLists {
			delete(l.known, id)
		}
	}
	l.known[owner] = list
}
