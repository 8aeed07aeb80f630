package openai

import "github.com/gemway/gemway/raw"

// Error types of OpenAI's API.
const (
	TypeInvalidRequest = "invalid_request_error"
	TypeAuthentication = "authentication_error"
	TypePermission     = "permission_error"
	TypeRateLimit      = "rate_limit_error"
	TypeServer         = "server_error"
)

// Error is an error as OpenAI's API words it, with the HTTP status it travels
// under. It is an error value: whoever knows the fault makes one, and the
// server writes it.
type Error struct {
	Status  int    `json:"-"`
	Message string `json:"message"`
	Type    string `json:"type"`
	// Param names the parameter at fault in OpenAI's terms, such as
	// messages[2].content[0].image_url.url.
	Param *string `json:"param"`
	Code  *string `json:"code"`
	// Extra holds what Google said, apart from what Gemway says.
	Extra *ErrorExtra `json:"extra_content,omitzero"`
}

// ErrorExtra carries Google's own error object.
type ErrorExtra struct {
	Google raw.Value `json:"google,omitzero"`
}

// Error implements the error interface.
func (e *Error) Error() string { return e.Message }

// Envelope is the body of an error answer and the data of an error event.
type Envelope struct {
	Error *Error `json:"error"`
}

// Invalid returns a 400 that names the parameter at fault; an empty param
// stands for none.
func Invalid(param, code, message string) *Error {
	return NewError(400, TypeInvalidRequest, param, code, message)
}

// NewError returns an error; empty param and code become null.
func NewError(status int, typ, param, code, message string) *Error {
	e := &Error{Status: status, Type: typ, Message: message}
	if param != "" {
		e.Param = &param
	}
	if code != "" {
		e.Code = &code
	}
	return e
}
