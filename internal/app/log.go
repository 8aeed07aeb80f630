package app

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/panics"
)

// Log is the program's log: lines of JSON, or of text for people, with stable
// keys. Lines at info are gathered for a moment and written together, which
// spares a system call for every request.
type Log struct {
	*slog.Logger
	Level *slog.LevelVar
	out   *gathered
}

// NewLog returns a log that writes to w.
func NewLog(w io.Writer, cfg config.Log, terminal bool) *Log {
	l := &Log{Level: new(slog.LevelVar), out: &gathered{w: w, direct: terminal}}
	l.Level.Set(level(cfg.Level))
	opt := &slog.HandlerOptions{Level: l.Level, ReplaceAttr: shorten}
	var h slog.Handler = slog.NewJSONHandler(l.out, opt)
	if cfg.Format == "text" || cfg.Format == "auto" && terminal {
		h = slog.NewTextHandler(l.out, opt)
	}
	l.Logger = slog.New(urgent{h, l.out})
	return l
}

// urgent does not let warnings and errors wait.
type urgent struct {
	slog.Handler
	out *gathered
}

// Handle implements slog.Handler.
func (u urgent) Handle(ctx context.Context, r slog.Record) error {
	err := u.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		u.out.flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (u urgent) WithAttrs(attrs []slog.Attr) slog.Handler {
	return urgent{u.Handler.WithAttrs(attrs), u.out}
}

// WithGroup implements slog.Handler.
func (u urgent) WithGroup(name string) slog.Handler { return urgent{u.Handler.WithGroup(name), u.out} }

// Lost returns how often the log could not be written.
func (l *Log) Lost() int64 { return l.out.lost.Load() }

// Flush writes what has been gathered.
func (l *Log) Flush() { l.out.flush() }

func level(name string) slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo
	}
	return l
}

// Values longer than these many bytes or runes are cut.
const (
	longestValue = 256
	longestStack = 8 << 10
)

// shorten cuts values, whoever gave them.
func shorten(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if s := a.Value.String(); len(s) > longestValue {
			a.Value = slog.StringValue(cut(s, limit(a.Key)))
		}
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(cut(err.Error(), longestValue))
		}
	}
	return a
}

func limit(key string) int {
	if key == "stack" {
		return longestStack
	}
	return longestValue
}

func cut(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// gathered collects lines and writes them after a moment, or when there are
// many. A program that dies loses the last moment at most; warnings and what a
// terminal shows do not wait.
type gathered struct {
	w      io.Writer
	direct bool

	mu    sync.Mutex
	buf   []byte
	timer *time.Timer // runs while buf holds something

	lost atomic.Int64 // writes that failed
}

const (
	gatherFor = 200 * time.Millisecond
	gatherTo  = 32 << 10
)

// Write implements io.Writer; slog calls it once for each line.
func (g *gathered) Write(line []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.direct {
		if _, err := g.w.Write(line); err != nil {
			g.lost.Add(1)
		}
		return len(line), nil
	}
	g.buf = append(g.buf, line...)
	switch {
	case len(g.buf) >= gatherTo:
		g.write()
	case g.timer == nil:
		g.timer = time.AfterFunc(gatherFor, g.flush)
	case len(g.buf) == len(line):
		g.timer.Reset(gatherFor)
	}
	return len(line), nil
}

func (g *gathered) flush() {
	defer panics.Recover(func(*panics.Recovered) { g.lost.Add(1) })
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write()
}

// write writes what there is; the lock is held. A log that cannot be written
// must not stop the serving.
func (g *gathered) write() {
	if len(g.buf) > 0 {
		if _, err := g.w.Write(g.buf); err != nil {
			g.lost.Add(1)
		}
		g.buf = g.buf[:0]
	}
}
