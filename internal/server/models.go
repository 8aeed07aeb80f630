package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/translate"
)

// listModels serves GET /models: what upstream lists for the key, the retired
// models that a successor serves, and the aliases in force.
func (s *Server) listModels(w http.ResponseWriter, r *request) error {
	live, err := s.liveModels(w, r)
	if err != nil {
		return err
	}
	return encode(w, openai.ModelList{Object: "list", Data: s.allModels(live)})
}

// retrieveModel serves GET /models/{id}, under any spelling of an id.
func (s *Server) retrieveModel(w http.ResponseWriter, r *request) error {
	r.log.model = r.pathID
	routes, sites := s.routeModels()
	for _, m := range slices.Concat(sites, routes) {
		if _, known := s.parts.Catalog.Lookup(m.ID); m.ID == r.pathID && (m.OwnedBy != routeOwner || !known) {
			return encode(w, m) // without asking Google
		}
	}
	live, err := s.liveModels(w, r)
	if err != nil {
		return err
	}
	name := s.parts.Catalog.Bare(r.pathID)
	for _, m := range s.allModels(live) {
		if m.ID == name || m.ID == r.pathID {
			return encode(w, m)
		}
	}
	// Lists differ by key and lag behind: what the catalog lists by this id
	// can be asked for all the same. What it only has a rule for cannot be
	// promised, unless there is nobody to ask.
	res, known := s.parts.Catalog.Resolve(r.pathID)
	if known && (res.Via != catalog.ViaPattern || !live.whole) {
		return encode(w, s.complete(translate.NewModel(name)))
	}
	return s.noModel(name)
}

// liveList is what upstream lists for a key.
type liveList struct {
	models []openai.Model
	whole  bool // upstream has given all of it
	keyed  bool // there is a key to ask upstream with
}

// allModels merges the upstream's list with what the catalog adds to it: more
// where that list is missing or broken off.
func (s *Server) allModels(live liveList) []openai.Model {
	cat := s.parts.Catalog
	var out []openai.Model
	seen := map[string]bool{}
	add := func(m openai.Model) {
		if !seen[m.ID] {
			seen[m.ID] = true
			out = append(out, s.complete(m))
		}
	}
	routes, sites := s.routeModels()
	for _, m := range sites { // they come before models of Gemini of the same name
		seen[m.ID] = true
		out = append(out, m)
	}
	if !live.keyed && len(sites) > 0 { // Gemini is not served at all
		return append(out, routes...)
	}
	for _, m := range live.models {
		add(m)
	}
	for _, row := range cat.List() {
		res, _ := cat.Resolve(row.ID)
		if res.Via == catalog.ViaSuccessor || !live.whole && row.Retired == "" {
			add(translate.NewModel(row.ID))
		}
	}
	for _, a := range cat.Aliases() {
		add(translate.NewModel(a.Match))
	}
	for _, m := range routes { // a route in a model's place is listed as that model
		if !seen[m.ID] {
			seen[m.ID] = true
			out = append(out, m)
		}
	}
	return out
}

// complete adds to an entry what the catalog knows of its id: names and dates
// of the model itself, limits and capabilities of the one that answers.
func (s *Server) complete(m openai.Model) openai.Model {
	res, ok := s.parts.Catalog.Resolve(m.ID)
	if !ok {
		m.Created = unknownDay
		return m
	}
	own := res.Row
	if row, ok := s.parts.Catalog.Lookup(m.ID); ok && row.ID == m.ID {
		own = row
	}
	if m.DisplayName == "" {
		m.DisplayName = own.DisplayName
	}
	if m.Description == "" {
		m.Description = own.Description
	}
	m.Created, m.ShutdownDate = created(own), shutdown(own)
	if res.Row.ID != m.ID {
		m.ServedBy = res.Row.ID
		m.ContextWindow, m.MaxOutputTokens, m.Capabilities = 0, 0, nil
	}
	translate.Describe(&m, &res.Row.Model, res.Row.Methods)
	return m
}

// unknownDay stands for the day of models whose day nobody told: that on which
// the Gemini API opened. Clients that cache the list expect it to stay.
var unknownDay = time.Date(2023, time.December, 13, 0, 0, 0, 0, time.UTC).Unix()

func created(row *catalog.Row) int64 {
	if row.Created == 0 {
		return unknownDay
	}
	return row.Created
}

func shutdown(row *catalog.Row) string {
	if row.Retired != "" {
		return string(row.Retired)
	}
	return string(row.Retires)
}

// listTimeout bounds the whole of asking upstream for its list, all pages.
const listTimeout = 10 * time.Second

// maxPages bounds the pages of a list; one holds up to 1,000 models.
const maxPages = 20

// liveModels returns the upstream's list for the caller's key, from memory
// where it is fresh. Where upstream fails to give it, the header
// x-gemway-models says that the catalog answers.
func (s *Server) liveModels(w http.ResponseWriter, r *request) (liveList, error) {
	owner := "" // the server's own keys
	if r.key != "" {
		owner = r.caller
	}
	models, err := s.lists.get(owner, s.parts.Now(), func() ([]openai.Model, error) {
		// Others may wait for the same list, so it must not end with this client.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), listTimeout)
		defer cancel()
		return s.fetchModels(ctx, r.key)
	})
	if err == nil {
		return liveList{models, true, true}, nil
	}
	// A refused key is told: clients ask for the list to try their key.
	if e, _ := asOpenAI(err, r); e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
		return liveList{}, err
	}
	r.log.failed(err)
	w.Header().Set("x-gemway-models", "catalog")
	f, failed := errors.AsType[*upstream.Failure](err)
	return liveList{models, false, !failed || f.Kind != upstream.NoKey}, nil
}

// fetchModels asks upstream for all pages of its list. With an error it returns
// those it got.
func (s *Server) fetchModels(ctx context.Context, key string) ([]openai.Model, error) {
	var all []openai.Model
	query := url.Values{"pageSize": {"1000"}}
	for range maxPages {
		got, err := s.parts.Gemini.Do(ctx, upstream.Call{Path: "models", Verb: http.MethodGet, Query: query, ClientKey: key})
		if err != nil {
			return all, err
		}
		page, next, err := translate.ModelPage(got.Body)
		if err != nil {
			return all, err
		}
		all = slices.Concat(all, page)
		if next == "" {
			return all, nil
		}
		query = url.Values{"pageSize": {"1000"}, "pageToken": {next}}
	}
	return all, errors.New("the upstream's list of models has no end")
}
