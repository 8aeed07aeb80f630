package server_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/server"
	"github.com/go-json-experiment/json"
)

// The tests named T… are the attacks of the threat model on paths, headers,
// ids and the transport.

// endpoints are the routes that take a body.
var endpoints = []string{"/v1/chat/completions", "/v1/embeddings", "/v1/images/generations"}

// T022: nothing takes multipart. It is refused as what it says it is, and as
// JSON when it does not say so; no file is written anywhere.
func TestT022Multipart(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	v := newVictim(t, nil)
	part := func(headers, body string) string { return "--x\r\n" + headers + "\r\n\r\n" + body + "\r\n" }
	const file = `Content-Disposition: form-data; name="file"; filename=`
	for name, body := range map[string]string{
		"many parts":  strings.Repeat(part(`Content-Disposition: form-data; name="a"`, "b"), 100_000) + "--x--\r\n",
		"no end":      part(file+`"a.png"`, strings.Repeat("a", 1<<20)),
		"long header": part(file+`"`+strings.Repeat("a", 1<<20)+`"`, "b") + "--x--\r\n",
		"two files":   part(file+`"a"`, "b") + part(file+`"a"`, "c") + "--x--\r\n",
		"path":        part(file+`"../../x"`, "b") + "--x--\r\n",
		"NUL":         part(file+"\"x\x00.png\"", "b") + "--x--\r\n",
		"JSON inside": part(`Content-Disposition: form-data; name="model"`, normal) + "--x--\r\n",
	} {
		for _, path := range append(endpoints, "/v1/images/edits", "/v1/files", "/v1/audio/transcriptions") {
			for _, ct := range []string{"multipart/form-data; boundary=x", "multipart/form-data", "multipart/mixed; boundary=" + strings.Repeat("x", 8<<10), "application/json"} {
				before := v.upstream.Load()
				a := v.do(t, path, strings.NewReader(body), "Content-Type: "+ct)
				status, code := http.StatusUnsupportedMediaType, "unsupported_media_type"
				switch {
				case !strings.HasPrefix(path, "/v1/chat") && path != endpoints[1] && path != endpoints[2]:
					status, code = http.StatusNotFound, "unknown_route"
				case ct == "application/json":
					status, code = http.StatusBadRequest, "invalid_json"
				}
				v.refusal(t, a, before, name+" to "+path+" as "+ct[:15], status, code, "")
			}
		}
	}
	v.refuses(t, normal, http.StatusUnsupportedMediaType, "unsupported_media_type", "", "Content-Type: multipart/form-data; boundary="+strings.Repeat("b", 20<<10))
	v.alive(t)
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) > 0 {
		t.Errorf("files were written: %v, %v", files, err)
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a file was written by the name of a part")
	}
}

// T043: the client does not choose where its request and the server's key go.
func TestT043ClientChosenUpstream(t *testing.T) {
	var hits atomic.Int64
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer evil.Close()
	v := newVictim(t, nil)
	host := strings.TrimPrefix(evil.URL, "http://")
	for _, headers := range [][]string{
		{"X-Goog-Host: " + host},
		{"X-Gemini-Base-Url: " + evil.URL},
		{"X-Forwarded-Host: " + host},
		{"X-Upstream: " + evil.URL},
		{"X-Portkey-Custom-Host: " + evil.URL},
		{"Helicone-Target-Url: " + evil.URL},
		{"Forwarded: host=" + host},
		{"X-Original-Url: " + evil.URL},
		{"X-Base-Url: " + evil.URL},
		{"Api-Base: " + evil.URL},
	} {
		v.passes(t, normal, headers...)
	}
	for _, member := range []string{"base_url", "api_base", "api_url", "endpoint", "host", "proxy", "callback", "webhook"} {
		v.passes(t, with(`"`+member+`":"`+evil.URL+`"`))
		up := v.passes(t, with(`"extra_body":{"`+member+`":"`+evil.URL+`"}`))
		if strings.Contains(up, host) {
			t.Errorf("%s: it went upstream: %s", member, up)
		}
	}
	for _, model := range []string{evil.URL, evil.URL + "/v1beta/models/gemini-2.5-flash", "//" + host + "/x", "http:" + host, host + "/gemini-2.5-flash", "gemini-2.5-flash@" + host} {
		body := strings.Replace(normal, "gemini-2.5-flash", model, 1)
		a := v.do(t, "/v1/chat/completions", strings.NewReader(body))
		if a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
			// What looks like a version of a known model goes to the one upstream
			// there is, by that name.
			t.Errorf("model %q: %d", model, a.status)
		}
	}
	v.alive(t)
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests went where a client wanted", n)
	}
}

