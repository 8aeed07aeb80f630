package replay_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestModels replays recorded lists of models, all pages of them.
func TestModels(t *testing.T) {
	if !served("GET", "/v1/models") {
		fmt.Println("replay: model lists are not served yet")
		t.Log("not served yet: /v1/models")
		return
	}
	all, full := loadCorpus(t)
	except, shapes := loadExceptions(t), loadShapes(t)
	pages := map[string][]*exchange{}
	var order []string
	for _, e := range all {
		path, _, _ := strings.Cut(e.Upstream.Path, "?")
		if e.Surface == "gemini" && path == "/v1beta/models" {
			name := e.ID[:strings.LastIndex(e.ID, "--")]
			if strings.HasPrefix(e.ID, "llm-gemini--") {
				name = e.ID // two calls of one list, not two pages
			}
			if pages[name] == nil {
				order = append(order, name)
			}
			pages[name] = append(pages[name], e)
		}
	}
	if len(order) == 0 {
		t.Fatal("no recorded lists of models")
	}
	var held tally
	for i, name := range order {
		held.of++
		if except.judge(t, name, "models", playModels(fmt.Sprintf("models-%d", i), pages[name], shapes)) {
			held.held++
		}
	}
	if full {
		except.stale(t, "models")
	}
	fmt.Printf("replay: model lists %v\n", held)
}

func playModels(key string, pages []*exchange, shapes *shapes) []string {
	upstream.expect(key, &reply{serve: func(w http.ResponseWriter, got sent) { serveModels(w, got, pages) }})
	defer upstream.take(key)
	r, err := gemway.call("GET", "/v1/models", key, nil)
	if err != nil {
		return []string{err.Error()}
	}
	if status := pages[0].Response.Status; status != 200 {
		return compare(expectError(status, pages[0].body()), readAnswer(r, shapes))
	}
	c := &comparison{}
	v, err := decode(r.body)
	if err != nil || r.status != 200 {
		return []string{fmt.Sprintf("status %d: %s", r.status, clip(string(r.body), 300))}
	}
	if err := shapes.models.Validate(v); err != nil {
		c.add("shape: %v", err)
	}
	ids := map[string]bool{}
	for _, m := range listAt(v, "data") {
		id := textAt(m, "id")
		if ids[id] {
			c.add("%s is listed twice", id)
		}
		ids[id] = true
		if strings.HasPrefix(id, "models/") || intAt(m, "created") <= 0 || textAt(m, "owned_by") == "" {
			c.add("listed as %v", m)
		}
	}
	for _, page := range pages {
		native, err := decode(page.body())
		if err != nil {
			return append(c.problems, err.Error())
		}
		for i, m := range listAt(native, "models") {
			id := strings.TrimPrefix(textAt(m, "name"), "models/")
			if !ids[id] {
				c.add("%s is not listed", id)
			}
			if i < 3 {
				c.oneModel(key, id, shapes)
			}
		}
	}
	return c.problems
}

// oneModel asks for a model under its id and under Google's name for it.
func (c *comparison) oneModel(key, id string, shapes *shapes) {
	for _, path := range []string{"/v1/models/" + id, "/v1/models/" + url.PathEscape("models/"+id), "/v1beta/openai/models/models/" + id} {
		r, err := gemway.call("GET", path, key, nil)
		if err != nil {
			c.add("%v", err)
			continue
		}
		v, err := decode(r.body)
		if err != nil || r.status != 200 {
			c.add("%s: status %d: %s", path, r.status, clip(string(r.body), 200))
			continue
		}
		if err := shapes.model.Validate(v); err != nil {
			c.add("%s: shape: %v", path, err)
		}
		if textAt(v, "id") != id {
			c.add("%s has id %v", path, at(v, "id"))
		}
	}
}

// serveModels gives the page asked for, or one model out of the pages.
func serveModels(w http.ResponseWriter, got sent, pages []*exchange) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if pages[0].Response.Status != 200 {
		w.WriteHeader(pages[0].Response.Status)
		write(w, pages[0].body())
		return
	}
	if name, ok := strings.CutPrefix(got.path, "/v1beta/models/"); ok {
		for _, page := range pages {
			v, err := decode(page.body())
			if err != nil {
				continue
			}
			for _, m := range listAt(v, "models") {
				if textAt(m, "name") == "models/"+name {
					write(w, []byte(canonical(m)))
					return
				}
			}
		}
		w.WriteHeader(http.StatusNotFound)
		write(w, []byte(`{"error":{"code":404,"message":"Model is not found","status":"NOT_FOUND"}}`))
		return
	}
	query, err := url.ParseQuery(got.query)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, page := range pages {
		_, recorded, _ := strings.Cut(page.Upstream.Path, "?")
		asked, err := url.ParseQuery(recorded)
		if err == nil && asked.Get("pageToken") == query.Get("pageToken") {
			write(w, page.body())
			return
		}
	}
	http.Error(w, "no such page", http.StatusBadRequest)
}
