package server

import (
	"net/http"

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
