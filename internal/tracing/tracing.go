// Package tracing tells OpenTelemetry of requests: a span for each, in the words
// of the conventions for generative AI, and a child for every request sent
// upstream. No span holds a prompt, an answer, a key, or anything else a client
// wrote but the name of a known model.
//
// All methods may be called on a nil *Tracer, which does nothing and allocates
// nothing; New returns one unless an endpoint is configured.
package tracing

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes the spans of one process.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	dropped  atomic.Int64
}

// New returns a tracer, nil where no endpoint is configured. The SDK reads
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and OTEL_BSP_*.
func New(ctx context.Context, cfg Config, version string) (*Tracer, error) {
	if cfg.Endpoint == "" {
		return nil, nil
	}
	res, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "gemway"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	t := &Tracer{}
	t.provider = sdk.NewTracerProvider(sdk.WithResource(res), sdk.WithBatcher(newExporter(cfg, &t.dropped)))
	t.tracer = t.provider.Tracer("github.com/gemway/gemway")
	return t, nil
}

// Dropped returns how many spans the collector did not take.
func (t *Tracer) Dropped() int64 {
	if t == nil {
		return 0
	}
	return t.dropped.Load()
}

// Close sends what is left, as long as ctx lasts.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Begin begins the span of a request, which goes on with the trace that its
// headers name. The context is the request's from then on.
func (t *Tracer) Begin(r *http.Request, began time.Time) (context.Context, *Span) {
	if t == nil {
		return r.Context(), nil
	}
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began))
	return ctx, &Span{span}
}

// Span is the span of a request.
type Span struct{ span trace.Span }

// Request is what is told of a request. Strings that are empty and numbers that
// are 0 are left out.
type Request struct {
	Method, Route string
	Status        int
	RequestID     string
	Operation     string // chat, embeddings, …: the conventions' gen_ai.operation.name
	Asked, Served string // models; Asked only where it is a known name
	Stream        bool
	FirstToken    time.Duration
	Finish        []string // the choices' reasons
	Input, Output int64    // tokens
	Cached        int64    // part of Input
	Error         string   // a class: a code, a status or a kind
}

// End ends the span of a request.
func (s *Span) End(r *Request) {
	if s == nil {
		return
	}
	defer s.span.End()
	if !s.span.IsRecording() {
		return
	}
	name := r.Method + " " + r.Route
	attrs := []attribute.KeyValue{
		attribute.String("http.request.method", r.Method), attribute.Int("http.response.status_code", r.Status),
		attribute.String("gemway.request_id", r.RequestID),
	}
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, attribute.String(key, value))
		}
	}
	count := func(key string, n int64) {
		if n > 0 {
			attrs = append(attrs, attribute.Int64(key, n))
		}
	}
	add("http.route", r.Route)
	add("error.type", r.Error)
	if r.Operation != "" {
		if name = r.Operation; r.Served != "" {
			name += " " + r.Served
		}
		add("gen_ai.operation.name", r.Operation)
		add("gen_ai.request.model", r.Asked)
		add("gen_ai.response.model", r.Served)
		attrs = append(attrs, attribute.Bool("gemway.stream", r.Stream))
		count("gen_ai.usage.input_tokens", r.Input)
		count("gen_ai.usage.output_tokens", r.Output)
		count("gen_ai.usage.cache_read.input_tokens", r.Cached)
		if len(r.Finish) > 0 {
			attrs = append(attrs, attribute.StringSlice("gen_ai.response.finish_reasons", r.Finish))
		}
		if r.FirstToken > 0 {
			attrs = append(attrs, attribute.Float64("gemway.first_token_seconds", r.FirstToken.Seconds()))
		}
	}
	s.span.SetName(name)
	s.span.SetAttributes(attrs...)
	if r.Error != "" && (r.Status >= 500 || r.Status < 400) {
		s.span.SetStatus(codes.Error, "")
	}
}

// Attempt is one request sent upstream.
type Attempt struct {
	Site, Model, Method, KeyID string
	Status, Number             int
	Failure                    string
	Took                       time.Duration
}

// Attempt tells of a request sent upstream that has just been answered, as a
// child of the request's span in ctx. Nothing of the trace is sent upstream.
func (t *Tracer) Attempt(ctx context.Context, a *Attempt) {
	if t == nil {
		return
	}
	parent := trace.SpanFromContext(ctx)
	if !parent.SpanContext().IsSampled() {
		return
	}
	provider := attribute.String("gen_ai.provider.name", provider(a.Site))
	if parent.IsRecording() {
		parent.SetAttributes(provider)
	}
	now := time.Now()
	_, span := t.tracer.Start(ctx, a.Method+" "+a.Site, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-a.Took)),
		trace.WithAttributes(provider, attribute.String("gemway.site", a.Site), attribute.String("gen_ai.request.model", a.Model),
			attribute.String("gemway.method", a.Method), attribute.String("gemway.key_id", a.KeyID), attribute.Int("gemway.attempt", a.Number)))
	fault := a.Failure
	if a.Status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", a.Status))
		if a.Status >= 400 {
			fault = strconv.Itoa(a.Status)
		}
	}
	if fault != "" {
		span.SetAttributes(attribute.String("error.type", fault))
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(now))
}

// provider is a site in the conventions' words.
func provider(site string) string {
	switch site {
	case "gemini":
		return "gcp.gemini"
	case "vertex":
		return "gcp.vertex_ai"
	}
	return site
}
