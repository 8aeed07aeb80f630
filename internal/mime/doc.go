// Package mime knows what media are: it tells the type of a file from its first
// bytes, corrects the labels clients put on media, takes data URLs apart and
// says what kind of reference a URL is.
//
// It is pure, so that package translate can use it; package media fetches what
// has to be fetched. Base64 arrives as the raw inside of a JSON string and stays
// that way: no function here decodes more than the head of it, save the slow
// paths for data URLs that are not plain base64.
package mime
