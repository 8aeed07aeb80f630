package replay_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// embedding is a recorded embedding call, whatever method it came by.
type embedding struct {
	texts      []string
	dimensions int64
	values     []json.RawMessage
	tokens     int64 // 0 where Gemini told none
}

func (e *exchange) embeds() bool {
	switch e.method() {
	case "embedContent", "batchEmbedContents":
		return true
	case "predict":
		return strings.Contains(e.Upstream.Path, "embedding")
	}
	return false
}

// readEmbedding reads the recorded texts and vectors. A content of several parts
// stands as one text: OpenAI's inputs have no parts.
func readEmbedding(e *exchange) (*embedding, error) {
	request, err := decode(e.Upstream.Request)
	if err != nil {
		return nil, err
	}
	out := &embedding{}
	for _, r := range append(listAt(request, "requests"), listAt(request, "instances")...) {
		out.texts = append(out.texts, embeddedText(r))
		out.dimensions = intAt(map[string]any{"n": field(r, "outputDimensionality")}, "n")
	}
	if at(request, "content") != nil {
		out.texts = append(out.texts, embeddedText(request))
		out.dimensions = intAt(map[string]any{"n": field(request, "outputDimensionality")}, "n")
	}
	if d := intAt(request, "parameters", "outputDimensionality"); d != 0 {
		out.dimensions = d
	}
	var native struct {
		Embedding   *struct{ Values json.RawMessage }
		Embeddings  []struct{ Values json.RawMessage }
		Predictions []struct {
			Embeddings struct{ Values json.RawMessage }
		}
	}
	if err := json.Unmarshal(e.Response.Body, &native); err != nil {
		return nil, err
	}
	if native.Embedding != nil {
		out.values = append(out.values, native.Embedding.Values)
	}
	for _, v := range native.Embeddings {
		out.values = append(out.values, v.Values)
	}
	for _, p := range native.Predictions {
		out.values = append(out.values, p.Embeddings.Values)
	}
	answer, err := decode(e.Response.Body)
	if err != nil {
		return nil, err
	}
	if out.tokens = intAt(answer, "usageMetadata", "promptTokenCount"); out.tokens == 0 {
		for _, p := range listAt(answer, "predictions") {
			out.tokens += intAt(p, "embeddings", "statistics", "token_count")
		}
	}
	return out, nil
}

// embeddedText gives the text of an embedContent request or of an instance.
func embeddedText(r any) string {
	if s := textAt(r, "content"); s != "" {
		return s
	}
	var texts []string
	for _, p := range listAt(r, "content", "parts") {
		texts = append(texts, textAt(p, "text"))
	}
	return strings.Join(texts, "\n")
}

// serve answers an embedding call in the form of the method it came by: with the
// recorded bytes when it is the recorded method for all texts, else with the
// recorded vector of each text.
func (m *embedding) serve(e *exchange) func(http.ResponseWriter, sent) {
	return func(w http.ResponseWriter, got sent) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		method := got.path[strings.LastIndex(got.path, ":")+1:]
		request, err := decode(got.body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var texts []string
		switch method {
		case "countTokens":
			write(w, fmt.Appendf(nil, `{"totalTokens":%d}`, max(m.tokens, 7)))
			return
		case "embedContent":
			texts = []string{embeddedText(request)}
		case "batchEmbedContents":
			for _, r := range listAt(request, "requests") {
				texts = append(texts, embeddedText(r))
			}
		default:
			http.Error(w, "the stub embeds by no "+method, http.StatusNotFound)
			return
		}
		if method == e.method() && len(texts) == len(m.texts) {
			write(w, e.body())
			return
		}
		var vectors []string
		for i, text := range texts {
			at := slices.Index(m.texts, text)
			if at < 0 {
				at = i
			}
			if at >= len(m.values) {
				http.Error(w, "more texts than recorded", http.StatusBadRequest)
				return
			}
			vectors = append(vectors, fmt.Sprintf(`{"values":%s}`, m.values[at]))
		}
		usage := ""
		if m.tokens > 0 {
			usage = fmt.Sprintf(`,"usageMetadata":{"promptTokenCount":%d}`, m.tokens)
		}
		if method == "embedContent" {
			write(w, fmt.Appendf(nil, `{"embedding":%s%s}`, vectors[0], usage))
			return
		}
		write(w, fmt.Appendf(nil, `{"embeddings":[%s]%s}`, strings.Join(vectors, ","), usage))
	}
}

