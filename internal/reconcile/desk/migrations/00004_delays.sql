-- +goose Up
CREATE TABLE delay (
    integration TEXT NOT NULL,
    slot        INTEGER NOT NULL,        -- five minutes since 1970
    most        REAL NOT NULL,           -- the longest p99 in seconds of its checks
    PRIMARY KEY (integration, slot)
) WITHOUT ROWID, STRICT;

-- +goose Down
DROP TABLE delay;
