-- What the host adds to alerts: risk figures, and whether the same was told before.

-- risk_json: one object; NULL: none. repeats: later alerts that were held back as repetitions of this one. repetition:
-- held back as one of them.
ALTER TABLE alerts ADD COLUMN risk_json TEXT;
ALTER TABLE alerts ADD COLUMN repeats BIGINT NOT NULL DEFAULT 0 CHECK (repeats >= 0);
ALTER TABLE alerts ADD COLUMN repetition BIGINT NOT NULL DEFAULT 0 CHECK (repetition IN (0, 1));

-- What was told last under a key: the instant that the alert was about, and the alert, which may be gone. Rows outlive
-- scans, so that a cool-down does.
CREATE TABLE alert_keys (
    pipeline TEXT NOT NULL,
    alert_key TEXT NOT NULL CHECK (alert_key <> ''),
    as_of BIGINT NOT NULL,
    alert BIGINT NOT NULL,
    PRIMARY KEY (pipeline, alert_key)
);

CREATE INDEX alert_keys_as_of ON alert_keys (as_of);
