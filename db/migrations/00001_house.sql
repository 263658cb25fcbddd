-- +goose Up

-- Times are whole milliseconds since 1970, UTC.

CREATE TABLE rooms (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out twice
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    head       INTEGER NOT NULL DEFAULT 0,        -- the number of the last change
    created_at INTEGER NOT NULL
);

-- The id is the address: room_id * 2^36 + seq. By it a room's messages lie side
-- by side in the order of their numbers, so that opening a room or paging back
-- reads a few neighbouring pages of the file, however full the house is. (A
-- table WITHOUT ROWID keyed by room_id and seq does that too, but whole messages
-- then stand in the inner nodes of its tree, and it grows deep.)
-- It has no foreign key: each post asks for its room's head anyway, and SQLite
-- would look through all messages of the house when a room goes.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    room_id     INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    author_id   TEXT    NOT NULL,
    author_name TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    event       TEXT,    -- JSON
    once        BLOB,    -- digest of author, key and body as posted; NULL without a key
    created_at  INTEGER NOT NULL,
    edited_at   INTEGER,
    deleted_at  INTEGER,
    CHECK (id = room_id * 68719476736 + seq AND seq BETWEEN 1 AND 68719476735)
);

-- What was posted after a number is found by id. Only messages that changed
-- later need a second way to be found: posting pays nothing for it.
CREATE INDEX messages_changed ON messages (room_id, changed) WHERE changed <> seq;

CREATE UNIQUE INDEX messages_once ON messages (room_id, once) WHERE once IS NOT NULL;

CREATE TABLE seats (
    room_id   INTEGER NOT NULL REFERENCES rooms (id),
    person_id TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    name_key  TEXT    NOT NULL,
    announced INTEGER NOT NULL, -- 0 or 1
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (room_id, person_id),
    UNIQUE (room_id, name_key)
) WITHOUT ROWID;

CREATE INDEX seats_person ON seats (person_id);

CREATE TABLE sessions (
    token      TEXT    NOT NULL PRIMARY KEY,
    data       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_expiry ON sessions (expires_at);

-- +goose Down

DROP TABLE sessions;
DROP TABLE seats;
DROP TABLE messages;
DROP TABLE rooms;
