-- +goose Up

-- What one person has reacted with, to be taken back when they are purged.
CREATE INDEX reactions_of ON reactions (room_id, person_id, seq);

-- +goose Down

DROP INDEX reactions_of;
