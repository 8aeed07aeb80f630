package config

import (
	"strings"

	"github.com/gemway/gemway/internal/media"
)

// Setting is one thing that can be set.
type Setting struct {
	// Key is its place in the file: "upstream.dial" is dial in upstream.
	Key string
	// Doc says what it does, as a sentence.
	Doc string
	// Flagged settings have a flag of their own; --set sets the others.
	Flagged bool
	// Env are its variables beside GEMWAY_ and the key, which comes first.
	Env []string
	// Restart is set for what a reload does not change.
	Restart bool

	val    value
	from   rank
	source string
}

// Flag returns the name of the setting's flag, without dashes in front.
func (s *Setting) Flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key) }

// rank orders where settings come from.
type rank int

const (
	fromDefault rank = iota
	fromFile
	fromEnv
	fromFlag
)

// table is THE list of settings, each bound to its place in the configuration.
func (c *Config) table() []Setting {
	up, srv, lim, med := &c.Upstream, &c.Server, &c.Server.Limits, &c.Media
	return []Setting{
		{Key: "listen", Flagged: true, Env: []string{"PORT"}, Restart: true, val: bind(&c.Listen), Doc: "Address to listen on. PORT=8080 stands for :8080, every interface."},
		{Key: "insecure_listen", Flagged: true, val: bind(&c.InsecureListen), Doc: "Serve the server's own Gemini credentials beyond the loopback interface without asking clients for a key."},
		{Key: "offline", Flagged: true, Restart: true, val: bind(&c.Offline), Doc: "Answer from the built-in emulator: no network, no key."},
		{Key: "client_keys", val: bind(&c.ClientKeys.List), Doc: "Keys that clients must use, plain or as sha256:HEX. Needs Gemini credentials held by the server."},
		{Key: "client_keys_file", val: bind(&c.ClientKeys.File), Doc: "File of such keys, one a line."},
		{Key: "sites", val: c.sitesValue(), Doc: "Servers that speak OpenAI's protocol, by name: base_url, key or key_file, and models. See [routes](routes.md)."},
		{Key: "routes", val: c.routesValue(), Doc: "Names that lead to several models, in order or by weight. See [routes](routes.md)."},

		{Key: "gemini.keys", Env: []string{"GOOGLE_API_KEY", "GEMINI_API_KEY"}, val: bind(&c.Gemini.Keys.List), Doc: "Gemini keys that the server holds. None: a client's bearer token is its Gemini key."},
		{Key: "gemini.keys_file", Env: []string{"GOOGLE_API_KEY_FILE", "GEMINI_API_KEY_FILE"}, val: bind(&c.Gemini.Keys.File), Doc: "File of such keys, one a line."},
		{Key: "gemini.base_url", Flagged: true, val: bind(&c.Gemini.BaseURL), Doc: "Where native Gemini calls go. Empty is Google's host."},

		{Key: "vertex.enabled", Env: []string{"GOOGLE_GENAI_USE_VERTEXAI"}, val: bind(&c.Vertex.Enabled), Doc: "Call Vertex AI instead of the Gemini API."},
		{Key: "vertex.project", Env: []string{"GOOGLE_CLOUD_PROJECT"}, val: bind(&c.Vertex.Project), Doc: "Google Cloud project. Empty is the one of the credentials. Without a project gemini.keys are keys of the express mode."},
		{Key: "vertex.location", Env: []string{"GOOGLE_CLOUD_LOCATION"}, val: bind(&c.Vertex.Location), Doc: "global (also when empty), us, eu, or a region such as us-central1."},
		{Key: "vertex.locations", val: bind(&c.Vertex.Locations), Doc: "Location of single models, by model."},
		{Key: "vertex.keys", val: bind(&c.Vertex.Keys), Doc: "Authorize by gemini.keys although a project is set."},
		{Key: "vertex.credentials_file", Env: []string{"GOOGLE_APPLICATION_CREDENTIALS"}, val: bind(&c.Vertex.CredentialsFile), Doc: "File of Google credentials. Empty leaves the search to Google's library (gcloud's own file, metadata server)."},
		{Key: "vertex.quota_project", Env: []string{"GOOGLE_CLOUD_QUOTA_PROJECT"}, val: bind(&c.Vertex.QuotaProject), Doc: "Project that is charged for the calls. Empty is what the credentials say."},
		{Key: "vertex.base_url", Env: []string{"GOOGLE_VERTEX_BASE_URL"}, val: bind(&c.Vertex.BaseURL), Doc: "Replaces Google's hosts."},
		{Key: "vertex.version", val: bind(&c.Vertex.Version), Doc: "Version of the API. Empty is v1beta1."},

		{Key: "server.max_body", val: size[int64]{&srv.MaxBody}, Doc: "Largest request body."},
		{Key: "server.max_n", val: bind(&srv.MaxN), Doc: "Largest n, the number of answers to one request."},
		{Key: "server.embedding_calls", val: bind(&srv.EmbeddingCalls), Doc: "Calls of one embedding request that are under way at the same time."},
		{Key: "server.count_tokens", val: bind(&srv.CountTokens), Doc: "Count the input of embedding models that do not report it; otherwise its usage is an estimate."},
		{Key: "server.heartbeat", val: bind(&srv.Heartbeat), Doc: "Silence after which a stream carries a comment, so that nothing between takes it for dead."},
		{Key: "server.write_timeout", val: bind(&srv.WriteTimeout), Doc: "How long a client may take nothing of what is written to it."},
		{Key: "server.pages", val: bind(&srv.Pages), Doc: "Serve browsers the playground at / and the description of the API at /docs and /openapi.json."},

		{Key: "limits.headers", Restart: true, val: size[int]{&lim.Headers}, Doc: "Largest headers of a request."},
		{Key: "limits.header_time", Restart: true, val: bind(&lim.HeaderTime), Doc: "Longest time until they are there."},
		{Key: "limits.body_grace", val: bind(&lim.BodyGrace), Doc: "How long a request body may take whatever its size."},
		{Key: "limits.body_rate", val: size[int64]{&lim.BodyRate}, Doc: "Bytes a second that a request body has to come with after that."},
		{Key: "limits.bodies", val: size[int64]{&lim.Bodies}, Doc: "Memory for the bodies of all requests under way; those up to 64KiB do not count. Beyond, requests get 503. With GOMEMLIMIT set, at most a quarter of that."},
		{Key: "limits.idle", Restart: true, val: bind(&lim.Idle), Doc: "How long an unused connection is kept."},
		{Key: "limits.connections", val: bind(&lim.Connections), Doc: "Open connections."},
		{Key: "limits.connections_per_ip", val: bind(&lim.ConnectionsPerIP), Doc: "Open connections of one address; not for loopback addresses."},

		{Key: "limits.trusted_proxies", val: prefixes{&lim.TrustedProxies}, Doc: "Networks of proxies in front, whose X-Forwarded-For says where a request comes from. They may open any number of connections."},

		{Key: "cors.origins", val: bind(&srv.Origins), Doc: "Origins whose pages may call from a browser, * for all. Without any, all may where clients need a key, and only pages of this machine where the server's own credentials are for whoever connects."},

		{Key: "media.mode", val: choice{&med.Mode, []string{media.ModeOn, media.ModeOff, media.ModeHosts}}, Doc: "Whether files that requests name by http and https URLs are fetched."},
		{Key: "media.hosts", val: bind(&med.Hosts), Doc: "Hosts of the allow-list: example.com, or *.example.com for everything below it."},
		{Key: "media.allowed_networks", val: prefixes{&med.AllowedNetworks}, Doc: "Networks that are fetched from although they are not public."},
		{Key: "media.self", val: bind(&med.Self), Doc: "Names under which clients reach this server: nothing is fetched from itself."},
		{Key: "media.ports", val: ports{&med.Ports}, Doc: "Ports that are fetched from."},
		{Key: "media.max_urls", val: bind(&med.MaxURLs), Doc: "URLs in one request."},
		{Key: "media.max_bytes", val: size[int]{&med.MaxBytes}, Doc: "Largest file."},
		{Key: "media.max_request_bytes", val: size[int]{&med.MaxRequestBytes}, Doc: "All files of one request."},
		{Key: "media.max_memory", val: size[int]{&med.MaxMemory}, Doc: "All files of all requests under way, as base64."},
		{Key: "media.max_redirects", val: bind(&med.MaxRedirects), Doc: "Redirects that are followed."},
		{Key: "media.timeout", val: bind(&med.Timeout), Doc: "Longest fetch of one file, all redirects included."},
		{Key: "media.concurrent", val: bind(&med.Concurrent), Doc: "Fetches at once."},
		{Key: "media.per_host", val: bind(&med.PerHost), Doc: "Fetches at once from one host."},
		{Key: "media.max_wait", val: bind(&med.MaxWait), Doc: "Longest wait for a free place."},

		{Key: "images.public_url", val: bind(&srv.PublicURL), Doc: "Address under which clients reach this server, such as https://gemway.example.com. With it, images asked for by response_format url are kept for download under it; without, they come in a data URL."},
		{Key: "images.max_bytes", Restart: true, val: size[uint64]{&c.Images.MaxBytes}, Doc: "Memory for images that are kept for download."},
		{Key: "images.max_age", Restart: true, val: bind(&c.Images.MaxAge), Doc: "How long they are kept."},

		{Key: "upstream.dial", val: bind(&up.Dial), Doc: "Longest time to connect."},
		{Key: "upstream.tls", val: bind(&up.TLS), Doc: "Longest TLS handshake."},
		{Key: "upstream.first_byte", val: bind(&up.FirstByte), Doc: "Longest wait for the first byte of an answer; it has to leave room for a model that thinks."},
		{Key: "upstream.gap", val: bind(&up.Gap), Doc: "Longest silence within an answer."},
		{Key: "upstream.total", val: bind(&up.Total), Doc: "Longest call with all its tries, and longest stream."},
		{Key: "upstream.max_answer", val: size[int64]{&up.MaxAnswer}, Doc: "Largest whole answer."},
		{Key: "upstream.max_event", val: size[int64]{&up.MaxEvent}, Doc: "Largest event of a stream."},
		{Key: "upstream.idle_conns", val: bind(&up.IdleConns), Doc: "Unused connections kept open."},
		{Key: "upstream.http2", val: bind(&up.HTTP2), Doc: "Speak HTTP/2 where Google offers it. Connections of HTTP/1.1 cost a third less processor time."},
		{Key: "upstream.proxy", val: bind(&up.ProxyFromEnvironment), Doc: "Obey HTTPS_PROXY, HTTP_PROXY and NO_PROXY."},

		{Key: "retry.max", val: bind(&up.Retry.Max), Doc: "Further tries a call may have, never after the first byte."},
		{Key: "retry.base", val: bind(&up.Retry.Base), Doc: "Wait before the first of them; it doubles."},
		{Key: "retry.max_wait", val: bind(&up.Retry.MaxWait), Doc: "Longest wait for a limited key; beyond, the client is told when to come back."},

		{Key: "catalog.successors", val: bind(&c.Catalog.Successors), Doc: "Let a retired model be served by its successor."},
		{Key: "catalog.openai_aliases", val: bind(&c.Catalog.OpenAIAliases), Doc: "Let OpenAI's names, such as gpt-4o, be served by the models the catalog names for them."},
		{Key: "catalog.aliases", val: bind(&c.Catalog.Aliases), Doc: "Your own names for models; an empty model switches a name off."},
		{Key: "catalog.file", val: bind(&c.Catalog.File), Doc: "File that adds or changes models, JSON or YAML, in the form of docs/models.md."},
		{Key: "catalog.models", val: rows{c, "models"}, Doc: "Models that are added or changed, written in this file."},
		{Key: "catalog.families", val: rows{c, "families"}, Doc: "Families that models can be like."},
		{Key: "catalog.patterns", val: rows{c, "patterns"}, Doc: "What models that are not listed are like."},

		{Key: "signatures.max_bytes", Restart: true, val: size[uint64]{&c.Signatures.MaxBytes}, Doc: "Memory for thought signatures, kept for clients that drop them."},
		{Key: "signatures.max_age", Restart: true, val: bind(&c.Signatures.MaxAge), Doc: "How long a thought signature is kept."},

		{Key: "shutdown.delay", val: bind(&c.Shutdown.Delay), Doc: "How long requests are still accepted after SIGTERM, so that load balancers see that /readyz answers 503."},
		{Key: "shutdown.timeout", val: bind(&c.Shutdown.Timeout), Doc: "How long requests under way may then take to finish."},

		{Key: "tls.cert_file", val: bind(&c.TLS.CertFile), Doc: "File of the certificate, with its chain, to serve HTTPS. A new one is used as soon as it is there."},
		{Key: "tls.key_file", val: bind(&c.TLS.KeyFile), Doc: "File of its private key."},

		{Key: "admin.listen", Flagged: true, Restart: true, val: bind(&c.Admin.Listen), Doc: "Address of the operator's listener: metrics, keys by their short ids, pprof. Empty is off."},
		{Key: "admin.token", val: bind(&c.Admin.Token), Doc: "Bearer token for it; needed beyond the loopback interface."},

		{Key: "log.level", Flagged: true, val: choice{&c.Log.Level, []string{"debug", "info", "warn", "error"}}, Doc: "Least important level that is logged. Requests are info."},
		{Key: "log.format", Flagged: true, Restart: true, val: choice{&c.Log.Format, []string{"auto", "text", "json"}}, Doc: "Form of the log. auto is text on a terminal, JSON otherwise; json leaves the greeting out, too."},
	}
}
