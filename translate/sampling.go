package translate

import (
	"fmt"
	"slices"

	"github.com/gemway/gemway/openai"
)

// sampling maps temperature, top_p, top_k, seed, stop and the penalties.
func (t *chatRequest) sampling() error {
	in, out := t.in, t.config
	maxTemperature := t.model.MaxTemperature
	if maxTemperature == 0 {
		maxTemperature = 2
	}
	for _, p := range []struct {
		name     string
		value    *float64
		min, max float64
		dst      **float64
	}{
		{"temperature", in.Temperature, 0, maxTemperature, &out.Temperature},
		{"top_p", in.TopP, 0, 1, &out.TopP},
	} {
		switch {
		case p.value == nil:
		case *p.value < p.min || *p.value > p.max:
			return outOfRange(p.name, p.min, p.max, *p.value)
		case t.model.FixedSampling:
			t.ignore(p.name)
		case !t.without(p.name):
			*p.dst = p.value
		}
	}
	if in.TopK != nil {
		switch k := int64(*in.TopK); {
		case k < 1:
			return openai.Invalid("top_k", "invalid_value", fmt.Sprintf("top_k must be at least 1, got %d", k))
		case t.model.FixedSampling || !t.model.TopK:
			t.ignore("top_k")
		case !t.without("top_k"):
			out.TopK = &k
		}
	}
	for _, p := range []struct {
		name  string
		value *float64
		dst   **float64
	}{
		{"presence_penalty", in.PresencePenalty, &out.PresencePenalty},
		{"frequency_penalty", in.FrequencyPenalty, &out.FrequencyPenalty},
	} {
		switch {
		case p.value == nil || *p.value == 0: // clients send the default, which models without penalties refuse
		case *p.value < -2 || *p.value > 2:
			return outOfRange(p.name, -2, 2, *p.value)
		case !t.model.Penalties || slices.Contains(t.opt.Without, penalties):
			t.ignore(p.name)
		case !t.without(p.name):
			*p.dst = p.value
		}
	}
	if in.Seed != nil && !t.without("seed") {
		seed := foldSeed(int64(*in.Seed))
		out.Seed = &seed
	}
	for _, s := range in.Stop {
		if s != "" { // an empty sequence would stop everything
			out.StopSequences = append(out.StopSequences, s)
		}
	}
	if n := len(out.StopSequences); n > 5 {
		return openai.Invalid("stop", "array_above_max_length", fmt.Sprintf("stop takes at most 5 sequences, got %d", n))
	}
	return nil
}

func outOfRange(name string, low, high, got float64) error {
	return openai.Invalid(name, "invalid_value", fmt.Sprintf("%s must be between %g and %g, got %g", name, low, high, got))
}

// foldSeed brings a seed into the 32 bits Gemini takes. Seeds that fit stay as
// they are; equal seeds stay equal.
func foldSeed(seed int64) int32 {
	if n := int32(seed); int64(n) == seed {
		return n
	}
	return int32(uint32(seed) ^ uint32(seed>>32))
}

// limits maps max_completion_tokens and max_tokens. Both count reasoning, as
// Gemini's maxOutputTokens does.
func (t *chatRequest) limits() error {
	name, value := "max_completion_tokens", t.in.MaxCompletionTokens
	if value == nil {
		name, value = "max_tokens", t.in.MaxTokens
	}
	if value == nil {
		return nil
	}
	n := int64(*value)
	if n < 1 || n > 1<<31-1 {
		return openai.Invalid(name, "invalid_value", fmt.Sprintf("%s must be between 1 and 2147483647, got %d", name, n))
	}
	if limit := t.model.OutputTokens; limit > 0 && n > limit {
		n = limit
	}
	if limit := t.model.UnaryOutputTokens; limit > 0 && n > limit && !t.in.Stream {
		// More than one unary call may give is refused outright.
		n = limit
		t.ignore(name)
	}
	t.config.MaxOutputTokens = n
	t.chat.limitParam = name
	return nil
}

// logprobs maps logprobs and top_logprobs.
func (t *chatRequest) logprobs() error {
	wanted := t.in.Logprobs != nil && *t.in.Logprobs
	if t.in.TopLogprobs != nil {
		n := int64(*t.in.TopLogprobs)
		switch {
		case n < 0 || n > 20:
			return outOfRange("top_logprobs", 0, 20, float64(n))
		case !wanted && n > 0:
			return openai.Invalid("top_logprobs", "invalid_value", "top_logprobs needs logprobs to be true")
		}
	}
	if !wanted {
		return nil
	}
	t.chat.logprobs = true // told if they come, whatever was asked of the model
	// Log probabilities are additional information: an answer without them is
	// still the answer, so a model that lacks them is no reason to refuse.
	if !t.model.Logprobs {
		t.ignore("logprobs")
		return nil
	}
	if t.without("logprobs") {
		return nil
	}
	t.config.ResponseLogprobs = true
	if t.in.TopLogprobs != nil && *t.in.TopLogprobs > 0 {
		n := int64(*t.in.TopLogprobs)
		t.config.Logprobs = &n
	}
	return nil
}
