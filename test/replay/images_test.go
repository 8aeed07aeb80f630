package replay_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// pictures are the images of a recorded answer, by generateContent or predict.
type pictures struct {
	images  []blob
	blocked bool
	usage   *wantUsage
}

// paints reports whether the exchange asks for images alone.
func (e *exchange) paints() bool {
	if e.method() == "predict" {
		return strings.Contains(e.Upstream.Path, "imagen")
	}
	return e.chat() && strings.Contains(e.modelID(), "-image")
}

func readPictures(e *exchange) (*pictures, error) {
	p := &pictures{}
	if e.method() == "predict" {
		v, err := decode(e.Response.Body)
		if err != nil {
			return nil, err
		}
		for _, prediction := range listAt(v, "predictions") {
			if data := textAt(prediction, "bytesBase64Encoded"); data != "" {
				p.images = append(p.images, blob{textAt(prediction, "mimeType"), data})
			}
		}
		p.blocked = len(p.images) == 0
		return p, nil
	}
	w, err := expectAnswer(e, e.streams())
	if err != nil {
		return nil, err
	}
	p.usage = w.usage
	for _, c := range w.choices {
		p.images = append(p.images, c.media...)
	}
	p.blocked = len(p.images) == 0
	return p, nil
}

// serve answers the recorded way where it is asked the recorded way. An Imagen
// model that is no longer offered is served by another, through generateContent
// and with one image a call; it gets the recorded images one after the other.
func (p *pictures) serve(e *exchange) (func(http.ResponseWriter, sent), error) {
	rep, err := replyFor(e)
	if err != nil {
		return nil, err
	}
	var calls atomic.Int64
	return func(w http.ResponseWriter, got sent) {
		method := got.path[strings.LastIndex(got.path, ":")+1:]
		switch {
		case e.method() != "predict" || method == "predict":
			rep.answer(w, got)
		case p.blocked:
			(&reply{
				status: 200, whole: []byte(`{"candidates":[{"finishReason":"IMAGE_SAFETY","index":0}]}`),
				sse: []byte("data: {\"candidates\":[{\"finishReason\":\"IMAGE_SAFETY\",\"index\":0}]}\r\n\r\n"),
			}).answer(w, got)
		default:
			b := p.images[int(calls.Add(1)-1)%len(p.images)]
			answer := fmt.Sprintf(`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":%q,"data":%q}}],"role":"model"},"finishReason":"STOP","index":0}]}`, b.mime, b.data)
			(&reply{status: 200, whole: []byte(answer), sse: []byte("data: " + answer + "\r\n\r\n")}).answer(w, got)
		}
	}, nil
}

// TestImages replays recorded images through images/generations.
func TestImages(t *testing.T) {
	if !served("POST", "/v1/images/generations") {
		fmt.Println("replay: images are not served yet")
		t.Log("not served yet: /v1/images/generations")
		return
	}
	all, full := loadCorpus(t)
	var list []*exchange
	for _, e := range all {
		if e.paints() && !strings.Contains(string(e.Response.Body), "gcsUri") {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		t.Fatal("no recorded images")
	}
	except, shapes := loadExceptions(t), loadShapes(t)
	var held tally
	for i, problems := range each(list, func(i int, e *exchange) []string { return playImages(i, e, shapes) }) {
		held.of++
		if except.judge(t, list[i].ID, "image", problems) {
			held.held++
		}
	}
	if full {
		except.stale(t, "image")
	}
	fmt.Printf("replay: images %v\n", held)
}

func playImages(i int, e *exchange, shapes *shapes) []string {
	key := fmt.Sprintf("image-%d", i)
	model := e.modelID()
	if e.Model == "" || strings.HasSuffix(model, "-unknown") { // samples name no model
		model = "imagen-4.0-generate-001"
	}
	request := map[string]any{"model": model, "prompt": "a siamese cat", "response_format": "b64_json"}
	if e.Response.Status != 200 {
		rep, err := replyFor(e)
		if err != nil {
			return []string{err.Error()}
		}
		upstream.expect(key, rep)
		defer upstream.take(key)
		body, err := json.Marshal(request)
		if err != nil {
			return []string{err.Error()}
		}
		r, err := gemway.call("POST", "/v1/images/generations", key, body)
		if err != nil {
			return []string{err.Error()}
		}
		return compare(expectError(e.Response.Status, e.body()), readAnswer(r, shapes))
	}
	p, err := readPictures(e)
	if err != nil {
		return []string{"the recording: " + err.Error()}
	}
	if len(p.images) > 0 {
		request["n"] = len(p.images)
		request["output_format"] = strings.TrimPrefix(p.images[0].mime, "image/")
	}
	body, err := json.Marshal(request)
	if err != nil {
		return []string{err.Error()}
	}
	serve, err := p.serve(e)
	if err != nil {
		return []string{err.Error()}
	}
	upstream.expect(key, &reply{serve: serve})
	defer upstream.take(key)
	r, err := gemway.call("POST", "/v1/images/generations", key, body)
	if err != nil {
		return []string{err.Error()}
	}
	return p.check(r, shapes)
}

func (p *pictures) check(r raw, shapes *shapes) []string {
	c := &comparison{}
	v, err := decode(r.body)
	if err != nil {
		return []string{fmt.Sprintf("status %d: %v: %s", r.status, err, clip(string(r.body), 200))}
	}
	if p.blocked {
		if r.status < 400 || textAt(v, "error", "message") == "" {
			c.add("no image, but status %d: %s", r.status, clip(string(r.body), 300))
		}
		return c.problems
	}
	if r.status != 200 {
		c.add("status %d: %s", r.status, clip(string(r.body), 300))
		return c.problems
	}
	if err := shapes.images.Validate(v); err != nil {
		c.add("shape: %v", err)
	}
	data := listAt(v, "data")
	if len(data) != len(p.images) {
		c.add("%d images, not %d", len(data), len(p.images))
		return c.problems
	}
	if intAt(v, "created") <= 0 {
		c.add("created is %v", at(v, "created"))
	}
	var want, got []string
	for i := range data {
		want = append(want, strings.TrimRight(p.images[i].data, "="))
		got = append(got, strings.TrimRight(textAt(data[i], "b64_json"), "="))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		c.add("the images' bytes are not those recorded")
	}
	if u := p.usage; u != nil && len(p.images) == 1 {
		if in, out := intAt(v, "usage", "input_tokens"), intAt(v, "usage", "output_tokens"); in != u.prompt || out != u.completion {
			c.add("usage is %d and %d, not %d and %d", in, out, u.prompt, u.completion)
		}
	}
	return c.problems
}