// T045: the name of a model becomes one segment of a path, or the model is not
// there.
func TestT045ModelNames(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.Method+" "+r.RequestURI)
		mu.Unlock()
		hello(w, r)
	}), setup{keys: []string{"k"}})
	names := []string{
		"models/../", "../x", "..%2f..%2fx", "%2e%2e", "gemini-2.5-flash/../x", "a/b", "gemini-2.5-flash?key=x", "gemini-2.5-flash#", "gemini-2.5-flash:streamGenerateContent",
		"gemini-2.5-flash:generateContent", "..", ".", "/", "//", "models/", "models/models/", "tunedModels/x", "cachedContents/x", "gemini-2.5-flash\\..\\x", "gemini-2.5-flash%00", "gemini 2.5 flash",
		strings.Repeat("gemini-", 1500), "gemini-2.5-flash;x", "gemini-2.5-flash&alt=sse", "géminî-2.5-flash", "gemini-2.5-flash\u2028", "publishers/../models/x",
	}
	for _, name := range names {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range endpoints {
			body := `{"model":` + string(quoted) + `,"messages":[{"role":"user","content":"q"}],"input":"q","prompt":"q"}`
			a := g.call(t, http.MethodPost, path, body)
			if f := faultOf(t, a); a.status != http.StatusNotFound || *f.Code != "model_not_found" {
				t.Errorf("%q at %s: %d %s", name, path, a.status, a.body)
			}
		}
	}
	if len(paths) > 0 {
		t.Errorf("upstream was asked for %q", paths)
	}
	// The same names in the path of the route, written as no client would.
	for _, target := range []string{
		"/v1/models/../../x", "/v1/models/..%2f..%2fx", "/v1/models/%2e%2e/x", "/v1/models/a%00b", "/v1/models/a%0d%0aX-Evil:%201", "/v1/models/gemini-2.5-flash%3Fkey=x", "/v1/models/gemini-2.5-flash:streamGenerateContent",
		"/v1/models/" + strings.Repeat("a", 10<<10),
	} {
		c := g.dial(t)
		write(t, c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target)
		head, _, _ := strings.Cut(ends(t, c), "\r\n\r\n")
		if !strings.HasPrefix(head, "HTTP/1.1 404 ") || strings.Contains(head, "X-Evil") {
			t.Errorf("%.80s: %s", target, head)
		}
	}
	for _, p := range paths {
		if !regexp.MustCompile(`^GET /v1beta/models(\?pageSize=\d+)?$`).MatchString(p) {
			t.Errorf("upstream was asked for %q", p)
		}
	}
}

// T046: nothing of a client's gets into the headers of an answer but a harmless
// request id, and names of parameters in plain ASCII.
func TestT046HeaderInjection(t *testing.T) {
	v := newVictim(t, nil)
	for _, id := range []string{"a\tb", "a b", "é", strings.Repeat("a", 65), "a;b", `a"b`, "a/b", "<script>", "a,b", " ", "%0d%0aX-Evil:1"} {
		a := v.do(t, "/v1/chat/completions", strings.NewReader(normal), "X-Request-Id: "+id)
		if got := a.header.Get("X-Request-Id"); !regexp.MustCompile(`^req_[a-z0-9]{20,}$`).MatchString(got) {
			t.Errorf("the id %q became %q", id, got)
		}
	}
	for _, id := range []string{"a", "A-1_b.c", strings.Repeat("a", 64)} {
		if a := v.do(t, "/v1/chat/completions", strings.NewReader(normal), "X-Request-Id: "+id); a.header.Get("X-Request-Id") != id {
			t.Errorf("the id %q became %q", id, a.header.Get("X-Request-Id"))
		}
	}
	const evil = `CANARY\r\nX-Evil: 1`
	for _, body := range []string{
		strings.Replace(normal, "gemini-2.5-flash", evil, 1), with(`"user":"` + evil + `"`), with(`"metadata":{"` + evil + `":"` + evil + `"}`), with(`"store":"` + evil + `"`),
		messages(1, `[{"type":"text","text":"`+evil+`"},{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0xLjQK","filename":"`+evil+`"}}]`),
		with(`"service_tier":"` + evil + `"`), with(`"tools":[{"type":"` + evil + `"}]`), with(`"reasoning_effort":"` + evil + `"`),
	} {
		a := v.do(t, "/v1/chat/completions", strings.NewReader(body), "OpenAI-Organization: CANARY", "OpenAI-Project: CANARY", "X-Echo: CANARY")
		for name, values := range a.header {
			if strings.Contains(name+strings.Join(values, ""), "CANARY") || name == "X-Evil" {
				t.Errorf("%.100s: %s: %q", body, name, values)
			}
		}
	}
	a := v.do(t, "/v1/chat/completions", strings.NewReader(with(`"odd\r\nX-Evil: 1é":1`)))
	if got := a.header.Get("X-Gemway-Ignored"); got != "odd??X-Evil: 1?" || a.header.Get("X-Evil") != "" {
		t.Errorf("ignored: %q", got)
	}
	v.alive(t)
}

