-- Which version of a layer a pipeline runs, and what a scan found that ran a candidate beside it.

-- 1: when it was installed there was a version of this layer already, so it is called once somebody activates it. What
-- was installed before versions could be activated goes on as it did: the newest counts.
ALTER TABLE layers ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));

-- One row per pipeline and layer that an operator decided on. active, previous, candidate: the digest of a component, or
-- "bundled" for whichever the program carries; active NULL: nobody chose one. since: when active became so;
-- trial_until: until when a breaker that opens takes it back. candidate: a version that runs beside the active one for
-- scans_left more scans of scans. operation tells a repeated attempt from a new change. Times are UTC milliseconds.
CREATE TABLE activations (
    pipeline    TEXT NOT NULL CHECK (pipeline <> ''),
    layer       TEXT NOT NULL CHECK (layer <> ''),
    active      TEXT CHECK (active <> ''),
    previous    TEXT CHECK (previous <> ''),
    enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    since       INTEGER NOT NULL,
    trial_until INTEGER,
    candidate   TEXT CHECK (candidate <> ''),
    scans       INTEGER,
    scans_left  INTEGER,
    revision    INTEGER NOT NULL CHECK (revision >= 1),
    operation   TEXT NOT NULL CHECK (length(operation) = 36),
    PRIMARY KEY (pipeline, layer),
    CHECK ((candidate IS NULL) = (scans IS NULL)),
    CHECK ((candidate IS NULL) = (scans_left IS NULL)),
    CHECK (scans_left BETWEEN 1 AND scans)
) STRICT, WITHOUT ROWID;

-- What a scan found that ran a candidate beside the active version. active, candidate: digests. comparison_json: one
-- object.
CREATE TABLE shadow_runs (
    scan            INTEGER NOT NULL REFERENCES scans (number),
    stage_name      TEXT NOT NULL,
    layer           TEXT NOT NULL CHECK (layer <> ''),
    active          TEXT NOT NULL CHECK (active <> ''),
    candidate       TEXT NOT NULL CHECK (candidate <> ''),
    comparison_json TEXT NOT NULL,
    PRIMARY KEY (scan, stage_name, layer)
) STRICT, WITHOUT ROWID;

CREATE INDEX shadow_runs_layer ON shadow_runs (layer);
