-- +goose Up
CREATE TABLE pair (
    hash      BLOB NOT NULL PRIMARY KEY, -- HMAC-SHA-256 of the identifier
    pseudonym TEXT NOT NULL UNIQUE,
    sealed    BLOB NOT NULL,             -- the identifier
    created   INTEGER NOT NULL           -- nanoseconds UTC
) WITHOUT ROWID, STRICT;

CREATE TABLE look (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    sealed BLOB NOT NULL                 -- who, why, what
) STRICT;

CREATE TABLE key_check (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER look_stays BEFORE UPDATE ON look BEGIN
    SELECT RAISE(ABORT, 'looks are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER look_is_kept BEFORE DELETE ON look BEGIN
    SELECT RAISE(ABORT, 'looks are never deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pair_stays BEFORE UPDATE ON pair BEGIN
    SELECT RAISE(ABORT, 'pairs are never changed');
END;
-- +goose StatementEnd
