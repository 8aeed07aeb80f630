package replay_test

import (
	"bytes"
	"encoding/json"
	"strings"
)

// expectError gives what OpenAI's API says in the same case; see the error table
// of the mapping.
func expectError(status int, body []byte) *want {
	var native struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason     string `json:"reason"`
				Violations []struct {
					QuotaID string `json:"quotaId"`
				} `json:"violations"`
			} `json:"details"`
		} `json:"error"`
	}
	// A body that is no JSON leaves the status alone to tell.
	_ = json.Unmarshal(bytes.TrimSpace(body), &native)
	w := &want{status: status}
	switch status {
	case 400:
		w.types = []string{"invalid_request_error"}
		for _, d := range native.Error.Details {
			if d.Reason == "API_KEY_INVALID" {
				return &want{status: 401, codes: []string{"invalid_api_key"}, types: []string{"authentication_error", "invalid_request_error"}}
			}
		}
	case 401:
		w.codes, w.types = []string{"invalid_api_key"}, []string{"authentication_error", "invalid_request_error"}
	case 403:
		w.types = []string{"permission_error", "invalid_request_error"}
		if strings.Contains(native.Error.Message, "unregistered callers") { // no key at all
			return &want{status: 401, codes: []string{"invalid_api_key"}, types: []string{"authentication_error", "invalid_request_error"}}
		}
	case 404:
		w.codes, w.types = []string{"model_not_found"}, []string{"invalid_request_error"}
	case 429:
		w.codes, w.types = []string{"rate_limit_exceeded"}, []string{"rate_limit_error", "requests", "tokens"}
		for _, d := range native.Error.Details {
			for _, violation := range d.Violations {
				if strings.Contains(violation.QuotaID, "PerDay") {
					w.codes = []string{"insufficient_quota"}
				}
			}
		}
	default:
		w.types = []string{"server_error"}
	}
	return w
}
