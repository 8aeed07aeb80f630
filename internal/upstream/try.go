package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/retry"
)

// clientKeyID stands for a caller's own key, about which nothing is kept.
const clientKeyID = "client"

// try sends the call until use accepts an answer or no further try is worth
// it. Everything about keys, waits and retries happens here.
func (c *Client) try(ctx context.Context, call *Call, use func(*exchange) error) (Tried, error) {
	if err := call.check(); err != nil {
		return Tried{}, &Failure{Kind: Invalid, Cause: err}
	}
	key, err := c.firstKey(ctx, call)
	if err != nil {
		return Tried{}, err
	}
	c.budget.Call(time.Now())
	t := &tries{client: c, call: call}
	for {
		err := t.once(ctx, key, use)
		if err == nil {
			return t.Tried, nil
		}
		if key, err = t.next(ctx, err); err != nil {
			return t.Tried, t.sign(err)
		}
	}
}

// firstKey returns the key for the first try. It waits a little if all keys
// are limited and one is free soon.
func (c *Client) firstKey(ctx context.Context, call *Call) (keypool.Key, error) {
	if call.ClientKey != "" {
		return keypool.Key{ID: clientKeyID, Secret: call.ClientKey}, nil
	}
	patience := c.cfg.Retry.MaxWait
	for {
		key, err := c.pool.Pick(time.Now(), call.Model)
		if err == nil {
			return key, nil
		}
		var none *keypool.Unavailable
		if !errors.As(err, &none) || none.Until.IsZero() {
			return key, &Failure{Kind: NoKey, Cause: err}
		}
		wait := time.Until(none.Until)
		f := &Failure{Kind: Limited, Cause: err, RetryAfter: max(wait, 0), PerDay: none.PerDay}
		if none.Reason == keypool.AllFailing {
			f.Kind = Suspended
			return key, f
		}
		wait, again := c.cfg.Retry.Decide(retry.Try{Class: retry.Limited, FreeIn: max(wait, 1), Left: left(ctx)}, jitter())
		if again = again && wait <= patience; !again {
			return key, f
		}
		patience -= wait
		if err := sleep(ctx, wait); err != nil {
			return key, err
		}
	}
}

// tries are the tries of one call.
type tries struct {
	Tried
	client  *Client
	call    *Call
	avoid   []string // keys used before
	retries int      // those that count
	sent    *http.Request
	renewed bool
}

// once makes one try and tells everybody how it went.
func (t *tries) once(ctx context.Context, key keypool.Key, use func(*exchange) error) error {
	c := t.client
	t.Attempts++
	t.KeyID = key.ID
	began := time.Now()
	x, err := c.send(ctx, t.call, key.Secret)
	if err == nil {
		err = use(x)
	}
	if x != nil {
		t.sent = x.sent
	}
	a := Attempt{
		Site: c.site.Name(), Model: t.call.Model, Method: t.call.Method, KeyID: key.ID,
		Took: time.Since(began), Number: t.Attempts,
	}
	switch e := err.(type) {
	case nil:
		a.Status = x.resp.StatusCode
	case *StatusError:
		a.Status = e.HTTPStatus
	case *Failure:
		a.Failure = e.Kind
	}
	c.observer.attempt(ctx, a)
	if t.call.ClientKey == "" {
		c.report(key, t.call.Model, err)
	}
	return err
}

// report tells the pool how a try went. Errors that speak of the request, or
// of a caller that gave up, concern no key.
func (c *Client) report(key keypool.Key, model string, err error) {
	var o keypool.Outcome
	switch e := err.(type) {
	case nil:
	case *StatusError:
		switch {
		case e.KeyProblem:
			if !c.site.Keyed() {
				return
			}
			o = keypool.Outcome{Result: keypool.Refused, Reason: reason(e)}
		case e.HTTPStatus == http.StatusTooManyRequests:
			o = keypool.Outcome{Result: keypool.Limited, Wait: e.RetryAfter, PerDay: e.PerDay}
			o.Spread = time.Duration(jitter() * float64(min(e.RetryAfter/10, time.Second)))
			if e.PerDay {
				o.Spread = time.Duration(jitter() * float64(time.Minute))
			}
		case e.HTTPStatus == http.StatusBadGateway, e.HTTPStatus == http.StatusServiceUnavailable:
			o.Result = keypool.Failed
		case e.HTTPStatus >= 500:
			// 500 and 504 are also what too long an input is answered with: a
			// single client could make the model look broken for all.
			return
		}
	case *Failure:
		if e.Kind != Unreachable && e.Kind != Broken && (e.Kind != Timeout || !errors.Is(e, errSilence)) {
			return
		}
		o.Result = keypool.Failed
	}
	if change, ok := c.pool.Report(time.Now(), key.ID, model, o); ok {
		c.observer.keyChange(c.site.Name(), change)
	}
}

