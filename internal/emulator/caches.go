package emulator

import (
	"net/http"
	"strings"
	"time"

	"github.com/gemway/gemway/gemini"
	"github.com/go-json-experiment/json"
)

// leastCached is the fewest tokens a cache takes; recorded for 2.5 Flash.
const leastCached = 1024

// cache is a cachedContent.
type cache struct {
	Name          string     `json:"name"`
	Model         string     `json:"model"`
	CreateTime    string     `json:"createTime"`
	UpdateTime    string     `json:"updateTime"`
	ExpireTime    string     `json:"expireTime"`
	DisplayName   string     `json:"displayName"` // there even when empty; recorded
	UsageMetadata cacheUsage `json:"usageMetadata"`

	model   string
	content *chat
	tokens  tokenCount
	expires time.Time
}

type cacheUsage struct {
	TotalTokenCount int64 `json:"totalTokenCount"`
}

// cacheRequest is what is sent to make or change one.
type cacheRequest struct {
	Model       string `json:"model"`
	DisplayName string `json:"displayName"`
	TTL         string `json:"ttl"`
	ExpireTime  string `json:"expireTime"`
}

// createCache serves the making of cachedContents.
func (e *Emulator) createCache(c *call) *Error {
	canonical, req, err := e.readCache(c)
	if err != nil {
		return err
	}
	if req.Model == "" {
		return invalid("* CreateCachedContentRequest.cached_content.model: model is not specified\n") // UNCONFIRMED wording
	}
	c.model = req.Model[strings.LastIndexByte(req.Model, '/')+1:]
	model, err := e.resolve(c, "createCachedContent")
	if err != nil {
		return err
	}
	ch := &chat{model: model, vertex: c.vertex}
	if err := ch.read(withoutCacheFields(canonical)); err != nil {
		return err
	}
	for _, rule := range []func(*chat) *Error{rolesKnown, partsGiven, systemInstructionTaken, functionsTaken, functionNames, functionSchemas} {
		if err := rule(ch); err != nil {
			return err
		}
	}
	if err := e.readTurns(ch); err != nil {
		return err
	}
	ch.count()
	if n := ch.prompt.total(); n < leastCached {
		return invalid("Cached content is too small. total_token_count=%d, min_total_token_count=%d", n, leastCached)
	}
	now := e.config.Now()
	k := &cache{
		Model:         "models/" + c.model,
		CreateTime:    stamp(now),
		UpdateTime:    stamp(now),
		DisplayName:   req.DisplayName,
		UsageMetadata: cacheUsage{ch.prompt.total()},
		model:         model.ID,
		content:       ch,
		tokens:        ch.prompt,
		expires:       now.Add(time.Hour),
	}
	if err := k.expire(req, now); err != nil {
		return err
	}
	e.mu.Lock()
	e.made++
	k.Name = "cachedContents/" + identify(canonical).of("cache", e.made).name(24)
	const mostCaches = 1000
	if len(e.caches.order) >= mostCaches {
		e.caches.remove(e.caches.order[0])
	}
	e.caches.put(k.Name, k)
	out := *k
	e.mu.Unlock()
	return c.write(&out)
}

func (e *Emulator) readCache(c *call) ([]byte, *cacheRequest, *Error) {
	body, err := e.body(c, e.config.MaxRequest)
	if err != nil {
		return nil, nil, err
	}
	canonical, err := e.decode(body, "CachedContent", c.vertex)
	if err != nil {
		return nil, nil, err
	}
	req := &cacheRequest{}
	if err := json.Unmarshal(canonical, req); err != nil {
		return nil, nil, invalid("Invalid JSON payload received. %v", err)
	}
	return canonical, req, nil
}

// withoutCacheFields leaves what a cache has in common with a chat request.
func withoutCacheFields(canonical []byte) []byte {
	n := parse(canonical)
	out := node{value: []byte("{")}
	for _, m := range n.members {
		switch m.name {
		case "contents", "systemInstruction", "tools", "toolConfig":
			out.members = append(out.members, m)
		}
	}
	return out.appendTo(nil)
}

