-- Lists of instruments by name: watchlists, and those that no scan looks at. Times are UTC milliseconds.
CREATE TABLE lists (
    name     TEXT PRIMARY KEY CHECK (name <> ''),
    excludes BIGINT NOT NULL CHECK (excludes IN (0, 1)),
    made_at  BIGINT NOT NULL,
    made_by  TEXT NOT NULL
);

-- symbol: the ticker as it was when it was added; ident: the permanent identity, NULL when nobody knew it then.
CREATE TABLE list_entries (
    list     TEXT NOT NULL REFERENCES lists (name),
    symbol   TEXT NOT NULL CHECK (symbol <> ''),
    ident    TEXT,
    added_at BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    PRIMARY KEY (list, symbol)
);
