package gemini

import "github.com/gemway/gemway/raw"

// Roles of a Content. Gemini knows no others.
const (
	RoleUser  = "user"
	RoleModel = "model"
)

// Content is one turn of a conversation, or the system instruction.
type Content struct {
	Role  string `json:"role,omitempty"`
	Parts []Part `json:"parts,omitempty"`
}

// Part is one piece of a Content. Exactly one of its data members is set; the
// others describe it.
type Part struct {
	Text                raw.String           `json:"text,omitzero"`
	InlineData          *Blob                `json:"inlineData,omitzero"`
	FileData            *FileData            `json:"fileData,omitzero"`
	FunctionCall        *FunctionCall        `json:"functionCall,omitzero"`
	FunctionResponse    *FunctionResponse    `json:"functionResponse,omitzero"`
	ExecutableCode      *ExecutableCode      `json:"executableCode,omitzero"`
	CodeExecutionResult *CodeExecutionResult `json:"codeExecutionResult,omitzero"`

	// Thought marks a thought summary. It alone makes a part a thought; a
	// signature does not.
	Thought bool `json:"thought,omitzero"`
	// ThoughtSignature is opaque base64 that has to go back with the part.
	ThoughtSignature raw.String       `json:"thoughtSignature,omitzero"`
	VideoMetadata    raw.Value        `json:"videoMetadata,omitzero"`
	MediaResolution  *MediaResolution `json:"mediaResolution,omitzero"`

	// Extra holds the members not named above as one JSON object, such as
	// toolCall and toolResponse of server-side tools.
	Extra raw.Value `json:",embed"`
}

// Blob is media inside the request or the answer.
type Blob struct {
	MIMEType    string     `json:"mimeType,omitempty"`
	Data        raw.String `json:"data,omitzero"` // base64
	DisplayName string     `json:"displayName,omitempty"`
}

// FileData refers to media by URI.
type FileData struct {
	MIMEType string `json:"mimeType,omitempty"`
	FileURI  string `json:"fileUri,omitempty"`
}

// MediaResolution sets how many tokens one medium may take (Gemini 3 and later).
type MediaResolution struct {
	Level string `json:"level,omitempty"`
}

// FunctionCall is the model's wish to call a function. Args is always a JSON
// object; absent means no arguments.
type FunctionCall struct {
	ID   string    `json:"id,omitempty"`
	Name string    `json:"name"`
	Args raw.Value `json:"args,omitzero"`
	// Extra holds partialArgs and willContinue of Vertex AI.
	Extra raw.Value `json:",embed"`
}

// FunctionResponse is the result of a call. Response is a JSON object.
type FunctionResponse struct {
	ID       string    `json:"id,omitempty"`
	Name     string    `json:"name"`
	Response raw.Value `json:"response,omitzero"`
	// Parts are media that belong to the result (Gemini 3 and later).
	Parts []Part    `json:"parts,omitempty"`
	Extra raw.Value `json:",embed"`
}

// ExecutableCode is code the model wrote for the codeExecution tool.
type ExecutableCode struct {
	ID       string     `json:"id,omitempty"`
	Language Enum       `json:"language,omitempty"`
	Code     raw.String `json:"code,omitzero"`
}

// CodeExecutionResult is what running that code gave.
type CodeExecutionResult struct {
	ID      string     `json:"id,omitempty"`
	Outcome Enum       `json:"outcome,omitempty"`
	Output  raw.String `json:"output,omitzero"`
}
