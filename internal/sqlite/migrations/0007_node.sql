-- What the node is called and how its security indices are set up. All processes
-- that open the data directory are one node.
CREATE TABLE node (
	rowid INTEGER PRIMARY KEY,
	name  TEXT    NOT NULL UNIQUE, -- node_id, cluster_uuid, license_uid, created_at, settings
	value TEXT    NOT NULL
) STRICT;
