package upstream

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gemway/gemway/gemini"
)

// StatusError is an error that the upstream stated: an answer with an error
// status, or an error object where an answer should be. Its texts are scrubbed
// of keys and addresses.
type StatusError struct {
	// HTTPStatus is the status of the answer; for an error inside an answer
	// with 200, the code that the error names.
	HTTPStatus int
	// Err is what the body said. It is never nil: a body that is no error of
	// Google's becomes one, with a short extract as its message.
	Err *gemini.Error
	// OpenAI is what a site of OpenAI's protocol said, nil where that was no
	// error of its form.
	OpenAI *OpenAIError
	// Header are the answer's headers.
	Header http.Header
	// RetryAfter is how long to wait before the next try; 0 is unknown.
	RetryAfter time.Duration
	// PerDay is set for a daily quota: waiting RetryAfter does not help.
	PerDay bool
	// KeyProblem is set when the key itself was refused.
	KeyProblem bool

	Tried
}

// Tried says what a call took.
type Tried struct {
	KeyID    string // short id of the key tried last, never the key
	Attempts int    // requests sent
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("upstream answered %d: %s", e.HTTPStatus, e.Err.Message)
}

// Kind is a class of Failure. Its text is a stable label.
type Kind string

const (
	// Invalid calls cannot be sent: the model name has no place in a URL, or
	// the site has no such method.
	Invalid Kind = "invalid_call"
	// NoKey means that no key is configured or all are refused for good.
	NoKey Kind = "no_key"
	// Limited means that every key is waiting for its quota; RetryAfter tells
	// when the first is free.
	Limited Kind = "limited"
	// Suspended means that the model failed so often just now that it is left
	// alone until RetryAfter.
	Suspended Kind = "suspended"
	// Unreachable means that no connection came about.
	Unreachable Kind = "unreachable"
	// Unauthorized means that the site's own credentials gave no token.
	Unauthorized Kind = "no_token"
	// Timeout means that a limit of Config or the caller's deadline passed.
	Timeout Kind = "timeout"
	// Broken means that the connection or the framing failed in mid-answer.
	Broken Kind = "broken"
	// NotJSON means that something else than Gemini's JSON came.
	NotJSON Kind = "not_json"
	// TooLarge means that the answer or an event passed its limit.
	TooLarge Kind = "too_large"
	// Cancelled means that the caller gave up. It counts against nobody.
	Cancelled Kind = "cancelled"
)

// Failure is a call that ended without the upstream saying why.
type Failure struct {
	Kind Kind
	// Cause is scrubbed of keys and addresses; errors.Is still sees through it.
	Cause error
	// RetryAfter and PerDay are set with Limited and Suspended.
	RetryAfter time.Duration
	PerDay     bool

	Tried
}

// Error implements error.
func (e *Failure) Error() string {
	if e.Cause == nil {
		return "upstream: " + string(e.Kind)
	}
	return fmt.Sprintf("upstream: %s: %v", e.Kind, e.Cause)
}

// Unwrap returns the cause.
func (e *Failure) Unwrap() error { return e.Cause }

// The limits of Config, as the causes that end a context.
var (
	errSilence = fmt.Errorf("no byte came in time: %w", context.DeadlineExceeded)
	errTotal   = fmt.Errorf("the call took too long as a whole: %w", context.DeadlineExceeded)
)

// scrubbed hides the text of an error behind a clean one.
type scrubbed struct {
	text string
	err  error
}

func (e *scrubbed) Error() string { return e.text }
func (e *scrubbed) Unwrap() error { return e.err }
