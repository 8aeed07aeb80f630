package openai

import (
	"slices"
	"strconv"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// DecodeChat reads the body of a chat request that raw.Check has passed. What it
// returns shares memory with body. Requests of the ordinary form are cut into
// spans; at anything else the ordinary decoder takes over, which also words the
// errors. A test holds both to the same result.
func DecodeChat(body []byte) (*ChatRequest, error) {
	var out ChatRequest
	r := raw.NewReader(body)
	if out.read(&r); r.End() {
		return &out, nil
	}
	return decodeChatPlain(body)
}

// decodeChatPlain is DecodeChat without the fast path.
func decodeChatPlain(body []byte) (*ChatRequest, error) {
	var out ChatRequest
	err := json.Unmarshal(body, &out)
	return &out, err
}

func (c *ChatRequest) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "model":
			c.Model = r.Text()
		case "messages":
			c.Messages = readList(r, (*Message).read)
		case "stream":
			c.Stream = r.Bool()
		case "tools":
			c.Tools = readList(r, (*Tool).read)
		case "max_tokens":
			c.MaxTokens = readInt(r)
		case "max_completion_tokens":
			c.MaxCompletionTokens = readInt(r)
		case "n":
			c.N = readInt(r)
		case "temperature":
			c.Temperature = readFloat(r)
		case "top_p":
			c.TopP = readFloat(r)
		case "stream_options":
			readPlain(r, &c.StreamOptions)
		case "tool_choice":
			readPlain(r, &c.ToolChoice)
		case "parallel_tool_calls":
			readPlain(r, &c.ParallelToolCalls)
		case "reasoning_effort":
			readPlain(r, &c.ReasoningEffort)
		case "response_format":
			c.readFormat(r)
		case "stop":
			readPlain(r, &c.Stop)
		case "seed":
			c.Seed = readInt(r)
		case "presence_penalty":
			readPlain(r, &c.PresencePenalty)
		case "frequency_penalty":
			readPlain(r, &c.FrequencyPenalty)
		case "user", "metadata", "store", "prompt_cache_key", "safety_identifier":
			if c.Extra == nil {
				c.Extra = map[string]raw.Value{}
			}
			c.Extra[string(name)] = r.Value()
		default:
			r.Fail() // rare fields
			return
		}
	}
}

// readList reads an array, or null, of objects.
func readList[T any](r *raw.Reader, read func(*T, *raw.Reader)) []T {
	if r.Null() {
		return nil
	}
	r.Open('[')
	out := []T{}
	began := r.Left()
	for r.More() {
		if n := len(out); n == cap(out) {
			out = slices.Grow(out, max(1, min(room(n, began-r.Left(), r.Left()), MaxItems(r.Size())-n)))
		}
		out = out[:len(out)+1]
		read(&out[len(out)-1], r)
	}
	return out
}

// room is how many more items a list gets room for when n took so many bytes
// and so many are left: as many as may follow if they are like those before, in
// steps, so that a long list is copied rarely and takes little more than it is.
func room(n, took, left int) int {
	if n == 0 {
		return 4
	}
	return min(7*n, left/max(1, took/n))
}

// readWord is r.Text for words that are mostly one of a few, which take no
// memory of their own.
func readWord(r *raw.Reader) string {
	s := r.String()
	switch string(s.Inner()) {
	case RoleUser:
		return RoleUser
	case RoleAssistant:
		return RoleAssistant
	case RoleSystem:
		return RoleSystem
	case RoleTool:
		return RoleTool
	case "function":
		return "function"
	case "text":
		return "text"
	case "image_url":
		return "image_url"
	}
	return s.Decode()
}

func readInt(r *raw.Reader) *raw.Int {
	if r.Null() {
		return nil
	}
	n := raw.Int(r.Int())
	return &n
}

func readFloat(r *raw.Reader) *float64 {
	if r.Null() {
		return nil
	}
	v := r.Value()
	if k := v.Kind(); k != '0' {
		r.Fail()
		return nil
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		r.Fail()
	}
	return &f
}

// readPlain leaves one value to the ordinary decoder.
func readPlain(r *raw.Reader, dst any) {
	v := r.Value()
	if r.Failed() || json.Unmarshal(v, dst) != nil {
		r.Fail()
	}
}

