package translate

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// grounding is the part of groundingMetadata that makes citations.
type grounding struct {
	Chunks []struct {
		Web, RetrievedContext, Maps *struct {
			URI   string `json:"uri"`
			Title string `json:"title"`
		}
	} `json:"groundingChunks"`
	Supports []struct {
		Segment struct {
			PartIndex  int    `json:"partIndex"`
			StartIndex int    `json:"startIndex"`
			EndIndex   int    `json:"endIndex"`
			Text       string `json:"text"`
		} `json:"segment"`
		Chunks []int `json:"groundingChunkIndices"`
	} `json:"groundingSupports"`
}

// annotations makes citations of the grounding, once, at the end of the
// answer. Gemini gives byte offsets into a part, OpenAI wants characters of the
// whole content; a stream's parts are pieces of one, so a segment that is not
// where its offsets say is looked for by its text.
func (c *choice) annotations() []openai.Annotation {
	if c.google.GroundingMetadata == nil {
		return nil
	}
	var g grounding
	if json.Unmarshal(c.google.GroundingMetadata, &g, json.MatchCaseInsensitiveNames(true)) != nil {
		return nil
	}
	text := c.text
	if c.streamed != nil {
		text = []raw.String{slices.Concat(raw.String{'"'}, c.streamed, raw.String{'"'})}
	}
	content := raw.Concat(text...).Decode()
	starts := make([]int, len(text))
	at := 0
	for i, t := range text {
		starts[i] = at
		at += len(t.Decode())
	}
	var out []openai.Annotation
	for _, s := range g.Supports {
		begin, ok := locate(content, starts, s.Segment.PartIndex, s.Segment.StartIndex, s.Segment.EndIndex, s.Segment.Text)
		if !ok {
			continue
		}
		first := utf8.RuneCountInString(content[:begin])
		last := first + utf8.RuneCountInString(s.Segment.Text)
		for _, i := range s.Chunks {
			if i < 0 || i >= len(g.Chunks) {
				continue
			}
			source := g.Chunks[i].Web
			if source == nil {
				source = g.Chunks[i].RetrievedContext
			}
			if source == nil {
				source = g.Chunks[i].Maps
			}
			if source == nil || source.URI == "" {
				continue
			}
			out = append(out, openai.Annotation{Type: "url_citation", URLCitation: openai.URLCitation{
				StartIndex: first, EndIndex: last, URL: source.URI, Title: source.Title,
			}})
		}
	}
	return out
}

// locate finds where in the content, in bytes, a segment begins.
func locate(content string, starts []int, part, start, end int, text string) (int, bool) {
	if text == "" || start < 0 || end < start {
		return 0, false
	}
	candidates := []int{start}
	if part > 0 && part < len(starts) {
		candidates = []int{starts[part] + start, start}
	}
	for _, c := range candidates {
		if c <= len(content) && strings.HasPrefix(content[c:], text) {
			return c, true
		}
	}
	i := strings.Index(content, text)
	return i, i >= 0
}

// sources adds up what chunks of a stream say about where a text was recited
// from: each names the sources of its own piece.
func sources(have, more raw.Value) raw.Value {
	type citations struct {
		Citations       []raw.Value `json:"citations,omitempty"`
		CitationSources []raw.Value `json:"citationSources,omitempty"`
	}
	var a, b citations
	if trivial(have) || json.Unmarshal(have, &a) != nil || json.Unmarshal(more, &b) != nil {
		return more
	}
	for _, v := range b.Citations {
		a.Citations = appendNew(a.Citations, v)
	}
	for _, v := range b.CitationSources {
		a.CitationSources = appendNew(a.CitationSources, v)
	}
	joined, err := raw.Marshal(a)
	if err != nil {
		return more
	}
	return joined
}

func appendNew(list []raw.Value, v raw.Value) []raw.Value {
	if slices.ContainsFunc(list, func(have raw.Value) bool { return bytes.Equal(have, v) }) {
		return list
	}
	return append(list, v)
}
