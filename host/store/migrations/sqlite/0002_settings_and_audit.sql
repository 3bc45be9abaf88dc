-- What operators change at run time, what was done by whom, and secrets. Times are UTC milliseconds.

-- One row: which database this is. A copy of it (a backup that was restored elsewhere) keeps the identity.
CREATE TABLE identity (
    single     INTEGER PRIMARY KEY CHECK (single = 1),
    id         TEXT NOT NULL CHECK (length(id) = 36),
    created_at INTEGER NOT NULL
) STRICT;

-- One row per accepted change, numbered without gaps. `operation` tells a repeated attempt from a new change.
CREATE TABLE settings_revisions (
    revision       INTEGER PRIMARY KEY CHECK (revision >= 1),
    at             INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    host           TEXT NOT NULL,
    rolled_back_to INTEGER CHECK (rolled_back_to >= 0),
    operation      TEXT NOT NULL UNIQUE CHECK (length(operation) = 36)
) STRICT;

-- The settings that hold now. `target` is a stage or a layer, `name` a rule or a parameter.
CREATE TABLE settings (
    target     TEXT NOT NULL CHECK (target <> ''),
    name       TEXT NOT NULL CHECK (name <> ''),
    value_json TEXT NOT NULL CHECK (value_json <> ''),
    revision   INTEGER NOT NULL REFERENCES settings_revisions (revision),
    PRIMARY KEY (target, name)
) STRICT, WITHOUT ROWID;

-- NULL: not set. Both never are.
CREATE TABLE settings_changes (
    revision INTEGER NOT NULL REFERENCES settings_revisions (revision),
    target   TEXT NOT NULL CHECK (target <> ''),
    name     TEXT NOT NULL CHECK (name <> ''),
    old_json TEXT,
    new_json TEXT,
    PRIMARY KEY (revision, target, name),
    CHECK (old_json IS NOT NULL OR new_json IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX settings_changes_key ON settings_changes (target, name, revision);

-- Each row is signed over itself and the row before. `mac`: HMAC-SHA-256 in hexadecimal; `key_name`: of which key.
CREATE TABLE audit (
    number      INTEGER PRIMARY KEY CHECK (number >= 1),
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    host        TEXT NOT NULL,
    action      TEXT NOT NULL CHECK (action <> ''),
    subject     TEXT NOT NULL,
    before_json TEXT,
    after_json  TEXT,
    operation   TEXT NOT NULL UNIQUE CHECK (length(operation) = 36),
    key_name    TEXT NOT NULL,
    mac         TEXT NOT NULL CHECK (length(mac) = 64)
) STRICT;

-- Files that are noticed when they change, per machine.
CREATE TABLE noticed_files (
    host       TEXT NOT NULL,
    path       TEXT NOT NULL CHECK (path <> ''),
    digest     TEXT NOT NULL CHECK (digest <> ''),
    noticed_at INTEGER NOT NULL,
    PRIMARY KEY (host, path)
) STRICT, WITHOUT ROWID;

-- `sealed`: nonce, then ciphertext (XChaCha20-Poly1305, the name as associated data).
CREATE TABLE secrets (
    name     TEXT PRIMARY KEY CHECK (name <> ''),
    sealed   BLOB NOT NULL,
    key_name TEXT NOT NULL,
    set_at   INTEGER NOT NULL,
    set_by   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Alerts of a layer run are found when scans are pruned; instruments and layers when rows refer to them.
CREATE INDEX alerts_layer_run ON alerts (layer_run);
CREATE INDEX layer_runs_layer ON layer_runs (layer);
CREATE INDEX scans_started ON scans (started_at);

-- Verdicts are most of what is written: looking up both parents of each row took a sixth of the time of storing a scan.
-- They are written together with their layer run, instruments are never removed, and the integrity check looks.
CREATE TABLE new_verdicts (
    layer_run  INTEGER NOT NULL,
    instrument INTEGER NOT NULL,
    outcome    INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2),
    score      REAL CHECK (score BETWEEN 0 AND 100),
    percentile REAL CHECK (percentile BETWEEN 0 AND 100),
    reason     TEXT NOT NULL,
    measures   TEXT NOT NULL,
    PRIMARY KEY (layer_run, instrument)
) STRICT, WITHOUT ROWID;

INSERT INTO new_verdicts SELECT layer_run, instrument, outcome, score, percentile, reason, measures FROM verdicts;
DROP TABLE verdicts;
ALTER TABLE new_verdicts RENAME TO verdicts;
