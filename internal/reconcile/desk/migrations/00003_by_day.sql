-- +goose Up
CREATE TABLE strip_day (
    integration TEXT NOT NULL,
    day         INTEGER NOT NULL,        -- since 1970, UTC
    colours     TEXT NOT NULL,           -- a digit for each quarter of an hour, the worst of it; 0: not checked
    PRIMARY KEY (integration, day)
) WITHOUT ROWID, STRICT;
INSERT INTO strip_day (integration, day, colours)
    WITH RECURSIVE quarter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM quarter WHERE n < 95)
    SELECT integration, day, group_concat(colour, '') FROM (
        SELECT d.integration, d.day, coalesce(s.colour, 0) AS colour
        FROM (SELECT DISTINCT integration, slot / 96 AS day FROM strip) AS d CROSS JOIN quarter AS q
        LEFT JOIN strip AS s ON s.integration = d.integration AND s.slot = d.day * 96 + q.n
        ORDER BY d.integration, d.day, q.n)
    GROUP BY integration, day;
DROP TABLE strip;
CREATE INDEX incident_resolved ON incident (resolved);

-- +goose Down
DROP INDEX incident_resolved;
CREATE TABLE strip (
    integration TEXT NOT NULL,
    slot        INTEGER NOT NULL,
    colour      INTEGER NOT NULL,
    PRIMARY KEY (integration, slot)
) WITHOUT ROWID, STRICT;
INSERT INTO strip (integration, slot, colour)
    WITH RECURSIVE quarter (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM quarter WHERE n < 95)
    SELECT integration, day * 96 + n, CAST(substr(colours, n + 1, 1) AS INTEGER) FROM strip_day CROSS JOIN quarter WHERE substr(colours, n + 1, 1) <> '0';
DROP TABLE strip_day;
