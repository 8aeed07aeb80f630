package translate_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// clientFault requires an error that tells the client what to change.
func clientFault(t *testing.T, err error) {
	t.Helper()
	var e *openai.Error
	if !errors.As(err, &e) || e.Status < 400 || e.Status > 499 || e.Message == "" {
		t.Fatalf("not an error for the client: %v", err)
	}
}

func isJSON(t *testing.T, segments [][]byte) {
	t.Helper()
	if out := raw.Value(bytes.Join(segments, nil)); !out.IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
		t.Fatalf("not JSON: %.1000s", out)
	}
}

// FuzzEmbeddings: any request and any answer become JSON, or an error.
func FuzzEmbeddings(f *testing.F) {
	for _, body := range []string{
		`{"model":"m","input":"a"}`, `{"model":"m","input":["a","b"],"dimensions":4,"encoding_format":"base64"}`, `{"model":"m","input":[1,2]}`, `{"input":[[1]]}`, `{"input":[]}`,
		`{"model":"m","input":"a","extra_body":{"google":{"task_type":"RETRIEVAL_QUERY","title":"t"}},"user":"u"}`, `{"input":{"a":1}}`, `{"input":""}`, `{"input":["a",1]}`,
	} {
		f.Add([]byte(body), []byte(`{"embeddings":[{"values":[1,2.5]}],"usageMetadata":{"promptTokenCount":3}}`), byte(0))
		f.Add([]byte(body), []byte(`{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":3}}}]}`), byte(2))
	}
	methods := []string{"", translate.EmbedBatch, translate.EmbedOne, "predict"}
	f.Fuzz(func(t *testing.T, body, answer []byte, method byte) {
		var req openai.EmbeddingRequest
		if !raw.Value(body).IsValid() || json.Unmarshal(body, &req) != nil {
			return
		}
		e, err := translate.NewEmbeddings(&req, translate.EmbeddingOptions{Model: embedder(), Method: methods[int(method)%len(methods)]})
		if err != nil {
			clientFault(t, err)
			return
		}
		for i := range e.Calls() {
			segments, err := e.Body(i)
			if err != nil {
				t.Fatal(err)
			}
			isJSON(t, segments)
		}
		bodies, err := e.CountBodies()
		if err != nil || len(bodies) == 0 {
			t.Fatalf("%d, %v", len(bodies), err)
		}
		if !raw.Value(answer).IsValid() || e.Calls() > 1 || e.Push(0, answer) != nil {
			return
		}
		if n, known := e.Tokens(); known && n < 0 {
			t.Fatalf("%d tokens", n)
		}
		isJSON(t, e.Segments(e.EstimateTokens()))
	})
}

// FuzzImages: the same for images.
func FuzzImages(f *testing.F) {
	const answer = `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"text":"t"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}`
	for _, body := range []string{
		`{"prompt":"p"}`, `{"prompt":"p","n":3,"size":"1024x1024","quality":"high","response_format":"b64_json","output_format":"webp","output_compression":50,"background":"opaque"}`,
		`{"prompt":"p","size":"auto","stream":true,"partial_images":2}`, `{"prompt":"p","extra_body":{"google":{"image_config":{"aspect_ratio":"16:9"}}}}`, `{"prompt":""}`, `{"n":0}`, `{"prompt":"p","size":"1x1000000"}`,
	} {
		f.Add([]byte(body), []byte(answer), false)
		f.Add([]byte(body), []byte(`{"predictions":[{"bytesBase64Encoded":"iVBORw0KGgo=","mimeType":"image/png","prompt":"q"},{"raiFilteredReason":"r"}]}`), true)
	}
	f.Fuzz(func(t *testing.T, body, answer []byte, predict bool) {
		var req openai.ImageRequest
		if !raw.Value(body).IsValid() || json.Unmarshal(body, &req) != nil {
			return
		}
		model := painter("generateContent", 1, "1K", "2K")
		if predict {
			model = painter("predict", 4, "1K", "2K")
		}
		g, err := translate.NewImages(&req, model)
		if err != nil {
			clientFault(t, err)
			return
		}
		if g.Calls() < 1 || g.Calls() > translate.MaxImages {
			t.Fatalf("%d calls", g.Calls())
		}
		for i := range g.Calls() {
			segments, err := g.Body(i)
			if err != nil {
				t.Fatal(err)
			}
			isJSON(t, segments)
			if raw.Value(answer).IsValid() {
				if _, err := g.Push(i, answer); err != nil {
					return
				}
			}
		}
		if g.Check() != nil {
			return
		}
		w := raw.NewWriter(nil)
		if err := g.Answer(1).Write(&w); err != nil {
			t.Fatal(err)
		}
		isJSON(t, w.Segments())
	})
}