// reason is a short word on why a key was refused.
func reason(e *StatusError) string {
	if r := e.Err.Parse().Reason; r != "" {
		return r
	}
	return e.Err.Status
}

// next decides about another try after an error, waits for it, and returns the
// key to use. Its error is the one to end the call with.
func (t *tries) next(ctx context.Context, err error) (keypool.Key, error) {
	c := t.client
	if ctx.Err() != nil {
		return keypool.Key{}, gone(ctx)
	}
	try := retry.Try{Class: t.classify(err), Retries: t.retries, Left: left(ctx)}
	own := keypool.Key{ID: t.KeyID, Secret: t.call.ClientKey}
	var key keypool.Key
	pooled := t.call.ClientKey == ""
	status, _ := err.(*StatusError)
	switch {
	case try.Class == retry.Final:
		return key, err
	case !pooled && try.Class == retry.Limited:
		if !status.PerDay {
			try.FreeIn = status.RetryAfter
		}
	case try.Class == retry.Transient:
		t.avoid = append(t.avoid, t.KeyID)
		if status != nil {
			try.FreeIn = status.RetryAfter
		}
	case pooled:
		t.avoid = append(t.avoid, t.KeyID)
		var pickErr error
		if key, pickErr = c.pool.Pick(time.Now(), t.call.Model, t.avoid...); pickErr == nil {
			try.OtherKey = true
			break
		}
		var none *keypool.Unavailable
		if try.Class == retry.Limited && errors.As(pickErr, &none) && !none.Until.IsZero() {
			try.FreeIn = max(time.Until(none.Until), 1)
			status.RetryAfter, status.PerDay = try.FreeIn, none.PerDay
		}
	}
	wait, again := c.cfg.Retry.Decide(try, jitter())
	if !again {
		return key, err
	}
	if try.Class != retry.KeyRefused {
		if !c.budget.Take(time.Now()) {
			return key, err
		}
		t.retries++
	}
	if wait > 0 {
		if gone := sleep(ctx, wait); gone != nil {
			return key, gone
		}
	}
	switch {
	case !pooled:
		return own, nil
	case try.OtherKey:
		return key, nil
	}
	key, pickErr := c.pool.Pick(time.Now(), t.call.Model, t.avoid...)
	if pickErr != nil {
		return key, err
	}
	return key, nil
}

// classify says what an error means for another try.
func (t *tries) classify(err error) retry.Class {
	switch e := err.(type) {
	case *StatusError:
		switch s := e.HTTPStatus; {
		case e.KeyProblem && t.call.ClientKey != "":
			return retry.Final
		case e.KeyProblem && t.client.site.Keyed():
			return retry.KeyRefused
		case e.KeyProblem:
			// The site's own token, perhaps expired on its way.
			if r, ok := t.client.site.(renewer); ok && !t.renewed && r.Renew(t.sent) {
				t.renewed = true
				return retry.KeyRefused
			}
			return retry.Final
		case s == http.StatusTooManyRequests:
			return retry.Limited
		case s == http.StatusServiceUnavailable:
			return retry.Transient
		case s == http.StatusRequestTimeout, s == 500, s == 502, s == 504:
			if t.call.repeatable() {
				return retry.Transient
			}
		}
	case *Failure:
		if e.Kind == Unreachable || t.call.repeatable() && (e.Kind == Broken || e.Kind == Timeout && errors.Is(e, errSilence)) {
			return retry.Transient
		}
	}
	return retry.Final
}

// sign writes into an error what the call took.
func (t *tries) sign(err error) error {
	switch e := err.(type) {
	case *StatusError:
		e.Tried = t.Tried
	case *Failure:
		e.Tried = t.Tried
	}
	return err
}

// jitter is a random number in [0, 1). It spreads calls, and is no secret.
func jitter() float64 { return rand.Float64() }

// left returns the time until the deadline that every call has.
func left(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok || ctx.Err() != nil {
		return 0
	}
	return time.Until(deadline)
}

// sleep waits, unless the caller gives up first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return gone(ctx)
	}
}

// gone is the failure of a call whose context has ended.
func gone(ctx context.Context) *Failure {
	kind := Cancelled
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		kind = Timeout
	}
	return &Failure{Kind: kind, Cause: context.Cause(ctx)}
}