// TestEmbeddings replays recorded embeddings, as numbers and as base64.
func TestEmbeddings(t *testing.T) {
	if !served("POST", "/v1/embeddings") {
		fmt.Println("replay: embeddings are not served yet")
		t.Log("not served yet: /v1/embeddings")
		return
	}
	all, full := loadCorpus(t)
	var list []*exchange
	for _, e := range all {
		if e.embeds() {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		t.Fatal("no recorded embeddings")
	}
	except, shapes := loadExceptions(t), loadShapes(t)
	var held tally
	for i, problems := range each(list, func(i int, e *exchange) []string { return playEmbedding(i, e, shapes) }) {
		held.of++
		if except.judge(t, list[i].ID, "embedding", problems) {
			held.held++
		}
	}
	if full {
		except.stale(t, "embedding")
	}
	fmt.Printf("replay: embeddings %v\n", held)
}

func playEmbedding(i int, e *exchange, shapes *shapes) []string {
	if e.Response.Status != 200 {
		rep, err := replyFor(e)
		if err != nil {
			return []string{err.Error()}
		}
		key := fmt.Sprintf("embedding-%d", i)
		upstream.expect(key, rep)
		defer upstream.take(key)
		r, err := gemway.call("POST", "/v1/embeddings", key, []byte(`{"model":"gemini-embedding-001","input":"test"}`))
		if err != nil {
			return []string{err.Error()}
		}
		return compare(expectError(e.Response.Status, e.body()), readAnswer(r, shapes))
	}
	m, err := readEmbedding(e)
	if err != nil {
		return []string{"the recording: " + err.Error()}
	}
	inputs := slices.Clone(m.texts)
	for len(inputs) < len(m.values) {
		inputs = append(inputs, fmt.Sprintf("text %d", len(inputs)))
	}
	inputs = inputs[:len(m.values)]
	request := map[string]any{"model": e.modelID(), "input": inputs}
	if m.dimensions > 0 {
		request["dimensions"] = m.dimensions
	}
	var problems []string
	for _, format := range []string{"float", "base64"} {
		request["encoding_format"] = format
		body, err := json.Marshal(request)
		if err != nil {
			return []string{err.Error()}
		}
		key := fmt.Sprintf("embedding-%d-%s", i, format)
		upstream.expect(key, &reply{serve: m.serve(e)})
		r, err := gemway.call("POST", "/v1/embeddings", key, body)
		got := upstream.take(key)
		if err != nil {
			return []string{err.Error()}
		}
		for _, p := range m.check(r, format, shapes) {
			problems = append(problems, format+": "+p)
		}
		problems = append(problems, m.checkSent(got, inputs)...)
	}
	return problems
}

func (m *embedding) check(r raw, format string, shapes *shapes) []string {
	c := &comparison{}
	if r.status != 200 {
		return []string{fmt.Sprintf("status %d: %s", r.status, clip(string(r.body), 300))}
	}
	v, err := decode(r.body)
	if err != nil {
		return []string{err.Error()}
	}
	if format == "float" { // the specification knows no base64 answer
		if err := shapes.embeddings.Validate(v); err != nil {
			c.add("shape: %v", err)
		}
	}
	data := listAt(v, "data")
	if len(data) != len(m.values) {
		c.add("%d vectors, not %d", len(data), len(m.values))
		return c.problems
	}
	for i, d := range data {
		if intAt(d, "index") != int64(i) || textAt(d, "object") != "embedding" {
			c.add("vector %d has index %v and object %v", i, at(d, "index"), at(d, "object"))
		}
		got, err := readVector(at(d, "embedding"), format)
		if err != nil {
			c.add("vector %d: %v", i, err)
			continue
		}
		want, err := unit(m.values[i])
		if err != nil {
			c.add("the recording: %v", err)
			continue
		}
		if len(got) != len(want) {
			c.add("vector %d has %d dimensions, not %d", i, len(got), len(want))
			continue
		}
		for j := range want {
			if math.Abs(got[j]-want[j]) > 1e-6 {
				c.add("vector %d: value %d is %g, not %g", i, j, got[j], want[j])
				break
			}
		}
	}
	tokens := intAt(v, "usage", "prompt_tokens")
	if tokens <= 0 || tokens != intAt(v, "usage", "total_tokens") {
		c.add("usage is %v", at(v, "usage"))
	}
	return c.problems
}

// checkSent asks that the inputs arrived, each once and in order.
func (m *embedding) checkSent(got []sent, inputs []string) []string {
	var texts []string
	for _, s := range got {
		request, err := decode(s.body)
		if err != nil {
			return []string{"what arrived: " + err.Error()}
		}
		switch {
		case strings.HasSuffix(s.path, ":batchEmbedContents"):
			for _, r := range listAt(request, "requests") {
				texts = append(texts, embeddedText(r))
				if d := intAt(map[string]any{"n": field(r, "outputDimensionality")}, "n"); m.dimensions != 0 && d != m.dimensions {
					return []string{fmt.Sprintf("outputDimensionality is %d, not %d", d, m.dimensions)}
				}
			}
		case strings.HasSuffix(s.path, ":embedContent"):
			texts = append(texts, embeddedText(request))
		}
	}
	a, b := slices.Sorted(slices.Values(texts)), slices.Sorted(slices.Values(inputs))
	if !slices.Equal(a, b) {
		return []string{fmt.Sprintf("the inputs %q arrived as %q", inputs, texts)}
	}
	return nil
}

func readVector(v any, format string) ([]float64, error) {
	var out []float64
	if format == "base64" {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("no base64 string")
		}
		data, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, err
		}
		if len(data)%4 != 0 {
			return nil, fmt.Errorf("%d bytes are no float32s", len(data))
		}
		for i := 0; i < len(data); i += 4 {
			out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(data[i:]))))
		}
		return out, nil
	}
	for _, n := range asList(v) {
		number, ok := n.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%v is no number", n)
		}
		f, err := number.Float64()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// unit reads a vector and gives it length 1.
func unit(data json.RawMessage) ([]float64, error) {
	var v []float64
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	var sum float64
	for _, f := range v {
		sum += f * f
	}
	length := math.Sqrt(sum)
	for i := range v {
		v[i] /= length
	}
	return v, nil
}
