package emulator

import (
	"slices"
	"strings"
)

// samplingRanges bound temperature, topP and topK. Models with fixed sampling
// ignore all three. Wording: reported (the Gemini API); recorded (Vertex AI).
func samplingRanges(ch *chat) *Error {
	c, m := &ch.config, ch.model
	top := 2.0
	if m.MaxTemperature > 0 {
		top = m.MaxTemperature
	}
	if t := c.Temperature; t != nil && (*t < 0 || *t > top) {
		if ch.vertex {
			return invalid("Unable to submit request because it has a temperature value of %v but the supported range is from 0 (inclusive) to %.4f (exclusive). Update the value and try again.", *t, top+0.0001)
		}
		return at("generation_config.temperature", "temperature must be in the range [0.0, %.1f].", top)
	}
	if p := c.TopP; p != nil && (*p < 0 || *p > 1) {
		return at("generation_config.top_p", "top_p must be in the range [0.0, 1.0].")
	}
	if k := c.TopK; k != nil && *k <= 0 {
		return at("generation_config.top_k", "top_k must be positive.")
	}
	return nil
}

// outputTokens: maxOutputTokens is positive and within the model's limit.
// Wording: reported (Vertex AI for the upper bound).
func outputTokens(ch *chat) *Error {
	switch n, most := ch.config.MaxOutputTokens, ch.model.OutputTokens; {
	case n < 0 || n == 0 && ch.zeroTokens:
		return at("generation_config.max_output_tokens", "max_output_tokens must be positive.")
	case ch.model.UnaryOutputTokens > 0 && n > ch.model.UnaryOutputTokens && !ch.stream && ch.ContinuationToken == "":
		// UNCONFIRMED wording; https://ai.google.dev/gemini-api/docs/long-decode
		return invalid("max_output_tokens above %d needs a streaming call or a continuation_token.", ch.model.UnaryOutputTokens)
	case most > 0 && n > most:
		return invalid("Unable to submit request because it has a maxOutputTokens value of %d but the supported range is from 1 (inclusive) to %d (exclusive). Update the value and try again.", n, most+1)
	}
	return nil
}

// stopSequences: at most five. UNCONFIRMED wording; the limit is documented.
func stopSequences(ch *chat) *Error {
	if n := len(ch.config.StopSequences); n > 5 {
		return at("generation_config.stop_sequences", "only up to 5 stop sequences are allowed, got %d.", n)
	}
	return nil
}

// candidateCount: more than one only where the model has it.
// Wording: reported ("Multiple candidates is not enabled for this model").
func candidateCount(ch *chat) *Error {
	n, most := ch.config.CandidateCount, int64(max(1, ch.model.MaxCandidates))
	switch {
	case n < 0 || n > 8:
		return at("generation_config.candidate_count", "candidate_count must be in the range [1, 8].")
	case n > most && most == 1:
		return invalid("Multiple candidates is not enabled for models/%s", ch.model.ID)
	case n > most:
		return at("generation_config.candidate_count", "candidate_count must be in the range [1, %d].", most)
	}
	return nil
}

// penalties: refused where the model has none, even when they are 0 they are
// taken. UNCONFIRMED wording; that models refuse them is reported.
func penalties(ch *chat) *Error {
	for _, p := range []*float64{ch.config.PresencePenalty, ch.config.FrequencyPenalty} {
		switch {
		case p == nil || *p == 0:
		case !ch.model.Penalties:
			return invalid("Penalty is not enabled for models/%s", ch.model.ID)
		case *p < -2 || *p >= 2:
			return invalid("Unable to submit request because it has a penalty value of %v but the supported range is from -2.0 (inclusive) to 2.0 (exclusive). Update the value and try again.", *p)
		}
	}
	return nil
}

// logprobsOffered: refused where the model has none; logprobs goes with
// responseLogprobs. UNCONFIRMED wording; that models refuse it is reported.
func logprobsOffered(ch *chat) *Error {
	c := &ch.config
	switch {
	case c.Logprobs != nil && !c.ResponseLogprobs:
		return at("generation_config.logprobs", "logprobs can only be set when response_logprobs is true.")
	case c.ResponseLogprobs && !ch.model.Logprobs:
		return invalid("Logprobs is not enabled for models/%s", ch.model.ID)
	case c.Logprobs != nil && (*c.Logprobs < 0 || *c.Logprobs > 20):
		return at("generation_config.logprobs", "logprobs must be in the range [0, 20].")
	}
	return nil
}

// modalitiesOffered: what is asked for has to be what the model gives.
// Wording: reported.
func modalitiesOffered(ch *chat) *Error {
	asked := ch.config.ResponseModalities
	for _, m := range asked {
		if !ch.model.Can(strings.ToLower(m)) {
			return ch.noSuchModalities(asked)
		}
	}
	if ch.model.Can("audio") && !ch.model.Can("text") && len(asked) == 0 {
		// A speech model answers with text by default, which it cannot.
		return ch.noSuchModalities([]string{"TEXT"})
	}
	return nil
}

func (ch *chat) noSuchModalities(asked []string) *Error {
	offered := make([]string, len(ch.model.Output))
	for i, m := range ch.model.Output {
		offered[i] = "* " + strings.ToUpper(m)
	}
	return invalid("The requested combination of response modalities (%s) is not supported by the model. models/%s accepts the following combination of response modalities:\n%s\n",
		strings.Join(asked, ", "), ch.model.ID, strings.Join(offered, "\n"))
}

