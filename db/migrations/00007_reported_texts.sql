-- +goose Up

-- What a message said when it was reported, until the report is settled: its
-- author may edit and delete it meanwhile.
ALTER TABLE reports ADD COLUMN said TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE reports DROP COLUMN said;
