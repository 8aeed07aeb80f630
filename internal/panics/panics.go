// Package panics keeps a mistake in one goroutine from ending the program, with
// the requests of everybody else.
//
// Every goroutine of the program, timers included, defers Recover before it
// does anything. internal/importtest enforces it. Those that work for a request
// hand their panic to the request's own goroutine, which panics with it again;
// the others report it.
package panics

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Recovered is a panic that was caught.
type Recovered struct {
	value any
	stack []byte
}

// Recover ends, when it is deferred, a panic of its goroutine and hands it over.
func Recover(caught func(*Recovered)) {
	if v := recover(); v != nil {
		caught(Of(v))
	}
}

// Of returns what recover gave as a Recovered, with the stack of where it began: one
// that was handed over from another goroutine keeps its own.
func Of(v any) *Recovered {
	if p, ok := v.(*Recovered); ok {
		return p
	}
	return &Recovered{v, debug.Stack()}
}

// Error implements error. What the runtime says of its own is safe to be told;
// other values may hold anything, and the stack tells where they come from.
func (p *Recovered) Error() string {
	if err, ok := p.value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", p.value)
}

// Stack returns where it happened. It holds no user data.
func (p *Recovered) Stack() string { return string(p.stack) }
