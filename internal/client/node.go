package client

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/esapi"
)

// Info asks a node for its name and version.
func (c *Client) Info(ctx context.Context) (esapi.Info, error) {
	return do[esapi.Info](ctx, c, get("/"))
}

// License asks for the cluster's licence.
func (c *Client) License(ctx context.Context) (esapi.LicenseResponse, error) {
	return do[esapi.LicenseResponse](ctx, c, get("/_license"))
}

// ServerTime is the Date header of an answer: the server's clock, in whole seconds.
// The zero time means that it sent none.
func (c *Client) ServerTime(ctx context.Context) (time.Time, error) {
	resp, err := c.exchange(ctx, get("/_security/_authenticate"))
	if err != nil {
		return time.Time{}, err
	}
	t, err := http.ParseTime(resp.Header().Get("Date"))
	if err != nil {
		return time.Time{}, nil //nolint:nilerr // an answer without a date is no failure
	}
	return t, nil
}

// ClearRealmCache makes every node forget what realms remember of users; * is all
// realms, no username all users.
func (c *Client) ClearRealmCache(ctx context.Context, realms, usernames []string) (esapi.ClearedCache, error) {
	r := post(names("/_security/realm", realms)+"/_clear_cache", nil)
	return do[esapi.ClearedCache](ctx, c, r.with("usernames", strings.Join(usernames, ",")))
}
