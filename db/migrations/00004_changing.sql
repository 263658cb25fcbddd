-- +goose Up

-- What becomes of messages: edited, deleted, pinned.

ALTER TABLE rooms ADD COLUMN edit_window_ms INTEGER NOT NULL DEFAULT 0; -- 0: the usual, below: none
ALTER TABLE rooms ADD COLUMN stubs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN face_seq INTEGER NOT NULL DEFAULT 0;       -- the message of kind face, 0: none yet

ALTER TABLE messages ADD COLUMN edited_by TEXT NOT NULL DEFAULT ''; -- a moderator's name
ALTER TABLE messages ADD COLUMN stub TEXT NOT NULL DEFAULT '';      -- what is left of a deleted one: author, moderator

ALTER TABLE held ADD COLUMN edits INTEGER NOT NULL DEFAULT 0; -- the seq of what it is to be the new text of

-- The texts that messages had before. A text is known by the number under which
-- the message had it last.
CREATE TABLE revisions (
    room_id INTEGER NOT NULL REFERENCES rooms (id),
    seq     INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    by_name TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq, changed)
);

-- +goose Down

DROP TABLE revisions;
ALTER TABLE held DROP COLUMN edits;
ALTER TABLE messages DROP COLUMN stub;
ALTER TABLE messages DROP COLUMN edited_by;
ALTER TABLE rooms DROP COLUMN face_seq;
ALTER TABLE rooms DROP COLUMN stubs;
ALTER TABLE rooms DROP COLUMN edit_window_ms;
