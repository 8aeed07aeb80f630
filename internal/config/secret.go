package config

import (
	"log/slog"

	"github.com/gemway/gemway/internal/keypool"
)

// Secret is a value that is never printed: however it is formatted or logged,
// its short id appears, which logs and metrics name it by too.
type Secret string

// String returns the short id.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "key:" + keypool.ID(string(s))
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, so that JSON is clean too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the value itself, for the one who needs it.
func (s Secret) Reveal() string { return string(s) }

// reveal returns the values themselves.
func reveal(list []Secret) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
