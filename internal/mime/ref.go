package mime

import (
	"net/url"
	"strings"
)

// Kind is what a media URL refers to, which decides who fetches it.
type Kind int

// The kinds of references.
const (
	Invalid Kind = iota // nothing that could be used
	Inlined             // data: URL
	Remote              // http or https: Gemway fetches it
	File                // a file of Gemini's Files API: passed on as it is
	Storage             // gs://, Google Cloud Storage: passed on as it is
	YouTube             // a video on YouTube: passed on as it is
)

// filesHost is where the Files API of the Gemini API lives.
const filesHost = "generativelanguage.googleapis.com"

// Classify says what a media URL refers to. It looks at the text alone.
// References of the kinds File, Storage and YouTube are for Gemini to follow;
// Gemway connects to none of them.
func Classify(ref string) Kind {
	if IsDataURL([]byte(ref[:min(len(ref), 64)])) {
		return Inlined
	}
	if fileName(ref) {
		return File
	}
	u, err := url.Parse(ref)
	if err != nil || u.Host == "" {
		return Invalid
	}
	switch strings.ToLower(u.Scheme) {
	case "gs":
		return Storage
	case "http", "https":
	default:
		return Invalid
	}
	if u.User != nil || u.Port() != "" {
		return Remote // the guard will judge it
	}
	switch host := strings.ToLower(u.Hostname()); {
	case host == filesHost:
		if _, name, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); ok && fileName(name) {
			return File
		}
	case video(host, u):
		return YouTube
	}
	return Remote
}

// fileName reports whether s is the name of a file: files/abc-123.
func fileName(s string) bool {
	id, ok := strings.CutPrefix(s, "files/")
	if !ok || id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// video reports whether a URL names a video on YouTube, not a picture or page.
func video(host string, u *url.URL) bool {
	switch host {
	case "youtu.be":
		return len(u.Path) > 1
	case "youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "www.youtube-nocookie.com":
		if u.Path == "/watch" {
			return u.Query().Get("v") != ""
		}
		for _, p := range [...]string{"/shorts/", "/embed/", "/live/", "/v/"} {
			if id, ok := strings.CutPrefix(u.Path, p); ok && id != "" {
				return true
			}
		}
	}
	return false
}
