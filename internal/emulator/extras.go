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
	return []part{
		{ExecutableCode: &code{Language: "PYTHON", Code: "print(" + strings.ReplaceAll(f, "^", "**") + ")\n"}},
		{CodeExecutionResult: &codeResult{Outcome: "OUTCOME_OK", Output: formatNumber(v) + "\n"}},
	}
}

// ground is what the googleSearch tool adds to an answer: as if one page had
// been found, on which the first sentence rests. Offsets count bytes of UTF-8.
func ground(question, text string) *grounding {
	end := len(text)
	if i := strings.IndexByte(text, '.'); i >= 0 {
		end = i + 1
	}
	query := shorten(question, 80)
	return &grounding{
		SearchEntryPoint:  &searchEntryPoint{RenderedContent: "<div class=\"container\"><a class=\"chip\" href=\"https://www.google.com/search\">" + html.EscapeString(query) + "</a></div>"},
		GroundingChunks:   []groundingChunk{{webChunk{URI: "https://vertexaisearch.cloud.google.com/grounding-api-redirect/emulator", Title: "example.com"}}},
		GroundingSupports: []groundingSupport{{Segment: segment{EndIndex: end, Text: text[:end]}, GroundingChunkIndices: []int{0}}},
		WebSearchQueries:  []string{query},
	}
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
