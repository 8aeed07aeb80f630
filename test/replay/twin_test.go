package replay_test

import (
	"fmt"
	"strings"
)

// twinMeaning reads a chat completion request as OpenAI documents it.
func twinMeaning(data []byte, model string) (*meaning, error) {
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	request, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the request is no object")
	}
	m := newMeaning()
	for name, value := range request {
		if value == nil {
			continue
		}
		switch name {
		case "model", "stream", "stream_options":
		case "messages":
			if err := m.messages(asList(value)); err != nil {
				return nil, err
			}
		case "tools":
			for _, t := range asList(value) {
				if textAt(t, "type") != "function" {
					return nil, fmt.Errorf("a tool of type %v", at(t, "type"))
				}
				m.function(textAt(t, "function", "name"), textAt(t, "function", "description"), at(t, "function", "parameters"))
			}
		case "tool_choice":
			if request["tools"] != nil {
				m.toolChoice(value)
			}
		case "parallel_tool_calls": // Gemini has no word for it
		case "response_format":
			m.format(value)
		case "max_tokens", "max_completion_tokens":
			m.settings["gen/maxOutputTokens"] = canonical(value)
		case "temperature":
			m.settings["gen/temperature"] = canonical(value)
		case "top_p":
			m.settings["gen/topP"] = canonical(value)
		case "seed":
			m.settings["gen/seed"] = canonical(value)
		case "n":
			if s := canonical(value); s != "1" {
				m.settings["gen/candidateCount"] = s
			}
		case "stop":
			m.settings["gen/stopSequences"] = canonical(asList(value))
		case "reasoning_effort":
			m.settings["gen/thinking"] = thinking(fmt.Sprint(value), model)
		default:
			return nil, fmt.Errorf("parameter %q has no meaning here yet", name)
		}
	}
	return m, nil
}

func (m *meaning) messages(list []any) error {
	var system []string
	turns := &m.turns
	names := map[string]string{}
	for _, msg := range list {
		switch role := textAt(msg, "role"); role {
		case "system", "developer":
			system = append(system, plain(at(msg, "content")))
		case "user":
			if err := turns.side("user").content(at(msg, "content")); err != nil {
				return err
			}
		case "assistant":
			t := turns.side("model")
			if err := t.content(at(msg, "content")); err != nil {
				return err
			}
			for _, c := range listAt(msg, "tool_calls") {
				args, err := decode([]byte(textAt(c, "function", "arguments")))
				if err != nil {
					return fmt.Errorf("arguments: %w", err)
				}
				names[textAt(c, "id")] = textAt(c, "function", "name")
				t.add("call", textAt(c, "function", "name"), canonical(args))
			}
		case "tool":
			id := textAt(msg, "tool_call_id")
			t := turns.side("user")
			t.add("result", names[id], canonical(result(parsed(plain(at(msg, "content"))))))
			for _, p := range listAt(msg, "content") {
				if textAt(p, "type") != "text" { // media of a result stand behind it
					if err := t.content([]any{p}); err != nil {
						return err
					}
				}
			}
		default:
			return fmt.Errorf("a message of role %q", role)
		}
	}
	if s := squeeze(strings.Join(system, "\n")); s != "" {
		m.settings["system"] = s
	}
	return nil
}

// plain joins the texts of a content that is a string or a list of parts.
func plain(content any) string {
	if s, ok := content.(string); ok {
		return s
	}
	var texts []string
	for _, p := range asList(content) {
		if text := textAt(p, "text"); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

func (t *turn) content(v any) error {
	if s, ok := v.(string); ok {
		t.add("text", "", s)
		return nil
	}
	for _, p := range asList(v) {
		switch kind := textAt(p, "type"); kind {
		case "text":
			t.add("text", "", textAt(p, "text"))
		case "refusal":
			t.add("text", "", textAt(p, "refusal"))
		case "image_url":
			if err := t.url(textAt(p, "image_url", "url")); err != nil {
				return err
			}
		case "input_audio":
			if err := t.addMedium("audio/"+textAt(p, "input_audio", "format"), textAt(p, "input_audio", "data")); err != nil {
				return err
			}
		case "file":
			if id := textAt(p, "file", "file_id"); id != "" {
				t.add("file", "", id)
				continue
			}
			if err := t.url(textAt(p, "file", "file_data")); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a content part of type %q", kind)
		}
	}
	return nil
}

func (t *turn) url(url string) error {
	head, data, ok := strings.Cut(url, ";base64,")
	if !ok {
		t.add("file", "", url)
		return nil
	}
	return t.addMedium(strings.TrimPrefix(head, "data:"), data)
}

func (m *meaning) toolChoice(v any) {
	switch v {
	case "auto":
	case "none":
		m.settings["choice"] = "NONE"
	case "required":
		m.settings["choice"] = "ANY"
	default:
		switch textAt(v, "type") {
		case "function":
			m.settings["choice"] = "ANY " + textAt(v, "function", "name")
		case "allowed_tools":
			var names []string
			for _, t := range listAt(v, "allowed_tools", "tools") {
				names = append(names, textAt(t, "function", "name"))
			}
			mode := "ANY"
			if textAt(v, "allowed_tools", "mode") == "auto" {
				mode = "VALIDATED"
			}
			m.choice(mode, names)
		}
	}
}

func (m *meaning) format(v any) {
	switch textAt(v, "type") {
	case "json_object":
		m.settings["gen/responseMimeType"] = "application/json"
	case "json_schema":
		m.settings["gen/responseMimeType"] = "application/json"
		m.settings["gen/responseSchema"] = schemaMeaning(at(v, "json_schema", "schema"))
	}
}

// thinking says what an effort asks of a model; Gemini 2.5 counts tokens, later
// families have levels. See §1.2 of the API notes.
func thinking(effort, model string) string {
	if strings.HasPrefix(model, "gemini-2.5") {
		switch effort {
		case "none":
			return "budget 0"
		case "minimal", "low":
			return "budget 1024"
		case "medium":
			return "budget 8192"
		}
		return "budget 24576"
	}
	return "level " + effort
}
