package sse_test

import (
	"bytes"
	"testing"

	"github.com/gemway/gemway/internal/sse"
)

// TestAppendEvent: a named event is read back as one event with its name.
func TestAppendEvent(t *testing.T) {
	b := sse.AppendEvent([]byte(": hello\n\n"), "done", []byte("{\n1}"))
	if want := ": hello\n\nevent: done\ndata: {\ndata: 1}\n\n"; string(b) != want {
		t.Errorf("got %q, want %q", b, want)
	}
	e, err := sse.NewReader(bytes.NewReader(b), 100).Next()
	if err != nil || string(e.Data) != "{\n1}" {
		t.Errorf("%+v %v", e, err)
	}
}
