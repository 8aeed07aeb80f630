package emulator

import (
	"fmt"
	"strings"

	"github.com/gemway/gemway/gemini"
)

// contentsGiven: there has to be something to answer.
// Wording: reported ("contents is not specified").
func contentsGiven(ch *chat) *Error {
	if len(ch.Contents) == 0 && ch.cache == nil {
		return at("contents", "contents is not specified")
	}
	return nil
}

// rolesKnown: contents are by user or model. A missing role and the old role
// "function" pass; recorded. Wording: recorded (Vertex AI).
func rolesKnown(ch *chat) *Error {
	for _, c := range ch.Contents {
		switch c.Role {
		case gemini.RoleUser, gemini.RoleModel, "function", "":
		default:
			return invalid("Please use a valid role: user, model.")
		}
	}
	return nil
}

// partsGiven: a user's content has parts and every part has data. A model's
// content without parts is taken (recorded: an answer that ended in thinking).
// Wording: reported.
func partsGiven(ch *chat) *Error {
	for i := range ch.Contents {
		c := &ch.Contents[i]
		if len(c.Parts) == 0 && isUser(c) {
			return at(fmt.Sprintf("contents[%d].parts", i), "contents.parts must not be empty.")
		}
		for j := range c.Parts {
			if !hasData(&c.Parts[j]) {
				return at(fmt.Sprintf("contents[%d].parts[%d].data", i, j), "required oneof field 'data' must have one initialized field")
			}
		}
	}
	return nil
}

func hasData(p *gemini.Part) bool {
	extra := parse(p.Extra)
	return !p.Text.IsZero() || p.InlineData != nil || p.FileData != nil || p.FunctionCall != nil ||
		p.FunctionResponse != nil || p.ExecutableCode != nil || p.CodeExecutionResult != nil ||
		extra.has("toolCall") || extra.has("toolResponse") || extra.has("audioTranscription") ||
		!p.ThoughtSignature.IsZero()
}

// textsGiven: an empty text of the user is refused by Vertex AI (wording:
// reported) and by Gemini 3 (UNCONFIRMED). The Gemini API takes it with 2.x;
// recorded. A model's may be empty: Gemini 3 ends its own streams with one,
// and Google's SDKs send it back.
func textsGiven(ch *chat) *Error {
	if !ch.vertex && !ch.model.SignaturesEnforced {
		return nil
	}
	for i := range ch.Contents {
		for _, p := range ch.Contents[i].Parts {
			if isUser(&ch.Contents[i]) && !p.Text.IsZero() && p.Text.Empty() {
				return invalid("Unable to submit request because it has an empty text parameter. Add a value to the parameter and try again.")
			}
		}
	}
	return nil
}

// endsWithUser: models that do not continue a started answer refuse a last
// turn by the model. Source: Gemini 3.6 migration notes.
func endsWithUser(ch *chat) *Error {
	if n := len(ch.Contents); n > 0 && !isUser(&ch.Contents[n-1]) && !ch.model.Prefill {
		return invalid("Requests ending with a model turn are not supported.")
	}
	return nil
}

// cachedAlone: what a cache holds cannot be sent beside it. Wording: reported.
func cachedAlone(ch *chat) *Error {
	if ch.cache == nil {
		return nil
	}
	if ch.SystemInstruction != nil || len(ch.Tools) > 0 || ch.ToolConfig != nil {
		return invalid("CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request.")
	}
	if ch.cache.model != ch.model.ID {
		return invalid("Model used by GenerateContent request (models/%s) and CachedContent (models/%s) has to be the same.", ch.model.ID, ch.cache.model)
	}
	return nil
}

// systemInstructionTaken: some models have none. Wording: reported (Gemma).
func systemInstructionTaken(ch *chat) *Error {
	if ch.SystemInstruction != nil && !ch.model.SystemInstruction {
		return invalid("Developer instruction is not enabled for models/%s", ch.model.ID)
	}
	return nil
}

