-- Native roles. Built-in ones are part of the program, file roles are in roles.yml.
CREATE TABLE role (
	rowid      INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL UNIQUE,
	descriptor TEXT    NOT NULL,         -- JSON of package role, without the name
	updated_at INTEGER NOT NULL          -- epoch milliseconds, as all times
) STRICT;
