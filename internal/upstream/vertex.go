package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/gemway/gemway/internal/panics"
	"github.com/go-json-experiment/json"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// VertexConfig says how Vertex AI is reached. There are three ways to be let
// in: Google's application default credentials with a project; keys of the
// express mode, without a project; and such keys with a project.
type VertexConfig struct {
	// Project is the Google Cloud project. Empty means the credentials' own.
	Project string
	// Location is "global" (the default, and where the newest models are),
	// "us" or "eu", or a region such as "us-central1".
	Location string
	// Locations overrides the location for single models.
	Locations map[string]string
	// Keys is set when calls are authorized by keys of the express mode.
	Keys bool
	// Credentials is the content of a credentials file. Empty means Google's
	// usual search: GOOGLE_APPLICATION_CREDENTIALS, gcloud's own file, the
	// metadata server.
	Credentials []byte
	// QuotaProject is charged for the calls; empty means what the credentials
	// say.
	QuotaProject string
	// BaseURL replaces Google's hosts, for all locations.
	BaseURL string
	// Version is the version of the API, "v1beta1" unless set.
	Version string
	// Panicked is told of a mistake in the fetching of tokens; it may be nil.
	Panicked func(*panics.Recovered)
}

// Vertex is Gemini on Vertex AI.
type Vertex struct {
	project, location, version, quotaProject string
	locations                                map[string]string
	base                                     *url.URL // nil: Google's hosts
	tokens                                   *tokens  // nil: keys
}

const cloudScope = "https://www.googleapis.com/auth/cloud-platform"

// NewVertex returns the Vertex AI site. It finds the credentials, so that what
// is wrong with them shows at the start, and fetches no token yet.
func NewVertex(ctx context.Context, cfg VertexConfig) (*Vertex, error) {
	v := &Vertex{
		project: cfg.Project, location: cfg.Location, version: cfg.Version,
		quotaProject: cfg.QuotaProject, locations: map[string]string{},
	}
	if v.location == "" {
		v.location = "global"
	}
	if v.version == "" {
		v.version = "v1beta1"
	}
	if !isLocation(v.location) {
		return nil, fmt.Errorf("vertex.location: %.50q is no location", v.location)
	}
	for model, location := range cfg.Locations {
		if !isLocation(location) {
			return nil, fmt.Errorf("vertex.locations: %.50q is no location", location)
		}
		v.locations[modelID(model)] = location
	}
	if cfg.BaseURL != "" {
		base, err := parseBase(cfg.BaseURL, "")
		if err != nil {
			return nil, fmt.Errorf("vertex.base_url: %w", err)
		}
		v.base = base
	}
	if !cfg.Keys {
		creds, err := findCredentials(ctx, cfg.Credentials)
		if err != nil {
			return nil, err
		}
		if v.project == "" {
			v.project = creds.ProjectID
		}
		if v.project == "" {
			return nil, errors.New("vertex.project is not set, and the credentials name none: set GOOGLE_CLOUD_PROJECT")
		}
		if v.quotaProject == "" {
			v.quotaProject = quotaProject(creds.JSON)
		}
		v.tokens = newTokens(func(ctx context.Context) (*oauth2.Token, error) {
			// Found anew each time: the file may have been replaced, and the
			// source itself would hold on to a token until its very end.
			creds, err := findCredentials(ctx, cfg.Credentials)
			if err != nil {
				return nil, err
			}
			return creds.TokenSource.Token()
		})
		v.tokens.panicked = cfg.Panicked
	}
	if v.project != "" && !isProject(v.project) {
		return nil, fmt.Errorf("vertex.project: %.50q is no project id", v.project)
	}
	return v, nil
}

// findCredentials reads the credentials, without fetching a token.
func findCredentials(ctx context.Context, file []byte) (*google.Credentials, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		Timeout:   tokenTimeout,
	})
	if len(file) == 0 {
		creds, err := google.FindDefaultCredentials(ctx, cloudScope)
		if err != nil {
			return nil, fmt.Errorf("find Google's application default credentials: %w", err)
		}
		return creds, nil
	}
	// The operator names the file, so every type that Google knows is trusted.
	var head struct {
		Type google.CredentialsType `json:"type"`
	}
	if err := json.Unmarshal(file, &head); err != nil || head.Type == "" {
		return nil, errors.New("the Google credentials file is not JSON with a type")
	}
	creds, err := google.CredentialsFromJSONWithType(ctx, file, head.Type, cloudScope)
	if err != nil {
		return nil, errors.New("the Google credentials file is invalid or incomplete") // the error may quote it
	}
	return creds, nil
}

// quotaProject returns the project that credentials of a user name.
func quotaProject(credentials []byte) string {
	var c struct {
		QuotaProject string `json:"quota_project_id"`
	}
	if json.Unmarshal(credentials, &c) != nil {
		return "" // no file, as with the metadata server
	}
	return c.QuotaProject
}

