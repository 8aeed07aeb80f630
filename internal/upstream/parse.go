package upstream

import (
	"bytes"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxErrorBody is how much of an error answer is read.
const maxErrorBody = 1 << 20

// maxExtract is the length of the message made from a body that is no JSON.
const maxExtract = 300

// parseError reads an error body: Google's object, the same inside an array of
// one (streams without events) or behind "data:", errors in the manner of
// other servers, or any text.
func parseError(body []byte, status int) *gemini.Error {
	body = trim(body)
	body = trim(bytes.TrimPrefix(body, []byte("data:")))
	if e := errorIn(body); e != nil {
		if e.Code == 0 {
			e.Code = status
		}
		if e.Status == "" {
			e.Status = statusName(e.Code)
		}
		return e
	}
	return &gemini.Error{Code: status, Status: statusName(status), Message: extract(body, status)}
}

// errorIn returns the error object that stands where an answer should, nil if
// there is none. The error of an operation, which has a name, is its result.
func errorIn(body []byte) *gemini.Error {
	// In a long answer it could only stand before or behind what makes it long.
	const end = 16 << 10
	if name := []byte(`"error"`); !bytes.Contains(body[:min(len(body), end)], name) && !bytes.Contains(body[max(0, len(body)-end):], name) {
		return nil
	}
	if body[0] == '[' {
		var list []jsontext.Value
		if json.Unmarshal(body, &list, raw.Preserve) != nil || len(list) == 0 {
			return nil
		}
		body = list[0]
	}
	var outer struct {
		Error raw.Value `json:"error"`
		Name  raw.Value `json:"name"`
	}
	if json.Unmarshal(body, &outer, raw.Preserve) != nil || len(outer.Error) == 0 || outer.Error.Kind() == 'n' || len(outer.Name) > 0 {
		return nil
	}
	e := new(gemini.Error)
	if json.Unmarshal(outer.Error, e, raw.Preserve) == nil {
		return e
	}
	var text string
	if json.Unmarshal(outer.Error, &text) == nil {
		return &gemini.Error{Message: text}
	}
	// Servers other than Google's have codes that are no numbers.
	var loose struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(outer.Error, &loose, raw.Preserve) // an unreadable message stays empty
	return &gemini.Error{Message: loose.Message}
}

var (
	htmlHidden = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>|<!--.*?-->`)
	htmlTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
)

// extract makes a short message of a body that is no error object.
func extract(body []byte, status int) string {
	text := string(body[:min(len(body), 16<<10)])
	if strings.HasPrefix(text, "<") {
		title := ""
		if m := htmlTitle.FindStringSubmatch(text); m != nil {
			title = m[1]
		}
		if title != "" {
			text = title
		} else {
			text = htmlTag.ReplaceAllString(htmlHidden.ReplaceAllString(text, " "), " ")
		}
		text = html.UnescapeString(text)
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	if len(text) > maxExtract {
		cut := maxExtract
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	if text == "" {
		return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
	}
	return text
}

// statusName is Google's name for an HTTP status
// (https://cloud.google.com/apis/design/errors).
func statusName(code int) string {
	switch code {
	case 400:
		return "INVALID_ARGUMENT"
	case 401:
		return "UNAUTHENTICATED"
	case 403:
		return "PERMISSION_DENIED"
	case 404:
		return "NOT_FOUND"
	case 409:
		return "ABORTED"
	case 429:
		return "RESOURCE_EXHAUSTED"
	case 499:
		return "CANCELLED"
	case 500:
		return "INTERNAL"
	case 501:
		return "UNIMPLEMENTED"
	case 503:
		return "UNAVAILABLE"
	case 504:
		return "DEADLINE_EXCEEDED"
	}
	return "UNKNOWN"
}

// The wait stands in RetryInfo, and in some answers only in the text:
// "Please retry in 48.939935699s."
var retryIn = regexp.MustCompile(`retry in ([0-9.]+(?:ms|s|m|h)(?:[0-9.]+(?:ms|s|m))*)`)

// retryAfter returns how long to wait, 0 if nothing says so.
func retryAfter(e *gemini.Error, d gemini.ErrorDetails, h http.Header, now time.Time) time.Duration {
	if d.RetryDelay > 0 {
		return d.RetryDelay
	}
	if v := h.Get("Retry-After"); v != "" {
		if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e6 {
			return time.Duration(s * float64(time.Second))
		}
		if at, err := http.ParseTime(v); err == nil {
			return max(at.Sub(now), 0)
		}
	}
	if m := retryIn.FindStringSubmatch(e.Message); m != nil {
		if wait, err := time.ParseDuration(m[1]); err == nil {
			return wait
		}
	}
	return 0
}

// perDay reports whether a daily quota is used up.
func perDay(d gemini.ErrorDetails) bool {
	for _, v := range d.QuotaViolations {
		if strings.Contains(v.QuotaID, "PerDay") {
			return true
		}
	}
	return false
}

// keyReasons are the KeyReasons by default. API_KEY_INVALID, CREDENTIALS_MISSING
// and ACCESS_TOKEN_TYPE_UNSUPPORTED are seen in recordings and reports; the
// others are from Google's list (google.api.ErrorReason) and UNCONFIRMED for
// this service.
func keyReasons() []string {
	return []string{
		"API_KEY_INVALID", "CREDENTIALS_MISSING", "ACCESS_TOKEN_TYPE_UNSUPPORTED",
		"API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED", "API_KEY_HTTP_REFERRER_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED",
		"API_KEY_ANDROID_APP_BLOCKED", "API_KEY_IOS_APP_BLOCKED",
		"CONSUMER_INVALID", "CONSUMER_SUSPENDED", "SERVICE_DISABLED",
	}
}

// keyProblem reports whether the key was refused, whatever the request. A bare
// 403 says nothing of the kind: a deleted cache answers so too.
func keyProblem(status int, e *gemini.Error, d gemini.ErrorDetails, reasons []string) bool {
	if status != 400 && status != 401 && status != 403 {
		return false
	}
	msg := strings.ToLower(e.Message)
	return slices.Contains(reasons, d.Reason) || status == 401 ||
		strings.Contains(msg, "api key") && (strings.Contains(msg, "leaked") || strings.Contains(msg, "not valid") || strings.Contains(msg, "expired"))
}

// trim removes white space and a byte order mark.
func trim(b []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
}
