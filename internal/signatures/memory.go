// Package signatures keeps thought signatures for clients that drop them.
//
// Gemini 3 wants the signature of a tool call back with the call. Most clients
// of OpenAI's API keep only the fields they know, so the server remembers the
// signatures it handed out, by caller and tool-call id.
package signatures

import (
	"bytes"
	"time"

	"github.com/gemway/gemway/raw"
	"github.com/maypok86/otter/v2"
)

// Config bounds the memory.
type Config struct {
	MaxBytes uint64        // of signatures and their ids
	MaxAge   time.Duration // since a signature was handed out
}

// Default holds 64 MiB for a day: far more tool loops than one process serves
// at a time.
func Default() Config { return Config{MaxBytes: 64 << 20, MaxAge: 24 * time.Hour} }

// Memory keeps signatures in memory. It may be used concurrently.
type Memory struct {
	cache *otter.Cache[key, raw.String]
}

type key struct{ caller, callID string }

// New returns an empty memory.
func New(cfg Config) *Memory {
	return &Memory{cache: otter.Must(&otter.Options[key, raw.String]{
		MaximumWeight: cfg.MaxBytes,
		Weigher: func(k key, s raw.String) uint32 {
			return uint32(min(len(k.caller)+len(k.callID)+len(s)+64, 1<<31))
		},
		ExpiryCalculator: otter.ExpiryWriting[key, raw.String](cfg.MaxAge),
	})}
}

// Put remembers a signature. The caller separates clients from each other: ids
// of calls are short, and Gemini may give two clients the same one.
func (m *Memory) Put(caller, callID string, signature raw.String) {
	m.cache.Set(key{caller, callID}, bytes.Clone(signature))
}

// Get recalls a signature.
func (m *Memory) Get(caller, callID string) (raw.String, bool) {
	return m.cache.GetIfPresent(key{caller, callID})
}

// Close ends the memory's own goroutine. What is in it can still be read.
func (m *Memory) Close() { m.cache.StopAllGoroutines() }
