package emulator

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
)

// Speech is one tone a character, audible and the same every time, in the form
// the real models have: 24 kHz, mono, 16 bits, little-endian. hear() reads the
// characters back, so that a text survives a trip through speech.

const (
	speechRate  = 24000
	toneLength  = 1440  // samples a character: 60 ms
	toneLow     = 300   // Hz, of the first character
	toneStep    = 25    // Hz from one to the next, more than 1/0.06 s
	toneMost    = 2000  // characters that are spoken: two minutes
	toneFirst   = 0x20  // space
	toneCount   = 96    // printable ASCII
	toneLoud    = 12000 // amplitude
	leadSamples = 240   // a click of 10 ms at 4 kHz marks the emulator's speech
)

// speech is what a speech model answers with.
func (ch *chat) speech() ([]part, tokenCount) {
	question, _ := ch.question()
	text := question
	if before, after, ok := strings.Cut(question, ":"); ok && len(before) < 60 && !ch.model.Speech.Style && strings.TrimSpace(after) != "" {
		text = after // older models take the style from the text: "Say cheerfully: …"
	}
	pcm := speak(strings.TrimSpace(text))
	data, mime := pcm, "audio/L16;codec=pcm;rate=24000"
	if ch.model.Speech.WAV && !ch.stream && ch.responseFormat("audio").get("mimeType").text() != "AUDIO_L16" {
		data, mime = wav(pcm), "audio/wav"
	}
	n := int64(len(pcm)/2)*32/speechRate + 1
	return []part{{InlineData: &blob{MIMEType: mime, Data: data}}}, tokenCount{audio: n}
}

// speak makes the tones of a text.
func speak(text string) []byte {
	var out []byte
	tone := func(hz float64, samples int) {
		for i := range samples {
			fade := math.Min(1, math.Min(float64(i), float64(samples-i))/60) // no clicks
			v := toneLoud * fade * math.Sin(2*math.Pi*hz*float64(i)/speechRate)
			out = appendSample(out, int(v))
		}
	}
	tone(4000, leadSamples)
	n := 0
	for _, r := range text {
		if r < toneFirst || r >= toneFirst+toneCount {
			r = '?'
		}
		tone(toneLow+float64(r-toneFirst)*toneStep, toneLength)
		if n++; n == toneMost {
			break
		}
	}
	return out
}

// appendSample and sample write and read 16-bit PCM.
func appendSample(b []byte, v int) []byte {
	return binary.LittleEndian.AppendUint16(b, uint16(v&0xFFFF))
}

func sample(b []byte) int16 {
	return int16(binary.LittleEndian.Uint16(b))
}

// wav puts a RIFF header before PCM of the emulator's speech.
func wav(pcm []byte) []byte {
	var b bytes.Buffer
	n := uint32(len(pcm))
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, 36+n) // a bytes.Buffer does not fail
	b.WriteString("WAVEfmt ")
	_ = binary.Write(&b, binary.LittleEndian, struct {
		Size          uint32
		Format, Chans uint16
		Rate, Bytes   uint32
		Block, Bits   uint16
	}{16, 1, 1, speechRate, speechRate * 2, 2, 16})
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, n)
	b.Write(pcm)
	return b.Bytes()
}

// hear returns the text that the emulator has spoken, or "" for other sounds.
func hear(d *medium) string {
	pcm := d.data
	if len(pcm) > 44 && string(pcm[:4]) == "RIFF" {
		pcm = pcm[44:]
	} else if d.class() != "audio" || d.sniffed != "" {
		return ""
	}
	if len(pcm) < 2*leadSamples || !loudest(pcm[:2*leadSamples], 4000) {
		return ""
	}
	var b strings.Builder
	for pcm = pcm[2*leadSamples:]; len(pcm) >= 2*toneLength; pcm = pcm[2*toneLength:] {
		best, most := 0, 0.0
		for i := range toneCount {
			if p := power(pcm[:2*toneLength], toneLow+float64(i)*toneStep); p > most {
				best, most = i, p
			}
		}
		b.WriteByte(byte(toneFirst + best))
	}
	return b.String()
}

// loudest reports whether nearly all of the sound is one tone.
func loudest(pcm []byte, hz float64) bool {
	total := 0.0
	for i := 0; i+1 < len(pcm); i += 2 {
		v := float64(sample(pcm[i:]))
		total += v * v
	}
	n := float64(len(pcm) / 2)
	return total > 0 && power(pcm, hz) > 0.35*total*n
}

// power measures one frequency (Goertzel).
func power(pcm []byte, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/speechRate)
	a, b := 0.0, 0.0
	for i := 0; i+1 < len(pcm); i += 2 {
		a, b = float64(sample(pcm[i:]))+c*a-b, a
	}
	return a*a + b*b - c*a*b
}
