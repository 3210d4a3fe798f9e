CREATE TABLE api_key (
	rowid                INTEGER PRIMARY KEY,
	id                   TEXT    NOT NULL UNIQUE,
	name                 TEXT    NOT NULL,             -- not unique
	type                 TEXT    NOT NULL DEFAULT 'rest' CHECK (type IN ('rest', 'cross_cluster')),
	owner                TEXT    NOT NULL,
	owner_realm          TEXT    NOT NULL,             -- the same name in two realms is two owners
	owner_realm_type     TEXT    NOT NULL,
	owner_realm_domain   TEXT    NOT NULL DEFAULT '',  -- its realms are one owner; empty: none
	owner_full_name      TEXT,                         -- what is known of the owner is kept as it was at creation
	owner_email          TEXT,
	owner_metadata       TEXT    NOT NULL DEFAULT '{}',
	hash                 TEXT    NOT NULL,             -- of the secret, in a form that package pwhash reads
	roles                TEXT    NOT NULL DEFAULT '{}', -- assigned descriptors, JSON
	limited_by           TEXT    NOT NULL DEFAULT '{}', -- the owner's at creation or the last update, JSON
	metadata             TEXT    NOT NULL DEFAULT '{}',
	certificate_identity TEXT,                         -- cross-cluster keys: a regular expression over the client's DN
	created_at           INTEGER NOT NULL,             -- epoch milliseconds, as all times
	expires_at           INTEGER,                      -- NULL: never
	invalidated_at       INTEGER                       -- NULL: live
) STRICT;

CREATE INDEX api_key_owner ON api_key (owner, owner_realm, name);
CREATE INDEX api_key_name ON api_key (name);
CREATE INDEX api_key_expires ON api_key (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX api_key_invalidated ON api_key (invalidated_at) WHERE invalidated_at IS NOT NULL;
