package gemini

import (
	"fmt"
	"time"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// Error is Google's error object, the value of "error" in an error answer.
type Error struct {
	Code    int         `json:"code"`
	Message string      `json:"message"`
	Status  string      `json:"status"`
	Details []raw.Value `json:"details,omitempty"`
}

// Error implements the error interface.
func (e *Error) Error() string {
	return fmt.Sprintf("gemini: %d %s: %s", e.Code, e.Status, e.Message)
}

// Detail types, as the suffix of "@type".
type (
	// ErrorInfo is google.rpc.ErrorInfo.
	ErrorInfo struct {
		Reason   string            `json:"reason"`
		Domain   string            `json:"domain"`
		Metadata map[string]string `json:"metadata"`
	}
	// QuotaViolation is one entry of google.rpc.QuotaFailure.
	QuotaViolation struct {
		QuotaMetric string `json:"quotaMetric"`
		QuotaID     string `json:"quotaId"`
		QuotaValue  string `json:"quotaValue"`
	}
	// FieldViolation is one entry of google.rpc.BadRequest.
	FieldViolation struct {
		Field       string `json:"field"`
		Description string `json:"description"`
	}
)

// ErrorDetails are the details of an Error that Gemway acts on. A detail that
// is missing or malformed is left at its zero value.
type ErrorDetails struct {
	Reason          string // of ErrorInfo, such as API_KEY_INVALID
	RetryDelay      time.Duration
	QuotaViolations []QuotaViolation
	FieldViolations []FieldViolation
}

// Parse reads the details of e.
func (e *Error) Parse() ErrorDetails {
	var d ErrorDetails
	for _, v := range e.Details {
		var one struct {
			Type            string           `json:"@type"`
			Reason          string           `json:"reason"`
			RetryDelay      string           `json:"retryDelay"`
			Violations      []QuotaViolation `json:"violations"`
			FieldViolations []FieldViolation `json:"fieldViolations"`
		}
		if json.Unmarshal(v, &one) != nil {
			continue
		}
		if one.Reason != "" {
			d.Reason = one.Reason
		}
		if delay, err := time.ParseDuration(one.RetryDelay); err == nil {
			d.RetryDelay = delay
		}
		d.QuotaViolations = append(d.QuotaViolations, one.Violations...)
		d.FieldViolations = append(d.FieldViolations, one.FieldViolations...)
	}
	return d
}
