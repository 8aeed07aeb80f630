package emulator

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/gif" // the formats whose size is told
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"

	"github.com/gemway/gemway/raw"
	_ "golang.org/x/image/bmp"  // likewise
	_ "golang.org/x/image/webp" // likewise
)

// medium is a picture, sound, film or document as far as the emulator can see.
type medium struct {
	mime          string // as declared
	sniffed       string // as the bytes say; "" when they say nothing
	size          int
	width, height int     // of images
	seconds       float64 // of sounds and films
	pages         int     // of PDFs
	text          string  // of text files
	uri           string  // when it was not inline
	data          []byte
}

// class is what kind of medium the declared type is: image, audio, video, pdf
// or text.
func (d *medium) class() string {
	switch kind, _, _ := strings.Cut(d.mime, "/"); {
	case kind == "image", kind == "audio", kind == "video":
		return kind
	case d.mime == "application/pdf":
		return "pdf"
	}
	return "text"
}

// String tells what was seen, for answers.
func (d *medium) String() string {
	var b strings.Builder
	article := "a"
	if strings.ContainsAny(d.class()[:1], "aeiou") {
		article = "an"
	}
	noun := map[string]string{"pdf": "PDF document", "text": "text file"}[d.class()]
	if noun == "" {
		noun = d.class()
	}
	fmt.Fprintf(&b, "%s %s of type %s", article, noun, d.mime)
	if d.sniffed != "" && d.sniffed != d.mime {
		fmt.Fprintf(&b, " (its bytes are %s)", d.sniffed)
	}
	if d.uri != "" {
		fmt.Fprintf(&b, " at %s", d.uri)
	}
	if d.size > 0 {
		fmt.Fprintf(&b, ", %d bytes", d.size)
	}
	switch {
	case d.width > 0:
		fmt.Fprintf(&b, ", %d by %d pixels", d.width, d.height)
	case d.seconds > 0:
		fmt.Fprintf(&b, ", %.1f seconds", d.seconds)
	case d.pages == 1:
		b.WriteString(", 1 page")
	case d.pages > 1:
		fmt.Fprintf(&b, ", %d pages", d.pages)
	}
	return b.String()
}

// decodeBase64 reads base64 or base64url, padded or not. The decoder of the
// request has already refused anything else.
func decodeBase64(s raw.String) []byte {
	b := s.Inner()
	if bytes.IndexByte(b, '\\') >= 0 {
		b = []byte(s.Decode())
	}
	std := bytes.Map(func(r rune) rune {
		switch r {
		case '-':
			return '+'
		case '_':
			return '/'
		case '=', ' ', '\n', '\r', '\t':
			return -1
		}
		return r
	}, b)
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(std)))
	n, _ := base64.RawStdEncoding.Decode(out, std)
	return out[:n]
}

var pdfPage = pattern(`/Type\s*/Page[^s]`)

// inspect looks into the bytes of a medium.
func inspect(mime string, data []byte) *medium {
	mime, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(mime)), ";")
	d := &medium{mime: mime, size: len(data), data: data, sniffed: sniff(data)}
	switch d.class() {
	case "image":
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
			d.width, d.height = c.Width, c.Height
		}
	case "audio":
		d.seconds = soundSeconds(data)
	case "video":
		d.seconds = filmSeconds(data)
	case "pdf":
		d.pages = len(pdfPage().FindAllIndex(data, -1))
	default:
		d.text = strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return d
}

// sniff names the type that the first bytes show, or "".
func sniff(data []byte) string {
	at := func(i int, s string) bool { return len(data) >= i+len(s) && string(data[i:i+len(s)]) == s }
	switch {
	case at(4, "ftypheic"), at(4, "ftypheix"), at(4, "ftypmif1"):
		return "image/heic"
	case at(4, "ftypavif"):
		return "image/avif"
	case at(4, "ftypM4A"):
		return "audio/mp4"
	case at(0, "fLaC"):
		return "audio/flac"
	case at(0, "OggS"):
		return "audio/ogg"
	case len(data) > 1 && data[0] == 0xFF && data[1]&0xF6 == 0xF0:
		return "audio/aac"
	case len(data) > 1 && data[0] == 0xFF && data[1]&0xE0 == 0xE0, at(0, "ID3"):
		return "audio/mpeg"
	}
	mime, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch mime {
	case "application/octet-stream", "text/plain":
		return ""
	case "audio/wave":
		return "audio/wav"
	}
	return mime
}

// soundSeconds reads the length of WAV and MP3 data; 0 when it cannot.
func soundSeconds(b []byte) float64 {
	if len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WAVE" {
		rate := uint32(0)
		for i := 12; i+8 <= len(b); {
			size := int(binary.LittleEndian.Uint32(b[i+4:]))
			switch id := string(b[i : i+4]); {
			case id == "fmt " && i+20 <= len(b):
				rate = binary.LittleEndian.Uint32(b[i+16:])
			case id == "data" && rate > 0:
				return float64(min(size, len(b)-i-8)) / float64(rate)
			}
			if size < 0 || size > len(b) {
				return 0
			}
			i += 8 + size + size&1
		}
		return 0
	}
	return mp3Seconds(b)
}

// Bit rates of MPEG-1 and MPEG-2 layer III in kbit/s.
var (
	mp3Rates1 = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	mp3Rates2 = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
)

// mp3Seconds takes the first frame's bit rate for the whole file.
func mp3Seconds(b []byte) float64 {
	start := 0
	if len(b) > 10 && string(b[:3]) == "ID3" {
		start = 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9]))
	}
	for i := start; i+4 <= len(b) && i < start+4096; i++ {
		if b[i] != 0xFF || b[i+1]&0xE6 != 0xE2 { // sync, layer III
			continue
		}
		rates := &mp3Rates2
		if b[i+1]&0x18 == 0x18 {
			rates = &mp3Rates1
		}
		if rate := rates[b[i+2]>>4]; rate > 0 {
			return float64(len(b)-i) * 8 / float64(rate*1000)
		}
	}
	return 0
}

// filmSeconds reads the length of an MP4 file from its movie header.
func filmSeconds(b []byte) float64 {
	i := bytes.Index(b, []byte("mvhd"))
	if i < 0 || i+24 > len(b) {
		return 0
	}
	h := b[i+4:]
	scale, length := binary.BigEndian.Uint32(h[12:]), uint64(binary.BigEndian.Uint32(h[16:]))
	if h[0] == 1 && len(h) >= 32 {
		scale, length = binary.BigEndian.Uint32(h[20:]), binary.BigEndian.Uint64(h[24:])
	}
	if scale == 0 {
		return 0
	}
	return float64(length) / float64(scale)
}
