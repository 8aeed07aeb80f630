package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gemway/gemway/gemini"
	"github.com/go-json-experiment/json"
)

// fileLife is how long files are kept. https://ai.google.dev/gemini-api/docs/files
const fileLife = 48 * time.Hour

// file is an uploaded, or a generated, file.
type file struct {
	Name           string `json:"name"`
	DisplayName    string `json:"displayName,omitempty"`
	MIMEType       string `json:"mimeType"`
	SizeBytes      string `json:"sizeBytes"`
	CreateTime     string `json:"createTime"`
	UpdateTime     string `json:"updateTime"`
	ExpirationTime string `json:"expirationTime"`
	SHA256Hash     []byte `json:"sha256Hash"` // the hex digits, in base64; recorded
	URI            string `json:"uri"`
	DownloadURI    string `json:"downloadUri,omitempty"`
	State          string `json:"state"`
	Source         string `json:"source"`

	medium  *medium
	expires time.Time
}

// upload is a resumable upload in progress.
type upload struct {
	meta struct {
		File struct {
			Name        string `json:"name"`
			DisplayName string `json:"displayName"`
			MIMEType    string `json:"mimeType"`
		} `json:"file"`
	}
	mime string
	data []byte
}

// stamp writes a time as Google does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// origin is where the client reached the emulator.
func (c *call) origin() string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}

