package server

import (
	"slices"
	"sync"
)

// Learned remembers what models turned out to refuse: hints, by their OpenAI
// names, and JSON Schema. It is bounded by the number of models, and safe for
// concurrent use. The zero value knows nothing yet.
type Learned struct {
	mu     sync.RWMutex
	models map[string]refusals
}

// maxLearned bounds the models remembered, since ids can come from clients.
const maxLearned = 1000

// refusals is what one model refuses.
type refusals struct {
	without []string
	openAPI bool
}

func (l *Learned) get(model string) refusals {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.models[model]
}

func (l *Learned) add(model string, r refusals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.models == nil {
		l.models = map[string]refusals{}
	}
	have, known := l.models[model]
	if !known && len(l.models) >= maxLearned {
		return
	}
	for _, w := range r.without {
		if !slices.Contains(have.without, w) {
			have.without = append(slices.Clone(have.without), w)
		}
	}
	have.openAPI = have.openAPI || r.openAPI
	l.models[model] = have
}
