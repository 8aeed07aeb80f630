package emulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// fault is what a client has asked the emulator to do wrong. Clients ask by
// the header X-Gemway-Fault, or, where they cannot set headers, by a suffix of
// the model's name: gemini-2.5-flash--429-retry=3s.
// docs/emulator.md lists them.
type fault struct {
	kind  string
	delay time.Duration
	retry time.Duration
	at    int // the chunk at which a stream breaks
}

// faultHeader carries faults, such as "429;retry=3s" or "cut;at=2".
const faultHeader = "X-Gemway-Fault"

// The faults that change an answer; the others refuse the request.
const (
	faultCut       = "cut"             // the connection breaks in mid-stream
	faultError     = "stream_error"    // an error object in mid-stream
	faultBlocked   = "blocked_prompt"  // promptFeedback without candidates
	faultSafety    = "safety"          // a candidate stopped for safety
	faultMaxTokens = "max_tokens"      // all tokens went into thinking
	faultMalformed = "malformed_call"  // MALFORMED_FUNCTION_CALL
	faultUnknown   = "unexpected_call" // UNEXPECTED_TOOL_CALL
	faultEmpty     = "empty_stop"      // STOP without parts
	faultRecite    = "recitation"      // RECITATION
	faultNoImage   = "no_image"        // NO_IMAGE without content
	faultSlow      = "slow"            // every chunk of a stream is delayed
	faultDelay     = "delay"           // the answer is delayed
)

// takeFault reads the fault the request asks for, and carries out those that
// refuse or delay it.
func (c *call) takeFault() *Error {
	spec := c.r.Header.Get(faultHeader)
	if before, after, ok := strings.Cut(c.model, "--"); ok {
		c.model = before
		if spec == "" {
			spec = strings.ReplaceAll(after, "-", ";")
		}
	}
	if spec == "" {
		return nil
	}
	words := strings.Split(spec, ";")
	c.fault = fault{kind: strings.ReplaceAll(strings.TrimSpace(words[0]), ".", "_"), retry: 30 * time.Second, at: 1, delay: 100 * time.Millisecond}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(w), "=")
		d, err := time.ParseDuration(value)
		n, err2 := strconv.Atoi(value)
		switch {
		case name == "retry" && err == nil:
			c.fault.retry = d
		case (name == "after" || name == "each") && err == nil && d >= 0 && d <= 10*time.Minute:
			c.fault.delay = d
		case name == "at" && err2 == nil && n >= 0:
			c.fault.at = n
		default:
			return invalid("%s: %q is no parameter of a fault (see docs/emulator.md)", faultHeader, w)
		}
	}
	return c.refuse()
}

// refuse carries out the faults that are refusals, and delays.
func (c *call) refuse() *Error {
	switch c.fault.kind {
	case "429":
		return exhausted(c.fault.retry)
	case "429_daily":
		return exhaustedForToday(c.model)
	case "400":
		return invalid("Request contains an invalid argument.")
	case "key":
		return invalidKey()
	case "403":
		return refusal(http.StatusForbidden, statusDenied, "The caller does not have permission")
	case "404":
		return notFound()
	case "500":
		return refusal(http.StatusInternalServerError, statusInternal, "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting")
	case "503":
		return refusal(http.StatusServiceUnavailable, statusUnavailable, "The model is overloaded. Please try again later.")
	case "504":
		return refusal(http.StatusGatewayTimeout, "DEADLINE_EXCEEDED", "The request timed out. Please try again.")
	case faultDelay:
		return c.wait(c.fault.delay)
	case faultCut, faultError, faultBlocked, faultSafety, faultMaxTokens, faultMalformed, faultUnknown, faultEmpty, faultRecite, faultNoImage, faultSlow:
		return nil
	}
	return invalid("%s: there is no fault %q (see docs/emulator.md)", faultHeader, c.fault.kind)
}

// wait lets time pass, unless the client goes away.
func (c *call) wait(d time.Duration) *Error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.r.Context().Done():
		return refusal(499, "CANCELLED", "The operation was cancelled.")
	}
}

// exhausted is the recorded 429 of a quota per minute. There is no
// retry-after header: the wait stands in the body only.
func exhausted(retry time.Duration) *Error {
	err := refusal(http.StatusTooManyRequests, statusExhausted,
		"You exceeded your current quota, please check your plan and billing details. For more information on this error, head over to: https://ai.google.dev/gemini-api/docs/rate-limits. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count, limit: 1000000\nPlease retry in %s.", strconv.FormatFloat(retry.Seconds(), 'f', -1, 64)+"s")
	err.Details = quotaDetails("GenerateContentPaidTierInputTokensPerModelPerMinute", "1000000")
	err.Details = append(err.Details, detail("google.rpc.RetryInfo", struct {
		RetryDelay string `json:"retryDelay"`
	}{strconv.FormatFloat(retry.Seconds(), 'f', -1, 64) + "s"}))
	return err
}

// exhaustedForToday is the 429 of a daily quota, which no retry helps.
func exhaustedForToday(model string) *Error {
	err := refusal(http.StatusTooManyRequests, statusExhausted,
		"You exceeded your current quota, please check your plan and billing details. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 250, model: %s", model)
	err.Details = quotaDetails("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250")
	return err
}

func quotaDetails(id, value string) []jsontext.Value {
	type link struct {
		Description string `json:"description"`
		URL         string `json:"url"`
	}
	type violated struct {
		QuotaMetric string `json:"quotaMetric"`
		QuotaID     string `json:"quotaId"`
		QuotaValue  string `json:"quotaValue"`
	}
	return []jsontext.Value{
		detail("google.rpc.Help", struct {
			Links []link `json:"links"`
		}{[]link{{"Learn more about Gemini API quotas", "https://ai.google.dev/gemini-api/docs/rate-limits"}}}),
		detail("google.rpc.QuotaFailure", struct {
			Violations []violated `json:"violations"`
		}{[]violated{{"generativelanguage.googleapis.com/generate_content_requests", id, value}}}),
	}
}
