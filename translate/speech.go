package translate

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// speechLife is how long, in seconds, OpenAI's clients may believe that audio
// can be referred to; it is not kept here.
const speechLife = 24 * 60 * 60

// speech takes a piece of speech. Gemini speaks bare PCM; wav, the format a
// client gets unless it asks for pcm16, is a header away, but needs the whole.
func (a *Answer) speech(c *choice, b *gemini.Blob) {
	data := b.Data
	if strings.HasPrefix(strings.ToLower(b.MIMEType), "audio/l16") && a.chat.audioFormat != "pcm16" && !a.chat.Stream {
		if pcm, err := base64.StdEncoding.DecodeString(data.Decode()); err == nil {
			data = raw.Quote(base64.StdEncoding.EncodeToString(WAV(pcm, pcmRate(b.MIMEType))))
		}
	}
	_, unique, _ := strings.Cut(a.stamp.ID, "-")
	audio := &openai.AnswerAudio{ID: "audio_" + unique, Data: data, ExpiresAt: a.stamp.Created + speechLife}
	a.emit(c, openai.Delta{Audio: audio})
	if c.audio = audio; a.chat.Stream {
		c.audio = &openai.AnswerAudio{} // only that there was some
	}
}

// pcmRate reads the sample rate of a type such as audio/L16;codec=pcm;rate=24000.
func pcmRate(mime string) uint32 {
	for p := range strings.SplitSeq(mime, ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(p), "rate="); ok {
			if n, err := strconv.ParseUint(v, 10, 32); err == nil {
				return uint32(n)
			}
		}
	}
	return 24000
}

// WAV puts a RIFF header before 16-bit mono PCM of that sample rate in hertz.
func WAV(pcm []byte, rate uint32) []byte {
	size := uint32(len(pcm))
	h := make([]byte, 0, 44+len(pcm))
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, 36+size)
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	h = binary.LittleEndian.AppendUint16(h, 1) // PCM
	h = binary.LittleEndian.AppendUint16(h, 1) // mono
	h = binary.LittleEndian.AppendUint32(h, rate)
	h = binary.LittleEndian.AppendUint32(h, rate*2)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 16)
	h = append(h, "data"...)
	h = binary.LittleEndian.AppendUint32(h, size)
	return append(h, pcm...)
}