// T049: a file that is not there and one that is not the client's to guess are
// the same, and names cannot be guessed.
func TestT049GuessedIDs(t *testing.T) {
	const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, native(`{"inlineData":{"mimeType":"image/png","data":"`+picture+`"}}`, "STOP"))
	}), setup{keys: []string{"k"}, server: func(c *server.Config) { c.PublicURL = "https://gemway.example" }})
	seen := map[string]bool{}
	var name string
	for range 20 {
		a := g.call(t, http.MethodPost, "/v1/images/generations", `{"model":"gemini-2.5-flash-image","prompt":"q","response_format":"url"}`)
		m := regexp.MustCompile(`"https://gemway\.example/v1/images/files/([a-z2-7]{26})\.png"`).FindStringSubmatch(string(a.body)) // 5 bits each
		if m == nil || seen[m[1]] {
			t.Fatalf("%d %s", a.status, a.body)
		}
		seen[m[1]], name = true, m[1]
	}
	want, err := base64.StdEncoding.DecodeString(picture)
	if err != nil {
		t.Fatal(err)
	}
	if a := g.call(t, http.MethodGet, "/v1/images/files/"+name+".png", ""); string(a.body) != string(want) {
		t.Fatalf("%d %q", a.status, a.body)
	}
	missing := g.call(t, http.MethodGet, "/v1/images/files/none", "")
	for _, guess := range []string{
		name, name + ".PNG", strings.ToUpper(name) + ".png", name[:25] + "a.png", name + ".png/", name + ".png%00", "..%2f" + name + ".png", "'%20OR%201=1--", "%25", "*", "1", "0", "-1", "%2e%2e%2fmodels", strings.Repeat("a", 4096),
	} {
		if guess == name[:25]+"a.png" && seen[name[:25]+"a"] || guess == name+".png/" {
			continue // the name itself
		}
		a := g.call(t, http.MethodGet, "/v1/images/files/"+guess, "")
		if a.status != http.StatusNotFound || string(a.body) != string(missing.body) {
			t.Errorf("%s: %d %s", guess, a.status, a.body)
		}
	}
}

// T050: lists take no limits and cursors: whatever is asked, the list is whole.
func TestT050Lists(t *testing.T) {
	v := newVictim(t, nil)
	list := func(query string) (int, string) {
		a := v.call(t, http.MethodGet, "/v1/models"+query, "")
		return a.status, string(a.body)
	}
	status, want := list("")
	if status != http.StatusOK || !strings.Contains(want, "gemini-2.5-flash") {
		t.Fatalf("%d %s", status, want)
	}
	for _, query := range []string{"?limit=-1", "?limit=0", "?limit=1000000000", "?limit=x", "?after=another", "?before=%00", "?search=%25%25%25%25", "?order=;drop", "?" + strings.Repeat("a=b&", 2000)} {
		if status, got := list(query); status != http.StatusOK || got != want {
			t.Errorf("%.40s: %d, another list of %d bytes", query, status, len(got))
		}
	}
}

