// Package metrics counts what happens, for Prometheus. Every metric has a
// method of its own here, and only this package knows the client library.
//
// Labels come from closed sets: endpoints are the server's routes, models those
// of the catalog, and the first maxModels of them at that. Whatever a request
// counts is bound to its labels beforehand, so that counting takes no lock.
//
// All methods may be called on a nil *Metrics, which counts nothing.
package metrics

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the metrics of one process.
type Metrics struct {
	registry  *prometheus.Registry
	endpoints map[string]*endpoint // fixed
	models    bound[string, *model]
	tries     bound[try, counted]

	inFlight, streams, connections, bodies atomic.Int64

	requests, modelRequests, tokens  *prometheus.CounterVec
	attempts, keyChanges, breaks     *prometheus.CounterVec
	refused, reloads                 *prometheus.CounterVec
	panics, wrongKeys, fallbacks     prometheus.Counter
	duration, firstToken, attemptDur *prometheus.HistogramVec
	reloaded                         prometheus.Gauge
}

// maxModels bounds the models that have numbers of their own.
const maxModels = 40

// other stands for models beyond that, and for ids the catalog does not list.
const other = "other"

// Buckets reach from an answer of a cache to the longest thoughts.
var (
	slow  = []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	first = []float64{.1, .25, .5, 1, 2, 4, 8, 16, 32, 64, 128}
)

// New returns metrics of a server with these endpoints.
func New(version string, endpoints []string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), endpoints: map[string]*endpoint{}}
	m.requests = m.counters("requests_total", "Requests, by the class of their status; cancelled ones were given up by the client.", "endpoint", "class")
	m.modelRequests = m.counters("model_requests_total", "Requests, by the model that served them.", "model", "class")
	m.tokens = m.counters("tokens_total", "Tokens that Gemini counted. Cached ones are part of the prompt, reasoning ones of the completion.", "model", "kind")
	m.attempts = m.counters("upstream_attempts_total", "Requests sent to Google, by what came of them.", "site", "outcome")
	m.keyChanges = m.counters("key_changes_total", "Keys that came into a state.", "site", "state")
	m.breaks = m.counters("stream_breaks_total", "Streams from Google that broke off.", "site", "kind")
	m.refused = m.counters("connections_refused_total", "Connections closed at once, by the limit they were beyond.", "limit")
	m.reloads = m.counters("config_reloads_total", "Reloads of the configuration.", "result")
	m.duration = m.histograms("request_seconds", "Time to the end of the answer.", slow, "endpoint")
	m.firstToken = m.histograms("first_token_seconds", "Time to the first event of a stream.", first, "model")
	m.attemptDur = m.histograms("upstream_attempt_seconds", "Time to the answer from Google, or to the first event of its stream.", slow, "site")
	m.panics = m.counter("panics_total", "Mistakes in the program that a request met.")
	m.wrongKeys = m.counter("wrong_keys_total", "Requests with a wrong client key, or none.")
	m.fallbacks = m.counter("fallbacks_total", "Requests that went on to the next target of their route.")
	m.reloaded = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: space, Name: "config_reloaded_timestamp_seconds", Help: "When the configuration was last loaded."})
	m.reloaded.SetToCurrentTime()
	for name, g := range map[string]struct {
		help string
		v    *atomic.Int64
	}{
		"requests_in_flight": {"Requests under way.", &m.inFlight},
		"streams_open":       {"Streams under way.", &m.streams},
		"connections_open":   {"Open connections.", &m.connections},
		"body_bytes":         {"Memory of the larger request bodies under way.", &m.bodies},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: space, Name: name, Help: g.help},
			func() float64 { return float64(g.v.Load()) }))
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: space, Name: "build_info", Help: "What runs."}, []string{"version", "go"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.reloaded, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, name := range append(endpoints, unknown) {
		m.endpoints[name] = m.newEndpoint(name)
	}
	return m
}

const space = "gemway"

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: space, Name: name, Help: help})
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: space, Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) histograms(name, help string, buckets []float64, label string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: space, Name: name, Help: help, Buckets: buckets}, []string{label})
	m.registry.MustRegister(h)
	return h
}

// unknown is the endpoint of requests that met no route.
const unknown = "none"

// classes are what requests end with, by class.
var classes = [...]string{"2xx", "3xx", "4xx", "5xx", "cancelled"}

func class(status int) int {
	switch {
	case status == 499:
		return 4
	case status >= 500:
		return 3
	case status >= 400:
		return 2
	case status >= 300:
		return 1
	}
	return 0
}

// endpoint are the numbers of one endpoint.
type endpoint struct {
	requests [len(classes)]prometheus.Counter
	duration prometheus.Observer
}

func (m *Metrics) newEndpoint(name string) *endpoint {
	e := &endpoint{duration: m.duration.WithLabelValues(name)}
	for i, c := range classes {
		e.requests[i] = m.requests.WithLabelValues(name, c)
	}
	return e
}

// model are the numbers of one model.
type model struct {
	requests                             [len(classes)]prometheus.Counter
	prompt, cached, completion, thoughts prometheus.Counter
	first                                prometheus.Observer
}

// model returns the numbers of a model, "" for one the catalog does not list.
func (m *Metrics) model(name string) *model {
	if name == "" {
		name = other
	}
	if _, n, known := m.models.find(name); !known && n >= maxModels {
		name = other
	}
	return m.models.get(name, m.newModel)
}

func (m *Metrics) newModel(name string) *model {
	n := &model{
		prompt: m.tokens.WithLabelValues(name, "prompt"), cached: m.tokens.WithLabelValues(name, "cached"),
		completion: m.tokens.WithLabelValues(name, "completion"), thoughts: m.tokens.WithLabelValues(name, "reasoning"),
		first: m.firstToken.WithLabelValues(name),
	}
	for i, c := range classes {
		n.requests[i] = m.modelRequests.WithLabelValues(name, c)
	}
	return n
}

// Request is a request that has ended.
type Request struct {
	Endpoint string // the route, "" for none
	Status   int
	Took     time.Duration
	// Asked is set for requests that name a model; Model is the one that
	// served, "" where the catalog does not list it.
	Asked bool
	Model string
	// FirstToken is the time to the first event of a stream, 0 without one.
	FirstToken time.Duration

	Prompt, Cached, Completion, Reasoning int64 // tokens
}

// Began notes a request that begins.
func (m *Metrics) Began() {
	if m != nil {
		m.inFlight.Add(1)
	}
}

// Ended notes a request that has ended.
func (m *Metrics) Ended(r *Request) {
	if m == nil {
		return
	}
	defer m.inFlight.Add(-1) // whoever sees none under way sees all that was booked
	e := m.endpoints[r.Endpoint]
	if e == nil {
		e = m.endpoints[unknown]
	}
	c := class(r.Status)
	e.requests[c].Inc()
	e.duration.Observe(r.Took.Seconds())
	if !r.Asked {
		return
	}
	n := m.model(r.Model)
	n.requests[c].Inc()
	add(n.prompt, r.Prompt)
	add(n.cached, r.Cached)
	add(n.completion, r.Completion)
	add(n.thoughts, r.Reasoning)
	if r.FirstToken > 0 {
		n.first.Observe(r.FirstToken.Seconds())
	}
}

func add(c prometheus.Counter, n int64) {
	if n > 0 {
		c.Add(float64(n))
	}
}
