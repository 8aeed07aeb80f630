package replay_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// compare says what is wrong with an answer; nothing means it is right.
func compare(w *want, a *answer) []string {
	c := &comparison{}
	c.problems = append(c.problems, a.faults...)
	if w.broken {
		c.broken(w, a)
		return c.problems
	}
	if a.status != w.status {
		c.add("status is %d, not %d: %s", a.status, w.status, clip(fmt.Sprint(a.err), 300))
		return c.problems
	}
	if w.status != 200 {
		c.failure(w, a)
		return c.problems
	}
	if a.err != nil {
		c.add("the stream ends in an error: %v", a.err)
		return c.problems
	}
	if !slices.Contains(w.models, a.model) {
		c.add("model is %q, not one of %q", a.model, w.models)
	}
	c.choices(w, a)
	c.usage(w.usage, a.usage)
	return c.problems
}

type comparison struct{ problems []string }

func (c *comparison) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// broken answers must not look like a success, and what came before the break
// must have been passed on.
func (c *comparison) broken(w *want, a *answer) {
	if a.status == 200 && a.err == nil {
		c.add("a broken answer looks like a success")
		return
	}
	if a.status != 200 {
		if a.status < 500 {
			c.add("a broken answer has status %d", a.status)
		}
		return
	}
	for i, choice := range w.choices {
		if i >= len(a.choices) {
			if len(choice.pieces) > 0 {
				c.add("what came before the break is lost")
			}
			continue
		}
		c.content(choice, a.choices[i])
	}
}

func (c *comparison) failure(w *want, a *answer) {
	code, kind := textAt(a.err, "code"), textAt(a.err, "type")
	if len(w.codes) > 0 && !slices.Contains(w.codes, code) {
		c.add("error code is %q, not one of %q", code, w.codes)
	}
	if len(w.types) > 0 && !slices.Contains(w.types, kind) {
		c.add("error type is %q, not one of %q", kind, w.types)
	}
}

func (c *comparison) choices(w *want, a *answer) {
	if len(w.choices) != len(a.choices) {
		// No candidate and no block still makes one choice, empty and finished.
		if len(w.choices) != 0 || len(a.choices) != 1 {
			c.add("%d choices, not %d", len(a.choices), len(w.choices))
			return
		}
	}
	slices.SortFunc(a.choices, func(x, y *gotChoice) int { return x.index - y.index })
	for i, choice := range w.choices {
		got := a.choices[i]
		if got.index != choice.index {
			c.add("choice %d has index %d", choice.index, got.index)
		}
		if !slices.Contains(choice.finish, fmt.Sprint(got.finish)) {
			c.add("finish_reason is %v, not one of %q (native %s)", got.finish, choice.finish, choice.native)
		}
		c.content(choice, got)
		c.reasoning(choice, got)
		c.calls(choice, got)
		c.media(choice, got)
		c.extras(choice, got)
		c.citations(choice, got)
		c.logprobs(choice, got)
	}
}

func (c *comparison) content(w *wantChoice, g *gotChoice) {
	content, _ := g.message["content"].(string)
	if g.message["content"] != nil {
		if _, ok := g.message["content"].(string); !ok {
			c.add("content is no string")
		}
	}
	var texts string
	var codes []string
	for _, p := range w.pieces {
		if p.code {
			codes = append(codes, p.text)
		} else {
			texts += p.text
		}
	}
	if content == texts {
		for _, code := range codes {
			if !found(g.all, code) {
				c.add("code or its result is lost: %q", clip(code, 80))
			}
		}
		return
	}
	if codes == nil {
		c.add("content is %q, not %q", clip(content, 200), clip(texts, 200))
		return
	}
	// The code stands in the content: every piece in its order, and between
	// them nothing but what fences code.
	rest, extra := content, 0
	for _, p := range w.pieces {
		needle := strings.TrimRight(p.text, "\n")
		if !p.code {
			needle = p.text
		}
		i := strings.Index(rest, needle)
		if i < 0 {
			c.add("content lacks %q in its place: %q", clip(p.text, 80), clip(rest, 200))
			return
		}
		extra += i
		rest = rest[i+len(needle):]
	}
	if extra += len(rest); extra > 40*len(codes) {
		c.add("content has %d bytes nobody wrote", extra)
	}
}

