package cli

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

// survivors are what goes on working when a user is gone: API keys and tokens.
type survivors struct{ keys, tokens bool }

func (s *survivors) add(f *pflag.FlagSet) {
	f.BoolVar(&s.keys, "invalidate-keys", false, "end the user's API keys too")
	f.BoolVar(&s.tokens, "invalidate-tokens", false, "end the user's access tokens too")
}

// end invalidates what was asked for, and warns of API keys that live on.
func (s survivors) end(ctx context.Context, app *App, c *client.Client, username string) error {
	if s.tokens {
		if _, err := c.InvalidateTokensOf(ctx, username, ""); err != nil && !isMissing(err) {
			return failf(exitPartly, "the tokens of %s could not be ended: %w", username, err)
		}
	}
	keys, err := nativeKeysOf(ctx, c, username)
	if err != nil {
		if s.keys {
			return failf(exitPartly, "the API keys of %s could not be found: %w", username, err)
		}
		return nil // who may not list keys is not warned of them
	}
	switch {
	case len(keys) == 0:
	case s.keys:
		_, err := c.InvalidateAPIKeys(ctx, esapi.InvalidateAPIKeys{IDs: keys})
		if err != nil && !errors.Is(err, client.ErrPlanned) {
			return failf(exitPartly, "the API keys of %s could not be ended: %w", username, err)
		}
		app.notef("ended %d API keys of %s", len(keys), username)
	default:
		app.warnf("%d API keys of %s keep working; --invalidate-keys ends them", len(keys), username)
	}
	return nil
}

// nativeKeysOf are the ids of the live keys of a native or reserved user. A user of
// the same name in another realm is another owner.
func nativeKeysOf(ctx context.Context, c *client.Client, username string) ([]string, error) {
	found, err := c.APIKeys(ctx, client.APIKeyFilter{Username: username, ActiveOnly: true})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, k := range found.APIKeys {
		if k.RealmType == "native" || k.RealmType == "reserved" {
			ids = append(ids, k.ID)
		}
	}
	return ids, nil
}
