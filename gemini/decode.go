package gemini

import (
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// DecodeResponse reads an answer or a chunk of a stream. What it returns shares
// memory with b. Answers of the ordinary form are cut into spans after one
// check; at anything else the ordinary decoder takes over. A test holds both to
// the same result.
func DecodeResponse(b []byte) (*GenerateContentResponse, error) {
	if raw.Check(b, raw.Limits{}) == nil {
		var out GenerateContentResponse
		r := raw.NewReader(b)
		if out.read(&r, &GenerateContentResponse{}); r.End() {
			return &out, nil
		}
	}
	return decodeResponsePlain(b)
}

// DecodeEvent is DecodeResponse for an event of a stream that is known to be
// valid JSON. It decodes into out, whose memory it uses again.
func DecodeEvent(b []byte, out *GenerateContentResponse) error {
	last := *out
	*out = GenerateContentResponse{Candidates: out.Candidates[:0]}
	r := raw.NewReader(b)
	if out.read(&r, &last); r.End() {
		return nil
	}
	*out = GenerateContentResponse{}
	return json.Unmarshal(b, out, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// decodeResponsePlain is DecodeResponse without the fast path.
func decodeResponsePlain(b []byte) (*GenerateContentResponse, error) {
	var out GenerateContentResponse
	err := json.Unmarshal(b, &out)
	return &out, err
}

// read reads an answer. Its texts are likely to be those of the last one.
func (o *GenerateContentResponse) read(r *raw.Reader, last *GenerateContentResponse) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "candidates":
			if r.Null() {
				continue
			}
			r.Open('[')
			if o.Candidates == nil {
				o.Candidates = []Candidate{}
			}
			for r.More() {
				n := len(o.Candidates)
				var used *Content // by the event before, where memory is used again
				if n < cap(o.Candidates) {
					used = o.Candidates[:n+1][n].Content
				}
				o.Candidates = append(o.Candidates, Candidate{})
				o.Candidates[n].read(r, used)
			}
		case "usageMetadata":
			if !r.Null() {
				o.UsageMetadata = &UsageMetadata{}
				o.UsageMetadata.read(r)
			}
		case "modelVersion":
			o.ModelVersion = r.TextLike(last.ModelVersion)
		case "responseId":
			o.ResponseID = r.TextLike(last.ResponseID)
		case "createTime":
			o.CreateTime = r.Text()
		case "promptFeedback":
			readPlain(r, &o.PromptFeedback)
		case "error":
			readPlain(r, &o.Error)
		default:
			r.Value()
		}
	}
}

// readPlain leaves one value to the ordinary decoder.
func readPlain(r *raw.Reader, dst any) {
	v := r.Value()
	if r.Failed() || json.Unmarshal(v, dst) != nil {
		r.Fail()
	}
}

func (c *Candidate) read(r *raw.Reader, used *Content) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "content":
			if r.Null() {
				continue
			}
			if c.Content = used; used == nil {
				c.Content = &Content{}
			}
			*c.Content = Content{Parts: c.Content.Parts[:0]}
			c.Content.read(r)
		case "finishReason":
			if r.Kind() != '"' {
				r.Fail() // enums as numbers
			}
			c.FinishReason = Enum(r.TextLike("STOP"))
		case "index":
			c.Index = r.Int()
		case "finishMessage":
			c.FinishMessage = r.Text()
		case "safetyRatings":
			c.SafetyRatings = present(r)
		case "citationMetadata":
			c.CitationMetadata = present(r)
		case "groundingMetadata":
			c.GroundingMetadata = present(r)
		case "urlContextMetadata":
			c.URLContextMetadata = present(r)
		case "logprobsResult":
			readPlain(r, &c.LogprobsResult)
		case "continuationToken":
			c.ContinuationToken = r.Text()
		default:
			r.Value()
		}
	}
}

// present returns the next value for a raw member.
func present(r *raw.Reader) raw.Value { return r.Value() }

func (c *Content) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "role":
			c.Role = r.TextLike(RoleModel)
		case "parts":
			if r.Null() {
				continue
			}
			r.Open('[')
			if c.Parts == nil {
				c.Parts = []Part{}
			}
			for r.More() {
				c.Parts = append(c.Parts, Part{})
				c.Parts[len(c.Parts)-1].read(r)
			}
		default:
			r.Value()
		}
	}
}

func (p *Part) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "text":
			p.Text = r.String()
		case "thought":
			p.Thought = r.Bool()
		case "thoughtSignature":
			p.ThoughtSignature = r.String()
		case "inlineData":
			if !r.Null() {
				p.InlineData = &Blob{}
				p.InlineData.read(r)
			}
		case "functionCall":
			if !r.Null() {
				p.FunctionCall = &FunctionCall{}
				p.FunctionCall.read(r)
			}
		default:
			r.Fail() // rare parts
			return
		}
	}
}

func (b *Blob) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "mimeType":
			b.MIMEType = r.Text()
		case "data":
			b.Data = r.String()
		case "displayName":
			b.DisplayName = r.Text()
		default:
			r.Value()
		}
	}
}

func (f *FunctionCall) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "id":
			f.ID = r.Text()
		case "name":
			f.Name = r.Text()
		case "args":
			f.Args = r.Value()
		default:
			r.Fail() // Extra
			return
		}
	}
}

func (u *UsageMetadata) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "promptTokenCount":
			u.PromptTokenCount = r.Int()
		case "candidatesTokenCount":
			u.CandidatesTokenCount = r.Int()
		case "totalTokenCount":
			u.TotalTokenCount = r.Int()
		case "thoughtsTokenCount":
			u.ThoughtsTokenCount = r.Int()
		case "cachedContentTokenCount":
			u.CachedContentTokenCount = r.Int()
		case "toolUsePromptTokenCount":
			u.ToolUsePromptTokenCount = r.Int()
		case "promptTokensDetails":
			u.PromptTokensDetails = readModalities(r)
		case "candidatesTokensDetails":
			u.CandidatesTokensDetails = readModalities(r)
		case "cacheTokensDetails":
			u.CacheTokensDetails = readModalities(r)
		case "trafficType":
			u.TrafficType = Enum(r.Text())
		case "serviceTier":
			u.ServiceTier = Enum(r.Text())
		default:
			r.Value()
		}
	}
}

func readModalities(r *raw.Reader) []ModalityTokenCount {
	if r.Null() {
		return nil
	}
	r.Open('[')
	out := []ModalityTokenCount{}
	for r.More() {
		var m ModalityTokenCount
		r.Open('{')
		for name, ok := r.Name(); ok; name, ok = r.Name() {
			switch string(name) {
			case "modality":
				m.Modality = Enum(r.TextLike("TEXT"))
			case "tokenCount":
				m.TokenCount = r.Int()
			default:
				r.Value()
			}
		}
		out = append(out, m)
	}
	return out
}
