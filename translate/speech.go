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

// speech takes a piece of speech. Gemini speaks bare PCM, or WAV since 3.8; wav,
// the format a client gets unless it asks for pcm16, is a header away, but needs
// the whole.
func (a *Answer) speech(c *choice, b *gemini.Blob) {
	data := b.Data
	if !a.chat.Stream {
		if !c.spoken.Empty() {
			data = joinBase64(c.spoken, data)
		}
		c.spoken = data
		data = a.chat.speechFormat(data, strings.ToLower(b.MIMEType))
	}
	_, unique, _ := strings.Cut(a.stamp.ID, "-")
	audio := &openai.AnswerAudio{ID: "audio_" + unique, Data: data, ExpiresAt: a.stamp.Created + speechLife}
	a.emit(c, openai.Delta{Audio: audio})
	if c.audio = audio; a.chat.Stream {
		c.audio = &openai.AnswerAudio{} // only that there was some
	}
}

// speechFormat brings the whole of what was spoken into the format asked for.
func (c *Chat) speechFormat(data raw.String, mime string) raw.String {
	bare := strings.HasPrefix(mime, "audio/l16")
	if wantBare := c.audioFormat == "pcm16"; bare == wantBare || !bare && !strings.HasPrefix(mime, "audio/wav") {
		return data
	}
	sound, err := base64.StdEncoding.DecodeString(data.Decode())
	if err != nil {
		return data
	}
	if bare {
		sound = WAV(sound, pcmRate(mime))
	} else {
		sound = pcm(sound)
	}
	return raw.OfBase64(base64.StdEncoding.AppendEncode(nil, sound))
}

// joinBase64 gives the base64 of both, or of the sound one where one is damaged.
func joinBase64(a, b raw.String) raw.String {
	all, err := base64.StdEncoding.DecodeString(a.Decode())
	if err != nil {
		return b
	}
	more, err := base64.StdEncoding.DecodeString(b.Decode())
	if err != nil {
		return a
	}
	return raw.OfBase64(base64.StdEncoding.AppendEncode(nil, append(all, more...)))
}

// pcm takes the header off a RIFF file: what follows the head of its data chunk.
func pcm(wav []byte) []byte {
	if len(wav) < 12 || string(wav[:4]) != "RIFF" {
		return wav
	}
	for rest := wav[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		if name == "data" {
			return rest[:min(size, uint64(len(rest)))]
		}
		rest = rest[min(size+size%2, uint64(len(rest))):]
	}
	return wav
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
