// Package keypool decides which key the next call uses.
package keypool

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// ID returns the short name of a key: the first 8 hexadecimal digits of its
// SHA-256. It is safe to show.
func ID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:4])
}

// Pool holds the keys of one site.
type Pool struct {
	mu   sync.Mutex
	keys []string
	next int
}

// New returns a pool of keys.
func New(keys []string) *Pool { return &Pool{keys: keys} }

// Pick returns the next key and its id, false if there is none.
func (p *Pool) Pick() (key, id string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) == 0 {
		return "", "", false
	}
	key = p.keys[p.next%len(p.keys)]
	p.next++
	return key, ID(key), true
}

// Secrets returns the keys, for scrubbing them out of texts.
func (p *Pool) Secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.keys...)
}
