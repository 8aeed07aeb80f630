package emulator

import (
	"bytes"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// batch is a batchGenerateContent operation. It is worked off at once, but
// looks pending, then running, and is finished when it is asked for the second
// time, so that clients that poll are tried without waiting.
type batch struct {
	name, model, display string
	created, updated     string
	requests             []batchRequest
	failed               int
	responses            []byte // the list of answers, as JSON
	file                 string // the file with the answers, when they were asked for in a file
	lines                []byte
	polls                int
	cancelled            bool
}

type batchRequest struct {
	Key      string    `json:"key"`
	Request  raw.Value `json:"request"`
	Metadata raw.Value `json:"metadata"`
}

// maxBatch is how many requests a batch of the emulator may have.
const maxBatch = 10000

// batchGenerateContent serves models/{model}:batchGenerateContent.
func (e *Emulator) batchGenerateContent(c *call) *Error {
	body, err := e.body(c, e.config.MaxRequest)
	if err != nil {
		return err
	}
	canonical, err := e.decode(body, "BatchGenerateContentRequest", c.vertex)
	if err != nil {
		return err
	}
	model, err := e.resolve(c, "batchGenerateContent")
	if err != nil {
		return err
	}
	b := parse(canonical).get("batch")
	input := b.get("inputConfig")
	job := &batch{model: "models/" + c.model, display: b.get("displayName").text()}
	if name := input.get("fileName").text(); name != "" {
		if job.requests, err = e.batchFile(name); err != nil {
			return err
		}
		job.file = "wanted"
	}
	for _, one := range input.get("requests").get("requests").items {
		r := batchRequest{Request: one.get("request").appendTo(nil)}
		if m := one.get("metadata"); m.kind() != 0 {
			r.Metadata = m.appendTo(nil)
		}
		job.requests = append(job.requests, r)
	}
	switch n := len(job.requests); {
	case n == 0: // UNCONFIRMED wording
		return invalid("* BatchGenerateContentRequest.batch.input_config: requests are not specified\n")
	case n > maxBatch:
		return invalid("at most %d requests can be in one batch", maxBatch)
	}
	e.work(c, job, model)
	now := stamp(e.config.Now())
	job.created, job.updated = now, now
	e.mu.Lock()
	e.made++
	job.name = "batches/" + identify(canonical).of("batch", e.made).name(32)
	const mostBatches = 100
	if len(e.batches.order) >= mostBatches {
		e.batches.remove(e.batches.order[0])
	}
	e.batches.put(job.name, job)
	out := job.operation()
	e.mu.Unlock()
	return c.write(out)
}

// batchFile reads the requests of an uploaded file, one a line.
func (e *Emulator) batchFile(name string) ([]batchRequest, *Error) {
	e.mu.Lock()
	f, err := e.findFile(path.Base(name))
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var out []batchRequest
	for n, line := range bytes.Split(f.medium.data, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r batchRequest
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, invalid("Failed to parse line %d of %s.", n+1, name) // UNCONFIRMED wording
		}
		out = append(out, r)
	}
	return out, nil
}

// work answers the requests of a batch.
func (e *Emulator) work(c *call, job *batch, model *catalog.Row) {
	type line struct {
		Key      string    `json:"key,omitempty"`
		Response *response `json:"response,omitzero"`
		Error    *Error    `json:"error,omitzero"`
		Metadata raw.Value `json:"metadata,omitzero"`
	}
	lines := make([]line, len(job.requests))
	for i, r := range job.requests {
		l := line{Key: r.Key, Metadata: r.Metadata}
		ch := &chat{model: model, vertex: c.vertex, fault: c.fault}
		canonical, err := e.decode(r.Request, "GenerateContentRequest", c.vertex)
		if err == nil {
			err = e.fillChat(ch, canonical)
		}
		var a *answer
		if err == nil {
			a, err = e.answer(ch)
		}
		if err != nil {
			l.Error = err
			job.failed++
		} else {
			l.Response = ch.whole(a)
		}
		lines[i] = l
	}
	for _, l := range lines {
		b, err := json.Marshal(l)
		if err != nil {
			continue // never: these are our own structs
		}
		job.lines = append(append(job.lines, b...), '\n')
	}
	job.responses, _ = json.Marshal(lines)
}

func (b *batch) state() string {
	switch {
	case b.cancelled:
		return "BATCH_STATE_CANCELLED"
	case b.polls == 0:
		return "BATCH_STATE_PENDING"
	case b.polls == 1:
		return "BATCH_STATE_RUNNING"
	}
	return "BATCH_STATE_SUCCEEDED"
}

