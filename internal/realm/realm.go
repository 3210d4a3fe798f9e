// Package realm decides who a credential belongs to. A realm knows one source of
// users (the database, a file, a directory service); the Chain asks its realms in
// order, remembers passwords that were right, and is built from elasticsearch.yml.
package realm

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/secret"
)

// Ref names a realm.
type Ref = identity.Realm

// Verdict is what a realm makes of a credential. The zero Verdict is Continue,
// so a Result that nobody filled in never lets anyone in.
type Verdict uint8

// The verdicts Elasticsearch knows.
const (
	Continue  Verdict = iota // not mine, or wrong: ask the next realm
	Success                  // authenticated
	Terminate                // wrong, and no other realm may say otherwise
)

// Result is a verdict and what comes with it.
type Result struct {
	Verdict Verdict
	User    identity.Identity // set on Success; the chain itself sets realm and type
	Reason  string            // why not; empty when the credential is not this realm's
	Cause   error             // what lies behind the reason; logged, never decides

	// Spent says that this answer cost one slow hash of the configured algorithm.
	// The chain spends one itself when a password fails and nobody has.
	Spent bool
	// Stamp is equal for two answers if a password that was right for the one is
	// right for the other: the stored hash. Only a Versioned realm sets it.
	Stamp string
}

// Credential is what somebody proves who he is with. Each kind is a struct of its
// own: Password here, others beside the realms that understand them.
type Credential interface {
	// Principal is the name the credential claims, for messages; never the secret.
	Principal() string
}

// Password is a username and its password, as Basic authentication carries them.
type Password struct {
	Username string
	Secret   secret.String
}

// Principal implements Credential.
func (p Password) Principal() string { return p.Username }

// Malformed is a credential that cannot be read. No realm accepts it; the request
// fails with Err, which is a fault.
type Malformed struct{ Err error }

// Principal implements Credential; nobody is named.
func (Malformed) Principal() string { return "" }

// Realm authenticates credentials of the kinds it knows and returns the zero
// Result for others. An error means that it could not decide.
type Realm interface {
	Ref() Ref
	Authenticate(ctx context.Context, c Credential) (Result, error)
}

// Extractor finds this realm's credential in a request; false: there is none.
// It must not touch the body.
type Extractor interface {
	Extract(r *http.Request) (Credential, bool)
}

// Looker finds a user by name without a credential, for run-as; false: unknown.
type Looker interface {
	Lookup(ctx context.Context, username string) (identity.User, bool, error)
}

// Challenger names the WWW-Authenticate values of this realm. A realm without it
// asks for Basic.
type Challenger interface {
	Challenges() []string
}

// Starter begins work in the background, which ends with ctx.
type Starter interface {
	Start(ctx context.Context) error
}

// CacheClearer forgets what the realm itself remembers of these users; of
// everybody if there are none. The chain's own caches are not its business.
type CacheClearer interface {
	ClearCache(usernames []string)
}

// Versioned is a realm whose source tells when it changed, so that what is
// remembered of a user is right at once and not only after cache.ttl.
type Versioned interface {
	// Generation moves with every change that could make a remembered user wrong.
	Generation(ctx context.Context) (uint64, error)
	// Revise returns the user as he is now and his Stamp, without asking for a
	// password; false: there is no such user.
	Revise(ctx context.Context, username string) (identity.User, string, bool, error)
}