// pairedResponses: a model's function calls are followed by as many responses
// of the user, and there are no other responses. Wording: reported.
//
// Recorded with 200: responses split over several contents (2.5), calls that a
// text follows instead of responses (2.0), and, in the model's own contents,
// calls with the responses that Google's servers gave them. Gemini 3 wants the
// responses of parallel calls in one content.
func pairedResponses(ch *chat) *Error {
	const unequal = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
	open := 0 // calls of the turn before
	for i := 0; i < len(ch.Contents); {
		run := sameRole(ch.Contents[i:])
		calls, responses, spread := pairs(run)
		user := isUser(&run[0])
		switch {
		case !user:
			open = max(0, calls-responses)
		case calls > 0:
			return invalid("Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
		case responses > 0 && open == 0:
			return invalid("Please ensure that function response turn comes immediately after a function call turn.")
		case responses == 0 && open > 0 && ch.model.Thinking.Control == "":
			open = 0
		case responses != open, spread > 1 && ch.model.SignaturesEnforced:
			return invalid(unequal)
		default:
			open = 0
		}
		i += len(run)
	}
	return ch.namedResponses()
}

// sameRole returns the contents at the start that are of one role.
func sameRole(contents []gemini.Content) []gemini.Content {
	n := 1
	for n < len(contents) && isUser(&contents[n]) == isUser(&contents[0]) {
		n++
	}
	return contents[:n]
}

// pairs counts calls and responses, and the contents that have responses.
func pairs(contents []gemini.Content) (calls, responses, spread int) {
	for _, c := range contents {
		before := responses
		for _, p := range c.Parts {
			if p.FunctionCall != nil {
				calls++
			}
			if p.FunctionResponse != nil {
				responses++
			}
		}
		if responses > before {
			spread++
		}
	}
	return calls, responses, spread
}

// namedResponses: a response names its function. Wording: reported.
func (ch *chat) namedResponses() *Error {
	for i, c := range ch.Contents {
		for j, p := range c.Parts {
			if p.FunctionResponse != nil && p.FunctionResponse.Name == "" {
				return at(fmt.Sprintf("contents[%d].parts[%d].function_response.name", i, j), "Name cannot be empty.")
			}
		}
	}
	return nil
}

// mediaTypes are the MIME types Gemini reads.
// https://ai.google.dev/gemini-api/docs/file-input-methods and the pages on
// image, audio, video and document understanding. Wording: reported.
func mediaTypes(_ *Emulator, ch *chat) *Error {
	for _, d := range ch.media() {
		if !readable(d.mime) {
			return invalid("Unsupported MIME type: %s", d.mime)
		}
	}
	return nil
}

var readableTypes = map[string]string{
	"image":       " png jpeg webp heic heif bmp avif ",
	"audio":       " wav x-wav wave mp3 mpeg mpga aiff x-aiff aac ogg flac x-flac opus webm m4a x-m4a mp4 pcm l16 ",
	"video":       " mp4 mpeg mpegs mpg mov quicktime avi x-msvideo x-flv webm wmv x-ms-wmv 3gpp ",
	"application": " pdf json rtf xml x-javascript javascript x-python x-typescript x-ndjson ",
}

func readable(mime string) bool {
	kind, sub, ok := strings.Cut(mime, "/")
	return ok && (kind == "text" || strings.Contains(readableTypes[kind], " "+sub+" "))
}

// mediaTaken: the model has to have the modality. UNCONFIRMED wording.
func mediaTaken(_ *Emulator, ch *chat) *Error {
	for _, d := range ch.media() {
		class := d.class()
		if class != "text" && len(ch.model.Input) > 0 && !ch.model.Takes(class) {
			return invalid("%s input modality is not enabled for models/%s", strings.ToUpper(class[:1])+class[1:], ch.model.ID)
		}
	}
	return nil
}

// imagesReadable: bytes that are no image are refused. Wording: reported.
// Another kind of image than is said passes; recorded.
func imagesReadable(_ *Emulator, ch *chat) *Error {
	for _, d := range ch.media() {
		if d.class() == "image" && d.data != nil && !strings.HasPrefix(d.sniffed, "image/") {
			return invalid("Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting")
		}
	}
	return nil
}
