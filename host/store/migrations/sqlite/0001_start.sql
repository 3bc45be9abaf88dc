-- The first schema. Times are UTC milliseconds since the Unix epoch. Columns called `…_json`, `warnings`, `imports`,
-- `evidence`, `numbers` and `measures` hold JSON text. NULL in a column of figures means "none".

CREATE TABLE instruments (
    id          INTEGER PRIMARY KEY,
    ident       TEXT NOT NULL UNIQUE CHECK (ident <> ''),
    symbol      TEXT NOT NULL CHECK (symbol <> ''),
    name        TEXT NOT NULL,
    mic         TEXT NOT NULL,
    kind        TEXT NOT NULL,
    status      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    sector      TEXT,
    industry    TEXT,
    -- of all the columns above: equal fingerprint, equal row
    fingerprint TEXT NOT NULL CHECK (fingerprint <> '')
) STRICT;

CREATE INDEX instruments_symbol ON instruments (symbol);

-- Rows stay when a layer is removed, since scans refer to them; its bytes go.
CREATE TABLE layers (
    id              INTEGER PRIMARY KEY,
    layer           TEXT NOT NULL CHECK (layer <> ''),
    version         TEXT NOT NULL CHECK (version <> ''),
    digest          TEXT NOT NULL UNIQUE CHECK (digest <> ''),
    api_version     TEXT NOT NULL,
    size            INTEGER NOT NULL CHECK (size >= 0),
    imports         TEXT NOT NULL,
    descriptor_json TEXT NOT NULL,
    origin          TEXT NOT NULL CHECK (origin <> ''),
    installed_at    INTEGER NOT NULL,
    removed_at      INTEGER
) STRICT;

-- One content per installed version.
CREATE UNIQUE INDEX layers_installed ON layers (layer, version)
    WHERE removed_at IS NULL AND origin <> 'bundled';

CREATE TABLE layer_components (
    layer INTEGER PRIMARY KEY REFERENCES layers (id),
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE scans (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
    pipeline        TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('running', 'complete', 'partial', 'failed', 'interrupted')),
    as_of           INTEGER NOT NULL,
    data_until      INTEGER,
    started_at      INTEGER NOT NULL,
    finished_at     INTEGER,
    config_digest   TEXT NOT NULL,
    market_digest   TEXT NOT NULL,
    program_version TEXT NOT NULL,
    -- whose scan it is, so that a dead process is noticed
    host            TEXT NOT NULL,
    pid             INTEGER NOT NULL,
    process         TEXT NOT NULL,
    interruption    TEXT,
    warnings        TEXT NOT NULL,
    stages_json     TEXT,
    config_json     TEXT NOT NULL,
    CHECK ((status = 'running') = (finished_at IS NULL)),
    CHECK ((status = 'interrupted') = (interruption IS NOT NULL)),
    CHECK ((status IN ('complete', 'partial', 'failed')) = (stages_json IS NOT NULL))
) STRICT;

CREATE INDEX scans_running ON scans (number) WHERE status = 'running';

CREATE TABLE layer_runs (
    id                INTEGER PRIMARY KEY,
    scan              INTEGER NOT NULL REFERENCES scans (number),
    position          INTEGER NOT NULL CHECK (position >= 0),
    layer             INTEGER NOT NULL REFERENCES layers (id),
    stage             TEXT NOT NULL,
    stage_name        TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('ok', 'faulted', 'skipped')),
    fault             TEXT,
    calls             INTEGER NOT NULL CHECK (calls >= 0),
    fuel              INTEGER NOT NULL CHECK (fuel >= 0),
    wall_us           INTEGER NOT NULL CHECK (wall_us >= 0),
    peak_memory_bytes INTEGER NOT NULL CHECK (peak_memory_bytes >= 0),
    abstained         INTEGER NOT NULL CHECK (abstained >= 0),
    stats_json        TEXT NOT NULL,
    measures          TEXT NOT NULL,
    UNIQUE (scan, position),
    CHECK (status <> 'faulted' OR fault IS NOT NULL)
) STRICT;

-- outcome: 0 keep, 1 drop, 2 abstain. measures: a JSON array in the order of layer_runs.measures.
CREATE TABLE verdicts (
    layer_run  INTEGER NOT NULL REFERENCES layer_runs (id),
    instrument INTEGER NOT NULL REFERENCES instruments (id),
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2),
    score      REAL CHECK (score BETWEEN 0 AND 100),
    percentile REAL CHECK (percentile BETWEEN 0 AND 100),
    reason     TEXT NOT NULL,
    measures   TEXT NOT NULL,
    PRIMARY KEY (layer_run, instrument)
) STRICT, WITHOUT ROWID;

-- symbol: as it was at the time of the scan.
CREATE TABLE results (
    scan       INTEGER NOT NULL REFERENCES scans (number),
    rank       INTEGER NOT NULL CHECK (rank >= 1),
    instrument INTEGER NOT NULL REFERENCES instruments (id),
    symbol     TEXT NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2),
    score      REAL CHECK (score BETWEEN 0 AND 100),
    percentile REAL CHECK (percentile BETWEEN 0 AND 100),
    reason     TEXT NOT NULL,
    PRIMARY KEY (scan, rank)
) STRICT, WITHOUT ROWID;

-- symbol: as it was at the time of the scan; NULL with instrument: the market as a whole. numbers: the names,
-- number_values: their values in the same order.
CREATE TABLE alerts (
    id            INTEGER PRIMARY KEY,
    scan          INTEGER NOT NULL REFERENCES scans (number),
    layer_run     INTEGER NOT NULL REFERENCES layer_runs (id),
    instrument    INTEGER REFERENCES instruments (id),
    symbol        TEXT,
    kind          TEXT NOT NULL,
    severity      TEXT NOT NULL CHECK (severity IN ('info', 'notice', 'urgent')),
    confidence    REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    message       TEXT NOT NULL,
    side          TEXT CHECK (side IN ('long', 'short')),
    entry         REAL,
    stop          REAL,
    target        REAL,
    expires_at    INTEGER,
    dedupe_key    TEXT NOT NULL,
    evidence      TEXT NOT NULL,
    numbers       TEXT NOT NULL,
    number_values TEXT NOT NULL,
    surfaced      INTEGER NOT NULL CHECK (surfaced IN (0, 1)),
    CHECK ((instrument IS NULL) = (symbol IS NULL))
) STRICT;

CREATE INDEX alerts_scan ON alerts (scan);
CREATE INDEX alerts_symbol ON alerts (symbol);
