package mime

// Codes of errors about media, as they stand in the "code" of OpenAI's error
// object. They say image whatever the medium: clients know these words.
const (
	CodeInvalidURL    = "invalid_image_url"   // not a URL we could ever use
	CodeInvalidBase64 = "invalid_base64"      // the data are not base64
	CodeUnsupported   = "unsupported_image"   // the bytes are not a medium Gemini may take
	CodeTooLarge      = "image_too_large"     // above the limit on one medium, or on all of a request
	CodeTooMany       = "too_many_images"     // more URLs in one request than allowed
	CodeNotAllowed    = "url_not_allowed"     // the one answer to whatever could not be fetched
	CodeTimeout       = "image_fetch_timeout" // a public host was too slow
	CodeBusy          = "rate_limit_exceeded" // too many fetches at once; worth another try
)

// Error is a medium the client has to change, or, with Status 429, to send
// again later. Message is meant for the client, Cause is not.
type Error struct {
	Status  int // HTTP status: 400 or 429
	Code    string
	Message string
	Param   string // where the medium stands in the request, once somebody knows
	Cause   error  // what lies behind a refusal, for a log at most: it tells about hosts
}

// Error returns the message for the client.
func (e *Error) Error() string { return e.Message }

func refuse(code, message string) *Error {
	return &Error{Status: 400, Code: code, Message: message}
}
