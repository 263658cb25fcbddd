-- +goose Up

ALTER TABLE messages ADD COLUMN mentions TEXT; -- JSON, where in the body they are
ALTER TABLE held ADD COLUMN mentions TEXT;     -- those that the message will have

-- Who was mentioned where, once for each message however often it does.
CREATE TABLE mentions (
    room_id   INTEGER NOT NULL REFERENCES rooms (id),
    seq       INTEGER NOT NULL,
    person_id TEXT    NOT NULL,
    at        INTEGER NOT NULL, -- when it was written, which may have been an edit
    PRIMARY KEY (room_id, seq, person_id)
) WITHOUT ROWID;

CREATE INDEX mentions_person ON mentions (person_id, at, room_id, seq);

-- +goose Down

DROP TABLE mentions;
ALTER TABLE held DROP COLUMN mentions;
ALTER TABLE messages DROP COLUMN mentions;
