package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/app"
	"github.com/gemway/gemway/internal/config"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// live is an app that serves.
type live struct {
	*app.App
	url, file string
	log       *buffer
	upstream  *httptest.Server
	mistaken  atomic.Bool // makes the reading of the configuration panic
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// run serves a configuration file in front of an upstream until the test ends.
// @ in the file stands for the upstream's URL.
func run(t *testing.T, text string, upstream http.HandlerFunc) *live {
	t.Helper()
	r := &live{upstream: httptest.NewServer(upstream), file: filepath.Join(t.TempDir(), "gemway.yaml"), log: &buffer{}}
	t.Cleanup(r.upstream.Close)
	r.put(t, text)
	load := func() (*config.Config, error) {
		if r.mistaken.Load() {
			panic("mistake")
		}
		return config.Load(config.Source{File: r.file, Environ: os.Environ()})
	}
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	log := app.NewLog(r.log, cfg.Log, true)
	if r.App, err = app.New(cfg, app.Outside{Log: log, Version: "test", Load: load}); err != nil {
		t.Fatal(err)
	}
	addr, err := r.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + addr.String()
	ctx, stop := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, nil) }()
	t.Cleanup(func() {
		stop(app.ErrInterrupted)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(r.log.String())
		}
	})
	return r
}

