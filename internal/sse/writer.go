package sse

import "bytes"

// AppendData appends an event with the given data to b: one "data:" line for
// each line of the data, and the blank line that ends the event.
func AppendData(b, data []byte) []byte {
	for {
		i := bytes.IndexAny(data, "\r\n")
		if i < 0 {
			b = append(append(b, prefix...), data...)
			return append(b, "\n\n"...)
		}
		b = append(append(b, prefix...), data[:i]...)
		b = append(b, '\n')
		if data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			i++
		}
		data = data[i+1:]
	}
}

// AppendEvent appends an event that has a name. The name must be one line.
func AppendEvent(b []byte, name string, data []byte) []byte {
	b = append(append(append(b, "event: "...), name...), '\n')
	return AppendData(b, data)
}

// AppendComment appends a comment, which clients ignore: a sign of life while
// there is nothing to say. Line breaks in the text become spaces.
func AppendComment(b []byte, text string) []byte {
	b = append(b, ": "...)
	for i := range len(text) {
		c := text[i]
		if c == '\r' || c == '\n' {
			c = ' '
		}
		b = append(b, c)
	}
	return append(b, "\n\n"...)
}
