-- +goose Up
CREATE INDEX finding_first ON finding (first);
CREATE INDEX incident_over ON incident (integration, resolved);
CREATE INDEX incident_false ON incident (integration) WHERE state = 'false_positive';

-- +goose Down
DROP INDEX incident_false;
DROP INDEX incident_over;
DROP INDEX finding_first;