// mimeTypes: the MIME type of the answer is one of a few. Wording: reported.
func mimeTypes(ch *chat) *Error {
	switch ch.config.ResponseMIMEType {
	case "", "text/plain", "application/json", "text/x.enum", "application/xml", "application/yaml":
	default:
		return at("generation_config.response_mime_type", "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.")
	}
	if ch.wantsJSON() && !ch.model.JSONOutput {
		return invalid("JSON mode is not enabled for models/%s", ch.model.ID)
	}
	return nil
}

// thinkingControl: thinking can be set only where there is any, and by level
// or by budget, not both. UNCONFIRMED wording.
func thinkingControl(ch *chat) *Error {
	c := ch.config.ThinkingConfig
	switch {
	case c == nil:
	case c.ThinkingBudget != nil && c.ThinkingLevel != "":
		return invalid("You can only set only one of thinking budget and thinking level.")
	case ch.model.Thinking.Control == "" && (c.ThinkingBudget != nil && *c.ThinkingBudget != 0 || c.ThinkingLevel != "" || c.IncludeThoughts):
		return invalid("Thinking is not enabled for models/%s", ch.model.ID)
	}
	return nil
}

// thinkingBudget: budgets have a range a model; 0 switches thinking off where
// that can be done; -1 leaves it to the model. Wording: reported.
// Models with levels take any budget (recorded with 3.x) or none.
func thinkingBudget(ch *chat) *Error {
	t := ch.model.Thinking
	if ch.config.ThinkingConfig == nil || ch.config.ThinkingConfig.ThinkingBudget == nil {
		return nil
	}
	switch b := *ch.config.ThinkingConfig.ThinkingBudget; {
	case t.Control == "level" && t.BudgetAccepted:
		return nil
	case t.Control == "level": // UNCONFIRMED wording
		return invalid("Thinking budget is not supported for this model. Please use thinking level instead.")
	case t.Control == "":
		return nil
	case b == -1 || b == 0 && t.Off:
		return nil
	case b == 0:
		return invalid("Budget 0 is invalid. This model only works in thinking mode.")
	case b < t.Min || t.Max > 0 && b > t.Max:
		return invalid("The thinking budget %d is invalid. Please choose a value between %d and %d.", b, t.Min, t.Max)
	}
	return nil
}

// thinkingLevel: models with budgets have no levels, and others not all of
// them. Wording: documented for the first, UNCONFIRMED for the second.
// https://ai.google.dev/gemini-api/docs/thinking
func thinkingLevel(ch *chat) *Error {
	t := ch.model.Thinking
	if ch.config.ThinkingConfig == nil || ch.config.ThinkingConfig.ThinkingLevel == "" {
		return nil
	}
	level := ch.config.ThinkingConfig.ThinkingLevel
	switch {
	case t.Control != "level":
		return invalid("Thinking level is not supported for this model.")
	case len(t.Levels) > 0 && !slices.Contains(t.Levels, strings.ToLower(level)):
		return invalid("Thinking level %s is not supported for this model. Please retry with other thinking level.", level)
	}
	return nil
}

// imageSettings: shapes and sizes a model offers. UNCONFIRMED wording.
func imageSettings(ch *chat) *Error {
	c := ch.config.ImageConfig
	if c == nil {
		return nil
	}
	i := ch.model.Image
	switch {
	case !ch.model.Can("image"):
		return invalid("Image generation is not enabled for models/%s", ch.model.ID)
	case c.AspectRatio != "" && len(i.Ratios) > 0 && !slices.Contains(i.Ratios, c.AspectRatio):
		return invalid("Aspect ratio %s is not supported for models/%s. Supported: %s.", c.AspectRatio, ch.model.ID, strings.Join(i.Ratios, ", "))
	case c.ImageSize != "" && !slices.Contains(i.Sizes, c.ImageSize):
		return invalid("Image size %s is not supported for models/%s.", c.ImageSize, ch.model.ID)
	}
	return nil
}

// voices: a voice has to exist, and a conversation has two speakers.
// UNCONFIRMED wording. https://ai.google.dev/gemini-api/docs/speech-generation
func voices(ch *chat) *Error {
	s := parse(ch.config.SpeechConfig)
	if s.kind() == 0 || !ch.model.Can("audio") {
		return nil
	}
	configs := []node{s.get("voiceConfig")}
	if multi := s.get("multiSpeakerVoiceConfig"); multi.kind() == '{' {
		speakers := multi.get("speakerVoiceConfigs").items
		if len(speakers) != 2 {
			return invalid("Multi-speaker voice config requires exactly 2 speakers, got %d.", len(speakers))
		}
		for _, one := range speakers {
			configs = append(configs, one.get("voiceConfig"))
		}
	}
	for _, c := range configs {
		name := c.get("prebuiltVoiceConfig").get("voiceName").text()
		if name == "" {
			name = c.get("voice").text()
		}
		known := slices.ContainsFunc(ch.model.Speech.Voices, func(v string) bool { return strings.EqualFold(v, name) })
		if name != "" && len(ch.model.Speech.Voices) > 0 && !known {
			return invalid("Voice name %s is not supported. Allowed voice names are: %s", strings.ToLower(name), strings.ToLower(strings.Join(ch.model.Speech.Voices, ", ")))
		}
	}
	return nil
}

// mediaResolutions: a resolution of one part is known to Gemini 3 and later.
// UNCONFIRMED wording.
func mediaResolutions(ch *chat) *Error {
	if ch.model.PartMediaResolution {
		return nil
	}
	for _, c := range ch.Contents {
		for _, p := range c.Parts {
			if p.MediaResolution != nil {
				return invalid("Per-part media resolution is not enabled for models/%s", ch.model.ID)
			}
		}
	}
	return nil
}
