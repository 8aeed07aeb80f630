package gallery_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gemway/gemway/internal/gallery"
	"github.com/gemway/gemway/raw"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestImagesAreKeptForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gallery.New(gallery.Config{MaxBytes: 1 << 20, MaxAge: time.Hour})
		defer g.Close()
		name, err := g.Put("image/png", raw.Quote(base64.StdEncoding.EncodeToString([]byte("\xff\xef\xbe picture"))))
		if err != nil || !strings.HasSuffix(name, ".png") || len(name) < 26+4 {
			t.Fatalf("%q, %v", name, err)
		}
		if i, ok := g.Get(name); !ok || string(i.Data) != "\xff\xef\xbe picture" || i.MIMEType != "image/png" {
			t.Errorf("got %v, %v", i, ok)
		}
		time.Sleep(61 * time.Minute)
		if _, ok := g.Get(name); ok {
			t.Error("the image is still there after its time")
		}
	})
}

func TestWhatCannotBeKeptIsAnError(t *testing.T) {
	g := gallery.New(gallery.Config{MaxBytes: 1 << 10, MaxAge: time.Hour})
	defer g.Close()
	for what, data := range map[string]raw.String{
		"no base64": raw.Quote("no base64!"),
		"too large": raw.Quote(base64.StdEncoding.EncodeToString(make([]byte, 2<<10))),
	} {
		if name, err := g.Put("image/png", data); err == nil {
			t.Errorf("%s is kept as %s", what, name)
		}
	}
	if name, err := g.Put("text/html", raw.Quote("QUJD")); err == nil {
		t.Errorf("a page is kept as %s", name)
	}
}

func TestOldImagesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gallery.New(gallery.Config{MaxBytes: 1 << 10, MaxAge: time.Hour})
		defer g.Close()
		var names []string
		for range 50 {
			name, err := g.Put("image/png", raw.Quote(base64.StdEncoding.EncodeToString(make([]byte, 100))))
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		time.Sleep(time.Second)
		kept := 0
		for _, n := range names {
			if _, ok := g.Get(n); ok {
				kept++
			}
		}
		if kept == 0 || kept > 3 {
			t.Errorf("%d images of 356 bytes are kept in 1,024", kept)
		}
	})
}
