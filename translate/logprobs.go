package translate

import (
	"math"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
)

// logprobs maps log probabilities; OpenAI's byte lists are made of the token's
// UTF-8.
func logprobs(r *gemini.LogprobsResult) []openai.TokenLogprob {
	out := make([]openai.TokenLogprob, len(r.ChosenCandidates))
	for i, c := range r.ChosenCandidates {
		out[i] = openai.TokenLogprob{Token: c.Token, Logprob: logprob(c.LogProbability), Bytes: byteList(c.Token), TopLogprobs: []openai.TopLogprob{}}
		if i >= len(r.TopCandidates) {
			continue
		}
		for _, top := range r.TopCandidates[i].Candidates {
			out[i].TopLogprobs = append(out[i].TopLogprobs, openai.TopLogprob{Token: top.Token, Logprob: logprob(top.LogProbability), Bytes: byteList(top.Token)})
		}
	}
	return out
}

// logprob gives a probability of zero, whose logarithm JSON cannot write, the
// number that stands for it at OpenAI.
func logprob(f gemini.Float) float64 {
	if n := float64(f); !math.IsInf(n, 0) && !math.IsNaN(n) {
		return n
	}
	return -9999
}

func byteList(s string) []int {
	out := make([]int, len(s))
	for i := range len(s) {
		out[i] = int(s[i])
	}
	return out
}
