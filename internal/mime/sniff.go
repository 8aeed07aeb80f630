package mime

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// HeadLen is how many bytes of a file decide its type. An MP3 or a Matroska file
// shows itself in the first few; the rest is for telling text from binary.
const HeadLen = 3072

// Types that Type returns and that never leave Gemway.
const (
	typeHTML = "text/html"
	typeSVG  = "image/svg+xml"
	typeText = "text/plain"
)

// Type returns the type of a file from its first bytes, of which HeadLen are
// enough, or "" when they are of no format we know. Text is "text/plain",
// "text/html" or "image/svg+xml". What a header says beyond its first word is
// checked as well, so that a text that happens to begin with BM is no bitmap.
func Type(head []byte) string {
	head = head[:min(len(head), HeadLen)]
	for _, sniff := range [...]func([]byte) string{image, riff, boxes, sound, film} {
		if t := sniff(head); t != "" {
			return t
		}
	}
	if bytes.HasPrefix(head, []byte("%PDF-")) {
		return "application/pdf"
	}
	return text(head)
}

func image(b []byte) string {
	switch {
	case has(b, "\x89PNG\r\n\x1a\n") && (len(b) < 16 || string(b[12:16]) == "IHDR" || string(b[12:16]) == "CgBI"):
		return "image/png"
	case has(b, "\xff\xd8\xff") && (len(b) < 4 || b[3] >= 0xc0 && b[3] != 0xff):
		return "image/jpeg"
	case has(b, "GIF87a"), has(b, "GIF89a"):
		return "image/gif"
	case has(b, "II*\x00"), has(b, "MM\x00*"), has(b, "II+\x00\x08\x00"), has(b, "MM\x00+\x00\x08"):
		return "image/tiff"
	case has(b, "BM") && len(b) >= 18 && string(b[6:10]) == "\x00\x00\x00\x00":
		// The size of the second header tells the version of the format.
		switch binary.LittleEndian.Uint32(b[14:]) {
		case 12, 16, 40, 52, 56, 64, 108, 124:
			return "image/bmp"
		}
	}
	return ""
}

// riff knows the containers of chunks whose form is named at byte 8.
func riff(b []byte) string {
	if len(b) < 12 {
		return ""
	}
	form := string(b[8:12])
	switch string(b[:4]) {
	case "RIFF", "RF64", "RIFX":
		switch form {
		case "WEBP":
			return "image/webp"
		case "WAVE":
			return "audio/wav"
		case "AVI ":
			return "video/avi"
		}
	case "FORM":
		if form == "AIFF" || form == "AIFC" {
			return "audio/aiff"
		}
	}
	return ""
}

// boxes knows the ISO base media file format and QuickTime: boxes of a length
// and a name, the first mostly ftyp with the brands the file belongs to.
// https://mp4ra.org/registered-types/brands
func boxes(b []byte) string {
	if len(b) < 12 {
		return ""
	}
	switch string(b[4:8]) {
	case "ftyp":
	case "moov", "mdat", "wide", "free", "skip", "pnot":
		if n := binary.BigEndian.Uint32(b); n == 1 || n >= 8 { // QuickTime before brands
			return "video/mov"
		}
		return ""
	default:
		return ""
	}
	end := min(len(b), int(min(binary.BigEndian.Uint32(b), HeadLen)))
	if t := brand(b[8:12]); t != "" {
		return t
	}
	switch string(b[8:12]) {
	case "mif1", "msf1", "mif2", "miaf": // some picture: a later brand says which
		for i := 16; i+4 <= end; i += 4 {
			if t := brand(b[i : i+4]); strings.HasPrefix(t, "image/") {
				return t
			}
		}
		return "image/heif"
	}
	return "video/mp4"
}

