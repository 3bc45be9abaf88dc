-- Where installed layers came from and who signed them, and whose signatures count. Times are UTC milliseconds.

-- source: a path, a URL or a reference in a registry. signature: the whole text, so that it can be checked again.
-- signer: the id of its key. signer_name: whose key it was when it was installed. NULL: none, or nobody knows.
ALTER TABLE layers ADD COLUMN source TEXT;
ALTER TABLE layers ADD COLUMN signature TEXT;
ALTER TABLE layers ADD COLUMN signer TEXT;
ALTER TABLE layers ADD COLUMN signer_name TEXT;

-- Rows stay when a key is removed, so that its owner can be named.
CREATE TABLE trusted_keys (
    public_key TEXT PRIMARY KEY CHECK (public_key <> ''),
    key_id     TEXT NOT NULL CHECK (key_id <> ''),
    name       TEXT NOT NULL CHECK (name <> ''),
    added_at   INTEGER NOT NULL,
    added_by   TEXT NOT NULL,
    removed_at INTEGER
) STRICT, WITHOUT ROWID;

-- Among those that are trusted each name and each id is there once.
CREATE UNIQUE INDEX trusted_keys_name ON trusted_keys (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX trusted_keys_id ON trusted_keys (key_id) WHERE removed_at IS NULL;
