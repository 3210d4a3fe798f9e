-- Native users, and what was changed about the reserved ones.
CREATE TABLE user (
	rowid     INTEGER PRIMARY KEY,
	username  TEXT    NOT NULL UNIQUE,
	hash      TEXT    NOT NULL,              -- of the password; names its algorithm
	roles     TEXT    NOT NULL DEFAULT '[]', -- JSON
	full_name TEXT,
	email     TEXT,
	metadata  TEXT    NOT NULL DEFAULT '{}', -- JSON
	enabled   INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE reserved_user (
	rowid    INTEGER PRIMARY KEY,
	username TEXT    NOT NULL UNIQUE,
	hash     TEXT    NOT NULL DEFAULT '',    -- empty: no password, so no login
	enabled  INTEGER NOT NULL DEFAULT 1
) STRICT;