// brand returns what one brand means, or "" when others have to decide.
func brand(b []byte) string {
	switch string(b) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs":
		return "image/heic"
	case "avif", "avis":
		return "image/avif"
	case "M4A ", "M4B ", "F4A ", "F4B ":
		return "audio/mp4"
	case "qt  ":
		return "video/mov"
	}
	if string(b[:3]) == "3gp" || string(b[:3]) == "3g2" {
		return "video/3gpp"
	}
	return ""
}

func sound(b []byte) string {
	switch {
	case has(b, "ID3") && len(b) >= 10 && b[3] < 0x10 && b[6]|b[7]|b[8]|b[9] < 0x80:
		return "audio/mp3"
	case has(b, "fLaC"):
		return "audio/flac"
	case has(b, "OggS\x00"):
		return "audio/ogg"
	case has(b, "ADIF"):
		return "audio/aac"
	case len(b) >= 4 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1] != 0xfe: // 0xfffe begins UTF-16
		return frame(b)
	}
	return ""
}

// frame tells MPEG audio from AAC in an ADTS stream: both begin with set bits,
// and only AAC has 00 where the layer stands.
func frame(b []byte) string {
	version, layer := b[1]>>3&3, b[1]>>1&3
	if layer == 0 {
		rate, channels := b[2]>>2&15, b[2]&1<<2|b[3]>>6
		if b[1]&0xf0 == 0xf0 && rate < 13 && channels < 8 {
			return "audio/aac"
		}
		return ""
	}
	bitrate, rate, emphasis := b[2]>>4, b[2]>>2&3, b[3]&3
	if version == 1 || bitrate == 15 || rate == 3 || emphasis == 2 { // reserved values
		return ""
	}
	return "audio/mp3"
}

func film(b []byte) string {
	switch {
	case has(b, "\x1a\x45\xdf\xa3"):
		switch { // the document type is a string in the EBML header
		case bytes.Contains(b[:min(len(b), 128)], []byte("webm")):
			return "video/webm"
		case bytes.Contains(b[:min(len(b), 128)], []byte("matroska")):
			return "video/x-matroska"
		}
	case has(b, "FLV\x01"):
		return "video/x-flv"
	case has(b, "\x00\x00\x01\xba"), has(b, "\x00\x00\x01\xb3"):
		return "video/mpeg"
	case has(b, "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"):
		return "video/wmv"
	}
	return ""
}

// text returns which kind of text the bytes are, or "" when they are binary.
func text(b []byte) string {
	switch {
	case has(b, "\xff\xfe"), has(b, "\xfe\xff"): // UTF-16: its ASCII is every other byte
		return markup(bytes.ReplaceAll(b[2:], []byte{0}, nil))
	case has(b, "\xef\xbb\xbf"):
		b = b[3:]
	}
	if len(b) == 0 {
		return ""
	}
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			if len(rest) < utf8.UTFMax && !utf8.FullRune(rest) {
				return markup(b) // the head ends inside a character
			}
			return ""
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != '\x1b', r == 0x7f:
			return ""
		}
		rest = rest[n:]
	}
	return markup(b)
}

// markup tells HTML and SVG from other text, much as browsers do.
// https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type
func markup(b []byte) string {
	b = bytes.ToLower(bytes.TrimLeft(b, " \t\r\n\f"))
	if !has(b, "<") {
		return typeText
	}
	if bytes.Contains(b, []byte("<svg")) {
		return typeSVG
	}
	for _, tag := range [...]string{
		"!doctype html", "html", "head", "script", "iframe", "h1", "div", "font", "table",
		"a", "style", "title", "b", "body", "br", "p", "!--", "meta", "img", "link",
	} {
		if has(b[1:], tag) && (tag == "!--" || len(b) == 1+len(tag) || bytes.IndexByte([]byte(" >/\t\r\n\f"), b[1+len(tag)]) >= 0) {
			return typeHTML
		}
	}
	if has(b, "<?xml") && bytes.Contains(b, []byte("<html")) {
		return typeHTML
	}
	return typeText
}

func has(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
