package upstream

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// tokenServer stands for Google's: it checks the assertion of a service
// account and gives out tokens.
type tokenServer struct {
	*httptest.Server
	credentials []byte

	mu     sync.Mutex
	tokens int
	life   time.Duration
}

var serviceKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newTokenServer(t *testing.T, extra string) *tokenServer {
	t.Helper()
	s := &tokenServer{life: time.Hour}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkAssertion(r, s.URL+"/token"); err != nil {
			t.Errorf("token request: %v", err)
			w.WriteHeader(400)
			return
		}
		s.mu.Lock()
		s.tokens++
		n, life := s.tokens, s.life
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"ya29.token-%d","token_type":"Bearer","expires_in":%d}`, n, int(life.Seconds()))
	}))
	t.Cleanup(s.Close)
	der, err := x509.MarshalPKCS8PrivateKey(serviceKey())
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	s.credentials = fmt.Appendf(nil, `{"type":"service_account","project_id":"project-of-the-file","private_key_id":"k1","private_key":%q,
		"client_email":"gemway@project.iam.gserviceaccount.com","token_uri":%q%s}`, block, s.URL+"/token", extra)
	return s
}

// checkAssertion verifies what a service account sends for a token.
func checkAssertion(r *http.Request, audience string) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if got := r.Form.Get("grant_type"); got != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return fmt.Errorf("grant type %q", got)
	}
	parts := strings.Split(r.Form.Get("assertion"), ".")
	if len(parts) != 3 {
		return fmt.Errorf("%d parts in the assertion", len(parts))
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&serviceKey().PublicKey, crypto.SHA256, sum[:], sig); err != nil {
		return err
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	var claims struct{ Iss, Scope, Aud string }
	if err := json.Unmarshal(body, &claims, json.MatchCaseInsensitiveNames(true)); err != nil {
		return err
	}
	if claims.Iss != "gemway@project.iam.gserviceaccount.com" || claims.Scope != "https://www.googleapis.com/auth/cloud-platform" || claims.Aud != audience {
		return fmt.Errorf("claims %+v", claims)
	}
	return nil
}

func (s *tokenServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// vertex returns a client of Vertex AI at a scripted upstream.
func (s *scripted) vertex(t *testing.T, cfg VertexConfig, change func(*Config)) *Client {
	t.Helper()
	cfg.BaseURL = "http://" + s.addr
	site, err := NewVertex(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	limits := Default()
	if change != nil {
		change(&limits)
	}
	c, err := New(site, limits, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); site.Close() })
	return c
}

func TestVertexServiceAccount(t *testing.T) {
	google := newTokenServer(t, `,"quota_project_id":"who-pays"`)
	up := serve(t, func(w *wire) {
		if got := w.Header.Get("Authorization"); got != "Bearer ya29.token-1" {
			t.Errorf("Authorization: %q", got)
		}
		if got := w.Header.Get("X-Goog-User-Project"); got != "who-pays" {
			t.Errorf("X-Goog-User-Project: %q", got)
		}
		if w.Header.Get("X-Goog-Api-Key") != "" {
			t.Error("a key was sent")
		}
		if got := w.URL.String(); got != "/v1beta1/projects/project-of-the-file/locations/global/publishers/google/models/gemini-2.5-flash:generateContent" {
			t.Errorf("sent to %s", got)
		}
		w.json(200, part)
	})
	c := up.vertex(t, VertexConfig{Credentials: google.credentials}, nil)
	for range 3 {
		if a, err := c.Do(context.Background(), chat()); err != nil || a.KeyID != "vertex" {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if google.count() != 1 {
		t.Errorf("%d tokens fetched", google.count())
	}
}

// Without a file, the metadata server of the machine gives the project and the
// token.
func TestVertexMetadataServer(t *testing.T) {
	meta := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Metadata-Flavor") != "Google" {
			t.Errorf("%s without the header", r.URL)
		}
		w.Header().Set("Metadata-Flavor", "Google")
		switch {
		case strings.HasSuffix(r.URL.Path, "/project/project-id"):
			fmt.Fprint(w, "project-of-the-machine")
		case strings.HasSuffix(r.URL.Path, "/token"):
			fmt.Fprint(w, `{"access_token":"ya29.machine-token","expires_in":3599,"token_type":"Bearer"}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer meta.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(meta.URL, "http://"))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	up := serve(t, func(w *wire) {
		if w.Header.Get("Authorization") != "Bearer ya29.machine-token" || !strings.Contains(w.URL.Path, "/projects/project-of-the-machine/locations/europe-west4/") {
			t.Errorf("%s with %q", w.URL, w.Header.Get("Authorization"))
		}
		w.json(200, part)
	})
	c := up.vertex(t, VertexConfig{Location: "europe-west4"}, nil)
	if _, err := c.Do(context.Background(), chat()); err != nil {
		t.Fatal(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // the metadata package leaves some
}

// A workload outside Google exchanges its own token for one of Google's.
func TestVertexWorkloadIdentity(t *testing.T) {
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Form.Get("subject_token") != "token-of-the-workload" {
			t.Errorf("exchange of %v, %v", r.Form, err)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"ya29.exchanged","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600}`)
	}))
	defer sts.Close()
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "token-of-the-workload") }))
	defer own.Close()
	credentials := fmt.Sprintf(`{"type":"external_account","audience":"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
		"subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":%q,"credential_source":{"url":%q}}`, sts.URL, own.URL)
	up := serve(t, func(w *wire) {
		if got := w.Header.Get("Authorization"); got != "Bearer ya29.exchanged" {
			t.Errorf("Authorization: %q", got)
		}
		w.json(200, part)
	})
	c := up.vertex(t, VertexConfig{Project: "my-project", Credentials: []byte(credentials)}, nil)
	if _, err := c.Do(context.Background(), chat()); err != nil {
		t.Fatal(err)
	}
}

