-- +goose Up
CREATE TABLE integration (
    name  TEXT NOT NULL PRIMARY KEY,
    state BLOB NOT NULL                  -- how far it is checked, what its columns hold
) WITHOUT ROWID, STRICT;

CREATE TABLE bucket (
    integration TEXT NOT NULL,
    day         TEXT NOT NULL,
    channel     TEXT NOT NULL,
    a           INTEGER NOT NULL,
    b           INTEGER NOT NULL,
    sums        TEXT NOT NULL,           -- [[a, b], …] by measure
    equal       INTEGER NOT NULL,
    digest_a    TEXT NOT NULL,
    digest_b    TEXT NOT NULL,
    checked     INTEGER NOT NULL,        -- nanoseconds UTC, as all times here
    PRIMARY KEY (integration, day, channel)
) WITHOUT ROWID, STRICT;

CREATE TABLE finding (
    integration TEXT NOT NULL,
    id          TEXT NOT NULL,           -- of what is wrong; the same while it stands
    class       TEXT NOT NULL,
    channel     TEXT NOT NULL,
    day         TEXT NOT NULL,
    key_hash    BLOB NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    due         INTEGER NOT NULL,        -- from then on it is confirmed
    closed      INTEGER,
    incident    INTEGER,
    body        BLOB NOT NULL,
    PRIMARY KEY (integration, id, first)
) WITHOUT ROWID, STRICT;
CREATE INDEX finding_open ON finding (integration) WHERE closed IS NULL;
CREATE INDEX finding_key ON finding (key_hash);
CREATE INDEX finding_incident ON finding (incident);

CREATE TABLE incident (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    integration TEXT NOT NULL,
    channel     TEXT NOT NULL,
    class       TEXT NOT NULL,
    state       TEXT NOT NULL,
    severity    TEXT NOT NULL,
    opened      INTEGER NOT NULL,
    occurred    INTEGER NOT NULL,        -- the time of the oldest record; that of opening where there is none
    last        INTEGER NOT NULL,
    acknowledged INTEGER,
    resolved    INTEGER,
    until       INTEGER,                 -- of what is accepted
    owner       TEXT NOT NULL,
    cause       TEXT NOT NULL,
    records     INTEGER NOT NULL,
    reopened    INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_open ON incident (integration, channel, class) WHERE resolved IS NULL;
CREATE INDEX incident_time ON incident (opened);

CREATE TABLE step (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    body     BLOB NOT NULL               -- who, what, why, hashes before and after
) STRICT;
CREATE INDEX step_incident ON step (incident, number);

CREATE TABLE mend (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL,
    action   TEXT NOT NULL,
    state    TEXT NOT NULL,              -- proposed, applied, failed, refused
    at       INTEGER NOT NULL,
    records  INTEGER NOT NULL,
    body     BLOB NOT NULL
) STRICT;
CREATE INDEX mend_incident ON mend (incident);

CREATE TABLE run (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    integration TEXT NOT NULL,
    started     INTEGER NOT NULL,
    ended       INTEGER NOT NULL,
    colour      TEXT NOT NULL,
    body        BLOB NOT NULL
) STRICT;
CREATE INDEX run_integration ON run (integration, started);

CREATE TABLE strip (
    integration TEXT NOT NULL,
    slot        INTEGER NOT NULL,        -- quarter hours since 1970
    colour      INTEGER NOT NULL,        -- the worst of them
    PRIMARY KEY (integration, slot)
) WITHOUT ROWID, STRICT;

-- +goose StatementBegin
CREATE TRIGGER step_stays BEFORE UPDATE ON step BEGIN
    SELECT RAISE(ABORT, 'steps are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER step_is_kept BEFORE DELETE ON step BEGIN
    SELECT RAISE(ABORT, 'steps are never deleted');
END;
-- +goose StatementEnd
