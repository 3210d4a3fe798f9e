package apikey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/timevalue"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Clone is what is asked of the copy of a key.
type Clone struct {
	Source   secret.String // the encoded key
	Name     string
	Expires  *timevalue.Value // nil: as the source, unless Forever
	Forever  bool
	Metadata json.RawMessage // nil: as the source
}

func (c Clone) validate(p *fault.Problems) {
	if c.Source.Empty() {
		p.Addf("api key credential is required")
	}
	keyring.ValidateName(p, c.Name)
	keyring.ValidateMetadata(p, c.Metadata)
}

// Clone issues a key with the owner, the descriptors and, unless told otherwise,
// the end and the metadata of the key whose possession is proven.
func (s *Service) Clone(ctx context.Context, in Clone) (keyring.Key, secret.String, error) {
	source, err := s.source(ctx, in.Source)
	if err != nil {
		return keyring.Key{}, "", err
	}
	k := source
	k.Name, k.ExpiresAt = in.Name, time.Time{}
	if in.Expires == nil && !in.Forever {
		k.ExpiresAt = source.ExpiresAt
	}
	if in.Metadata != nil {
		k.Metadata = in.Metadata
	}
	if k.Metadata, err = withMember(k.Metadata, "_cloned_from", source.ID); err != nil {
		return keyring.Key{}, "", err
	}
	return s.Keys.Issue(ctx, k, in.Expires)
}

// source is the key that the credential proves. A credential without the right
// form is a 400, one that is not good a 403.
func (s *Service) source(ctx context.Context, credential secret.String) (keyring.Key, error) {
	c, err := keyring.ParseCredential(string(credential))
	if cause, ok := errors.AsType[*fault.Error](err); ok {
		return keyring.Key{}, &fault.Error{Kind: fault.Invalid, Type: "status_exception", Reason: "invalid API key credential: " + cause.Reason, Cause: cause}
	}
	k, reason, err := s.Keys.Verify(ctx, c)
	if err != nil {
		return keyring.Key{}, err
	}
	switch {
	case reason != "":
	case k.Type != keyring.REST:
		return keyring.Key{}, fault.Invalidf("only REST API keys can be cloned")
	case k.Expired(s.Now()):
		reason = "api key is expired"
	}
	if reason != "" {
		return keyring.Key{}, &fault.Error{Kind: fault.Forbidden, Reason: "Failed to clone API key", Cause: &fault.Error{Kind: fault.Unauthorized, Reason: reason}}
	}
	return k, nil
}

// withMember sets a member of an object, at its end. Nil is an empty object.
func withMember(object json.RawMessage, name, text string) (json.RawMessage, error) {
	var m map[string]json.RawMessage
	if object != nil {
		if err := json.Unmarshal(object, &m); err != nil {
			return nil, fmt.Errorf("decode metadata of api key: %w", err)
		}
	}
	delete(m, name)
	out := []byte{'{'}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out = append(append(xcontent.AppendQuoted(out, key), ':'), m[key]...)
		out = append(out, ',')
	}
	out = xcontent.AppendQuoted(append(xcontent.AppendQuoted(out, name), ':'), text)
	return append(out, '}'), nil
}
