-- +goose Up
CREATE TABLE letter (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    hash     BLOB NOT NULL UNIQUE,       -- keyed, of door, device and bytes
    received INTEGER NOT NULL,           -- nanoseconds UTC, first time
    latest   INTEGER NOT NULL,           -- the same, last time
    times    INTEGER NOT NULL DEFAULT 1, -- how often the same came
    door     TEXT NOT NULL,
    device   TEXT NOT NULL,              -- empty: not known
    codes    TEXT NOT NULL,              -- of the problems, each once, with blanks around
    readings INTEGER NOT NULL,
    size     INTEGER NOT NULL,           -- of sealed
    sealed   BLOB NOT NULL               -- bytes and problems
) STRICT;
CREATE INDEX letter_device ON letter (device, number);

CREATE TABLE attempt (
    letter  INTEGER NOT NULL REFERENCES letter (number) ON DELETE CASCADE,
    at      INTEGER NOT NULL,            -- nanoseconds UTC
    taken   INTEGER NOT NULL,            -- readings that were accepted, duplicates included
    refused INTEGER NOT NULL,
    sealed  BLOB NOT NULL                -- who, why
) STRICT;
CREATE INDEX attempt_letter ON attempt (letter);

CREATE TABLE dropped (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,           -- nanoseconds UTC
    letters  INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    sealed   BLOB NOT NULL               -- who, why
) STRICT;
-- +goose StatementBegin
CREATE TRIGGER dropped_stays BEFORE UPDATE ON dropped BEGIN
    SELECT RAISE(ABORT, 'what was dropped is noted for good');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER dropped_is_kept BEFORE DELETE ON dropped BEGIN
    SELECT RAISE(ABORT, 'what was dropped is noted for good');
END;
-- +goose StatementEnd
