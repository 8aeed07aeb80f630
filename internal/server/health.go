package server

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/openai"
)

// healthz serves GET /healthz: 200 while the process lives.
func (s *Server) healthz(w http.ResponseWriter, _ *request) error {
	send(w, http.StatusOK, []byte(`{"status":"ok"}`))
	return nil
}

// readyz serves GET /readyz: 200 while requests are welcome. It never calls
// Gemini: a probe must not cost money or fail with somebody else.
func (s *Server) readyz(w http.ResponseWriter, _ *request) error {
	if s.draining.Load() {
		return openai.NewError(http.StatusServiceUnavailable, openai.TypeServer, "", "draining", "the server is shutting down")
	}
	send(w, http.StatusOK, []byte(`{"status":"ready"}`))
	return nil
}

// metrics serves GET /metrics in Prometheus' format.
func (s *Server) metrics(w http.ResponseWriter, _ *request) error {
	if s.parts.Metrics == nil {
		return openai.NewError(http.StatusNotFound, openai.TypeInvalidRequest, "", "no_metrics", "this server keeps no metrics")
	}
	var b bytes.Buffer
	if err := s.parts.Metrics.Write(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", metrics.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // the client may be gone
	return nil
}
