package upstream

import (
	"context"
	"fmt"
	"net/url"

	"github.com/gemway/gemway/gemini"
	"github.com/go-json-experiment/json"
)

// maxPages bounds a list that does not end. Google has one page of this size.
const maxPages = 50

// Models returns all models that the site lists for the key; an empty
// clientKey means the site's own.
func (c *Client) Models(ctx context.Context, clientKey string) ([]gemini.Model, error) {
	var out []gemini.Model
	query := url.Values{"pageSize": {"1000"}}
	for range maxPages {
		a, err := c.Get(ctx, "models", query, clientKey)
		if err != nil {
			return nil, err
		}
		var page gemini.ListModelsResponse
		if err := json.Unmarshal(a.Body, &page); err != nil {
			return nil, &Failure{Kind: NotJSON, Cause: fmt.Errorf("list of models: %w", err), Tried: a.Tried}
		}
		out = append(out, page.Models...)
		if page.NextPageToken == "" {
			return out, nil
		}
		query.Set("pageToken", page.NextPageToken)
	}
	return nil, &Failure{Kind: TooLarge, Cause: fmt.Errorf("the list of models has more than %d pages", maxPages)}
}
