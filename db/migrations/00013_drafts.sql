-- +goose Up

-- What people have typed in a room and not sent.
CREATE TABLE drafts (
    person_id TEXT    NOT NULL,
    room_id   INTEGER NOT NULL REFERENCES rooms (id),
    session   TEXT    NOT NULL, -- sessions.token of a guest; empty: it is a member's
    body      TEXT    NOT NULL, -- empty: it was sent or emptied
    reply     INTEGER NOT NULL, -- the seq of what it answers, or 0
    at        INTEGER NOT NULL,
    sent      TEXT    NOT NULL, -- the key of the form that was sent last
    PRIMARY KEY (person_id, room_id)
) WITHOUT ROWID;

CREATE INDEX drafts_session ON drafts (session);
CREATE INDEX drafts_room ON drafts (room_id);

-- +goose Down

DROP TABLE drafts;