func (c *ChatRequest) readFormat(r *raw.Reader) {
	if r.Null() {
		return
	}
	f := &ResponseFormat{}
	c.ResponseFormat = f
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "type":
			f.Type = r.Text()
		case "json_schema":
			if r.Null() {
				continue
			}
			s := &JSONSchema{}
			f.JSONSchema = s
			r.Open('{')
			for name, ok := r.Name(); ok; name, ok = r.Name() {
				switch string(name) {
				case "name":
					s.Name = r.Text()
				case "description":
					s.Description = r.String()
				case "schema":
					s.Schema = r.Value()
				case "strict":
					readPlain(r, &s.Strict)
				default:
					r.Value()
				}
			}
		default:
			r.Fail()
			return
		}
	}
}

func (m *Message) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "role":
			m.Role = readWord(r)
		case "content":
			m.Content.read(r)
		case "name":
			m.Name = r.Text()
		case "tool_call_id":
			m.ToolCallID = r.Text()
		case "refusal":
			m.Refusal = r.String()
		case "tool_calls":
			m.ToolCalls = readList(r, (*ToolCall).read)
		case "function_call", "audio", "images", "extra_content", "thought_signature", "reasoning_signature",
			"reasoning_details", "thinking_blocks":
			r.Fail()
			return
		default:
			r.Value()
		}
	}
}

func (c *Content) read(r *raw.Reader) {
	switch r.Kind() {
	case '"', 'n':
		c.Text = r.String()
	case '[':
		c.Parts = readList(r, (*ContentPart).read)
	default:
		r.Fail()
	}
}

func (p *ContentPart) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "type":
			p.Type = readWord(r)
		case "text":
			p.Text = r.String()
		case "image_url":
			if r.Null() {
				continue
			}
			p.ImageURL = &MediaURL{}
			r.Open('{')
			for name, ok := r.Name(); ok; name, ok = r.Name() {
				switch string(name) {
				case "url":
					p.ImageURL.URL = r.String()
				case "detail":
					p.ImageURL.Detail = r.Text()
				default:
					r.Value()
				}
			}
		case "input_audio":
			if r.Null() {
				continue
			}
			p.InputAudio = &InputAudio{}
			r.Open('{')
			for name, ok := r.Name(); ok; name, ok = r.Name() {
				switch string(name) {
				case "data":
					p.InputAudio.Data = r.String()
				case "format":
					p.InputAudio.Format = r.Text()
				default:
					r.Value()
				}
			}
		case "file":
			if r.Null() {
				continue
			}
			p.File = &File{}
			r.Open('{')
			for name, ok := r.Name(); ok; name, ok = r.Name() {
				switch string(name) {
				case "file_data":
					p.File.FileData = r.String()
				case "filename":
					p.File.Filename = r.Text()
				case "file_id":
					p.File.FileID = r.Text()
				default:
					r.Fail()
					return
				}
			}
		case "refusal", "video_url", "extra_content":
			r.Fail()
			return
		default:
			r.Value()
		}
	}
}

func (t *ToolCall) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "id":
			t.ID = r.Text()
		case "type":
			t.Type = readWord(r)
		case "function":
			if r.Null() {
				continue
			}
			t.Function = &FunctionCall{}
			r.Open('{')
			for name, ok := r.Name(); ok; name, ok = r.Name() {
				switch string(name) {
				case "name":
					t.Function.Name = r.Text()
				case "arguments":
					t.Function.Arguments = r.String()
				default:
					r.Fail()
					return
				}
			}
		case "extra_content":
			readPlain(r, &t.ExtraContent)
		default:
			r.Fail()
			return
		}
	}
}

func (t *Tool) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "type":
			t.Type = readWord(r)
		case "function":
			if r.Null() {
				continue
			}
			f := &Function{}
			t.Function = f
			r.Open('{')
			for name, ok := r.Name(); ok; name, ok = r.Name() {
				switch string(name) {
				case "name":
					f.Name = r.Text()
				case "description":
					f.Description = r.String()
				case "parameters":
					f.Parameters = r.Value()
				case "strict":
					readPlain(r, &f.Strict)
				default:
					r.Value()
				}
			}
		default:
			r.Fail()
			return
		}
	}
}
