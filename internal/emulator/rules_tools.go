package emulator

import (
	"fmt"
	"slices"

	"github.com/gemway/gemway/gemini"
)

// maxFunctions is how many functions may be declared.
// https://pkg.go.dev/google.golang.org/genai#Tool
const maxFunctions = 512

// functionsTaken: some models call no functions. Wording: reported.
func functionsTaken(ch *chat) *Error {
	switch n := len(ch.functions()); {
	case n > 0 && !ch.model.Functions:
		return invalid("Function calling is not enabled for models/%s", ch.model.ID)
	case n > maxFunctions:
		return at("tools[0].function_declarations", "at most %d function declarations are allowed, got %d.", maxFunctions, n)
	}
	return nil
}

// functionName is what a function may be called.
// https://pkg.go.dev/google.golang.org/genai#FunctionDeclaration
var functionName = pattern(`^[A-Za-z_][A-Za-z0-9_.:\-]{0,127}$`)

// functionNames: names are of certain characters and occur once.
// Wording: reported.
func functionNames(ch *chat) *Error {
	seen := map[string]bool{}
	for i, t := range ch.Tools {
		for j, f := range t.FunctionDeclarations {
			path := fmt.Sprintf("tools[%d].function_declarations[%d].name", i, j)
			switch {
			case !functionName().MatchString(f.Name):
				return at(path, "[FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.")
			case seen[f.Name]:
				return invalid("Duplicate function declaration found: %s", f.Name)
			}
			seen[f.Name] = true
		}
	}
	return nil
}

// builtIn are Google's own tools, as they are called in requests.
var builtIn = []string{"googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "googleMaps", "fileSearch", "computerUse", "mcpServers"}

// toolsTogether: Google's own tools go with functions only from Gemini 3 on,
// and then their invocations have to be let through. Wording: reported for the
// first, UNCONFIRMED for the second.
func toolsTogether(ch *chat) *Error {
	if len(ch.functions()) == 0 || !slices.ContainsFunc(builtIn, ch.tool) {
		return nil
	}
	switch {
	case !ch.model.SearchWithFunctions:
		return invalid("Tool use with function calling is unsupported")
	case ch.ToolConfig == nil || !ch.ToolConfig.IncludeServerSideToolInvocations:
		return invalid("Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.")
	}
	return nil
}

// callingConfigHasFunctions: a calling mode needs functions. Wording: reported.
func callingConfigHasFunctions(ch *chat) *Error {
	if ch.ToolConfig == nil || ch.ToolConfig.FunctionCallingConfig == nil || len(ch.functions()) > 0 {
		return nil
	}
	if ch.cache != nil || slices.ContainsFunc(builtIn, ch.tool) {
		return nil
	}
	return invalid("Function calling config is set without function_declarations.")
}

// allowedNames: go with ANY and VALIDATED, and name declared functions.
// UNCONFIRMED wording. https://ai.google.dev/gemini-api/docs/function-calling
func allowedNames(ch *chat) *Error {
	if ch.ToolConfig == nil || ch.ToolConfig.FunctionCallingConfig == nil {
		return nil
	}
	c := ch.ToolConfig.FunctionCallingConfig
	if len(c.AllowedFunctionNames) == 0 {
		return nil
	}
	const path = "tool_config.function_calling_config.allowed_function_names"
	if c.Mode != gemini.ModeAny && c.Mode != gemini.ModeValidated {
		return at(path, "allowed_function_names can only be set when the function calling mode is ANY or VALIDATED.")
	}
	for _, name := range c.AllowedFunctionNames {
		if !slices.ContainsFunc(ch.functions(), func(f *gemini.FunctionDeclaration) bool { return f.Name == name }) {
			return at(path, "function %q is not declared.", name)
		}
	}
	return nil
}

// jsonWithFunctions: before Gemini 3 an answer in JSON excludes functions, and
// later the mode ANY does. Wording: reported for the first, UNCONFIRMED for
// the second.
func jsonWithFunctions(ch *chat) *Error {
	if !ch.wantsJSON() || len(ch.functions()) == 0 {
		return nil
	}
	if !ch.model.JSONWithTools {
		return invalid("Function calling with a response mime type: 'application/json' is unsupported")
	}
	if mode, _ := ch.callingMode(); mode == gemini.ModeAny {
		return invalid("Forced function calling (ANY mode) with a response mime type: 'application/json' is unsupported")
	}
	return nil
}
