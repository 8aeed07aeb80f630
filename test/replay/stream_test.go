package replay_test

import (
	"bytes"
	"encoding/json"
	"strings"
)

// readStream reads OpenAI's event stream, checks what holds for every stream
// whatever it says, and puts the answer together again.
func readStream(r raw, includeUsage bool, shapes *shapes) *answer {
	if r.status != 200 {
		return readAnswer(r, shapes)
	}
	a := &answer{status: 200}
	a.header(r)
	if t := r.header.Get("Content-Type"); !strings.HasPrefix(t, "text/event-stream") {
		a.fault("the stream's content type is %q", t)
	}
	s := &streamReader{answer: a, shapes: shapes, includeUsage: includeUsage, byIndex: map[int]*gotChoice{}, calls: map[int]int{}}
	for _, event := range events(r.body) {
		s.event(event)
	}
	s.end()
	return a
}

// events gives the data of each server-sent event. Comments are left out.
func events(body []byte) []string {
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	var out []string
	for _, block := range strings.Split(text, "\n\n") {
		var data []string
		for _, line := range strings.Split(block, "\n") {
			if rest, ok := strings.CutPrefix(line, "data:"); ok {
				data = append(data, strings.TrimPrefix(rest, " "))
			}
		}
		if data != nil {
			out = append(out, strings.Join(data, "\n"))
		}
	}
	return out
}

type streamReader struct {
	*answer
	shapes       *shapes
	includeUsage bool
	created      int64
	byIndex      map[int]*gotChoice
	// calls counts the tool calls seen in each choice.
	calls   map[int]int
	done    bool
	usageAt int
	chunks  int
}

func (s *streamReader) event(data string) {
	if s.done {
		s.fault("something comes after [DONE]: %s", clip(data, 100))
		return
	}
	if s.err != nil {
		s.fault("something comes after the error: %s", clip(data, 100))
		return
	}
	if data == "[DONE]" {
		s.done = true
		return
	}
	v, err := decode([]byte(data))
	if err != nil {
		s.fault("an event is no JSON: %v: %s", err, clip(data, 100))
		return
	}
	if e := at(v, "error"); e != nil {
		s.err = e
		s.checkError(v, s.shapes)
		return
	}
	s.chunks++
	if err := s.shapes.chunk.Validate(v); err != nil {
		s.fault("chunk shape: %v: %s", err, clip(data, 200))
	}
	s.head(v)
	choices := listAt(v, "choices")
	s.checkUsage(v, len(choices))
	for _, c := range choices {
		s.choice(c)
	}
}

func (s *streamReader) head(v any) {
	id, model, created := textAt(v, "id"), textAt(v, "model"), intAt(v, "created")
	if textAt(v, "object") != "chat.completion.chunk" {
		s.fault("object is %v", at(v, "object"))
	}
	if s.chunks == 1 {
		s.id, s.model, s.created = id, model, created
		s.checkHead(created)
		return
	}
	if id != s.id || model != s.model || created != s.created {
		s.fault("chunk %d has another id, model or created: %s %s %d", s.chunks, id, model, created)
	}
}

func (s *streamReader) checkUsage(v any, choices int) {
	usage, there := v.(map[string]any)["usage"]
	switch {
	case !s.includeUsage:
		if usage != nil {
			s.fault("usage although nobody asked")
		}
		if choices == 0 {
			s.fault("a chunk without choices although nobody asked for usage")
		}
	case usage != nil:
		if choices != 0 {
			s.fault("usage and choices in one chunk")
		}
		if s.usage != nil {
			s.fault("usage comes twice")
		}
		s.usage, s.usageAt = usage, s.chunks
	case !there:
		s.fault("chunk %d has no usage: null", s.chunks)
	case choices == 0:
		s.fault("chunk %d has neither choices nor usage", s.chunks)
	}
}

func (s *streamReader) choice(c any) {
	object, _ := c.(map[string]any)
	index := int(intAt(c, "index"))
	delta, ok := object["delta"].(map[string]any)
	if !ok {
		s.fault("choice %d has no delta", index)
		return
	}
	have := s.byIndex[index]
	role := delta["role"]
	if have == nil {
		have = &gotChoice{index: index, message: map[string]any{}}
		have.all = have.message
		s.byIndex[index] = have
		s.choices = append(s.choices, have)
		if role != "assistant" {
			s.fault("the first delta of choice %d has role %v", index, role)
		}
	} else {
		if _, again := delta["role"]; again {
			s.fault("choice %d says its role again", index)
		}
		if content, ok := delta["content"].(string); ok && content == "" {
			s.fault("choice %d: an empty content delta", index)
		}
	}
	if have.finish != nil {
		s.fault("choice %d goes on after its finish_reason", index)
	}
	for _, call := range listAt(delta, "tool_calls") {
		s.call(index, call)
	}
	if l := object["logprobs"]; l != nil {
		if have.logprobs == nil {
			have.logprobs = map[string]any{}
		}
		accumulate(have.logprobs.(map[string]any), clone(l).(map[string]any))
	}
	accumulate(have.message, clone(delta).(map[string]any))
	for k, v := range object {
		if k != "index" && k != "delta" && k != "logprobs" && k != "finish_reason" {
			accumulate(have.message, map[string]any{k: clone(v)})
		}
	}
	finish, there := object["finish_reason"]
	if !there {
		s.fault("choice %d: no finish_reason key", index)
	}
	if finish != nil {
		have.finish = finish
		for _, k := range []string{"role", "content", "tool_calls", "reasoning_content"} {
			if _, ok := delta[k]; ok {
				s.fault("the delta with finish_reason has %s too", k)
			}
		}
	}
}

// call checks the index of a tool call: counted over the whole stream, with the
// name and id in its first delta only.
func (s *streamReader) call(choice int, call any) {
	number, ok := at(call, "index").(json.Number)
	if !ok {
		s.fault("a tool call has no index")
		return
	}
	i, err := number.Int64()
	if err != nil {
		s.fault("tool call index %s", number)
		return
	}
	switch n := s.calls[choice]; {
	case int(i) == n:
		s.calls[choice]++
		if textAt(call, "id") == "" || textAt(call, "type") != "function" || textAt(call, "function", "name") == "" {
			s.fault("the first delta of call %d lacks id, type or name", i)
		}
	case int(i) > n:
		s.fault("tool call index %d after %d calls", i, n)
	default:
		if textAt(call, "function", "name") != "" {
			s.fault("call %d says its name again", i)
		}
	}
}

func (s *streamReader) end() {
	if s.err != nil {
		if s.done {
			s.fault("[DONE] after an error")
		}
		return
	}
	if !s.done {
		s.fault("no [DONE]")
	}
	for _, c := range s.choices {
		if c.finish == nil {
			s.fault("choice %d never finishes", c.index)
		}
	}
	if s.usage != nil && s.usageAt != s.chunks {
		s.fault("usage is not in the last chunk")
	}
}

func clone(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return v
	}
	c, err := decode(bytes.TrimSpace(data))
	if err != nil {
		return v
	}
	return c
}