// Name implements Site.
func (*Vertex) Name() string { return "vertex" }

// Keyed implements Site.
func (v *Vertex) Keyed() bool { return v.tokens == nil }

// Close ends the refreshing of tokens.
func (v *Vertex) Close() {
	if v.tokens != nil {
		v.tokens.close()
	}
}

// Authorize implements Site.
func (v *Vertex) Authorize(ctx context.Context, r *http.Request, key string) error {
	if key != "" {
		r.Header["X-Goog-Api-Key"] = []string{key}
		return nil
	}
	token, err := v.tokens.get(ctx)
	if err != nil {
		return err
	}
	r.Header["Authorization"] = []string{"Bearer " + token}
	if v.quotaProject != "" {
		r.Header["X-Goog-User-Project"] = []string{v.quotaProject}
	}
	return nil
}

// Renew implements renewer: a token can be refused before its end.
func (v *Vertex) Renew(r *http.Request) bool {
	return v.tokens != nil && v.tokens.expire(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
}

// URL implements Site.
func (v *Vertex) URL(c *Call) (*url.URL, error) {
	if c.URL != "" || c.Upload {
		return nil, errors.New("Vertex AI has no Files API: put the file into the request, or into Cloud Storage")
	}
	location := c.Location
	if location == "" {
		location = v.locations[modelID(c.Model)]
	}
	if location == "" {
		location = v.location
	}
	path, err := v.path(c, &location)
	if err != nil {
		return nil, err
	}
	if !isLocation(location) {
		return nil, fmt.Errorf("%.50q is no location", location)
	}
	if c.Method != "" {
		path += ":" + c.Method
	}
	base := v.base
	if base == nil {
		base = &url.URL{Scheme: "https", Host: v.host(location)}
	}
	u := join(base, v.version, path)
	setQuery(u, c)
	return u, nil
}

// host returns Google's host of a location. The multi-regions us and eu have
// names of their own kind.
func (v *Vertex) host(location string) string {
	switch {
	case location == "global" || v.project == "": // the express mode knows no locations
		return "aiplatform.googleapis.com"
	case location == "us" || location == "eu":
		return "aiplatform." + location + ".rep.googleapis.com"
	}
	return location + "-aiplatform.googleapis.com"
}

// path returns the resource of a call below the version. A model with a full
// name decides its location itself.
func (v *Vertex) path(c *Call, location *string) (string, error) {
	parent := ""
	if v.project != "" {
		parent = "projects/" + v.project + "/locations/" + *location + "/"
	}
	name := modelID(c.Model)
	switch {
	case name == "":
		return v.resource(c.Path, parent, location)
	case strings.HasPrefix(name, "projects/"):
		return name, locate(name, location)
	case strings.HasPrefix(name, "endpoints/") && parent == "":
		return "", errors.New("a tuned model on Vertex AI needs a project: set GOOGLE_CLOUD_PROJECT")
	case strings.HasPrefix(name, "endpoints/"), strings.HasPrefix(name, "publishers/"):
		return parent + name, nil
	}
	if publisher, model, ok := strings.Cut(name, "/"); ok {
		return parent + "publishers/" + publisher + "/models/" + model, nil
	}
	return parent + "publishers/google/models/" + name, nil
}

// resource returns the path of something that is not a model's method.
func (v *Vertex) resource(path, parent string, location *string) (string, error) {
	kind, rest, _ := strings.Cut(path, "/")
	switch kind {
	case "models": // the list belongs to no project
		*location = "global"
		return strings.TrimRight("publishers/google/models/"+rest, "/"), nil
	case "publishers":
		return path, nil
	case "projects":
		return path, locate(path, location)
	case "files", "batches", "fileSearchStores", "interactions":
		return "", fmt.Errorf("Vertex AI has no %s as the Gemini API has them", kind)
	}
	if parent == "" {
		return "", fmt.Errorf("%s on Vertex AI need a project: set GOOGLE_CLOUD_PROJECT", kind)
	}
	return parent + path, nil
}

// locate sets the location to that of a full resource name.
func locate(name string, location *string) error {
	seg := strings.Split(name, "/")
	if len(seg) < 5 || seg[2] != "locations" {
		return fmt.Errorf("%.100q is no resource in a location", name)
	}
	*location = seg[3]
	return nil
}

// modelID strips what clients put before a model's name.
func modelID(model string) string {
	for _, prefix := range []string{"publishers/google/", "google/", "models/"} {
		model = strings.TrimPrefix(model, prefix)
	}
	return model
}

var (
	locationShape = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)
	projectShape  = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{3,61}[a-z0-9]$`)
)

// isLocation guards the host name, into which a location goes.
func isLocation(s string) bool { return locationShape.MatchString(s) }

// isProject accepts project ids and numbers.
func isProject(s string) bool { return projectShape.MatchString(s) }