// FuzzSchema: any schema becomes one in either dialect that is JSON, no larger
// than a schema can make it, without references to elsewhere, or an error.
func FuzzSchema(f *testing.F) {
	for _, s := range toolSchemas(f) {
		f.Add([]byte(s.Parameters))
	}
	for _, s := range []string{
		`{"$ref":"#"}`, `{"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/a"}]}}}`, `{"type":["string","null"],"enum":["a",null]}`,
		`{"type":"object","properties":{"a":{"oneOf":[{"const":1},{"const":"b"}]}},"required":["a","b"]}`, `{"type":"array","prefixItems":[{},true],"items":false}`, `{"not":{}}`, `true`,
		`{"if":{},"then":{},"else":{}}`, `{"$ref":"http://a/b"}`, `{"type":"string","pattern":"(a+)+$","format":"email","minLength":-1}`, `{"properties":{"$ref":{"type":"string"}}}`, `{"$anchor":"x","items":{"$ref":"#x"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, schema []byte) {
		if !raw.Value(schema).IsValid() || len(schema) > 4096 {
			return
		}
		for _, body := range []string{
			`{"model":"m","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":` + string(schema) + `}}]}`,
			`{"model":"m","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":` + string(schema) + `}}}`,
		} {
			req, err := openai.DecodeChat([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			for _, model := range fuzzModels {
				for _, openAPI := range []bool{false, true} {
					chat, err := translate.NewChat(req, translate.Options{Model: model, OpenAPISchema: openAPI})
					if err != nil {
						clientFault(t, err)
						continue
					}
					segments, err := chat.Body()
					if err != nil {
						t.Fatal(err)
					}
					isJSON(t, segments)
					if n := len(bytes.Join(segments, nil)); n > 4<<20 {
						t.Fatalf("%d bytes of a schema of %d", n, len(schema))
					}
				}
			}
		}
	})
}

// FuzzError: whatever Gemini says, the client gets an error object that is JSON
// with a status of an error.
func FuzzError(f *testing.F) {
	f.Add([]byte(`{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"}]}`), 429)
	f.Add([]byte(`{"code":400,"status":"INVALID_ARGUMENT","message":"Invalid value at 'generation_config.temperature'","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents[0].parts[1]","description":"d"}]}]}`), 400)
	f.Add([]byte(`{"message":"The input token count (9) exceeds the maximum number of tokens allowed (8)."}`), 400)
	f.Add([]byte(`{"code":"x","details":{}}`), 0)
	f.Fuzz(func(t *testing.T, said []byte, status int) {
		var e gemini.Error
		if json.Unmarshal(said, &e) != nil {
			return
		}
		got := translate.Error(status, &e, "m")
		out, err := raw.Marshal(openai.Envelope{Error: got})
		if err != nil || !raw.Value(out).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("%s, %v", out, err)
		}
		if got.Status < 400 || got.Status > 599 || got.Message == "" || got.Type == "" {
			t.Fatalf("%d %s", got.Status, out)
		}
		if hint, _ := translate.Refusal(&e); strings.ContainsAny(hint, " \n\"") {
			t.Fatalf("%q is no parameter", hint)
		}
	})
}
