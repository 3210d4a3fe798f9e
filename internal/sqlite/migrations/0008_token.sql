-- OAuth2 tokens: an access token and, for some grants, its refresh token.
CREATE TABLE token (
	rowid                  INTEGER PRIMARY KEY,
	access_hash            BLOB    NOT NULL UNIQUE,  -- SHA-256 of the token's bytes
	refresh_hash           BLOB    UNIQUE,           -- NULL: there is no refresh token
	owner                  TEXT    NOT NULL,         -- whom the access token acts for
	owner_realm            TEXT    NOT NULL,
	subject                TEXT    NOT NULL,         -- the same in full, as it was at the grant, JSON
	client                 TEXT,                     -- who may refresh, JSON; NULL without a refresh token
	created_at             INTEGER NOT NULL,         -- epoch milliseconds, as all times
	expires_at             INTEGER NOT NULL,         -- of the access token
	access_invalidated_at  INTEGER,                  -- NULL: live
	refresh_invalidated_at INTEGER,
	refreshed_at           INTEGER,                  -- NULL: not so far
	successor              BLOB                      -- the pair that superseded this one, sealed with the refresh token
) STRICT;

CREATE INDEX token_owner ON token (owner, owner_realm);
CREATE INDEX token_owner_realm ON token (owner_realm);
CREATE INDEX token_created ON token (created_at);