// T052: no header but the key says who a client is.
func TestT052IdentityHeaders(t *testing.T) {
	g := withClients(t, nil)
	identity := []string{
		"X-User: admin", "X-Admin: 1", "OpenAI-Organization: org-admin", "OpenAI-Project: p", "X-Forwarded-User: admin", "X-Remote-User: admin", "X-Auth-Request-User: admin",
		"X-Api-User: admin", "X-Role: admin", "X-Tenant-Id: other", "X-Goog-Authenticated-User-Email: a@b", "Cf-Access-Authenticated-User-Email: a@b", "X-Gemway-Caller: other", "From: a@b",
	}
	for _, path := range append(endpoints, "/v1/models") {
		method := http.MethodPost
		if path == "/v1/models" {
			method = http.MethodGet
		}
		if a := g.with(t, method, path, question, identity...); a.status != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d", path, a.status)
		}
	}
	for _, headers := range [][]string{nil, identity} {
		if a := g.with(t, http.MethodPost, "/v1/chat/completions", question, append(headers, "Authorization: Bearer "+right)...); a.status != http.StatusOK {
			t.Errorf("with the key: %d", a.status)
		}
	}
	callers := map[string]bool{}
	for _, m := range regexp.MustCompile(`status=200 .*caller=(\S+)`).FindAllStringSubmatch(g.awaits(t, "status=200"), -1) {
		callers[m[1]] = true
	}
	if len(callers) != 1 {
		t.Errorf("one key was taken for %d callers: %v", len(callers), callers)
	}
}

// T071: answers are not kept by caches, nor taken for another type.
func TestT071Headers(t *testing.T) {
	v := newVictim(t, nil)
	for _, request := range [][3]string{
		{"POST", "/v1/chat/completions", normal},
		{"POST", "/v1/chat/completions", "{"},
		{"GET", "/v1/models", ""},
		{"GET", "/v1/models/none", ""},
		{"GET", "/v1/none", ""},
		{"DELETE", "/v1/models", ""},
		{"POST", "/v1/embeddings", "{}"},
		{"POST", "/v1/images/generations", "{}"},
		{"GET", "/metrics", ""},
		{"GET", "/healthz", ""},
		{"GET", "/readyz", ""},
	} {
		a := v.call(t, request[0], request[1], request[2])
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v: %v", request, a.header)
		}
	}
	a := v.call(t, "POST", "/v1/chat/completions", with(`"stream":true`))
	if !strings.Contains(a.header.Get("Cache-Control"), "no-") {
		t.Errorf("a stream: %v", a.header)
	}
}

// T072: a page whose name is made to lead to this machine gets nothing of a
// server that answers with its own credentials.
func TestT072Rebinding(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(hello), setup{keys: []string{"server-key"}})
	port := g.url[strings.LastIndex(g.url, ":"):]
	for _, name := range []string{"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "a.localhost", "gemway"} {
		for _, path := range endpoints {
			a := g.with(t, "POST", path, question, "Host: "+name+port, "Origin: http://"+name+port)
			if f := faultOf(t, a); a.status != http.StatusForbidden || *f.Code != "origin_not_allowed" {
				t.Errorf("%s of %s: %d %s", path, name, a.status, a.body)
			}
		}
	}
	if a := g.with(t, "POST", endpoints[0], question, "Origin: "+g.url); a.status != http.StatusOK {
		t.Errorf("the server's own page: %d", a.status)
	}
}

