-- Tokens of service accounts; the accounts themselves are part of the program.
CREATE TABLE service_token (
	rowid      INTEGER PRIMARY KEY,
	account    TEXT    NOT NULL,   -- namespace/service
	name       TEXT    NOT NULL,
	hash       TEXT    NOT NULL,   -- of the secret, in a form that package pwhash reads
	creator    TEXT    NOT NULL,   -- who made it: JSON of username, realm and realm_type
	created_at INTEGER NOT NULL,   -- epoch milliseconds, as all times
	UNIQUE (account, name)
) STRICT;
