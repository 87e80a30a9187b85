-- +goose Up
CREATE INDEX finding_first ON finding (first);
CREATE INDEX finding_day ON finding (integration, day);

-- +goose Down
DROP INDEX finding_day;
DROP INDEX finding_first;
