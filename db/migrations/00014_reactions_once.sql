-- +goose Up

-- Under which number somebody gave a reaction, or took it back: the row of one that
-- was taken back stays, and tells a repetition from another change of mind.
ALTER TABLE reactions ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reactions ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0;

-- +goose Down

DELETE FROM reactions WHERE taken_back = 1;
ALTER TABLE reactions DROP COLUMN taken_back;
ALTER TABLE reactions DROP COLUMN changed;
