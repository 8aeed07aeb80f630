package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// googleOptions are Google's own options beside OpenAI's: extra_body.google.…
type googleOptions struct {
	thinking *thinkingOptions
	tools    []gemini.Tool
}

// thinkingOptions is thinking_config, in either spelling.
type thinkingOptions struct {
	include *bool
	budget  *int64
	level   string
}

// google reads Google's options wherever a client put them. The Python SDK
// takes one extra_body away, the JavaScript SDK none, curl sends what it is
// told: google, extra_body.google and extra_body.extra_body.google mean the
// same.
// https://ai.google.dev/gemini-api/docs/openai#extra-body
func (t *chatRequest) google() error {
	t.ext = &googleOptions{}
	options, err := googleMembers(t.in.ExtraBody, t.in.Google)
	if err != nil {
		return err
	}
	for _, m := range options {
		path := "extra_body.google." + m.name
		if trivial(m.value) {
			continue
		}
		switch camel(m.name) {
		case "thinkingConfig":
			if err := t.ext.readThinking(path, m.value); err != nil {
				return err
			}
		case "cachedContent":
			err = decode(path, m.value, &t.out.CachedContent)
		case "safetySettings":
			err = wantKind(path, m.value, '[', &t.out.SafetySettings)
		case "tools":
			err = decode(path, m.value, &t.ext.tools)
		case "toolConfig":
			err = decode(path, m.value, &t.out.ToolConfig)
		case "labels":
			err = decode(path, m.value, &t.out.Labels)
		case "generationConfig":
			err = t.readGeneration(path, m.value)
		case "mediaResolution":
			err = decode(path, m.value, &t.config.MediaResolution)
		case "responseModalities":
			err = decode(path, m.value, &t.config.ResponseModalities)
		case "speechConfig":
			err = wantKind(path, m.value, '{', &t.config.SpeechConfig)
		case "imageConfig":
			err = t.readImage(path, m.value)
		case "aspectRatio":
			if t.config.ImageConfig == nil {
				t.config.ImageConfig = &gemini.ImageConfig{}
			}
			err = decode(path, m.value, &t.config.ImageConfig.AspectRatio)
		case "imageSize":
			if t.config.ImageConfig == nil {
				t.config.ImageConfig = &gemini.ImageConfig{}
			}
			err = decode(path, m.value, &t.config.ImageConfig.ImageSize)
		default:
			t.ignore(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// member is one member of a JSON object.
type member struct {
	name  string
	value raw.Value
}

// googleMembers unwraps the nestings around Google's options.
func googleMembers(extraBody, google raw.Value) ([]member, error) {
	var out []member
	if !trivial(google) {
		m, err := members("google", google)
		if err != nil {
			return nil, err
		}
		out = append(out, m...)
	}
	for depth := 0; !trivial(extraBody) && depth < 3; depth++ {
		all, err := members("extra_body", extraBody)
		if err != nil {
			return nil, err
		}
		extraBody = nil
		for _, m := range all {
			switch m.name {
			case "google":
				if trivial(m.value) {
					continue
				}
				g, err := members("extra_body.google", m.value)
				if err != nil {
					return nil, err
				}
				out = append(out, g...)
			case "extra_body":
				extraBody = m.value
			default: // options without the google level mean the same
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// members lists the members of an object in order.
func members(path string, v raw.Value) ([]member, error) {
	if v.Kind() != '{' {
		return nil, openai.Invalid(path, "invalid_type", fmt.Sprintf("%s must be an object, got %s", path, raw.KindName(v.Kind())))
	}
	var out []member
	dec := jsontext.NewDecoder(strings.NewReader(string(v)))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		out = append(out, member{key, slices.Clone(value)})
	}
	return out, nil
}

func (o *googleOptions) readThinking(path string, v raw.Value) error {
	all, err := members(path, v)
	if err != nil {
		return err
	}
	o.thinking = &thinkingOptions{}
	for _, m := range all {
		path := path + "." + m.name
		switch camel(m.name) {
		case "includeThoughts":
			err = decode(path, m.value, &o.thinking.include)
		case "thinkingLevel":
			err = decode(path, m.value, &o.thinking.level)
		case "thinkingBudget":
			// Google's own sample gives the budget as a level: "low".
			if m.value.Kind() == '"' {
				err = decode(path, m.value, &o.thinking.level)
				break
			}
			var n *raw.Int
			if err = decode(path, m.value, &n); err == nil && n != nil {
				b := int64(*n)
				o.thinking.budget = &b
			}
		}
		if err != nil {
			return err
		}
	}
	if l := strings.ToLower(o.thinking.level); l != "" {
		if l = strings.TrimPrefix(l, "thinking_level_"); !slices.Contains(efforts, l) && l != "unspecified" {
			return openai.Invalid(path, "invalid_value",
				fmt.Sprintf("%s.thinking_level must be one of %s, got %q", path, strings.Join(levels, ", "), o.thinking.level))
		}
		o.thinking.level = strings.TrimPrefix(l, "unspecified")
	}
	return nil
}

// readGeneration takes raw generationConfig members; OpenAI's own parameters
// are applied after them and win.
func (t *chatRequest) readGeneration(path string, v raw.Value) error {
	all, err := members(path, v)
	if err != nil {
		return err
	}
	for _, m := range all {
		if camel(m.name) == "thinkingConfig" {
			if err := t.ext.readThinking(path+"."+m.name, m.value); err != nil {
				return err
			}
			continue
		}
		one, err := raw.Marshal(map[string]raw.Value{camel(m.name): m.value})
		if err != nil {
			return err
		}
		if err := decode(path+"."+m.name, one, t.config); err != nil {
			return err
		}
	}
	t.chat.perCall = max(1, int(t.config.CandidateCount))
	return nil
}

func (t *chatRequest) readImage(path string, v raw.Value) error {
	all, err := members(path, v)
	if err != nil {
		return err
	}
	if t.config.ImageConfig == nil {
		t.config.ImageConfig = &gemini.ImageConfig{}
	}
	for _, m := range all {
		one, err := raw.Marshal(map[string]raw.Value{camel(m.name): m.value})
		if err != nil {
			return err
		}
		if err := decode(path+"."+m.name, one, t.config.ImageConfig); err != nil {
			return err
		}
	}
	return nil
}

// decode reads a value of Google's options, naming its path when it does not fit.
func decode(path string, v raw.Value, dst any) error {
	if err := json.Unmarshal(v, dst); err != nil {
		return openai.Invalid(path, "invalid_type", fmt.Sprintf("%s does not have the form Gemini's API gives it", path))
	}
	return nil
}

func wantKind(path string, v raw.Value, kind jsontext.Kind, dst *raw.Value) error {
	if v.Kind() != kind {
		return openai.Invalid(path, "invalid_type", fmt.Sprintf("%s must be %s, got %s", path, raw.KindName(kind), raw.KindName(v.Kind())))
	}
	*dst = v
	return nil
}

// camel turns snake_case into camelCase; Google takes both.
func camel(name string) string {
	if !strings.Contains(name, "_") {
		return name
	}
	var b strings.Builder
	upper := false
	for _, r := range name {
		switch {
		case r == '_':
			upper = true
		case upper:
			b.WriteString(strings.ToUpper(string(r)))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
