package translate

import (
	"fmt"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// Error words what Gemini refused as OpenAI would. The decision is made on
// HTTP status, error status and reasons, which are stable, and on the text only
// where nothing else tells. model is the id the client sent.
func Error(status int, e *gemini.Error, model string) *openai.Error {
	if e.Code >= 400 && e.Code < 600 {
		status = e.Code
	}
	if status > 599 { // no status that a client could know
		status = 502
	}
	d := e.Parse()
	text := strings.ToLower(e.Message)
	var out *openai.Error
	switch {
	case d.Reason == "API_KEY_INVALID", d.Reason == "API_KEY_EXPIRED", strings.Contains(text, "api key not valid"), strings.Contains(text, "api key expired"):
		out = openai.NewError(401, openai.TypeAuthentication, "", "invalid_api_key",
			"Gemini does not accept the API key: "+e.Message+" Keys are made at https://aistudio.google.com/apikey")
	case status == 401:
		out = openai.NewError(status, openai.TypeAuthentication, "", "invalid_api_key", "Gemini does not accept the credential: "+e.Message)
	case status == 403 && strings.Contains(text, "unregistered callers"):
		out = openai.NewError(401, openai.TypeAuthentication, "", "invalid_api_key", "Gemini got no API key: "+e.Message)
	case status == 403:
		out = openai.NewError(status, openai.TypePermission, "", "permission_denied", e.Message)
	case status == 404 && !strings.Contains(text, "file") && !strings.Contains(text, "cachedcontent"):
		out = openai.NewError(status, openai.TypeInvalidRequest, "model", "model_not_found",
			fmt.Sprintf("The model %q does not exist or you do not have access to it: %s", model, e.Message))
	case status == 404:
		out = openai.NewError(status, openai.TypeInvalidRequest, "", "not_found", e.Message)
	case status == 429 && PerDay(d):
		out = openai.NewError(status, "insufficient_quota", "", "insufficient_quota", e.Message)
	case status == 429:
		out = openai.NewError(status, openai.TypeRateLimit, "", "rate_limit_exceeded", e.Message)
	case status == 504:
		out = openai.NewError(status, openai.TypeServer, "", "timeout", e.Message)
	case status == 503:
		out = openai.NewError(status, openai.TypeServer, "", "overloaded", e.Message)
	case status >= 500:
		out = openai.NewError(status, openai.TypeServer, "", "upstream_error", e.Message)
	case tooLong(text):
		out = openai.NewError(400, openai.TypeInvalidRequest, "messages", "context_length_exceeded", e.Message)
	case status == 499: // the caller closed: nobody is there to read it
		out = openai.NewError(status, openai.TypeInvalidRequest, "", "cancelled", e.Message)
	case status == 409, status == 422, status == 413:
		out = openai.NewError(status, openai.TypeInvalidRequest, "", "upstream_refused", e.Message)
	default:
		out = openai.NewError(400, openai.TypeInvalidRequest, "", "upstream_refused", e.Message)
	}
	if out.Message == "" {
		out.Message = fmt.Sprintf("Gemini refused the request (status %d) and gave no reason", status)
	}
	if google, err := raw.Marshal(e); err == nil {
		out.Extra = &openai.ErrorExtra{Google: google}
	}
	return out
}

// tooLong recognises the refusal of an over-long prompt.
func tooLong(text string) bool {
	return strings.Contains(text, "token count") && strings.Contains(text, "exceed")
}

// PerDay reports whether the quota that ran out is one for the day, which no
// waiting of seconds restores.
func PerDay(d gemini.ErrorDetails) bool {
	for _, v := range d.QuotaViolations {
		if strings.Contains(v.QuotaID, "PerDay") {
			return true
		}
	}
	return false
}
