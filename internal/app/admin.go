package app

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"time"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// admin is the operator's listener: metrics, keys, settings, profiles.
type admin struct {
	server *http.Server
	done   chan struct{}
}

// startAdmin begins to serve the operator's listener, if there is to be one.
func (a *App) startAdmin(ctx context.Context) error {
	cfg := a.current.Load().cfg
	if cfg.Admin.Listen == "" {
		return nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Admin.Listen)
	if err != nil {
		return fmt.Errorf("admin.listen: %w", err)
	}
	a.admin = &admin{
		done: make(chan struct{}),
		// No limit for writing: a profile takes as long as it is asked to.
		server: &http.Server{Handler: a.guardAdmin(a.adminRoutes()), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute},
	}
	addr := ln.Addr()
	a.adminAddr.Store(&addr)
	go func() {
		defer close(a.admin.done)
		defer panics.Recover(a.panicked)
		_ = a.admin.server.Serve(ln) // ends when it is closed
	}()
	a.Log.Info("listening for the operator", "address", ln.Addr().String())
	return nil
}

func (d *admin) close() {
	_ = d.server.Close() // nothing is left to be lost
	<-d.done
}

func (a *App) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", metrics.ContentType)
		if err := a.metrics.Write(w); err != nil {
			a.Log.Error("write the metrics", "error", err)
		}
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { a.show(w, a.keyList()) })
	mux.HandleFunc("GET /config", func(w http.ResponseWriter, _ *http.Request) { a.show(w, a.current.Load().cfg.Effective()) })
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, _ *http.Request) {
		if err := a.Reload(); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (a *App) show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.MarshalWrite(w, v, jsontext.WithIndent("  ")); err != nil {
		a.Log.Error("write to the operator", "error", err)
	}
}

// guardAdmin lets in who has the token or, where none is set, who asks for this
// machine by a name that no name server can make up. Pages never come in.
func (a *App) guardAdmin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := a.current.Load().cfg.Admin.Token.Reveal()
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "cross-site":
			http.Error(w, "pages may not call the operator's listener", http.StatusForbidden)
		case token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1:
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the bearer token is not admin.token", http.StatusUnauthorized)
		case token == "" && !byAddress(r.Host):
			http.Error(w, "ask for the operator's listener by its address", http.StatusForbidden)
		default:
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Cache-Control", "no-store")
			next.ServeHTTP(w, r)
		}
	})
}

// byAddress reports whether a Host header is an address or localhost.
func byAddress(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || strings.EqualFold(host, "localhost")
}

// keyState is a key in the operator's list.
type keyState struct {
	Site    string          `json:"site"`
	ID      string          `json:"id"`
	State   keypool.State   `json:"state"`
	Reason  string          `json:"reason,omitzero"`
	Since   time.Time       `json:"since,omitzero"`
	Calls   int64           `json:"calls"`
	Limited int64           `json:"limited"`
	Failed  int64           `json:"failed"`
	Models  []keyModelState `json:"models,omitempty"`
}

// keyModelState is a model for which a key is not ready.
type keyModelState struct {
	Model string        `json:"model"`
	State keypool.State `json:"state"`
	Until time.Time     `json:"until,omitzero"`
}

func (a *App) keyList() []keyState {
	g := a.acquire()
	defer g.release()
	list := []keyState{}
	for _, c := range append([]*upstream.Client{g.client}, g.others...) {
		list = append(list, keysOf(c)...)
	}
	return list
}

func keysOf(c *upstream.Client) []keyState {
	var list []keyState
	for _, k := range c.Keys() {
		s := keyState{Site: c.Site(), ID: k.ID, State: k.State, Reason: k.Reason, Since: k.Since, Calls: k.Calls, Limited: k.Limited, Failed: k.Failed}
		for _, m := range k.Models {
			s.Models = append(s.Models, keyModelState(m))
		}
		list = append(list, s)
	}
	return list
}

// countKeys counts keys by state, for metrics. A key that is not ready for one
// model counts with that state.
func (a *App) countKeys() map[string]int {
	count := map[string]int{}
	for _, s := range []keypool.State{keypool.Ready, keypool.Cooling, keypool.Parked, keypool.Failing, keypool.Quarantined} {
		count[string(s)] = 0
	}
	for _, k := range a.keyList() {
		state := k.State
		if state == keypool.Ready && len(k.Models) > 0 {
			state = k.Models[0].State
		}
		count[string(state)]++
	}
	return count
}
