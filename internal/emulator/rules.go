package emulator

import (
	"fmt"

	"github.com/gemway/gemway/gemini"
)

// What Gemini refuses, one function a rule, in the order in which the rules
// are asked. Where the comment of a rule says UNCONFIRMED, that Gemini refuses
// is documented or reported, but its wording is not; see also
// testdata/corpus/emulator, where every rule has a case.

// chatRules judge a request as it was sent.
var chatRules = []func(*chat) *Error{
	contentsGiven,
	rolesKnown,
	partsGiven,
	textsGiven,
	endsWithUser,
	cachedAlone,
	systemInstructionTaken,
	functionsTaken,
	functionNames,
	functionSchemas,
	toolsTogether,
	callingConfigHasFunctions,
	allowedNames,
	samplingRanges,
	outputTokens,
	stopSequences,
	candidateCount,
	penalties,
	logprobsOffered,
	modalitiesOffered,
	mimeTypes,
	jsonWithFunctions,
	answerSchema,
	thinkingControl,
	thinkingBudget,
	thinkingLevel,
	imageSettings,
	voices,
	mediaResolutions,
	pairedResponses,
	signatures,
}

// turnRules judge what the parts hold, once they are decoded.
var turnRules = []func(*Emulator, *chat) *Error{
	corruptedSignatures,
	mediaTypes,
	mediaTaken,
	imagesReadable,
}

// at makes a refusal that names its field: Google lists these with asterisks.
func at(path, format string, args ...any) *Error {
	return invalid("* GenerateContentRequest.%s: %s\n", path, fmt.Sprintf(format, args...))
}

// isUser reports whether the content is a user's, which is also what a missing
// role and the old role "function" stand for.
func isUser(c *gemini.Content) bool { return c.Role != gemini.RoleModel }

// tooManyTokens: the prompt has to fit the model's window.
// Wording: recorded.
func tooManyTokens(ch *chat) *Error {
	if most := ch.model.InputTokens; most > 0 && ch.prompt.total() > most {
		return invalid("The input token count (%d) exceeds the maximum number of tokens allowed (%d).", ch.prompt.total(), most)
	}
	return nil
}