// expire sets when the cache ends.
func (k *cache) expire(req *cacheRequest, now time.Time) *Error {
	if d, ok := seconds(req.TTL); ok {
		k.expires = now.Add(d)
	}
	if t, err := time.Parse(time.RFC3339Nano, req.ExpireTime); err == nil {
		k.expires = t
	}
	if !k.expires.After(now) { // UNCONFIRMED wording
		return invalid("The expiration time of CachedContent has to be in the future.")
	}
	k.ExpireTime = stamp(k.expires)
	return nil
}

// findCache returns a cache that has not expired. Status and wording: recorded.
// The caller holds e.mu.
func (e *Emulator) findCache(name string) (*cache, *Error) {
	k, ok := e.caches.get("cachedContents/" + name)
	if !ok || e.config.Now().After(k.expires) {
		e.caches.remove("cachedContents/" + name)
		return nil, refusal(http.StatusForbidden, statusDenied, "CachedContent not found (or permission denied)")
	}
	return k, nil
}

// getCache serves cachedContents/{id}.
func (e *Emulator) getCache(c *call) *Error {
	e.mu.Lock()
	k, err := e.findCache(c.name)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	out := *k
	e.mu.Unlock()
	return c.write(&out)
}

// updateCache serves PATCH: only the end of life can be changed.
func (e *Emulator) updateCache(c *call) *Error {
	canonical, req, err := e.readCache(c)
	if err != nil {
		return err
	}
	for _, m := range parse(canonical).members {
		if m.name != "ttl" && m.name != "expireTime" && m.name != "name" { // UNCONFIRMED wording; documented
			return invalid("Only ttl and expire_time of CachedContent can be updated, not %s.", m.name)
		}
	}
	e.mu.Lock()
	k, err := e.findCache(c.name)
	if err == nil {
		now := e.config.Now()
		k.UpdateTime = stamp(now)
		err = k.expire(req, now)
	}
	if err != nil {
		e.mu.Unlock()
		return err
	}
	out := *k
	e.mu.Unlock()
	return c.write(&out)
}

// deleteCache serves the deletion; the second time it is gone: 403, recorded.
func (e *Emulator) deleteCache(c *call) *Error {
	e.mu.Lock()
	k, err := e.findCache(c.name)
	if err == nil {
		e.caches.remove(k.Name)
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	return c.write(struct{}{})
}

// listCaches serves the list.
func (e *Emulator) listCaches(c *call) *Error {
	e.mu.Lock()
	var all []cache
	for _, k := range e.caches.all() {
		if !e.config.Now().After(k.expires) {
			all = append(all, *k)
		}
	}
	e.mu.Unlock()
	q := c.r.URL.Query()
	list, next, err := page(all, query(q, "pageSize", "page_size"), query(q, "pageToken", "page_token"), 50, 1000)
	if err != nil {
		return err
	}
	return c.write(struct {
		CachedContents []cache `json:"cachedContents,omitempty"`
		NextPageToken  string  `json:"nextPageToken,omitempty"`
	}{list, next})
}

// loadCache finds the cache a request builds on.
func (e *Emulator) loadCache(ch *chat) *Error {
	if ch.CachedContent == "" {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k, err := e.findCache(strings.TrimPrefix(ch.CachedContent, "cachedContents/"))
	if err != nil {
		return err
	}
	kept := *k
	ch.cache = &kept
	return nil
}

// useCache puts the cache's contents before those of the request.
func (ch *chat) useCache() {
	if ch.cache == nil {
		return
	}
	from := ch.cache.content
	ch.system = from.system
	ch.turns = append(append([]turn(nil), from.turns...), ch.turns...)
	req := *ch.GenerateContentRequest
	req.Contents = append(append([]gemini.Content(nil), from.Contents...), req.Contents...)
	req.Tools, req.ToolConfig = from.Tools, from.ToolConfig
	ch.GenerateContentRequest = &req
}
