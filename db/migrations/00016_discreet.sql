-- +goose Up

-- Whether the room is not told who comes and goes.
ALTER TABLE rooms ADD COLUMN discreet INTEGER NOT NULL DEFAULT 0;

-- +goose Down

ALTER TABLE rooms DROP COLUMN discreet;
