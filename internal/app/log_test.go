package app_test

import (
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gemway/gemway/internal/app"
	"github.com/gemway/gemway/internal/config"
	"github.com/go-json-experiment/json"
)

// T047: whatever a value holds, a record is one line, and short.
func TestT047OneRecordOneLine(t *testing.T) {
	evil := "a\nb\r\x1b[31mred\u2028\u202eright to left" + strings.Repeat("x", 1<<20)
	for _, format := range []string{"json", "text"} {
		var out buffer
		log := app.NewLog(&out, config.Log{Level: "info", Format: format}, false)
		log.Info("request", "model", evil, "error", errors.New(evil))
		log.Flush()
		got := out.String()
		if strings.Count(got, "\n") != 1 || strings.ContainsAny(got, "\x1b\r\u2028") || len(got) > 4000 {
			t.Errorf("%s: %d bytes: %.200q", format, len(got), got)
		}
		if format == "json" {
			var line map[string]string
			if err := json.Unmarshal([]byte(got), &line); err != nil {
				t.Fatal(err)
			}
			if n := len([]rune(line["model"])); n != 257 { // with the sign that it was cut
				t.Errorf("the value has %d runes", n)
			}
		}
	}
}

func TestLogIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		log := app.NewLog(&out, config.Log{Level: "info", Format: "json"}, false)
		log.Info("one")
		log.Info("two")
		if out.String() != "" {
			t.Error("lines at info do not wait")
		}
		time.Sleep(201 * time.Millisecond)
		synctest.Wait()
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Errorf("after a moment there are %d lines", n)
		}
		log.Info("three")
		log.Warn("four")
		if n := strings.Count(out.String(), "\n"); n != 4 {
			t.Errorf("after a warning there are %d lines", n)
		}
		log.With("a", 1).WithGroup("g").Error("five", "b", 2)
		if !strings.Contains(out.String(), `"a":1,"g":{"b":2}`) {
			t.Errorf("attributes are lost: %s", out.String())
		}
		time.Sleep(time.Second)
	})
}

// unwritable is a log on a full disk, or worse.
type unwritable struct{ panics bool }

func (u unwritable) Write([]byte) (int, error) {
	if u.panics {
		panic("mistake")
	}
	return 0, syscall.ENOSPC
}

// What cannot be logged is counted, and stops nobody.
func TestLogThatCannotBeWritten(t *testing.T) {
	for _, u := range []unwritable{{false}, {true}} {
		log := app.NewLog(u, config.Log{Level: "info", Format: "json"}, false)
		log.Info("one")
		log.Flush()
		log.Warn("two")
		if log.Lost() != 2 {
			t.Errorf("%v: %d writes were lost", u, log.Lost())
		}
	}
}

func BenchmarkLog(b *testing.B) {
	var out buffer
	log := app.NewLog(&out, config.Log{Level: "info", Format: "json"}, false)
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(b.Context(), slog.LevelInfo, "request", slog.String("request_id", "req_0123456789"), slog.String("method", "POST"),
			slog.String("endpoint", "/chat/completions"), slog.Int("status", 200), slog.Duration("dur", 12345), slog.String("model", "m"),
			slog.String("served", "m"), slog.Bool("stream", false), slog.String("key_id", "12345678"), slog.Int("attempts", 1),
			slog.Int64("prompt_tokens", 1), slog.Int64("completion_tokens", 1))
		out.b.Reset()
	}
}
