-- Counters that tell caches of every process what was revoked or altered.
CREATE TABLE change (
	rowid INTEGER PRIMARY KEY,
	kind  TEXT    NOT NULL UNIQUE, -- user, role, privilege, api_key, ...
	n     INTEGER NOT NULL         -- only grows
) STRICT;
