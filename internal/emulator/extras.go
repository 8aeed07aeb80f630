package emulator

import (
	"fmt"
	"html"
	"strings"
)

// What Google's own tools and options add to answers.

// code is what the codeExecution tool adds before an answer: the formula of
// the question as a program, and what it prints.
func (ch *chat) code() []part {
	question, _ := ch.question()
	f := findFormula(question)
	if f == "" || !ch.tool("codeExecution") {
		return nil
	}
	v, _ := evaluate(f)
	id := ""
	if ch.model.CallIDs {
		id = ch.id.of("code", 0).name(8)
	}
	return []part{
		{ExecutableCode: &code{Language: "PYTHON", Code: "print(" + strings.ReplaceAll(f, "^", "**") + ")\n", ID: id}},
		{CodeExecutionResult: &codeResult{Outcome: "OUTCOME_OK", Output: formatNumber(v) + "\n", ID: id}},
	}
}

// ground is what the googleSearch tool adds to an answer: as if one page had
// been found, on which the first two sentences rest. Offsets count bytes of
// UTF-8, and the first is left out when it is 0; recorded.
func ground(question, text string) *grounding {
	query := shorten(question, 80)
	out := &grounding{
		SearchEntryPoint: &searchEntryPoint{RenderedContent: "<div class=\"container\"><a class=\"chip\" href=\"https://www.google.com/search\">" + html.EscapeString(query) + "</a></div>"},
		GroundingChunks:  []groundingChunk{{webChunk{URI: "https://vertexaisearch.cloud.google.com/grounding-api-redirect/emulator", Title: "example.com"}}},
		WebSearchQueries: []string{query},
	}
	for _, at := range sentencePattern().FindAllStringIndex(text, 2) {
		out.GroundingSupports = append(out.GroundingSupports, groundingSupport{
			Segment:               segment{StartIndex: at[0], EndIndex: at[1], Text: text[at[0]:at[1]]},
			GroundingChunkIndices: []int{0},
		})
	}
	return out
}

// logprobsOf gives every token a log probability that is made up but
// plausible, and as many others beside it as are asked for.
func logprobsOf(text string, others *int64) *logprobs {
	out := &logprobs{}
	for text != "" {
		token := cutTokens(text, 1)
		text = text[len(token):]
		id := identify([]byte(token))
		chosen := logprob{Token: token, TokenID: id.number(250000), LogProbability: -float64(id.of("p", 0).number(2000)) / 10000}
		out.ChosenCandidates = append(out.ChosenCandidates, chosen)
		if others == nil || *others == 0 {
			continue
		}
		top := topCandidates{Candidates: []logprob{chosen}}
		for i := 1; i < int(*others); i++ {
			top.Candidates = append(top.Candidates, logprob{Token: fmt.Sprintf("alt%d", i), TokenID: i, LogProbability: chosen.LogProbability - float64(i)})
		}
		out.TopCandidates = append(out.TopCandidates, top)
	}
	return out
}
