package keypool

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// ID returns the short name of a key: the first 8 hexadecimal digits of its
// SHA-256. It is safe to show.
func ID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:4])
}

// Pool holds the keys of one site and their state. It is safe for concurrent
// use.
type Pool struct {
	mu   sync.Mutex
	keys []*entry
	uses uint64
}

// entry is one key. The pool holds entries by pointer, and the secret is a
// pointer too, so that printing a pool prints no key.
type entry struct {
	id     string
	secret *string
	used   uint64 // value of Pool.uses at the last pick

	refused string // why the key is quarantined, "" if it is not
	since   time.Time
	models  map[string]*line

	picked, limited, failed int64
}

// New returns a pool of keys. Empty and repeated keys are left out.
func New(keys []string) *Pool {
	p := new(Pool)
	p.Set(keys)
	return p
}

// Keyless returns a pool for a site that has one identity of its own instead
// of keys; its state is kept under the given id.
func Keyless(id string) *Pool {
	return &Pool{keys: []*entry{{id: id, secret: new(string), models: map[string]*line{}}}}
}

// Set replaces the keys. Keys that stay keep their state, except that a
// refused key gets another chance: setting the keys anew is how an operator
// says that it was mended.
func (p *Pool) Set(keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var next []*entry
	for _, key := range keys {
		id := ID(key)
		same := func(e *entry) bool { return e.id == id && *e.secret == key }
		if key == "" || slices.ContainsFunc(next, same) {
			continue
		}
		if i := slices.IndexFunc(p.keys, same); i >= 0 {
			p.keys[i].refused = ""
			next = append(next, p.keys[i])
			continue
		}
		next = append(next, &entry{id: id, secret: &key, models: map[string]*line{}})
	}
	p.keys = next
}

// Key is the key for one call.
type Key struct {
	ID     string
	Secret string
}

// String returns the id, so that printing a Key shows no secret.
func (k Key) String() string { return k.ID }

// GoString is String.
func (k Key) GoString() string { return k.ID }

// Reason says why there is no key.
type Reason string

const (
	// NoKeys means that the pool is empty.
	NoKeys Reason = "no keys"
	// AllRefused means that every key was refused for good.
	AllRefused Reason = "all keys were refused"
	// AllLimited means that every key is out of quota for the model.
	AllLimited Reason = "all keys are out of quota"
	// AllFailing means that the model fails with every key that has quota.
	AllFailing Reason = "calls keep failing"
)

// Unavailable is returned when no key can be used now.
type Unavailable struct {
	Reason Reason
	// Until is when the first key comes back, zero for never.
	Until time.Time
	// PerDay is set when only keys with a used up daily quota are left.
	PerDay bool
}

// Error implements error.
func (u *Unavailable) Error() string { return string(u.Reason) }

// Pick returns the key for a call to a model. Of the keys that are free it
// takes the one whose last limit lies furthest back, and among equals the one
// unused for longest. Keys in avoid come last: they were tried by this call.
// The error is always *Unavailable.
func (p *Pool) Pick(now time.Time, model string, avoid ...string) (Key, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var best *entry
	none := &Unavailable{Reason: NoKeys}
	perDay := true
	for _, e := range p.keys {
		if e.refused != "" {
			if none.Reason == NoKeys {
				none.Reason = AllRefused
			}
			continue
		}
		l := e.models[model]
		until, reason := l.blocked(now)
		if reason != "" {
			perDay = perDay && reason == AllLimited && l.perDay
			if none.Until.IsZero() || until.Before(none.Until) {
				none.Until, none.Reason = until, reason
			}
			continue
		}
		if best == nil || better(e, best, model, avoid) {
			best = e
		}
	}
	if best == nil {
		none.PerDay = perDay && none.Reason == AllLimited
		return Key{}, none
	}
	p.uses++
	best.used = p.uses
	best.picked++
	best.models[model].trial(now)
	return Key{ID: best.id, Secret: *best.secret}, nil
}

// better reports whether a is the better choice than b.
func better(a, b *entry, model string, avoid []string) bool {
	if x, y := slices.Contains(avoid, a.id), slices.Contains(avoid, b.id); x != y {
		return y
	}
	if x, y := a.models[model].lastLimit(), b.models[model].lastLimit(); !x.Equal(y) {
		return x.Before(y)
	}
	return a.used < b.used
}

// Secrets returns the keys, for scrubbing them out of texts.
func (p *Pool) Secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]string, 0, len(p.keys))
	for _, e := range p.keys {
		if *e.secret != "" {
			out = append(out, *e.secret)
		}
	}
	return out
}
