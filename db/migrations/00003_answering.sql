-- +goose Up

-- Answers to messages: replies and reactions.

ALTER TABLE messages ADD COLUMN quote TEXT;      -- JSON, what a reply shows of what it answers
ALTER TABLE messages ADD COLUMN quoted INTEGER;  -- the seq of that, where the quote follows it
ALTER TABLE messages ADD COLUMN reactions TEXT;  -- JSON, a summary of the table below

CREATE INDEX messages_quoted ON messages (room_id, quoted) WHERE quoted IS NOT NULL;

ALTER TABLE held ADD COLUMN reply INTEGER NOT NULL DEFAULT 0;

CREATE TABLE reactions (
    room_id     INTEGER NOT NULL REFERENCES rooms (id),
    seq         INTEGER NOT NULL,
    emoji       TEXT    NOT NULL,
    person_id   TEXT    NOT NULL,
    person_name TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq, emoji, person_id)
);

CREATE INDEX reactions_first ON reactions (room_id, seq, emoji, created_at, person_id);

-- +goose Down

DROP TABLE reactions;
ALTER TABLE held DROP COLUMN reply;
DROP INDEX messages_quoted;
ALTER TABLE messages DROP COLUMN reactions;
ALTER TABLE messages DROP COLUMN quoted;
ALTER TABLE messages DROP COLUMN quote;
