package translate

import "slices"

// index makes results findable.
func (b *conversation) index() {
	b.byID, b.known = queues{}, map[string]bool{}
	for i := range b.results {
		id := b.t.in.Messages[b.results[i].message].ToolCallID
		b.byID[id] = append(b.byID[id], &b.results[i])
	}
	for i := range b.t.in.Messages {
		for j := range b.t.in.Messages[i].ToolCalls {
			b.known[b.t.in.Messages[i].ToolCalls[j].ID] = true
		}
	}
}

// guess matches calls with results from messages from to end by the name of the
// function, then by their order. Results that carry the id of another call are
// left to it.
func (b *conversation) guess(calls []call, match []*result, from, end int) {
	names, nameless := queues{}, queues{}
	at, _ := slices.BinarySearchFunc(b.results, from, func(r result, from int) int { return r.message - from })
	for ; at < len(b.results) && b.results[at].message < end; at++ {
		r := &b.results[at]
		m := &b.t.in.Messages[r.message]
		switch {
		case r.taken, m.ToolCallID != "" && b.known[m.ToolCallID]:
		case m.Name != "":
			names[m.Name] = append(names[m.Name], r)
		default:
			nameless[""] = append(nameless[""], r)
		}
	}
	for k := range calls {
		if match[k] == nil {
			match[k] = names.take(calls[k].name, from)
		}
	}
	for k := range calls {
		if match[k] == nil {
			match[k] = nameless.take("", from)
		}
	}
}

// queues are results in the order of their messages, by what they are found by.
// They are looked for along the history, so that what is passed is dropped and
// the time stays linear.
type queues map[string][]*result

// take returns the first result of that key from a message on which no call has.
func (w queues) take(key string, from int) *result {
	list := w[key]
	for len(list) > 0 {
		r := list[0]
		list = list[1:]
		w[key] = list
		if !r.taken && r.message >= from {
			r.taken = true
			return r
		}
	}
	return nil
}