// uploadFile serves both steps of the resumable upload: "start", which is
// answered with the address for the bytes, and the bytes.
func (e *Emulator) uploadFile(c *call) *Error {
	id := c.r.URL.Query().Get("upload_id")
	command := strings.ToLower(c.r.Header.Get("X-Goog-Upload-Command"))
	switch {
	case id != "":
		return e.uploadBytes(c, id, command)
	case command != "start":
		return invalid("Upload protocol is not supported: send X-Goog-Upload-Protocol: resumable with X-Goog-Upload-Command: start.") // UNCONFIRMED wording
	}
	body, err := e.body(c, 1<<20)
	if err != nil {
		return err
	}
	canonical, err := e.decode(body, "CreateFileRequest", false)
	if err != nil {
		return err
	}
	u := &upload{mime: c.r.Header.Get("X-Goog-Upload-Header-Content-Type")}
	if err := json.Unmarshal(canonical, &u.meta); err != nil {
		return invalid("Invalid JSON payload received. %v", err)
	}
	if u.mime == "" {
		u.mime = u.meta.File.MIMEType
	}
	if n, err := strconv.ParseInt(c.r.Header.Get("X-Goog-Upload-Header-Content-Length"), 10, 64); err == nil && n > e.config.MaxStored {
		return invalid("File size %d exceeds the limit of %d bytes.", n, e.config.MaxStored)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	const mostUploads = 1000
	if len(e.uploads) >= mostUploads {
		return refusal(http.StatusTooManyRequests, statusExhausted, "Too many uploads are open.")
	}
	e.made++
	id = identify(canonical).of("upload", e.made).responseID()
	e.uploads[id] = u
	h := c.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Goog-Upload-Status", "active")
	h.Set("X-Goog-Upload-Chunk-Granularity", "8388608")
	h.Set("X-Goog-Upload-URL", c.origin()+"/upload/v1beta/files?upload_id="+id+"&upload_protocol=resumable")
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// uploadBytes takes a chunk; "finalize" ends the file.
func (e *Emulator) uploadBytes(c *call, id, command string) *Error {
	chunk, err := e.body(c, e.config.MaxStored)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	u, ok := e.uploads[id]
	if !ok {
		return refusal(http.StatusNotFound, statusNotFound, "Upload is not found or has ended.")
	}
	e.drop() // what has expired
	held := e.stored
	for _, other := range e.uploads {
		held += int64(len(other.data))
	}
	switch offset := c.r.Header.Get("X-Goog-Upload-Offset"); {
	case strings.Contains(command, "cancel"):
		delete(e.uploads, id)
		c.w.Header().Set("X-Goog-Upload-Status", "cancelled")
		return nil
	case strings.Contains(command, "query"):
		c.w.Header().Set("X-Goog-Upload-Status", "active")
		c.w.Header().Set("X-Goog-Upload-Size-Received", strconv.Itoa(len(u.data)))
		return nil
	case offset != "" && offset != strconv.Itoa(len(u.data)):
		return invalid("Upload offset %s does not match the %d bytes received.", offset, len(u.data))
	case held+int64(len(chunk)) > e.config.MaxStored:
		return refusal(http.StatusTooManyRequests, statusExhausted, "You have exceeded your file storage quota.")
	}
	u.data = append(u.data, chunk...)
	if command != "" && !strings.Contains(command, "finalize") {
		c.w.Header().Set("X-Goog-Upload-Status", "active")
		return nil
	}
	delete(e.uploads, id)
	f := e.addFile(c, u)
	c.w.Header().Set("X-Goog-Upload-Status", "final")
	return c.write(struct {
		File *file `json:"file"`
	}{f})
}

// addFile keeps an upload as a file. The caller holds e.mu.
func (e *Emulator) addFile(c *call, u *upload) *file {
	now := e.config.Now()
	sum := sha256.Sum256(u.data)
	if u.mime == "" {
		if u.mime = sniff(u.data); u.mime == "" {
			u.mime = "text/plain"
		}
	}
	name := u.meta.File.Name
	if name == "" {
		e.made++
		name = "files/" + identify(u.data).of("file", e.made).name(12)
	} else if !strings.HasPrefix(name, "files/") {
		name = "files/" + name
	}
	f := &file{
		Name:           name,
		DisplayName:    u.meta.File.DisplayName,
		MIMEType:       u.mime,
		SizeBytes:      strconv.Itoa(len(u.data)),
		CreateTime:     stamp(now),
		UpdateTime:     stamp(now),
		ExpirationTime: stamp(now.Add(fileLife)),
		SHA256Hash:     []byte(hex.EncodeToString(sum[:])),
		URI:            c.origin() + "/v1beta/" + name,
		State:          "ACTIVE",
		Source:         "UPLOADED",
		medium:         inspect(u.mime, u.data),
		expires:        now.Add(fileLife),
	}
	if f.medium.class() == "video" {
		f.State = "PROCESSING" // until it is first looked at
	}
	e.files.put(name, f)
	e.stored += int64(len(u.data))
	return f
}

// drop forgets expired files. The caller holds e.mu.
func (e *Emulator) drop() {
	now := e.config.Now()
	for _, f := range e.files.all() {
		if now.After(f.expires) {
			e.forget(f)
		}
	}
}

func (e *Emulator) forget(f *file) {
	e.files.remove(f.Name)
	e.stored -= int64(len(f.medium.data))
}

// findFile returns a file that has not expired. Wording: reported.
// The caller holds e.mu.
func (e *Emulator) findFile(name string) (*file, *Error) {
	e.drop()
	f, ok := e.files.get("files/" + name)
	if !ok {
		return nil, refusal(http.StatusForbidden, statusDenied, "You do not have permission to access the File %s or it may not exist.", name)
	}
	return f, nil
}

// getFile serves files/{id}. A film is ready when it is looked at once more.
func (e *Emulator) getFile(c *call) *Error {
	e.mu.Lock()
	f, err := e.findFile(c.name)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	out := *f
	f.State = "ACTIVE"
	e.mu.Unlock()
	return c.write(&out)
}

// listFiles serves files: 10 a page, 100 at most.
// https://ai.google.dev/api/files#method:-files.list
func (e *Emulator) listFiles(c *call) *Error {
	e.mu.Lock()
	e.drop()
	var all []file
	for _, f := range e.files.all() {
		all = append(all, *f)
	}
	e.mu.Unlock()
	q := c.r.URL.Query()
	list, next, err := page(all, query(q, "pageSize", "page_size"), query(q, "pageToken", "page_token"), 10, 100)
	if err != nil {
		return err
	}
	return c.write(struct {
		Files         []file `json:"files,omitempty"`
		NextPageToken string `json:"nextPageToken,omitempty"`
	}{list, next})
}

// deleteFile serves the deletion of files/{id}.
func (e *Emulator) deleteFile(c *call) *Error {
	e.mu.Lock()
	f, err := e.findFile(c.name)
	if err == nil {
		e.forget(f)
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	return c.write(struct{}{})
}

// downloadFile serves files/{id}:download: generated files only.
func (e *Emulator) downloadFile(c *call) *Error {
	e.mu.Lock()
	f, err := e.findFile(c.name)
	e.mu.Unlock()
	switch {
	case err != nil:
		return err
	case f.Source != "GENERATED": // UNCONFIRMED wording; documented
		return invalid("Only generated files can be downloaded.")
	}
	c.w.Header().Set("Content-Type", f.MIMEType)
	_, _ = c.w.Write(f.medium.data) // a client that has left is told nothing
	return nil
}

// fileURI matches references to the Files API.
var fileURI = pattern(`^(?:https?://[^/]+/v1(?:beta|alpha)?/)?files/[A-Za-z0-9-]+$`)

// openFile finds what a part refers to: an uploaded file, or something on the
// web, which the emulator does not fetch.
func (e *Emulator) openFile(d *gemini.FileData) (*medium, *Error) {
	switch {
	case fileURI().MatchString(d.FileURI):
		e.mu.Lock()
		defer e.mu.Unlock()
		f, err := e.findFile(path.Base(d.FileURI))
		if err != nil {
			return nil, err
		}
		if f.State != "ACTIVE" { // wording: reported
			return nil, refusal(http.StatusBadRequest, "FAILED_PRECONDITION", "The File %s is not in an ACTIVE state and usage is not allowed.", path.Base(d.FileURI))
		}
		m := *f.medium
		m.uri = d.FileURI
		if d.MIMEType != "" {
			m.mime = strings.ToLower(d.MIMEType)
		}
		return &m, nil
	case strings.HasPrefix(d.FileURI, "https://"), strings.HasPrefix(d.FileURI, "http://"), strings.HasPrefix(d.FileURI, "gs://"):
		return &medium{mime: strings.ToLower(d.MIMEType), uri: d.FileURI}, nil
	}
	return nil, invalid("Invalid or unsupported file uri: %s", d.FileURI) // wording: reported
}
