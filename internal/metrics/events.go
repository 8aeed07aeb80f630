package metrics

import (
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// Stream notes a stream that begins (1) or ends (-1).
func (m *Metrics) Stream(change int64) {
	if m != nil {
		m.streams.Add(change)
	}
}

// Connection notes a connection that is opened (1) or closed (-1).
func (m *Metrics) Connection(change int64) {
	if m != nil {
		m.connections.Add(change)
	}
}

// Bodies notes bytes of request bodies that come into memory, or leave it (negative).
func (m *Metrics) Bodies(change int64) {
	if m != nil {
		m.bodies.Add(change)
	}
}

// Refused notes a connection that was closed at once because of a limit.
func (m *Metrics) Refused(limit string) {
	if m != nil {
		m.refused.WithLabelValues(limit).Inc()
	}
}

// Panic notes a mistake in the program.
func (m *Metrics) Panic() {
	if m != nil {
		m.panics.Inc()
	}
}

// WrongKey notes a request with a wrong client key, or none.
func (m *Metrics) WrongKey() {
	if m != nil {
		m.wrongKeys.Inc()
	}
}

// Fallback notes a request that goes on to the next target of its route.
func (m *Metrics) Fallback() {
	if m != nil {
		m.fallbacks.Inc()
	}
}

// Reload notes a reload of the configuration.
func (m *Metrics) Reload(err error) {
	if m == nil {
		return
	}
	if err != nil {
		m.reloads.WithLabelValues("refused").Inc()
		return
	}
	m.reloads.WithLabelValues("used").Inc()
	m.reloaded.SetToCurrentTime()
}

// Attempt notes a request to Google: its status, or the kind of failure where
// there was none.
func (m *Metrics) Attempt(site string, status int, failure string, took time.Duration) {
	if m == nil {
		return
	}
	c := m.tries.get(try{site, outcome(status, failure)}, m.newTry)
	c.count.Inc()
	c.took.Observe(took.Seconds())
}

func (m *Metrics) newTry(t try) counted {
	return counted{m.attempts.WithLabelValues(t.site, t.outcome), m.attemptDur.WithLabelValues(t.site)}
}

// try are the labels of an attempt, counted its numbers.
type (
	try     struct{ site, outcome string }
	counted struct {
		count prometheus.Counter
		took  prometheus.Observer
	}
)

// outcome names the end of an attempt. Statuses that mean something of their
// own keep it.
func outcome(status int, failure string) string {
	switch {
	case failure != "":
		return failure
	case status == 429:
		return "429"
	case status == 503:
		return "503"
	}
	return classes[class(status)]
}

// KeyChange notes a key that came into a state.
func (m *Metrics) KeyChange(site, state string) {
	if m != nil {
		m.keyChanges.WithLabelValues(site, state).Inc()
	}
}

// StreamBreak notes a stream from Google that broke off.
func (m *Metrics) StreamBreak(site, kind string) {
	if m != nil {
		m.breaks.WithLabelValues(site, kind).Inc()
	}
}

// LogLost lets count report how often the log could not be written.
func (m *Metrics) LogLost(count func() int64) {
	if m != nil {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: space, Name: "log_writes_lost_total",
			Help: "Writes of the log that failed; what they held is lost.",
		}, func() float64 { return float64(count()) }))
	}
}

// SpansDropped lets count report how many spans no collector took.
func (m *Metrics) SpansDropped(count func() int64) {
	if m != nil {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: space, Name: "spans_dropped_total",
			Help: "Spans that the collector of traces did not take.",
		}, func() float64 { return float64(count()) }))
	}
}

// Keys lets count report how many keys are in which state, whenever the
// metrics are asked for.
func (m *Metrics) Keys(count func() map[string]int) {
	if m != nil {
		m.registry.MustRegister(&keyStates{count: count, desc: prometheus.NewDesc(space+"_keys",
			"Keys of what is upstream, by state; for one model is enough to count.", []string{"state"}, nil)})
	}
}

type keyStates struct {
	desc  *prometheus.Desc
	count func() map[string]int
}

// Describe implements prometheus.Collector.
func (k *keyStates) Describe(ch chan<- *prometheus.Desc) { ch <- k.desc }

// Collect implements prometheus.Collector.
func (k *keyStates) Collect(ch chan<- prometheus.Metric) {
	for state, n := range k.count() {
		ch <- prometheus.MustNewConstMetric(k.desc, prometheus.GaugeValue, float64(n), state)
	}
}

// ContentType is the type of what Write writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Write writes all metrics in Prometheus' text format.
func (m *Metrics) Write(w io.Writer) error {
	families, err := m.registry.Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}
