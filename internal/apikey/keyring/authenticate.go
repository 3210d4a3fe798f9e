package keyring

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// Credential is the API key that a request carries.
type Credential struct {
	ID     string
	Secret secret.String
}

// Principal implements realm.Credential.
func (c Credential) Principal() string { return c.ID }

// verified is a key whose secret was found to be right, and whom it stands for.
type verified struct {
	sum [sha256.Size]byte // of the secret
	key *Key
	id  identity.Identity
}

// Name implements authn.Authenticator.
func (*Ring) Name() string { return "API key" }

// Authenticate implements authn.Authenticator. A key that was right before costs
// one fast hash and no SQL; whether it has ended is looked at every time.
func (r *Ring) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	cred, ok := c.(Credential)
	if !ok || r.Config.Disabled {
		return realm.Result{}, nil
	}
	sum := sha256.Sum256([]byte(cred.Secret))
	v, ok := r.verified.Get(ctx, cred.ID)
	if !ok || subtle.ConstantTimeCompare(sum[:], v.sum[:]) != 1 {
		var reason string
		var err error
		if v, reason, err = r.verify(ctx, cred, sum); err != nil || reason != "" {
			return realm.Result{Reason: reason}, err
		}
	}
	switch {
	case v.key.Type != REST:
		return realm.Result{Verdict: realm.Terminate, Reason: "authentication expected API key type of [" + REST + "], but API key [" +
			cred.ID + "] has type [" + v.key.Type + "]"}, nil
	case v.key.Expired(r.Now()):
		return realm.Result{Reason: "api key is expired"}, nil
	}
	return realm.Result{Verdict: realm.Success, User: v.id}, nil
}

// verify checks the secret against the store, in the order of ApiKeyService. A
// reason says why the key is not good.
func (r *Ring) verify(ctx context.Context, c Credential, sum [sha256.Size]byte) (v verified, reason string, err error) {
	g, err := r.verified.Generation(ctx)
	if err != nil {
		return verified{}, "", err
	}
	k, ok, err := r.ByID(ctx, c.ID)
	switch {
	case err != nil:
		return verified{}, "", err
	case !ok:
		return verified{}, "unable to find apikey with id " + c.ID, nil
	case !k.Invalidated.IsZero():
		return verified{}, "api key [" + c.ID + "] has been invalidated", nil
	}
	right, err := r.matches(ctx, k, c.Secret)
	if err != nil {
		return verified{}, "", err
	}
	if !right {
		return verified{}, "invalid credentials for API key [" + c.ID + "]", nil
	}
	v = verified{sum: sum, key: &k, id: k.identity()}
	r.verified.Put(c.ID, v, g)
	return v, "", nil
}

// matches compares a secret with k's. A hash that cannot be read is logged and lets
// nobody in; an error means that there was no time to find out.
func (r *Ring) matches(ctx context.Context, k Key, plain secret.String) (bool, error) {
	right, err := r.Hash.Verify(ctx, k.hash, plain)
	if err == nil || errors.Is(err, pwhash.ErrBusy) || ctx.Err() != nil {
		return right, err
	}
	r.Log.ErrorContext(ctx, "api key has a hash that cannot be checked", "id", k.ID, "error", err)
	return false, nil
}

// identity is whom a request with k acts for: the owner, as the key, without roles.
func (k Key) identity() identity.Identity {
	return identity.Identity{
		Type: identity.ByAPIKey,
		Subject: identity.Subject{
			User: identity.User{
				Username: k.Owner.Username, Roles: []string{}, FullName: k.Owner.FullName, Email: k.Owner.Email,
				Metadata: k.Owner.Metadata, Enabled: true,
			},
			Realm:  identity.Realm{Name: realmType, Type: realmType},
			APIKey: &identity.APIKey{ID: k.ID, Name: k.Name, Assigned: k.Assigned, LimitedBy: k.LimitedBy},
		},
	}
}

// Verify finds the key that a credential proves, whatever its type and also after
// its end. A reason says why there is none.
func (r *Ring) Verify(ctx context.Context, c Credential) (k Key, reason string, err error) {
	if err := r.enabled(); err != nil {
		return Key{}, "", err
	}
	v, reason, err := r.verify(ctx, c, sha256.Sum256([]byte(c.Secret)))
	if err != nil || reason != "" {
		return Key{}, reason, err
	}
	return *v.key, "", nil
}

// ClearCache forgets the verified keys with these ids; all of them for "*".
func (r *Ring) ClearCache(ids []string) {
	for _, id := range ids {
		if id == "*" {
			r.verified.Clear()
			return
		}
		r.verified.Delete(id)
	}
}
