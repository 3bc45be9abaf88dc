-- The verdict cache in numbers; how far every instrument came in a scan, and how that differs from the scan before.

-- Of how many instruments the answers came from the cache, and of how many they were looked for in vain.
ALTER TABLE layer_runs ADD COLUMN cache_hits BIGINT NOT NULL DEFAULT 0 CHECK (cache_hits >= 0);
ALTER TABLE layer_runs ADD COLUMN cache_misses BIGINT NOT NULL DEFAULT 0 CHECK (cache_misses >= 0);

-- whole: all stages on all instruments, so that scans can be compared. before_scan: the one that movements are since;
-- NULL: none. stages: number and name of each, a JSON array of texts. reached: packed, by instrument.
CREATE TABLE reaches (
    scan        BIGINT NOT NULL REFERENCES scans (number),
    whole       BIGINT NOT NULL CHECK (whole IN (0, 1)),
    before_scan BIGINT,
    stages      TEXT NOT NULL,
    reached     BYTEA NOT NULL,
    PRIMARY KEY (scan)
);

-- symbol: as it was at the time of the scan. Stages: the last one that let the instrument through; NULL: none did.
CREATE TABLE movements (
    scan       BIGINT NOT NULL REFERENCES scans (number),
    instrument BIGINT NOT NULL REFERENCES instruments (id),
    symbol     TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('entered', 'left', 'promoted', 'demoted')),
    from_stage TEXT,
    to_stage   TEXT,
    cause      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    score      DOUBLE PRECISION CHECK (score BETWEEN 0 AND 100),
    PRIMARY KEY (scan, instrument)
);

CREATE INDEX movements_instrument ON movements (instrument, scan);
