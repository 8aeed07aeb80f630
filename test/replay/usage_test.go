package replay_test

import "encoding/json"

type wantUsage struct {
	prompt, completion, total    int64
	cached, reasoning            int64
	promptAudio, completionAudio int64
}

// expectUsage adds the native counts up as OpenAI counts: thoughts are part of
// the completion, results fed back to server-side tools part of the prompt.
func expectUsage(data json.RawMessage) (*wantUsage, error) {
	if data == nil {
		return nil, nil
	}
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	u := &wantUsage{
		prompt:     intAt(v, "promptTokenCount") + intAt(v, "toolUsePromptTokenCount"),
		completion: intAt(v, "candidatesTokenCount") + intAt(v, "thoughtsTokenCount"),
		cached:     intAt(v, "cachedContentTokenCount"),
		reasoning:  intAt(v, "thoughtsTokenCount"),
	}
	u.total = u.prompt + u.completion
	modality := func(key, name string) (n int64) {
		for _, d := range listAt(v, key) {
			if textAt(d, "modality") == name {
				n += intAt(d, "tokenCount")
			}
		}
		return n
	}
	u.promptAudio = modality("promptTokensDetails", "AUDIO") + modality("toolUsePromptTokensDetails", "AUDIO")
	u.completionAudio = modality("candidatesTokensDetails", "AUDIO")
	return u, nil
}