// T076: of requests that two programs could read differently one reading is
// taken, or none; and whatever is inside them, upstream gets requests that are
// built anew.
func TestT076Smuggling(t *testing.T) {
	var mu sync.Mutex
	var arrived []string
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		arrived = append(arrived, fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.TransferEncoding, r.ContentLength == int64(len(b)), r.Header))
		mu.Unlock()
		hello(w, r)
	}), setup{keys: []string{"k"}})
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(question), question)
	const post = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Smuggled: CANARY\r\nConnection: close\r\n"
	for name, c := range map[string]struct{ request, want string }{
		"two lengths":            {post + "Content-Length: 3\r\nContent-Length: 5\r\n\r\n{}", "400"},
		"list of lengths":        {post + "Content-Length: 3, 5\r\n\r\n{}", "400"},
		"negative length":        {post + "Content-Length: -1\r\n\r\n", "400"},
		"plus length":            {post + "Content-Length: +2\r\n\r\n{}", "400"},
		"another coding":         {post + "Transfer-Encoding: xchunked\r\n\r\n", "501"},
		"two codings":            {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunked, "501"},
		"coding behind":          {post + "Transfer-Encoding: chunked, gzip\r\n\r\n" + chunked, "501"},
		"vertical tab":           {post + "Transfer-Encoding: \vchunked\r\n\r\n" + chunked, "400"},
		"space before the colon": {post + "Transfer-Encoding : chunked\r\n\r\n" + chunked, "400"},
		"folded":                 {post + "Transfer-Encoding:\r\n chunked\r\n\r\n" + chunked, ""},
		"underscore":             {post + "Transfer_Encoding: chunked\r\nContent-Length: 0\r\n\r\n", "400"},
		"bare line feed":         {post + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\n%s\n0\n\n", len(question), question), ""},
		"long extension":         {post + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x;%s\r\n%s\r\n0\r\n\r\n", len(question), strings.Repeat("a", 20<<10), question), "400"},
		"no number":              {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "400"},
		"old and chunked":        {strings.Replace(post, "1.1", "1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n" + chunked, ""},
		"control in a header":    {post + "X: a\x00b\r\nContent-Length: 2\r\n\r\n{}", "400"},
	} {
		mu.Lock()
		arrived = nil
		mu.Unlock()
		conn := g.dial(t)
		write(t, conn, "%s", c.request)
		answer := ends(t, conn)
		if c.want != "" && !strings.HasPrefix(answer, "HTTP/1.1 "+c.want+" ") {
			t.Errorf("%s: %.200q, want %s", name, answer, c.want)
		}
		if !strings.HasPrefix(answer, "HTTP/1.") || strings.Count(answer, "HTTP/1.") != 1 {
			t.Errorf("%s: %.300q, want one answer", name, answer)
		}
		mu.Lock()
		if ok := strings.HasPrefix(answer, "HTTP/1.1 200") || strings.HasPrefix(answer, "HTTP/1.0 200"); len(arrived) > 0 != ok || len(arrived) > 1 {
			t.Errorf("%s: %d requests upstream for %.40q", name, len(arrived), answer)
		}
		mu.Unlock()
	}
	// A length beside chunks: read as chunks, and what follows is a request of
	// its own, with an answer of its own. A proxy in front has to agree.
	mu.Lock()
	arrived = nil
	mu.Unlock()
	conn := g.dial(t)
	write(t, conn, "%s", strings.Replace(post, "Connection: close\r\n", "", 1)+"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"+chunked+"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	r := bufio.NewReader(conn)
	for _, want := range []string{`"chat.completion"`, "ok"} {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			if want == "ok" { // or the connection ends with the doubtful request
				break
			}
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(b), want) {
			t.Errorf("%d %s, %v", resp.StatusCode, b, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(arrived) != 1 || strings.Contains(arrived[0], "CANARY") || strings.Contains(arrived[0], "Smuggled") || !strings.Contains(arrived[0], " [] true ") {
		t.Errorf("upstream got %q", arrived)
	}
}

// T080: HTTP/1.1 it is; nothing changes to another protocol on a connection.
func TestT080Upgrades(t *testing.T) {
	v := newVictim(t, nil)
	body := fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(normal), normal)
	for name, request := range map[string]string{
		"prior knowledge": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"h2c":             "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n" + body,
		"web socket":      "GET /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"socket by POST":  "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n" + body,
		"realtime":        "GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
		"CONNECT":         "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\nConnection: close\r\n\r\n",
		"TLS":             "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
	} {
		conn := v.dial(t)
		write(t, conn, "%s", request)
		if tcp, ok := conn.(interface{ CloseWrite() error }); ok {
			_ = tcp.CloseWrite()
		}
		answer := ends(t, conn)
		status, _, _ := strings.Cut(answer, "\r\n")
		if strings.Contains(answer, " 101 ") || strings.Contains(answer, "Upgrade: ") && strings.HasPrefix(answer, "HTTP/1.1 2") && name != "h2c" || strings.HasPrefix(answer, "\x00") {
			t.Errorf("%s: %.200q", name, answer)
		}
		if name != "h2c" && name != "socket by POST" && strings.HasPrefix(status, "HTTP/1.1 2") {
			t.Errorf("%s: %s", name, status)
		}
		if alt := regexp.MustCompile(`(?i)alt-svc`).FindString(answer); alt != "" {
			t.Errorf("%s: HTTP/3 is offered", name)
		}
		if strings.Contains(status, "200") || strings.Contains(status, "404") || strings.Contains(status, "405") {
			v.sent++
		}
	}
	time.Sleep(20 * time.Millisecond)
	v.passes(t, normal)
}
