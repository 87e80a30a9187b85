-- +goose Up
CREATE TABLE deliveries (
  number   INTEGER PRIMARY KEY,
  message  TEXT NOT NULL,             -- id of the message
  channel  TEXT NOT NULL,
  alarm    TEXT NOT NULL,
  body     TEXT NOT NULL,             -- the message as JSON, with its priority
  state    TEXT NOT NULL,             -- waiting, delivered, given_up
  attempts INTEGER NOT NULL DEFAULT 0,
  created  INTEGER NOT NULL,          -- nanoseconds UTC
  due      INTEGER NOT NULL,
  ended    INTEGER,
  receipt  TEXT,
  UNIQUE (message, channel)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (state, due);
CREATE INDEX deliveries_alarm ON deliveries (alarm, number);
CREATE TABLE attempts (
  delivery INTEGER NOT NULL REFERENCES deliveries (number),
  at       INTEGER NOT NULL,
  error    TEXT                       -- NULL: accepted
) STRICT;
CREATE INDEX attempts_delivery ON attempts (delivery, at);

-- +goose Down
DROP TABLE attempts;
DROP TABLE deliveries;
