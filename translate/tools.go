package translate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// MaxTools is OpenAI's own limit.
const MaxTools = 128

// nativeTools maps the names under which clients ask for Google's own tools,
// as a tool's type or as its only member, to Gemini's.
var nativeTools = map[string]string{
	"google_search": "googleSearch", "googleSearch": "googleSearch",
	"web_search": "googleSearch", "web_search_preview": "googleSearch",
	"url_context": "urlContext", "urlContext": "urlContext",
	"code_execution": "codeExecution", "codeExecution": "codeExecution", "code_interpreter": "codeExecution",
	"google_maps": "googleMaps", "googleMaps": "googleMaps",
	"file_search": "fileSearch", "fileSearch": "fileSearch",
	"computer_use": "computerUse", "computerUse": "computerUse",
}

// tools maps tools, functions and web_search_options. All functions go into
// one Tool (models see only the first of several), each of Google's own tools
// into one of its own.
func (t *chatRequest) tools() error {
	t.chat.names = newNames()
	in := t.in.Tools
	if len(in) > MaxTools {
		return openai.Invalid("tools", "array_above_max_length",
			fmt.Sprintf("tools takes at most %d tools, got %d", MaxTools, len(in)))
	}
	declarations := make([]gemini.FunctionDeclaration, 0, len(in)+len(t.in.Functions))
	var builtin []gemini.Tool
	declare := func(path string, f *openai.Function) error {
		d, err := t.declaration(path, f)
		if err != nil {
			return err
		}
		for i := range declarations {
			if declarations[i].Name == d.Name {
				return openai.Invalid(path+".name", "invalid_value", fmt.Sprintf("%s.name %q is used twice: names of tools must differ", path, f.Name))
			}
		}
		declarations = append(declarations, d)
		t.chat.origins.functions = append(t.chat.origins.functions, path)
		return nil
	}
	for i := range in {
		tool, path := &in[i], "tools["+strconv.Itoa(i)+"]"
		switch {
		case tool.Type == "function" || tool.Function != nil:
			if tool.Function == nil {
				// Tools in the form of the Responses API have no function level.
				f, err := flatFunction(path, tool)
				if err != nil {
					return err
				}
				tool.Function = f
			}
			if err := declare(path+".function", tool.Function); err != nil {
				return err
			}
		case tool.Type == "custom" && tool.Custom != nil:
			if err := declare(path+".custom", customFunction(tool.Custom)); err != nil {
				return err
			}
			if t.chat.custom == nil {
				t.chat.custom = map[string]bool{}
			}
			t.chat.custom[tool.Custom.Name] = true
		default:
			native, options := nativeTool(tool)
			if native == "" {
				return openai.Invalid(path+".type", "invalid_value",
					fmt.Sprintf("%s.type %q is not supported: use function, custom, or a tool of Gemini's such as {\"google_search\":{}}", path, tool.Type))
			}
			builtin = append(builtin, gemini.Tool{Extra: object(native, options)})
		}
	}
	for i := range t.in.Functions {
		t.chat.legacy = true
		if err := declare(fmt.Sprintf("functions[%d]", i), &t.in.Functions[i]); err != nil {
			return err
		}
	}
	if len(t.in.WebSearchOptions) > 0 && t.in.WebSearchOptions.Kind() == '{' {
		builtin = append(builtin, gemini.Tool{Extra: object("googleSearch", nil)})
	}
	for _, tool := range t.ext.tools {
		declarations = append(declarations, tool.FunctionDeclarations...)
		if len(tool.Extra) > 0 && !trivial(tool.Extra) {
			builtin = append(builtin, gemini.Tool{Extra: tool.Extra})
		}
	}

	if len(declarations) > 0 && !t.model.Functions {
		return openai.Invalid("tools", "unsupported_parameter",
			fmt.Sprintf("model %s does not call functions: remove tools or choose another model", t.model.ID))
	}
	if len(declarations) > 0 && len(builtin) > 0 {
		if !t.model.SearchWithFunctions {
			return openai.Invalid("tools", "unsupported_parameter",
				fmt.Sprintf("model %s does not take Google's own tools together with functions: use one kind, or a Gemini 3 model", t.model.ID))
		}
		t.toolConfig().IncludeServerSideToolInvocations = true
	}
	if len(declarations) > 0 {
		t.out.Tools = append(t.out.Tools, gemini.Tool{FunctionDeclarations: declarations})
	}
	t.out.Tools = append(t.out.Tools, builtin...)
	t.chat.grounded = len(builtin) > 0 || t.out.CachedContent != ""
	t.chat.single = t.in.ParallelToolCalls != nil && !*t.in.ParallelToolCalls
	return nil
}

func (t *chatRequest) toolConfig() *gemini.ToolConfig {
	if t.out.ToolConfig == nil {
		t.out.ToolConfig = &gemini.ToolConfig{}
	}
	return t.out.ToolConfig
}

