-- +goose Up

-- What all nodes of the house have to do at once: see parlour.Control.
CREATE TABLE controls (
    number    INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    room_id   INTEGER NOT NULL,
    person_id TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    guest     INTEGER NOT NULL,
    lookalike INTEGER NOT NULL,
    session   TEXT    NOT NULL
);

CREATE INDEX controls_at ON controls (at);

-- One row: the number of the last control, and how many there were that may
-- have taken a right away. Locked while such a number is given out.
CREATE TABLE control_head (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number   INTEGER NOT NULL,
    narrowed INTEGER NOT NULL
);

INSERT INTO control_head (id, number, narrowed) VALUES (1, 0, 0);

-- +goose Down

DROP TABLE control_head;
DROP TABLE controls;