// operation is the batch as it is seen. "v1main" is recorded.
func (b *batch) operation() any {
	const pkg = "type.googleapis.com/google.ai.generativelanguage.v1main."
	type stats struct {
		RequestCount           string `json:"requestCount"`
		PendingRequestCount    string `json:"pendingRequestCount,omitempty"`
		SuccessfulRequestCount string `json:"successfulRequestCount,omitempty"`
		FailedRequestCount     string `json:"failedRequestCount,omitempty"`
	}
	type inlined struct {
		InlinedResponses raw.Value `json:"inlinedResponses"`
	}
	type output struct {
		Type             string   `json:"@type,omitempty"`
		InlinedResponses *inlined `json:"inlinedResponses,omitzero"`
		ResponsesFile    string   `json:"responsesFile,omitempty"`
	}
	type metadata struct {
		Type        string  `json:"@type"`
		Model       string  `json:"model"`
		DisplayName string  `json:"displayName"`
		Output      *output `json:"output,omitzero"`
		CreateTime  string  `json:"createTime"`
		EndTime     string  `json:"endTime,omitempty"`
		UpdateTime  string  `json:"updateTime"`
		BatchStats  stats   `json:"batchStats"`
		State       string  `json:"state"`
		Name        string  `json:"name"`
	}
	n := len(b.requests)
	m := metadata{
		Type: pkg + "GenerateContentBatch", Model: b.model, DisplayName: b.display,
		CreateTime: b.created, UpdateTime: b.updated,
		BatchStats: stats{RequestCount: strconv.Itoa(n), PendingRequestCount: strconv.Itoa(n)},
		State:      b.state(), Name: b.name,
	}
	out := struct {
		Name     string   `json:"name"`
		Metadata metadata `json:"metadata"`
		Done     bool     `json:"done,omitzero"`
		Response *output  `json:"response,omitzero"`
	}{Name: b.name}
	switch m.State {
	case "BATCH_STATE_CANCELLED":
		out.Done, m.EndTime = true, b.updated
	case "BATCH_STATE_SUCCEEDED":
		o := &output{ResponsesFile: b.file}
		if b.file == "" {
			o.InlinedResponses = &inlined{b.responses}
		}
		m.Output, m.EndTime = o, b.updated
		m.BatchStats = stats{RequestCount: strconv.Itoa(n)}
		if ok := n - b.failed; ok > 0 {
			m.BatchStats.SuccessfulRequestCount = strconv.Itoa(ok)
		}
		if b.failed > 0 {
			m.BatchStats.FailedRequestCount = strconv.Itoa(b.failed)
		}
		typed := *o
		typed.Type = pkg + "GenerateContentBatchOutput"
		out.Done, out.Response = true, &typed
	}
	out.Metadata = m
	return out
}

// getBatch serves batches/{id}.
func (e *Emulator) getBatch(c *call) *Error {
	e.mu.Lock()
	b, ok := e.batches.get("batches/" + c.name)
	if !ok {
		e.mu.Unlock()
		return notFound()
	}
	b.polls++
	b.updated = stamp(e.config.Now())
	if b.polls == 2 && b.file == "wanted" {
		u := &upload{mime: "application/jsonl", data: b.lines}
		u.meta.File.Name = "files/batch-" + path.Base(b.name)
		f := e.addFile(c, u)
		f.Source, f.DownloadURI = "GENERATED", f.URI+":download?alt=media"
		b.file = f.Name
	}
	out := b.operation()
	e.mu.Unlock()
	return c.write(out)
}

// listBatches serves the list.
func (e *Emulator) listBatches(c *call) *Error {
	e.mu.Lock()
	var all []any
	for _, b := range e.batches.all() {
		all = append(all, b.operation())
	}
	e.mu.Unlock()
	q := c.r.URL.Query()
	list, next, err := page(all, query(q, "pageSize", "page_size"), query(q, "pageToken", "page_token"), 50, 1000)
	if err != nil {
		return err
	}
	return c.write(struct {
		Operations    []any  `json:"operations,omitempty"`
		NextPageToken string `json:"nextPageToken,omitempty"`
	}{list, next})
}

// cancelBatch serves batches/{id}:cancel.
func (e *Emulator) cancelBatch(c *call) *Error {
	e.mu.Lock()
	b, ok := e.batches.get("batches/" + strings.TrimSuffix(c.name, ":cancel"))
	if ok && b.polls < 2 {
		b.cancelled = true
	}
	e.mu.Unlock()
	if !ok {
		return notFound()
	}
	return c.write(struct{}{})
}

// deleteBatch serves the deletion of a batch.
func (e *Emulator) deleteBatch(c *call) *Error {
	e.mu.Lock()
	_, ok := e.batches.get("batches/" + c.name)
	e.batches.remove("batches/" + c.name)
	e.mu.Unlock()
	if !ok {
		return refusal(http.StatusNotFound, statusNotFound, "Requested entity was not found.")
	}
	return c.write(struct{}{})
}
