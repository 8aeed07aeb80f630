package tracing

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config says where traces go. It is what OpenTelemetry's own variables say;
// the SDK reads those about resources, sampling and batches itself.
type Config struct {
	// Endpoint is the URL that spans are posted to; "" is no tracing at all.
	Endpoint string
	// Header goes with every post.
	Header map[string]string
	// Timeout bounds one post.
	Timeout time.Duration
}

// FromEnvironment returns what the variables ask for. lookup tells whether one is
// set. See https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
func FromEnvironment(lookup func(name string) (string, bool)) (Config, error) {
	c := Config{Timeout: 10 * time.Second}
	first := func(names ...string) (text, name string) {
		for _, name := range names {
			if text, ok := lookup(name); ok {
				return text, name
			}
		}
		return "", ""
	}
	if off, _ := first("OTEL_SDK_DISABLED"); strings.EqualFold(off, "true") {
		return Config{}, nil
	}
	if kind, _ := first("OTEL_TRACES_EXPORTER"); kind == "none" {
		return Config{}, nil
	}
	var name string
	if c.Endpoint, name = first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); c.Endpoint == "" {
		if c.Endpoint, name = first("OTEL_EXPORTER_OTLP_ENDPOINT"); c.Endpoint == "" {
			return Config{}, nil
		}
		c.Endpoint = strings.TrimRight(c.Endpoint, "/") + "/v1/traces"
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return Config{}, fmt.Errorf("%s must be a URL such as http://localhost:4318", name)
	}
	if text, name := first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); text == "grpc" {
		return Config{}, fmt.Errorf("%s is grpc, but traces go by HTTP: leave it out, and give the collector's HTTP endpoint, usually port 4318", name)
	}
	if text, name := first("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"); text != "" {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms <= 0 || ms > int64(time.Hour/time.Millisecond) {
			return Config{}, fmt.Errorf("%s must be milliseconds, got %.20q", name, text)
		}
		c.Timeout = time.Duration(ms) * time.Millisecond
	}
	text, name := first("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
	var err error
	if c.Header, err = headers(text); err != nil {
		return Config{}, fmt.Errorf("%s %w", name, err)
	}
	return c, nil
}

// headers reads key=value pairs, whose values are as in URLs.
func headers(text string) (map[string]string, error) {
	all := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		clean, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || strings.ContainsAny(clean, "\r\n") {
			return nil, errors.New("must be pairs such as api-key=secret, with commas between") // never the value
		}
		all[strings.TrimSpace(name)] = clean
	}
	return all, nil
}
