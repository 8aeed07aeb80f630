// Package media fetches what requests refer to by URL: pictures, PDFs, sound and
// films, so that they can go to Gemini as inline data.
//
// Clients choose the URLs, so a fetch must reach nothing but public servers. The
// rules stand in two places. judge looks at the text of a URL, the client's and
// every redirect's. guard looks at addresses: all those a name resolves to, and
// once more, in the dialer's hook, the one that is being connected to, which no
// spelling and no name server can talk around. Whatever is refused or fails is
// told in one wording, so that answers say nothing about hosts.
package media
