package emulator

import "github.com/gemway/gemway/gemini"

// signatures: in the current turn, which begins with the last text of the
// user, the first call of every step has to come back with its signature.
// https://ai.google.dev/gemini-api/docs/thought-signatures
// Wording: reported, many times.
func signatures(ch *chat) *Error {
	if !ch.model.SignaturesEnforced {
		return nil
	}
	for i := currentTurn(ch.Contents); i < len(ch.Contents); {
		// Google's SDK sends every chunk of a stream back as a content of its
		// own: those of one role in a row are one step.
		step := sameRole(ch.Contents[i:])
		if !isUser(&step[0]) {
			for j := range step {
				call := firstCall(&step[j])
				if call != nil && call.ThoughtSignature.Empty() {
					return invalid("Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:%s` , position %d. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.", call.FunctionCall.Name, i+j+1)
				}
				if call != nil {
					break
				}
			}
		}
		i += len(step)
	}
	return nil
}

// firstCall returns the first call of a content; of parallel calls it alone is
// signed.
func firstCall(c *gemini.Content) *gemini.Part {
	for i := range c.Parts {
		if c.Parts[i].FunctionCall != nil {
			return &c.Parts[i]
		}
	}
	return nil
}

// currentTurn returns the index of the user's content that began it.
func currentTurn(contents []gemini.Content) int {
	for i := len(contents) - 1; i >= 0; i-- {
		if !isUser(&contents[i]) {
			continue
		}
		for _, p := range contents[i].Parts {
			if p.FunctionResponse == nil {
				return i
			}
		}
	}
	return 0
}

// corruptedSignatures: a signature has to be one that was given for the part,
// or one of the documented stand-ins. Gemini 2.5 takes anything; recorded.
// Wording: reported.
func corruptedSignatures(e *Emulator, ch *chat) *Error {
	if !ch.model.SignaturesEnforced || e.config.TrustSignatures {
		return nil
	}
	for i := range ch.Contents {
		for j := range ch.Contents[i].Parts {
			p := &ch.Contents[i].Parts[j]
			if !p.ThoughtSignature.Empty() && !skips(p.ThoughtSignature) && !verify(p) {
				return invalid("Corrupted thought signature.")
			}
		}
	}
	return nil
}
