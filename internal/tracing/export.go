package tracing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/gemway/gemway/internal/panics"
	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// exporter posts spans to a collector by OTLP over HTTP, in its JSON form, which
// every collector takes. OpenTelemetry's own exporter brings gRPC along, half as
// much again as the whole program.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
type exporter struct {
	cfg     Config
	client  *http.Client
	dropped *atomic.Int64
}

func newExporter(cfg Config, dropped *atomic.Int64) *exporter {
	return &exporter{cfg: cfg, dropped: dropped, client: &http.Client{
		Timeout:       cfg.Timeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the headers hold keys
	}}
}

// ExportSpans implements the SDK's SpanExporter. What the collector does not
// take is dropped and counted: requests do not wait for it.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	defer panics.Recover(func(*panics.Recovered) { e.dropped.Add(int64(len(spans))) })
	if err := e.post(ctx, spans); err != nil {
		e.dropped.Add(int64(len(spans)))
	}
	return nil // the SDK would only write it to stderr
}

// Shutdown implements the SDK's SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

func (e *exporter) post(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := json.Marshal(request(spans))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.cfg.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range e.cfg.Header {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := e.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// The types of OTLP that are used here. 64-bit numbers are strings in its JSON,
// ids are in hexadecimal.
type (
	export struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   attributes   `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	attributes struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []span `json:"spans"`
	}
	span struct {
		TraceID           string     `json:"traceId"`
		SpanID            string     `json:"spanId"`
		ParentSpanID      string     `json:"parentSpanId,omitzero"`
		TraceState        string     `json:"traceState,omitzero"`
		Flags             uint32     `json:"flags,omitzero"`
		Name              string     `json:"name"`
		Kind              int        `json:"kind"`
		StartTimeUnixNano int64      `json:"startTimeUnixNano,string"`
		EndTimeUnixNano   int64      `json:"endTimeUnixNano,string"`
		Attributes        []keyValue `json:"attributes"`
		Status            status     `json:"status"`
	}
	status struct {
		Code int `json:"code,omitzero"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String *string  `json:"stringValue,omitzero"`
		Bool   *bool    `json:"boolValue,omitzero"`
		Int    *string  `json:"intValue,omitzero"`
		Double *float64 `json:"doubleValue,omitzero"`
		Array  *array   `json:"arrayValue,omitzero"`
	}
	array struct {
		Values []value `json:"values"`
	}
)

// request makes the body of a post. All spans are of one resource and scope.
func request(spans []sdk.ReadOnlySpan) export {
	if len(spans) == 0 {
		return export{}
	}
	var r resourceSpans
	r.Resource.Attributes = keyValues(spans[0].Resource().Attributes())
	s := scopeSpans{Spans: make([]span, len(spans))}
	s.Scope.Name = spans[0].InstrumentationScope().Name
	for i, from := range spans {
		id := from.SpanContext()
		s.Spans[i] = span{
			TraceID: id.TraceID().String(), SpanID: id.SpanID().String(), TraceState: id.TraceState().String(), Flags: uint32(id.TraceFlags()),
			Name: from.Name(), Kind: int(from.SpanKind()), // the SDK's kinds have OTLP's numbers
			StartTimeUnixNano: from.StartTime().UnixNano(), EndTimeUnixNano: from.EndTime().UnixNano(),
			Attributes: keyValues(from.Attributes()),
		}
		if from.Parent().SpanID().IsValid() {
			s.Spans[i].ParentSpanID = from.Parent().SpanID().String()
		}
		if from.Status().Code == codes.Error {
			s.Spans[i].Status.Code = 2
		}
	}
	r.ScopeSpans = []scopeSpans{s}
	return export{[]resourceSpans{r}}
}

func keyValues(all []attribute.KeyValue) []keyValue {
	out := make([]keyValue, len(all))
	for i, a := range all {
		out[i] = keyValue{string(a.Key), valueOf(a.Value)}
	}
	return out
}

func valueOf(v attribute.Value) value {
	switch v.Type() {
	case attribute.BOOL:
		return value{Bool: new(v.AsBool())}
	case attribute.INT64:
		return value{Int: new(strconv.FormatInt(v.AsInt64(), 10))}
	case attribute.FLOAT64:
		return value{Double: new(v.AsFloat64())}
	case attribute.STRINGSLICE:
		a := &array{Values: []value{}}
		for _, s := range v.AsStringSlice() {
			a.Values = append(a.Values, value{String: &s})
		}
		return value{Array: a}
	}
	return value{String: new(v.String())}
}