// A token refused in use is replaced once, for everybody, and not sent again.
func TestT095_TokenExpiresInUse(t *testing.T) {
	google := newTokenServer(t, "")
	var mu sync.Mutex
	revoked, late := false, 0
	up := serve(t, func(w *wire) {
		mu.Lock()
		defer mu.Unlock()
		if revoked && w.Header.Get("Authorization") == "Bearer ya29.token-1" {
			late++
			w.json(401, `{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_EXPIRED"}]}}`)
			return
		}
		w.json(200, part)
	})
	c := up.vertex(t, VertexConfig{Credentials: google.credentials}, nil)
	if _, err := c.Do(context.Background(), chat()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	revoked = true
	mu.Unlock()
	const callers = 50
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if _, err := c.Do(context.Background(), chat()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if google.count() != 2 {
		t.Errorf("%d tokens fetched, want 2", google.count())
	}
	before := late
	for range 10 {
		if _, err := c.Do(context.Background(), chat()); err != nil {
			t.Fatal(err)
		}
	}
	if late != before || late > callers {
		t.Errorf("the refused token was sent %d times, %d of them late", late, late-before)
	}
	if s := c.Keys(); len(s) != 1 || s[0].State != "ready" {
		t.Errorf("listing %+v", s)
	}
}

// New credentials that are refused too end the call: no loop.
func TestT095_RefusedForGood(t *testing.T) {
	google := newTokenServer(t, "")
	up := serve(t, func(w *wire) { w.json(401, `{"error":{"code":401,"message":"no","status":"UNAUTHENTICATED"}}`) })
	c := up.vertex(t, VertexConfig{Credentials: google.credentials}, nil)
	_, err := c.Do(context.Background(), chat())
	if e := stating(t, err, 401); e.Attempts != 2 || google.count() != 2 {
		t.Errorf("%d attempts, %d tokens", e.Attempts, google.count())
	}
}

func TestVertexTokenServerRefuses(t *testing.T) {
	const canary = "ya29.CANARY-in-the-answer"
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"Invalid JWT %s"}`, canary)
	}))
	defer down.Close()
	google := newTokenServer(t, "")
	credentials := strings.ReplaceAll(string(google.credentials), google.URL, down.URL)
	up := serve(t, func(*wire) { t.Error("sent without a token") })
	c := up.vertex(t, VertexConfig{Credentials: []byte(credentials)}, nil)
	_, err := c.Do(context.Background(), chat())
	f := failing(t, err, Unauthorized)
	for _, secret := range []string{"CANARY", "PRIVATE KEY", "assertion"} {
		if strings.Contains(f.Error(), secret) {
			t.Errorf("%s in %v", secret, f)
		}
	}
}

func TestVertexAddresses(t *testing.T) {
	google := newTokenServer(t, "")
	gen := func(model string) Call { return Call{Model: model, Method: "generateContent"} }
	in := func(location string) Call { c := gen("m"); c.Location = location; return c }
	keys := func(project, location string) VertexConfig {
		return VertexConfig{Keys: true, Project: project, Location: location}
	}
	for _, tt := range []struct {
		cfg  VertexConfig
		call Call
		want string
	}{
		{keys("my-project", ""), gen("m"), "https://aiplatform.googleapis.com/v1beta1/projects/my-project/locations/global/publishers/google/models/m:generateContent"},
		{keys("my-project", "us"), gen("m"), "https://aiplatform.us.rep.googleapis.com/v1beta1/projects/my-project/locations/us/publishers/google/models/m:generateContent"},
		{keys("my-project", "eu"), gen("m"), "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/my-project/locations/eu/publishers/google/models/m:generateContent"},
		{keys("my-project", "us-central1"), gen("google/m"), "https://us-central1-aiplatform.googleapis.com/v1beta1/projects/my-project/locations/us-central1/publishers/google/models/m:generateContent"},
		{keys("", ""), gen("models/m"), "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m:generateContent"},
		{keys("", "us-central1"), gen("m"), "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m:generateContent"},
		{keys("p12345", "us-central1"), in("eu"), "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p12345/locations/eu/publishers/google/models/m:generateContent"},
		{keys("p12345", ""), gen("endpoints/77"), "https://aiplatform.googleapis.com/v1beta1/projects/p12345/locations/global/endpoints/77:generateContent"},
		{keys("p12345", ""), gen("projects/9/locations/us-east5/endpoints/77"), "https://us-east5-aiplatform.googleapis.com/v1beta1/projects/9/locations/us-east5/endpoints/77:generateContent"},
		{keys("p12345", ""), gen("meta/llama-4"), "https://aiplatform.googleapis.com/v1beta1/projects/p12345/locations/global/publishers/meta/models/llama-4:generateContent"},
		{keys("p12345", ""), Call{Model: "m", Method: "streamGenerateContent"}, "https://aiplatform.googleapis.com/v1beta1/projects/p12345/locations/global/publishers/google/models/m:streamGenerateContent?alt=sse"},
		{keys("p12345", "us-east5"), Call{Path: "models"}, "https://aiplatform.googleapis.com/v1beta1/publishers/google/models"},
		{keys("p12345", "us-east5"), Call{Path: "cachedContents"}, "https://us-east5-aiplatform.googleapis.com/v1beta1/projects/p12345/locations/us-east5/cachedContents"},
		{keys("p12345", ""), Call{Path: "projects/p/locations/eu/cachedContents/1"}, "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/cachedContents/1"},
		{VertexConfig{Credentials: google.credentials, Version: "v1"}, gen("m"), "https://aiplatform.googleapis.com/v1/projects/project-of-the-file/locations/global/publishers/google/models/m:generateContent"},
		{VertexConfig{Keys: true, Project: "p12345", Locations: map[string]string{"google/m": "eu"}}, gen("m"), "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p12345/locations/eu/publishers/google/models/m:generateContent"},
		{VertexConfig{Keys: true, Project: "p12345", BaseURL: "http://h:1/x/"}, gen("m"), "http://h:1/x/v1beta1/projects/p12345/locations/global/publishers/google/models/m:generateContent"},
		{keys("", ""), in("evil.example/"), ""},
		{keys("p12345", ""), in("evil.example/#"), ""},
		{keys("p12345", ""), gen("projects/9/locations/e.evil/endpoints/77"), ""},
		{keys("", ""), gen("endpoints/77"), ""},
		{keys("", ""), Call{Path: "cachedContents"}, ""},
		{keys("p12345", ""), Call{Path: "files/x"}, ""},
		{keys("p12345", ""), Call{Path: "files", Upload: true}, ""},
		{keys("p12345", ""), Call{URL: "https://aiplatform.googleapis.com/x"}, ""},
	} {
		site, err := NewVertex(t.Context(), tt.cfg)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		u, err := site.URL(&tt.call)
		if err == nil {
			got = u.String()
		}
		if got != tt.want {
			t.Errorf("%+v %v:\ngot  %s (%v)\nwant %s", tt.cfg.Location, tt.call, got, err, tt.want)
		}
		site.Close()
	}
}

func TestVertexSettings(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	google := newTokenServer(t, "")
	noProject := strings.ReplaceAll(string(google.credentials), "project-of-the-file", "")
	for name, tt := range map[string]struct {
		cfg  VertexConfig
		want string
	}{
		"location":    {VertexConfig{Keys: true, Location: "evil.example"}, "vertex.location"},
		"locations":   {VertexConfig{Keys: true, Locations: map[string]string{"m": "a/b"}}, "vertex.locations"},
		"project":     {VertexConfig{Keys: true, Project: "../x"}, "vertex.project"},
		"no project":  {VertexConfig{Credentials: []byte(noProject)}, "GOOGLE_CLOUD_PROJECT"},
		"base":        {VertexConfig{Keys: true, BaseURL: "nowhere"}, "vertex.base_url"},
		"no JSON":     {VertexConfig{Credentials: []byte("hello")}, "credentials"},
		"no key":      {VertexConfig{Credentials: []byte(`{"type":"service_account","private_key":"CANARY"`)}, "credentials"},
		"strange one": {VertexConfig{Credentials: []byte(`{"type":"CANARY"}`)}, "credentials"},
	} {
		_, err := NewVertex(t.Context(), tt.cfg)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEmbedMethods(t *testing.T) {
	google := newTokenServer(t, "")
	up := serve(t, func(*wire) {})
	vertex := up.vertex(t, VertexConfig{Credentials: google.credentials}, nil)
	gemini := up.client(t, nil)
	got := []EmbedMethod{gemini.EmbedMethod(true), gemini.EmbedMethod(false), vertex.EmbedMethod(true), vertex.EmbedMethod(false)}
	if diff := cmp.Diff([]EmbedMethod{"batchEmbedContents", "batchEmbedContents", "predict", "embedContent"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