func (c *comparison) reasoning(w *wantChoice, g *gotChoice) {
	reasoning, _ := g.message["reasoning_content"].(string)
	if reasoning != w.reasoning {
		c.add("reasoning_content is %q, not %q", clip(reasoning, 200), clip(w.reasoning, 200))
	}
}

func (c *comparison) calls(w *wantChoice, g *gotChoice) {
	calls := listAt(g.message, "tool_calls")
	if slices.Contains(malformed, w.native) && len(calls) == 0 {
		// The model's broken attempt may be told as data instead of as a call.
		for _, call := range w.calls {
			if !found(g.all, call.name) {
				c.add("the call to %s is lost", call.name)
			}
		}
		if g.finish != "stop" {
			c.add("finish_reason is %v without calls after %s", g.finish, w.native)
		} else {
			c.forgive("finish_reason is stop, not")
		}
		return
	}
	if len(calls) != len(w.calls) {
		c.add("%d tool calls, not %d", len(calls), len(w.calls))
		return
	}
	ids := map[string]bool{}
	for i, call := range w.calls {
		got := calls[i]
		id := textAt(got, "id")
		if id == "" || len(id) > 40 || ids[id] {
			c.add("call %d has id %q", i, id)
		}
		ids[id] = true
		if name := textAt(got, "function", "name"); name != call.name {
			c.add("call %d is named %q, not %q", i, name, call.name)
		}
		arguments, ok := at(got, "function", "arguments").(string)
		if !ok {
			c.add("call %d: arguments is no string", i)
			continue
		}
		if err := sameTokens([]byte(arguments), call.arguments()); err != nil {
			c.add("call %d: arguments: %v: %s, not %s", i, err, clip(arguments, 200), clip(string(call.arguments()), 200))
		}
		if call.signature != "" {
			sig := textAt(got, "extra_content", "google", "thought_signature")
			if !sameBase64(sig, call.signature) {
				c.add("call %d: the thought signature is %q, not %q", i, clip(sig, 40), clip(call.signature, 40))
			}
		}
	}
}

// forgive takes back a problem that was found to be none.
func (c *comparison) forgive(prefix string) {
	c.problems = slices.DeleteFunc(c.problems, func(p string) bool { return strings.HasPrefix(p, prefix) })
}

func (c *comparison) media(w *wantChoice, g *gotChoice) {
	var images, sounds []blob
	for _, b := range w.media {
		switch {
		case strings.HasPrefix(b.mime, "image/"):
			images = append(images, b)
		case strings.HasPrefix(b.mime, "audio/"):
			sounds = append(sounds, b)
		default:
			if !found(g.all, b.data) {
				c.add("inline %s is lost", b.mime)
			}
		}
	}
	got := listAt(g.message, "images")
	if len(got) != len(images) {
		c.add("%d images, not %d", len(got), len(images))
	} else {
		for i, b := range images {
			url := textAt(got[i], "image_url", "url")
			head, data, ok := strings.Cut(url, ";base64,")
			if !ok || head != "data:"+b.mime || !sameBase64(data, b.data) {
				c.add("image %d is %q, not %s", i, clip(url, 60), b.mime)
			}
		}
	}
	for _, b := range sounds {
		pcm, err := base64.StdEncoding.DecodeString(b.data)
		if err != nil {
			c.add("the recorded sound: %v", err)
			continue
		}
		sound, err := base64.StdEncoding.DecodeString(textAt(g.message, "audio", "data"))
		if err != nil || !bytes.Contains(sound, pcm) {
			c.add("the sound is lost or changed (%d bytes, not %d)", len(sound), len(pcm))
		}
	}
}

func (c *comparison) extras(w *wantChoice, g *gotChoice) {
	for _, extra := range w.extras {
		if !found(g.all, extra) {
			c.add("lost: %q", clip(extra, 80))
		}
	}
	for _, sig := range w.signatures {
		if !foundBase64(g.all, sig) {
			c.add("a thought signature on a part without a call is lost: %q", clip(sig, 40))
		}
	}
	switch w.native {
	case "", "STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED":
	default:
		if !found(g.all, w.native) {
			c.add("the native reason %s is lost", w.native)
		}
	}
}