// declaration maps one function.
func (t *chatRequest) declaration(path string, f *openai.Function) (gemini.FunctionDeclaration, error) {
	var d gemini.FunctionDeclaration
	if f.Name == "" {
		return d, openai.Invalid(path+".name", "missing_required_parameter", path+".name is required")
	}
	if len(f.Name) > maxNameLength || hasControl(f.Name) {
		return d, openai.Invalid(path+".name", "invalid_value",
			fmt.Sprintf("%s.name must be at most %d characters without control characters", path, maxNameLength))
	}
	d.Name = t.chat.names.toGemini(f.Name)
	if !f.Description.Empty() {
		d.Description = f.Description
	}
	schema, back, err := t.parameters(path+".parameters", f.Parameters)
	if err != nil {
		return d, err
	}
	if back != nil {
		if t.chat.argsBack == nil {
			t.chat.argsBack = map[string]*restorer{}
		}
		t.chat.argsBack[f.Name] = back
	}
	if t.jsonSchema() {
		d.ParametersJSONSchema = schema
	} else {
		d.Parameters = schema
	}
	return d, nil
}

// flatFunction reads a function tool whose members stand beside its type.
func flatFunction(path string, tool *openai.Tool) (*openai.Function, error) {
	if _, ok := tool.Extra["name"]; !ok {
		return nil, openai.Invalid(path+".function", "missing_required_parameter", path+".function is required")
	}
	all, err := raw.Marshal(tool.Extra)
	if err != nil {
		return nil, err
	}
	f := &openai.Function{}
	return f, decode(path, all, f)
}

// customFunction stands for a tool that takes free text: a function with one
// string. Gemini cannot hold the text to a grammar; the model is told of it.
func customFunction(c *openai.CustomTool) *openai.Function {
	description := c.Description.Decode()
	if !trivial(c.Format) {
		description = strings.TrimSpace(description + "\n\nThe input must have this format: " + string(c.Format))
	}
	f := &openai.Function{
		Name:       c.Name,
		Parameters: raw.Value(`{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}`),
	}
	if description != "" {
		f.Description = raw.Quote(description)
	}
	return f
}

// nativeTool recognises one of Google's own tools by type or by member.
func nativeTool(tool *openai.Tool) (native string, options raw.Value) {
	for name, v := range tool.Extra {
		if native, ok := nativeTools[name]; ok && v.Kind() == '{' {
			return native, v
		}
	}
	return nativeTools[tool.Type], nil
}

// object returns {"name":value}, with an empty object for no value.
func object(name string, value raw.Value) raw.Value {
	if len(value) == 0 {
		value = raw.Value("{}")
	}
	return raw.Value(`{"` + name + `":` + string(value) + `}`)
}

// toolChoice maps tool_choice and function_call.
func (t *chatRequest) toolChoice() error {
	param, choice := "tool_choice", t.in.ToolChoice
	if choice == nil && t.in.FunctionCall != nil {
		param, choice = "function_call", t.in.FunctionCall
	}
	functions := t.functions()
	if choice == nil {
		if t.strictTools() && len(functions) > 0 {
			t.mode(gemini.ModeValidated)
		}
		return nil
	}
	allowed := make([]string, 0, len(choice.Names))
	for _, name := range choice.Names {
		native, ok := t.chat.names.native[name]
		if !ok {
			return openai.Invalid(param, "invalid_value", fmt.Sprintf("%s names %q, which is not among the tools", param, name))
		}
		allowed = append(allowed, native)
	}
	if len(functions) == 0 {
		// Gemini refuses a mode without functions; none and auto mean nothing then.
		if choice.Mode == "required" || choice.Mode == "any" {
			return openai.Invalid(param, "invalid_value", param+" is required, but there are no tools")
		}
		return nil
	}
	switch mode := choice.Mode; {
	case choice.Allowed && mode == "required", mode == "" && len(allowed) > 0:
		t.mode(gemini.ModeAny, allowed...)
	case choice.Allowed:
		t.mode(gemini.ModeValidated, allowed...) // AUTO takes no list of names
	case mode == "auto":
		if t.strictTools() {
			t.mode(gemini.ModeValidated)
		} else {
			t.mode(gemini.ModeAuto)
		}
	case mode == "required", mode == "any":
		t.mode(gemini.ModeAny)
	case mode == "none":
		t.mode(gemini.ModeNone)
	case mode == "validated":
		t.mode(gemini.ModeValidated)
	default:
		return openai.Invalid(param, "invalid_value",
			fmt.Sprintf("%s must be none, auto, required or name a function, got %q", param, mode))
	}
	return nil
}

func (t *chatRequest) mode(mode string, allowed ...string) {
	c := t.toolConfig()
	if c.FunctionCallingConfig == nil {
		c.FunctionCallingConfig = &gemini.FunctionCallingConfig{}
	}
	c.FunctionCallingConfig.Mode = mode
	c.FunctionCallingConfig.AllowedFunctionNames = allowed
}

// functions returns the declarations sent so far.
func (t *chatRequest) functions() []gemini.FunctionDeclaration {
	for i := range t.out.Tools {
		if d := t.out.Tools[i].FunctionDeclarations; len(d) > 0 {
			return d
		}
	}
	return nil
}

// strictTools reports whether every function is marked strict: only then may
// VALIDATED, which holds the whole request to its schemas, replace AUTO.
func (t *chatRequest) strictTools() bool {
	for i := range t.in.Tools {
		f := t.in.Tools[i].Function
		if f == nil || f.Strict == nil || !*f.Strict {
			return false
		}
	}
	return len(t.in.Tools) > 0
}