func (r *live) put(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(r.file, []byte(strings.ReplaceAll(text, "@", r.upstream.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

func fetch(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (r *live) ask(t *testing.T, key string) int {
	t.Helper()
	status, _ := fetch(t, "POST", r.url+"/v1/chat/completions", `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}`, "Authorization: Bearer "+key)
	return status
}

func answer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}`)
}

const base = "listen: 127.0.0.1:0\ngemini: {keys: [server-key], base_url: '@'}\n"

// T118: a configuration that is wrong in any way changes nothing at all.
func TestT118BadReloadChangesNothing(t *testing.T) {
	r := run(t, base+"client_keys: [one]\n", answer)
	if r.ask(t, "one") != 200 || r.ask(t, "two") != 401 {
		t.Fatal("the keys at the start are wrong")
	}
	var many strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&many, "    - {id: m%d}\n", i) // without like: a mistake at the first
	}
	bad := map[string]string{
		"syntax":                       base + "client_keys: [two\n",
		"unknown field":                base + "client_keys: [two]\nclient_keis: [x]\n",
		"missing env":                  base + "client_keys: [two, '${GEMWAY_TEST_NOT_SET}']\n",
		"bad value":                    base + "client_keys: [two]\nserver: {max_n: 0}\n",
		"bad key":                      base + "client_keys: [two, 'sha256:1']\n",
		"no file":                      base + "client_keys: [two]\ncatalog: {file: nowhere.json}\n",
		"no secret":                    base + "client_keys: [two]\nclient_keys_file: nowhere\n",
		"models":                       base + "client_keys: [two]\ncatalog:\n  models:\n    - {id: x, like: nothing}\n",
		"many models":                  base + "client_keys: [two]\ncatalog:\n  models:\n" + many.String(),
		"too large":                    base + "client_keys: [two]\n#" + strings.Repeat("x", 17<<20),
		"client keys without Gemini's": "listen: 127.0.0.1:0\nclient_keys: [two]\n",
		"bad url":                      "listen: 127.0.0.1:0\ngemini: {keys: [k], base_url: 'nonsense'}\nclient_keys: [two]\n",
		"empty":                        "",
		"certificate":                  base + "client_keys: [two]\ntls: {cert_file: nowhere, key_file: nowhere}\n",
		"networks":                     base + "client_keys: [two]\nlimits: {trusted_proxies: [everybody]}\n",
		"alias":                        base + "client_keys: [two]\ncatalog: {aliases: {a: b, b: a}}\n",
	}
	for name, text := range bad {
		r.put(t, text)
		if err := r.Reload(); err == nil {
			t.Errorf("%s: it is accepted", name)
		}
		if r.ask(t, "one") != 200 || r.ask(t, "two") != 401 {
			t.Errorf("%s: the keys have changed", name)
		}
	}
	// The files are looked at meanwhile, so that one may be refused twice. Each
	// refusal is told in both places.
	told := strings.Count(r.log.String(), "the configuration was not reloaded")
	_, text := fetch(t, "GET", r.url+"/metrics", "", "Authorization: Bearer one")
	if told < len(bad) || !strings.Contains(text, fmt.Sprintf("gemway_config_reloads_total{result=\"refused\"} %d\n", told)) {
		t.Errorf("%d lines in the log for %d refusals, and the metrics are %s", told, len(bad), text)
	}
	r.put(t, base+"client_keys: [two]\n")
	if err := r.Reload(); err != nil {
		t.Error(err)
	}
	if r.ask(t, "one") != 401 || r.ask(t, "two") != 200 {
		t.Error("a good one is not used")
	}
}

// A server that is listened to from outside must not lose its client keys by a
// reload that would listen elsewhere, were it a restart.
func TestReloadJudgesTheAddressInUse(t *testing.T) {
	r := run(t, strings.Replace(base, "127.0.0.1:0", ":0", 1)+"client_keys: [one]\n", answer)
	r.put(t, base)
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "listen is :0") {
		t.Errorf("got %v", err)
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	r.url = "http://127.0.0.1:" + port
	if r.ask(t, "any") != 401 {
		t.Error("the server is open")
	}
}

// A request that is under way ends with the configuration it began with.
func TestReloadDropsNothing(t *testing.T) {
	begun, release := make(chan bool), make(chan bool)
	var asked atomic.Int64
	r := run(t, base, func(w http.ResponseWriter, q *http.Request) {
		if asked.Add(1) == 1 {
			begun <- true
			<-release
		}
		answer(w, q)
	})
	got := make(chan int)
	go func() { got <- r.ask(t, "any") }()
	<-begun
	for _, keys := range []string{"[a]", "[b]", "[c]"} {
		r.put(t, base+"client_keys: "+keys+"\n")
		if err := r.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	if r.ask(t, "any") != 401 || r.ask(t, "c") != 200 {
		t.Error("new requests do not have the new keys")
	}
	close(release)
	if status := <-got; status != 200 {
		t.Errorf("the one under way got %d", status)
	}
}

// The file is looked at now and then, and used when it has changed.
func TestFileChangeReloads(t *testing.T) {
	r := run(t, base+"client_keys: [one]\n", answer)
	r.put(t, base+"client_keys: [another]\n")
	for began := time.Now(); r.ask(t, "another") != 200; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("the change is not noticed")
		}
	}
}

// What needs a restart is said, and left as it is.
func TestReloadSaysWhatNeedsARestart(t *testing.T) {
	r := run(t, base, answer)
	r.put(t, base+"log: {format: text}\nsignatures: {max_age: 1h}\n")
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	if log := r.log.String(); !strings.Contains(log, "change with a restart only") || !strings.Contains(log, "signatures.max_age") {
		t.Errorf("the log is %s", log)
	}
}

func TestAdmin(t *testing.T) {
	r := run(t, base+"admin: {listen: '127.0.0.1:0'}\n", answer)
	url := adminURL(t, r)
	r.ask(t, "any")
	for path, want := range map[string]string{
		"/metrics":                  "gemway_keys{state=\"ready\"} 1\n",
		"/keys":                     `"state": "ready"`,
		"/config":                   `"key": "upstream.dial"`,
		"/debug/pprof/":             "goroutine",
		"/debug/pprof/heap?debug=1": "heap profile",
	} {
		status, body := fetch(t, "GET", url+path, "")
		if status != 200 || !strings.Contains(body, want) || strings.Contains(body, "server-key") {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
	}
	for name, headers := range map[string][]string{
		"a page":         {"Origin: http://evil.example"},
		"another site":   {"Sec-Fetch-Site: cross-site"},
		"a name made up": {"Host: evil.example"},
	} {
		if status, _ := fetch(t, "GET", url+"/keys", "", headers...); status != 403 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := fetch(t, "POST", url+"/reload", ""); status != 204 {
		t.Errorf("reload: %d", status)
	}
	// T122: nothing of it is on the listener for clients.
	for _, path := range []string{"/debug/pprof/", "/keys", "/config", "/debug/vars"} {
		if status, _ := fetch(t, "GET", r.url+path, ""); status != 404 {
			t.Errorf("%s is served to clients: %d", path, status)
		}
	}
}

func TestAdminToken(t *testing.T) {
	r := run(t, base+"admin: {listen: '127.0.0.1:0', token: secret-token}\n", answer)
	url := adminURL(t, r)
	for header, want := range map[string]int{"X: y": 401, "Authorization: Bearer secret-toke": 401, "Authorization: Bearer secret-token": 200} {
		if status, body := fetch(t, "GET", url+"/keys", "", header); status != want || strings.Contains(body, "secret-token") {
			t.Errorf("%s: %d %s", header, status, body)
		}
	}
}

func adminURL(t *testing.T, r *live) string {
	t.Helper()
	for began := time.Now(); r.AdminAddr() == nil; time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("there is no admin listener")
		}
	}
	return "http://" + r.AdminAddr().String()
}

// T079: HTTPS from 1.2 on; a renewed certificate is used after a reload, an
// unreadable one refuses it.
func TestT079TLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certificate(t, cert, key, 1)
	r := run(t, base+fmt.Sprintf("tls: {cert_file: '%s', key_file: '%s'}\n", cert, key), answer)
	addr := strings.TrimPrefix(r.url, "http://")
	serial := func(change func(*tls.Config)) (int64, error) {
		cfg := &tls.Config{InsecureSkipVerify: true}
		if change != nil {
			change(cfg)
		}
		c, err := tls.Dial("tcp", addr, cfg)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	if n, err := serial(nil); err != nil || n != 1 {
		t.Fatalf("certificate %d, %v", n, err)
	}
	if _, err := serial(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	certificate(t, cert, key, 2)
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	if n, err := serial(nil); err != nil || n != 2 {
		t.Errorf("certificate %d, %v", n, err)
	}
	if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err == nil {
		t.Error("an unreadable certificate is accepted")
	}
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	resp, err := h.Get("https://" + addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.TLS.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

func certificate(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &priv.PublicKey, priv)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: bytes}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// T063: the secrets of a configuration appear in nothing the program says.
func TestT063NoSecretIsTold(t *testing.T) {
	const canary = "canary-5f1b2c3d4e"
	r := run(t, fmt.Sprintf("listen: 127.0.0.1:0\ngemini: {keys: [%[1]s-gemini], base_url: '@'}\nclient_keys: [%[1]s-client]\nadmin: {listen: '127.0.0.1:0', token: %[1]s-admin}\nlog: {level: debug}\n", canary),
		func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusBadRequest) // an upstream that tells the key
			_, _ = fmt.Fprintf(w, `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid: %s","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","metadata":{"key":%q}}]}}`, q.Header.Get("X-Goog-Api-Key"), q.Header.Get("X-Goog-Api-Key"))
		})
	url := adminURL(t, r)
	var said strings.Builder
	for range 3 {
		_, body := fetch(t, "POST", r.url+"/v1/chat/completions", `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"`+canary+`-prompt"}]}`, "Authorization: Bearer "+canary+"-client")
		said.WriteString(body)
	}
	_, body := fetch(t, "POST", r.url+"/v1/chat/completions?key="+canary, "{", "Authorization: Bearer "+canary+"-wrong")
	said.WriteString(body)
	for _, path := range []string{"/metrics", "/keys", "/config", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1"} {
		_, body := fetch(t, "GET", url+path, "", "Authorization: Bearer "+canary+"-admin")
		said.WriteString(body)
	}
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	said.WriteString(r.log.String())
	if i := strings.Index(said.String(), canary); i >= 0 {
		t.Errorf("told: …%.300s", said.String()[max(0, i-150):])
	}
	if !strings.Contains(r.log.String(), "quarantined") && !strings.Contains(r.log.String(), "a key was refused") {
		t.Errorf("the refused key is not reported: %s", r.log.String())
	}
}

// T113: a mistake in reading the configuration is a reload that is refused. It is
// counted, and neither the watching of the files nor the serving ends with it.
func TestT113ReloadPanics(t *testing.T) {
	r := run(t, base+"client_keys: [one]\n", answer)
	r.mistaken.Store(true)
	if err := r.Reload(); err == nil {
		t.Error("the reload is accepted")
	}
	if r.ask(t, "one") != 200 {
		t.Error("it does not serve any more")
	}
	_, text := fetch(t, "GET", r.url+"/metrics", "", "Authorization: Bearer one")
	for _, want := range []string{"gemway_panics_total 1\n", "gemway_config_reloads_total{result=\"refused\"} 1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if log := r.log.String(); !strings.Contains(log, "msg=panic") || !strings.Contains(log, "app_test.go") || strings.Contains(log, "mistake") {
		t.Errorf("the log is %s", log)
	}
	r.mistaken.Store(false)
	r.put(t, base+"client_keys: [another]\n")
	for began := time.Now(); r.ask(t, "another") != 200; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("changes are not noticed any more")
		}
	}
}
