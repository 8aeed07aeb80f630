package replay_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally counts what held, for the line at the end.
type tally struct{ held, of int }

func (n tally) String() string {
	if n.of == 0 {
		return "0 of 0"
	}
	return fmt.Sprintf("%d of %d (%.1f%%)", n.held, n.of, 100*float64(n.held)/float64(n.of))
}

// TestReplay plays every recorded conversation through the server, and prints
// how many came out right.
func TestReplay(t *testing.T) {
	all, full := loadCorpus(t)
	except := loadExceptions(t)
	shapes := loadShapes(t)
	var chats, twins []*exchange
	for _, e := range all {
		if !e.chat() {
			continue
		}
		chats = append(chats, e)
		if e.Twin != nil && strings.HasSuffix(e.Twin.Path, "/chat/completions") && string(e.Upstream.Request) != "null" {
			twins = append(twins, e)
		}
	}
	var answers, requests tally
	t.Run("answers", func(t *testing.T) {
		for i, problems := range each(chats, func(i int, e *exchange) []string { return playAnswer(i, e, shapes) }) {
			answers.of++
			if except.judge(t, chats[i].ID, "answer", problems) {
				answers.held++
			}
		}
	})
	t.Run("requests", func(t *testing.T) {
		used := &usage{counts: map[string]int{}}
		for i, problems := range each(twins, func(i int, e *exchange) []string { return playRequest(i, e, used) }) {
			requests.of++
			if except.judge(t, twins[i].ID, "request", problems) {
				requests.held++
			}
		}
		if full {
			used.stale(t, recorderTolerances, gatewayTolerances)
		}
	})
	if full {
		except.stale(t, "answer")
		except.stale(t, "request")
	}
	if answers.of == 0 || requests.of == 0 {
		t.Errorf("nothing was played: %d answers, %d requests", answers.of, requests.of)
	}
	fmt.Printf("replay: answers %v, requests %v\n", answers, requests)
}

