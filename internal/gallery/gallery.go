// Package gallery keeps generated images for a while, for clients that ask for
// the URL of an image and fetch it later.
package gallery

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/gemway/gemway/raw"
	"github.com/maypok86/otter/v2"
)

// Config bounds what is kept.
type Config struct {
	MaxBytes uint64        // of all images
	MaxAge   time.Duration // since an image was made
}

// Default holds 256 MiB for an hour, which is how long OpenAI's URLs last.
func Default() Config { return Config{MaxBytes: 256 << 20, MaxAge: time.Hour} }

// Image is a file for download.
type Image struct {
	MIMEType string
	Data     []byte
}

// Gallery keeps images in memory, the oldest go first. It may be used
// concurrently.
type Gallery struct {
	cache    *otter.Cache[string, Image]
	maxBytes uint64
}

// New returns an empty gallery.
func New(cfg Config) *Gallery {
	return &Gallery{maxBytes: cfg.MaxBytes, cache: otter.Must(&otter.Options[string, Image]{
		MaximumWeight:    cfg.MaxBytes,
		Weigher:          func(_ string, i Image) uint32 { return uint32(min(len(i.Data)+256, 1<<31)) },
		ExpiryCalculator: otter.ExpiryWriting[string, Image](cfg.MaxAge),
	})}
}

// Put keeps an image given in base64 and returns the name it is found under,
// which nobody can guess. An image that is no base64 or larger than the whole
// gallery is an error.
func (g *Gallery) Put(mimeType string, data raw.String) (name string, err error) {
	b, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(data.Inner(), []byte(`\/`), []byte("/"))))
	if err != nil {
		return "", fmt.Errorf("decode the image: %w", err)
	}
	if uint64(len(b)) > g.maxBytes {
		return "", fmt.Errorf("the image has %d bytes, and %d are kept", len(b), g.maxBytes)
	}
	ext, ok := strings.CutPrefix(mimeType, "image/")
	if !ok {
		return "", fmt.Errorf("%q is no image", mimeType)
	}
	name = strings.ToLower(rand.Text()) + "." + ext
	g.cache.Set(name, Image{mimeType, b})
	return name, nil
}

// Get returns an image by its name, as long as it is kept.
func (g *Gallery) Get(name string) (Image, bool) { return g.cache.GetIfPresent(name) }

// Close ends the gallery's own work.
func (g *Gallery) Close() { g.cache.StopAllGoroutines() }
