package translate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// Bounds of what requests say about themselves. Those of metadata are OpenAI's
// documented ones, in characters; the one of user is wider than OpenAI's, as
// Gemway does nothing with it.
const (
	maxMetadata      = 16
	maxMetadataKey   = 64
	maxMetadataValue = 512
	maxUser          = 512
)

// telemetry bounds metadata, user and safety_identifier. Nothing is done with
// them, so that values of other types than OpenAI's are let pass.
func (t *chatRequest) telemetry() error {
	for _, name := range []string{"user", "safety_identifier"} {
		if v := t.in.Extra[name]; v.Kind() == '"' && len(v) > maxUser {
			if err := tooLongString(name, raw.String(v), maxUser); err != nil {
				return err
			}
		}
	}
	v := t.in.Extra["metadata"]
	if v.Kind() != '{' {
		return nil
	}
	var pairs map[string]raw.Value
	if err := json.Unmarshal(v, &pairs); err != nil {
		return openai.Invalid("metadata", "invalid_type", "metadata must be an object of strings")
	}
	if n := len(pairs); n > maxMetadata {
		return openai.Invalid("metadata", "object_above_max_properties", fmt.Sprintf(
			"Invalid 'metadata': too many properties. Expected an object with at most %d properties, but got an object with %d properties instead.", maxMetadata, n))
	}
	for key, value := range pairs {
		if n := utf8.RuneCountInString(key); n > maxMetadataKey {
			return openai.Invalid("metadata", "string_above_max_length", fmt.Sprintf(
				"Invalid 'metadata': key too long. Expected keys with maximum length %d, but got a key with length %d instead.", maxMetadataKey, n))
		}
		if value.Kind() != '"' {
			continue
		}
		if err := tooLongString("metadata."+key, raw.String(value), maxMetadataValue); err != nil {
			return err
		}
	}
	return nil
}

// tooLongString refuses a string of more than so many characters.
func tooLongString(param string, s raw.String, most int) error {
	if n := utf8.RuneCountInString(s.Decode()); n > most {
		return openai.Invalid(param, "string_above_max_length", fmt.Sprintf(
			"Invalid '%s': string too long. Expected a string with maximum length %d, but got a string with length %d instead.", param, most, n))
	}
	return nil
}

// identifiers refuses control characters in what has to stay the same on all
// ways: names and ids. Texts may hold them.
func (t *chatRequest) identifiers() error {
	for i := range t.in.Messages {
		m := &t.in.Messages[i]
		if hasControl(m.Name) {
			return controlInside(fmt.Sprintf("messages[%d].name", i))
		}
		if hasControl(m.ToolCallID) {
			return controlInside(fmt.Sprintf("messages[%d].tool_call_id", i))
		}
		for j := range m.ToolCalls {
			if hasControl(m.ToolCalls[j].ID) {
				return controlInside(fmt.Sprintf("messages[%d].tool_calls[%d].id", i, j))
			}
		}
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func controlInside(param string) error {
	return openai.Invalid(param, "invalid_value", param+" must not hold control characters")
}