// each runs f for every exchange, a few at a time, and gives the results in order.
func each(list []*exchange, f func(i int, e *exchange) []string) [][]string {
	results := make([][]string, len(list))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range next {
				results[i] = f(i, list[i])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// playAnswer has the server answer with the recorded exchange, streamed and
// whole, and lists what is wrong with either.
func playAnswer(i int, e *exchange, shapes *shapes) []string {
	rep, err := replyFor(e)
	if err != nil && !hasPartialCalls(e) {
		return []string{"the recording: " + err.Error()}
	}
	var problems []string
	for _, stream := range []bool{true, false} {
		if !stream && hasPartialCalls(e) {
			continue // arguments come in pieces in streams only
		}
		if stream && !e.streams() && candidates(e) > 1 {
			continue // whether Gemini streams several candidates is not known
		}
		w, err := expectAnswer(e, stream)
		if err != nil {
			return append(problems, "the recording: "+err.Error())
		}
		key := fmt.Sprintf("answer-%d-%v", i, stream)
		upstream.expect(key, rep)
		body, err := fittingRequest(e, stream)
		if err != nil {
			return append(problems, "the recording: "+err.Error())
		}
		r, err := gemway.call("POST", "/v1/chat/completions", key, body)
		sent := upstream.take(key)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		switch {
		case len(sent) > 0:
			w.models = append(w.models, upstreamModel(sent[0].path))
		case r.status == 404 && w.status == 404:
			// Gemway may know by itself that there is no such model.
		default:
			problems = append(problems, fmt.Sprintf("nothing was sent upstream: status %d %s", r.status, clip(string(r.body), 300)))
			continue
		}
		var a *answer
		if stream {
			a = readStream(r, true, shapes)
		} else {
			a = readAnswer(r, shapes)
		}
		way := "whole: "
		if stream {
			way = "stream: "
		}
		for _, p := range compare(w, a) {
			problems = append(problems, way+p)
		}
	}
	return problems
}

func upstreamModel(path string) string {
	name, _, _ := strings.Cut(path[strings.LastIndex(path, "/")+1:], ":")
	return name
}

func hasPartialCalls(e *exchange) bool {
	return strings.Contains(e.Response.Raw, "partialArgs")
}

// fittingRequest asks, in OpenAI's words, for what the recorded answer answers:
// the same model and functions of the same names.
func fittingRequest(e *exchange, stream bool) ([]byte, error) {
	request := map[string]any{
		"model":    e.modelID(),
		"messages": []any{map[string]any{"role": "user", "content": "Go on."}},
	}
	if stream {
		request["stream"] = true
		request["stream_options"] = map[string]any{"include_usage": true}
	}
	if n := candidates(e); n > 1 {
		request["n"] = n
	}
	names, err := functionNames(e)
	if err != nil {
		return nil, err
	}
	if err := addSettings(request, e); err != nil {
		return nil, err
	}
	slices.Sort(names)
	var tools []any
	for _, name := range slices.Compact(names) {
		tools = append(tools, map[string]any{"type": "function", "function": map[string]any{"name": name}})
	}
	if tools != nil {
		request["tools"] = tools
	}
	return json.Marshal(request)
}

// functionNames gives the functions that the recorded request declared or, when
// the request is not known, those that were called.
func functionNames(e *exchange) (names []string, err error) {
	if unknown(e.Upstream.Request) {
		for _, chunk := range e.chunks() {
			var c nativeChunk
			if json.Unmarshal(chunk, &c) != nil {
				continue
			}
			for _, candidate := range c.Candidates {
				for _, part := range candidate.Content.Parts {
					if v, err := decode(part); err == nil && at(v, "functionCall", "name") != nil {
						names = append(names, textAt(v, "functionCall", "name"))
					}
				}
			}
		}
		return names, nil
	}
	v, err := decode(e.Upstream.Request)
	if err != nil {
		return nil, err
	}
	for _, tool := range asList(at(v, "tools")) {
		for _, f := range asList(field(tool, "functionDeclarations")) {
			names = append(names, textAt(f, "name"))
		}
	}
	return names, nil
}

func unknown(request json.RawMessage) bool { return len(request) == 0 || string(request) == "null" }

// addSettings asks for what shows in the answer: log probabilities, speech, and
// answers that rest on a search.
func addSettings(request map[string]any, e *exchange) error {
	if grounded(e) {
		request["web_search_options"] = map[string]any{}
	}
	if unknown(e.Upstream.Request) {
		return nil
	}
	v, err := decode(e.Upstream.Request)
	if err != nil {
		return err
	}
	config := field(v, "generationConfig")
	if on, _ := field(config, "responseLogprobs").(bool); on {
		request["logprobs"] = true
		if n := field(config, "logprobs"); n != nil {
			request["top_logprobs"] = n
		}
	}
	for _, m := range asList(field(config, "responseModalities")) {
		if strings.EqualFold(fmt.Sprint(m), "AUDIO") {
			request["modalities"] = []string{"text", "audio"}
			request["audio"] = map[string]any{"voice": "alloy", "format": "pcm16"}
		}
	}
	return nil
}

// grounded reports whether the answer cites what a search found.
func grounded(e *exchange) bool {
	for _, chunk := range e.chunks() {
		var c nativeChunk
		if json.Unmarshal(chunk, &c) != nil {
			continue
		}
		for _, candidate := range c.Candidates {
			if v, err := decode(candidate.GroundingMetadata); err == nil && len(listAt(v, "groundingSupports")) > 0 {
				return true
			}
		}
	}
	return false
}

// candidates counts the candidates of the recorded answer.
func candidates(e *exchange) int {
	seen := map[int]bool{}
	for _, chunk := range e.chunks() {
		var c nativeChunk
		if json.Unmarshal(chunk, &c) == nil {
			for _, candidate := range c.Candidates {
				seen[candidate.Index] = true
			}
		}
	}
	return len(seen)
}

// usage counts how often each tolerance was used.
type usage struct {
	mu     sync.Mutex
	counts map[string]int
}

func (u *usage) add(counts map[string]int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for name, n := range counts {
		u.counts[name] += n
	}
}

// stale fails for tolerances that nothing needs.
func (u *usage) stale(t *testing.T, lists ...[]tolerance) {
	t.Helper()
	for _, list := range lists {
		for _, tol := range list {
			if u.counts[tol.name] == 0 {
				t.Errorf("nothing needs the tolerance %q", tol.name)
			}
		}
	}
}

// playRequest sends the request that OpenAI got in the same test, and compares
// what arrives upstream with it and with what Gemini got.
func playRequest(i int, e *exchange, used *usage) []string {
	recorded, err := nativeMeaning(e.Upstream.Request)
	if err != nil {
		return []string{"the recording: " + err.Error()}
	}
	original, err := twinMeaning(e.Twin.Request, e.modelID())
	if err != nil {
		return []string{"the twin: " + err.Error()}
	}
	body, err := twinRequest(e)
	if err != nil {
		return []string{"the twin: " + err.Error()}
	}
	asked, err := twinMeaning(body, e.modelID())
	if err != nil {
		return []string{"the twin: " + err.Error()}
	}
	counts := map[string]int{}
	defer func() { used.add(counts) }()
	var problems []string
	for _, d := range unexplained(e, differences(original, recorded), recorderTolerances, counts) {
		problems = append(problems, "the recordings disagree: "+d.String())
	}
	rep, err := replyFor(e)
	if err != nil && !hasPartialCalls(e) {
		return []string{"the recording: " + err.Error()}
	}
	key := fmt.Sprintf("request-%d", i)
	upstream.expect(key, rep)
	r, err := gemway.call("POST", "/v1/chat/completions", key, body)
	got := upstream.take(key)
	if err != nil {
		return append(problems, err.Error())
	}
	if len(got) == 0 {
		return append(problems, fmt.Sprintf("nothing was sent upstream: status %d %s", r.status, clip(string(r.body), 300)))
	}
	if wantsStream(body) && !strings.HasSuffix(got[0].path, ":streamGenerateContent") {
		problems = append(problems, "a stream was asked for with "+got[0].path)
	}
	arrived, err := nativeMeaning(got[0].body)
	if err != nil {
		return append(problems, "what arrived: "+err.Error()+": "+clip(string(got[0].body), 300))
	}
	for _, d := range unexplained(e, differences(asked, arrived), gatewayTolerances, counts) {
		problems = append(problems, "asked | arrived: "+d.String())
	}
	return problems
}

func wantsStream(body []byte) bool {
	var request struct {
		Stream bool `json:"stream"`
	}
	return json.Unmarshal(body, &request) == nil && request.Stream
}

// twinRequest is the twin's request with the recorded Gemini model in it. What
// the recorded client fetched stands in for the URLs, as there is no network; a
// model that Gemini did not know gives way to one that it does, as what matters
// here is the request.
func twinRequest(e *exchange) ([]byte, error) {
	v, err := decode(e.Twin.Request)
	if err != nil {
		return nil, err
	}
	request, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the request is no object")
	}
	request["model"] = e.modelID()
	if e.Response.Status == 404 {
		request["model"] = "gemini-2.5-flash"
	}
	native, err := decode(e.Upstream.Request)
	if err != nil {
		return nil, err
	}
	var fetched []string
	for _, c := range asList(at(native, "contents")) {
		for _, p := range asList(at(c, "parts")) {
			for _, medium := range append([]any{p}, asList(at(field(p, "functionResponse"), "parts"))...) {
				if d := field(medium, "inlineData"); d != nil {
					data := strings.NewReplacer("-", "+", "_", "/").Replace(textOf(field(d, "data")))
					fetched = append(fetched, "data:"+textOf(field(d, "mimeType"))+";base64,"+data)
				}
			}
		}
	}
	next := 0
	for _, m := range listAt(request, "messages") {
		for _, p := range listAt(m, "content") {
			for _, k := range []string{"image_url", "file", "input_audio"} {
				medium, ok := at(p, k).(map[string]any)
				if !ok || next >= len(fetched) {
					continue
				}
				if strings.HasPrefix(textAt(medium, "url"), "http") {
					medium["url"] = fetched[next]
				}
				next++
			}
		}
	}
	return []byte(canonical(request)), nil
}