// citations must say where in the content, in characters, the cited text is.
func (c *comparison) citations(w *wantChoice, g *gotChoice) {
	content, _ := g.message["content"].(string)
	points := []rune(content)
	notes := listAt(g.message, "annotations")
	for _, cite := range w.citations {
		if cite.text == "" || !strings.Contains(content, cite.text) {
			continue
		}
		ok := slices.ContainsFunc(notes, func(n any) bool {
			start, end := int(intAt(n, "url_citation", "start_index")), int(intAt(n, "url_citation", "end_index"))
			return textAt(n, "type") == "url_citation" && textAt(n, "url_citation", "url") == cite.url &&
				start >= 0 && start <= end && end <= len(points) && string(points[start:end]) == cite.text
		})
		if !ok {
			c.add("no annotation cites %q for %q", clip(cite.url, 60), clip(cite.text, 60))
		}
	}
}

func (c *comparison) logprobs(w *wantChoice, g *gotChoice) {
	got := listAt(g.logprobs, "content")
	if len(got) != len(w.logprobs) {
		c.add("%d logprobs, not %d", len(got), len(w.logprobs))
		return
	}
	for i, l := range w.logprobs {
		if textAt(got[i], "token") != l.token || !sameNumber(fmt.Sprint(at(got[i], "logprob")), l.value) {
			c.add("logprob %d is %v, not %q %s", i, got[i], l.token, l.value)
			return
		}
		if len(listAt(got[i], "bytes")) != len(l.token) {
			c.add("logprob %d: bytes do not spell %q", i, l.token)
		}
		var top []string
		for _, t := range listAt(got[i], "top_logprobs") {
			top = append(top, textAt(t, "token"))
		}
		if !slices.Equal(top, l.top) {
			c.add("top_logprobs %d are %q, not %q", i, top, l.top)
			return
		}
	}
}

func (c *comparison) usage(w *wantUsage, got any) {
	if w == nil {
		if intAt(got, "total_tokens") != 0 {
			c.add("usage made up: %v", got)
		}
		return
	}
	if got == nil {
		c.add("no usage")
		return
	}
	for _, n := range []struct {
		path []any
		want int64
	}{
		{[]any{"prompt_tokens"}, w.prompt},
		{[]any{"completion_tokens"}, w.completion},
		{[]any{"total_tokens"}, w.total},
		{[]any{"prompt_tokens_details", "cached_tokens"}, w.cached},
		{[]any{"prompt_tokens_details", "audio_tokens"}, w.promptAudio},
		{[]any{"completion_tokens_details", "reasoning_tokens"}, w.reasoning},
		{[]any{"completion_tokens_details", "audio_tokens"}, w.completionAudio},
	} {
		if have := intAt(got, n.path...); have != n.want {
			c.add("usage %v is %d, not %d", n.path, have, n.want)
		}
	}
}

// eachString visits every string inside a value with the key it stands under.
func eachString(v any, visit func(key, s string)) { eachStringUnder("", v, visit) }

func eachStringUnder(key string, v any, visit func(key, s string)) {
	switch v := v.(type) {
	case string:
		visit(key, v)
	case []any:
		for _, e := range v {
			eachStringUnder(key, e, visit)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			eachStringUnder(k, v[k], visit)
		}
	}
}

// found reports whether the text stands in some string of the value.
func found(v any, text string) bool {
	hit := false
	eachString(v, func(_, s string) { hit = hit || strings.Contains(s, text) })
	return hit
}

func foundBase64(v any, data string) bool {
	hit := false
	eachString(v, func(_, s string) { hit = hit || s == data || sameBase64(s, data) })
	return hit
}

func sameBase64(a, b string) bool {
	if a == b {
		return true
	}
	// Both alphabets are in use, with and without padding.
	norm := strings.NewReplacer("-", "+", "_", "/", "=", "")
	return a != "" && norm.Replace(a) == norm.Replace(b)
}

func sameNumber(a, b string) bool {
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok1 && ok2 && x.Cmp(y) == 0
}

// sameTokens compares two JSON texts token by token: the same keys in the same
// order, the same numbers to the last digit. Spaces and escapes may differ.
func sameTokens(a, b []byte) error {
	x, y := json.NewDecoder(bytes.NewReader(a)), json.NewDecoder(bytes.NewReader(b))
	x.UseNumber()
	y.UseNumber()
	for {
		s, err1 := x.Token()
		t, err2 := y.Token()
		if errors.Is(err1, io.EOF) && errors.Is(err2, io.EOF) {
			return nil
		}
		if err1 != nil {
			return fmt.Errorf("left: %w", err1)
		}
		if err2 != nil {
			return fmt.Errorf("right: %w", err2)
		}
		if s != t {
			return fmt.Errorf("%v is not %v", s, t)
		}
	}
}
