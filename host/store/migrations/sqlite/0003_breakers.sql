-- Breakers of components, outcome "error", runs that an earlier report stood in for, and what each call took.

-- One row per component that ever faulted. Times are UTC milliseconds. `faults`: a JSON array of instants, those that
-- still count. `operation` tells a repeated attempt from a new change.
CREATE TABLE breakers (
    layer         TEXT NOT NULL CHECK (layer <> ''),
    digest        TEXT NOT NULL CHECK (digest <> ''),
    state         TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half-open', 'quarantined')),
    faults        TEXT NOT NULL,
    openings      INTEGER NOT NULL CHECK (openings >= 0),
    opened_at     INTEGER,
    retry_at      INTEGER,
    probe         TEXT,
    probe_until   INTEGER,
    last_fault    TEXT,
    last_fault_at INTEGER,
    reason        TEXT,
    changed_at    INTEGER NOT NULL,
    operation     TEXT NOT NULL CHECK (length(operation) = 36),
    PRIMARY KEY (layer, digest)
) STRICT, WITHOUT ROWID;

-- The newest scans of a pipeline that are about some time.
CREATE INDEX scans_as_of ON scans (pipeline, as_of);

-- calls_json: one object per call. last-good: not called, an earlier report stood in.
CREATE TABLE new_layer_runs (
    id                INTEGER PRIMARY KEY,
    scan              INTEGER NOT NULL REFERENCES scans (number),
    position          INTEGER NOT NULL CHECK (position >= 0),
    layer             INTEGER NOT NULL REFERENCES layers (id),
    stage             TEXT NOT NULL,
    stage_name        TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('ok', 'faulted', 'skipped', 'last-good')),
    fault             TEXT,
    calls             INTEGER NOT NULL CHECK (calls >= 0),
    fuel              INTEGER NOT NULL CHECK (fuel >= 0),
    wall_us           INTEGER NOT NULL CHECK (wall_us >= 0),
    peak_memory_bytes INTEGER NOT NULL CHECK (peak_memory_bytes >= 0),
    abstained         INTEGER NOT NULL CHECK (abstained >= 0),
    stats_json        TEXT NOT NULL,
    measures          TEXT NOT NULL,
    calls_json        TEXT NOT NULL DEFAULT '[]',
    UNIQUE (scan, position),
    CHECK (status <> 'faulted' OR fault IS NOT NULL)
) STRICT;

INSERT INTO new_layer_runs (id, scan, position, layer, stage, stage_name, status, fault, calls, fuel, wall_us,
    peak_memory_bytes, abstained, stats_json, measures)
SELECT id, scan, position, layer, stage, stage_name, status, fault, calls, fuel, wall_us, peak_memory_bytes, abstained,
    stats_json, measures FROM layer_runs;

-- As before, but for the runs that they refer to: a table with references to it cannot be replaced.
CREATE TABLE new_alerts (
    id            INTEGER PRIMARY KEY,
    scan          INTEGER NOT NULL REFERENCES scans (number),
    layer_run     INTEGER NOT NULL REFERENCES new_layer_runs (id),
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

INSERT INTO new_alerts (id, scan, layer_run, instrument, symbol, kind, severity, confidence, message, side, entry, stop,
    target, expires_at, dedupe_key, evidence, numbers, number_values, surfaced)
SELECT id, scan, layer_run, instrument, symbol, kind, severity, confidence, message, side, entry, stop, target,
    expires_at, dedupe_key, evidence, numbers, number_values, surfaced FROM alerts;

DROP TABLE alerts;
DROP TABLE layer_runs;
ALTER TABLE new_layer_runs RENAME TO layer_runs;
ALTER TABLE new_alerts RENAME TO alerts;

CREATE INDEX alerts_scan ON alerts (scan);
CREATE INDEX alerts_symbol ON alerts (symbol);
CREATE INDEX alerts_layer_run ON alerts (layer_run);
CREATE INDEX layer_runs_layer ON layer_runs (layer);

-- outcome: 0 keep, 1 drop, 2 abstain, 3 error. measures: a JSON array in the order of layer_runs.measures.
CREATE TABLE new_verdicts (
    layer_run  INTEGER NOT NULL,
    instrument INTEGER NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 3),
    score      REAL CHECK (score BETWEEN 0 AND 100),
    percentile REAL CHECK (percentile BETWEEN 0 AND 100),
    reason     TEXT NOT NULL,
    measures   TEXT NOT NULL,
    PRIMARY KEY (layer_run, instrument)
) STRICT, WITHOUT ROWID;

INSERT INTO new_verdicts SELECT layer_run, instrument, outcome, score, percentile, reason, measures FROM verdicts;
DROP TABLE verdicts;
ALTER TABLE new_verdicts RENAME TO verdicts;

-- symbol: as it was at the time of the scan.
CREATE TABLE new_results (
    scan       INTEGER NOT NULL REFERENCES scans (number),
    rank       INTEGER NOT NULL CHECK (rank >= 1),
    instrument INTEGER NOT NULL REFERENCES instruments (id),
    symbol     TEXT NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 3),
    score      REAL CHECK (score BETWEEN 0 AND 100),
    percentile REAL CHECK (percentile BETWEEN 0 AND 100),
    reason     TEXT NOT NULL,
    PRIMARY KEY (scan, rank)
) STRICT, WITHOUT ROWID;

INSERT INTO new_results SELECT scan, rank, instrument, symbol, outcome, score, percentile, reason FROM results;
DROP TABLE results;
ALTER TABLE new_results RENAME TO results;
