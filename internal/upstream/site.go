package upstream

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Site is a place that answers calls: Gemini's, or those of OpenAI's protocol.
// Implementations are safe for
// concurrent use.
type Site interface {
	// Name is the short name in logs and metrics.
	Name() string
	// URL returns where the call goes. The caller owns the result.
	URL(c *Call) (*url.URL, error)
	// Authorize puts credentials on a request: the key if it is not empty,
	// otherwise the site's own.
	Authorize(ctx context.Context, r *http.Request, key string) error
	// Keyed reports whether calls need a key.
	Keyed() bool
}

// renewer is a Site whose credentials can be replaced by new ones.
type renewer interface {
	// Renew is told that the credentials on r were refused. It reports whether
	// others will be used from now on.
	Renew(r *http.Request) bool
}

// join appends path elements to a base URL that may have a path of its own.
func join(base *url.URL, elem ...string) *url.URL {
	u := *base
	u.RawPath = ""
	u.Path = strings.TrimRight(base.Path, "/") + "/" + strings.Join(elem, "/")
	return &u
}

// setQuery adds the call's query, and what makes a stream one of events.
func setQuery(u *url.URL, c *Call) {
	switch {
	case c.Method == "streamGenerateContent" && !c.Query.Has("alt") && !c.Query.Has("$alt"):
		u.RawQuery = "alt=sse"
		if len(c.Query) > 0 {
			u.RawQuery += "&" + c.Query.Encode()
		}
	case len(c.Query) > 0:
		u.RawQuery = c.Query.Encode()
	}
}
