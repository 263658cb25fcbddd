-- +goose Up

-- What messages say, for searching: see db/grams.go. A run is of some thousand
-- messages, side by side in time.
CREATE TABLE search_runs (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    oldest INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    size   INTEGER NOT NULL, -- how many messages
    places BLOB    NOT NULL  -- time and messages.id of each
);

CREATE INDEX search_runs_newest ON search_runs (newest);

-- The lists of a run, many in a row.
CREATE TABLE search_grams (
    run   INTEGER NOT NULL REFERENCES search_runs (id),
    gram  INTEGER NOT NULL, -- the first in the row
    lists BLOB    NOT NULL,
    PRIMARY KEY (run, gram)
) WITHOUT ROWID;

-- Up to which change the runs have what a room says; no row is none.
CREATE TABLE search_rooms (
    room_id INTEGER NOT NULL PRIMARY KEY REFERENCES rooms (id),
    upto    INTEGER NOT NULL
);

-- +goose Down

DROP TABLE search_rooms;
DROP TABLE search_grams;
DROP TABLE search_runs;
