// Package sse reads and writes server-sent events.
//
// The reader follows the event stream rules of the HTML standard
// (https://html.spec.whatwg.org/multipage/server-sent-events.html) with two
// deliberate additions, both needed because servers of this world do so: an
// event that the end of the stream cuts off before its blank line is still
// delivered, and JSON that stands in the stream without a "data:" field is
// delivered as an event of kind Bare instead of being ignored.
package sse
