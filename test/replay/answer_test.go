package replay_test

import (
	"encoding/json"
	"fmt"
)

// answer is what a client of OpenAI's API got: a whole answer, or a stream put
// together again.
type answer struct {
	status  int
	id      string
	model   string
	choices []*gotChoice
	usage   any
	// err is the error object, of an error answer or at the end of a stream.
	err any
	// faults are breaches of OpenAI's form that are wrong whatever the content.
	faults []string
}

type gotChoice struct {
	index    int
	finish   any
	message  map[string]any
	logprobs any
	// all is everything the choice said, for finding what has no fixed place.
	all any
}

func (a *answer) fault(format string, args ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}

// readAnswer reads a response to a request without stream.
func readAnswer(r raw, shapes *shapes) *answer {
	a := &answer{status: r.status}
	a.header(r)
	v, err := decode(r.body)
	if err != nil {
		a.fault("the body is no JSON: %v: %s", err, clip(string(r.body), 200))
		return a
	}
	if r.status != 200 {
		a.err = at(v, "error")
		a.checkError(v, shapes)
		return a
	}
	if object, ok := v.(map[string]any); ok && object["error"] != nil {
		a.fault("an answer with status 200 has an error field")
	}
	if err := shapes.completion.Validate(v); err != nil {
		a.fault("shape: %v", err)
	}
	a.id, a.model, a.usage = textAt(v, "id"), textAt(v, "model"), at(v, "usage")
	if textAt(v, "object") != "chat.completion" {
		a.fault("object is %v", at(v, "object"))
	}
	a.checkHead(intAt(v, "created"))
	for i, c := range listAt(v, "choices") {
		message, _ := at(c, "message").(map[string]any)
		if message == nil {
			a.fault("choice %d has no message", i)
			continue
		}
		if textAt(message, "role") != "assistant" {
			a.fault("role is %v", message["role"])
		}
		if list, ok := message["tool_calls"]; ok && len(listAt(list)) == 0 {
			a.fault("tool_calls is there but empty")
		}
		a.choices = append(a.choices, &gotChoice{
			index: int(intAt(c, "index")), finish: at(c, "finish_reason"), message: message, logprobs: at(c, "logprobs"), all: c,
		})
	}
	return a
}

func (a *answer) header(r raw) {
	if r.header.Get("x-request-id") == "" {
		a.fault("no x-request-id")
	}
}

func (a *answer) checkHead(created int64) {
	if a.id == "" {
		a.fault("the id is empty")
	}
	if created <= 0 {
		a.fault("created is %d", created)
	}
	if a.model == "" {
		a.fault("the model is empty")
	}
}

// checkError looks at an error body: an object with exactly OpenAI's fields.
func (a *answer) checkError(v any, shapes *shapes) {
	if err := shapes.failure.Validate(v); err != nil {
		a.fault("error shape: %v", err)
	}
	if textAt(v, "error", "message") == "" {
		a.fault("the error says nothing")
	}
	if code := at(v, "error", "code"); code != nil {
		if _, ok := code.(string); !ok {
			a.fault("error code is %v", code)
		}
	}
}

// accumulate merges one delta into a message, as OpenAI's clients do: strings
// grow, lists with an index merge by it, other lists grow, objects merge.
func accumulate(into, delta map[string]any) {
	for k, v := range delta {
		have, ok := into[k]
		if !ok || have == nil {
			if list, isList := v.([]any); isList && indexed(list) {
				into[k] = mergeIndexed(nil, list)
				continue
			}
			into[k] = v
			continue
		}
		switch v := v.(type) {
		case nil:
		case string:
			if s, ok := have.(string); ok && k != "role" && k != "type" && k != "id" {
				into[k] = s + v
			} else {
				into[k] = v
			}
		case map[string]any:
			if object, ok := have.(map[string]any); ok {
				accumulate(object, v)
			} else {
				into[k] = v
			}
		case []any:
			list, _ := have.([]any)
			if indexed(v) {
				into[k] = mergeIndexed(list, v)
			} else {
				into[k] = append(list, v...)
			}
		default:
			into[k] = v
		}
	}
}

func indexed(list []any) bool {
	for _, v := range list {
		if _, ok := at(v, "index").(json.Number); !ok {
			return false
		}
	}
	return len(list) > 0
}

func mergeIndexed(into, list []any) []any {
	for _, v := range list {
		object := v.(map[string]any)
		i := int(intAt(object, "index"))
		for len(into) <= i {
			into = append(into, map[string]any{})
		}
		have := into[i].(map[string]any)
		delete(have, "index")
		accumulate(have, object)
	}
	return into
}
