-- Application privileges.
CREATE TABLE privilege (
	rowid       INTEGER PRIMARY KEY,
	application TEXT    NOT NULL,
	name        TEXT    NOT NULL,
	actions     TEXT    NOT NULL, -- JSON array
	metadata    TEXT    NOT NULL, -- JSON object
	UNIQUE (application, name)
) STRICT;
