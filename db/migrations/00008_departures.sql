-- +goose Up

-- Who has lately left a room and given up the seat, so that of several nodes that
-- notice it one tells the room.
CREATE TABLE departures (
    room_id   INTEGER NOT NULL REFERENCES rooms (id),
    person_id TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (room_id, person_id)
) WITHOUT ROWID;

CREATE INDEX departures_at ON departures (room_id, at);

-- +goose Down

DROP TABLE departures;
