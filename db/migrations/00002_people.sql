-- +goose Up

-- Doors: who may do what in a room.

ALTER TABLE rooms ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN rules TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN see_by TEXT NOT NULL DEFAULT 'guests';
ALTER TABLE rooms ADD COLUMN read_by TEXT NOT NULL DEFAULT 'guests';
ALTER TABLE rooms ADD COLUMN post_by TEXT NOT NULL DEFAULT 'guests';
ALTER TABLE rooms ADD COLUMN upload_by TEXT NOT NULL DEFAULT 'members';
ALTER TABLE rooms ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN history_from_join INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN slow_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN talk_after_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN link_after_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN waiting_room INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN archived_at INTEGER;
ALTER TABLE rooms ADD COLUMN deleted_at INTEGER; -- only the empty row is left

CREATE INDEX rooms_deleted ON rooms (id) WHERE deleted_at IS NOT NULL;

ALTER TABLE seats ADD COLUMN admitted INTEGER NOT NULL DEFAULT 1;
ALTER TABLE seats ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN after_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN posted_at INTEGER; -- the last post under slow mode
ALTER TABLE seats ADD COLUMN read_seq INTEGER NOT NULL DEFAULT 0; -- how far the person has read

-- Nobody has noted it so far: what is there counts as read.
UPDATE seats SET read_seq = (SELECT head FROM rooms WHERE rooms.id = seats.room_id);

CREATE INDEX seats_waiting ON seats (room_id, since) WHERE admitted = 0;
ALTER TABLE seats ADD COLUMN guest INTEGER NOT NULL DEFAULT 1;
ALTER TABLE seats ADD COLUMN skeleton TEXT NOT NULL DEFAULT '';     -- what the name looks like
ALTER TABLE seats ADD COLUMN lookalike INTEGER NOT NULL DEFAULT 0;  -- as another name does

CREATE INDEX seats_name ON seats (name_key);
CREATE INDEX seats_skeleton ON seats (skeleton);

-- What readers are told of an author beside the name. Whoever wrote before there
-- were members was a guest.
ALTER TABLE messages ADD COLUMN author_guest INTEGER NOT NULL DEFAULT 1;
ALTER TABLE messages ADD COLUMN author_lookalike INTEGER NOT NULL DEFAULT 0;

-- What a member is in one room; no row is no role.
CREATE TABLE roles (
    room_id   INTEGER NOT NULL REFERENCES rooms (id),
    person_id TEXT    NOT NULL,
    role      INTEGER NOT NULL, -- parlour.Role
    PRIMARY KEY (room_id, person_id)
);

CREATE INDEX roles_person ON roles (person_id);

-- Order. Sanctions are never deleted; lifted_at ends them.

CREATE TABLE sanctions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,           -- ban, kick, mute
    room_id    INTEGER NOT NULL DEFAULT 0, -- 0: the house
    person_id  TEXT    NOT NULL DEFAULT '',
    session    TEXT    NOT NULL DEFAULT '',
    address    TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    by_id      TEXT    NOT NULL,
    by_name    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    until_at   INTEGER,                    -- NULL: for good
    lifted_at  INTEGER,
    lifted_by_id   TEXT NOT NULL DEFAULT '',
    lifted_by_name TEXT NOT NULL DEFAULT ''
);

CREATE INDEX sanctions_person ON sanctions (person_id) WHERE person_id <> '' AND lifted_at IS NULL;
CREATE INDEX sanctions_session ON sanctions (session) WHERE session <> '' AND lifted_at IS NULL;
CREATE INDEX sanctions_address ON sanctions (address) WHERE address <> '' AND lifted_at IS NULL;

CREATE INDEX sanctions_room ON sanctions (room_id, id) WHERE lifted_at IS NULL;

-- From where people acted last, for sanctions that are to meet more than an id.
CREATE TABLE traces (
    person_id TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    session   TEXT    NOT NULL,
    address   TEXT    NOT NULL, -- parlour.AddrKey
    seen_at   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX traces_seen ON traces (seen_at);

CREATE TABLE filters (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id    INTEGER NOT NULL DEFAULT 0, -- 0: the house
    kind       TEXT    NOT NULL,           -- word, link, regex
    pattern    TEXT    NOT NULL,
    act        TEXT    NOT NULL,           -- refuse, mask, hold, kick
    created_at INTEGER NOT NULL
);

CREATE INDEX filters_room ON filters (room_id);

-- Messages that wait for approval are not messages of the room yet.
CREATE TABLE held (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id     INTEGER NOT NULL REFERENCES rooms (id),
    kind        TEXT    NOT NULL,
    author_id   TEXT    NOT NULL,
    author_name TEXT    NOT NULL,
    author_guest     INTEGER NOT NULL,
    author_lookalike INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    once        BLOB,
    why         TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
);

CREATE INDEX held_room ON held (room_id, id);
CREATE UNIQUE INDEX held_once ON held (room_id, once) WHERE once IS NOT NULL;

CREATE TABLE reports (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id     INTEGER NOT NULL REFERENCES rooms (id),
    seq         INTEGER NOT NULL,
    by_id       TEXT    NOT NULL,
    by_name     TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    settled_by_name TEXT NOT NULL DEFAULT '',
    outcome     TEXT    NOT NULL DEFAULT '',
    UNIQUE (room_id, seq, by_id)
);

CREATE INDEX reports_open ON reports (room_id, id) WHERE settled_at IS NULL;

-- The moderation log is only ever added to.
CREATE TABLE moderation_log (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id     INTEGER NOT NULL DEFAULT 0, -- 0: the house
    at          INTEGER NOT NULL,
    by_id       TEXT    NOT NULL,
    by_name     TEXT    NOT NULL,
    act         TEXT    NOT NULL,
    target_id   TEXT    NOT NULL,
    target_name TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    reason      TEXT    NOT NULL
);

CREATE INDEX moderation_log_room ON moderation_log (room_id, id);

-- +goose StatementBegin
CREATE TRIGGER moderation_log_kept BEFORE DELETE ON moderation_log BEGIN SELECT RAISE(ABORT, 'the moderation log is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER moderation_log_true BEFORE UPDATE ON moderation_log BEGIN SELECT RAISE(ABORT, 'the moderation log is only added to'); END;
-- +goose StatementEnd

-- People.

CREATE TABLE members (
    id            TEXT    NOT NULL PRIMARY KEY, -- Identity.ID
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL UNIQUE,      -- small letters
    email_verified INTEGER NOT NULL DEFAULT 0,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL UNIQUE,
    skeleton      TEXT    NOT NULL,             -- what the name looks like
    password_hash TEXT    NOT NULL,             -- empty: no password
    admin         INTEGER NOT NULL DEFAULT 0,
    lang          TEXT    NOT NULL DEFAULT '',
    zone          TEXT    NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    disabled_at   INTEGER
);

CREATE INDEX members_skeleton ON members (skeleton);

-- Sessions of members. A session whose row is gone is nobody's, whatever its
-- data says.
CREATE TABLE logins (
    session    TEXT    NOT NULL PRIMARY KEY, -- sessions.token
    person_id  TEXT    NOT NULL REFERENCES members (id),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    agent      TEXT    NOT NULL
);

CREATE INDEX logins_person ON logins (person_id);

-- Accounts elsewhere by which a member signs in (OpenID Connect).
CREATE TABLE federations (
    issuer    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES members (id),
    PRIMARY KEY (issuer, subject)
);

-- Passes: links that work once or a few times: set-up, password reset, invitations.
CREATE TABLE passes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,            -- setup, reset, verify, invite
    person_id  TEXT    NOT NULL DEFAULT '', -- whom it is for
    room_id    INTEGER NOT NULL DEFAULT 0,  -- where an invitation leads; 0: the house
    role       INTEGER NOT NULL DEFAULT 0,  -- the role that it gives
    note       TEXT    NOT NULL DEFAULT '',
    payload    TEXT    NOT NULL DEFAULT '', -- JSON, what the link completes
    uses_left  INTEGER NOT NULL,
    by_id      TEXT    NOT NULL DEFAULT '',
    by_name    TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
);

CREATE INDEX passes_room ON passes (room_id, id) WHERE kind = 'invite';

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down

DROP TABLE settings;
DROP TABLE passes;
DROP TABLE federations;
DROP TABLE logins;
DROP TABLE members;
DROP TABLE moderation_log;
DROP TABLE reports;
DROP TABLE held;
DROP TABLE filters;
DROP TABLE traces;
DROP TABLE sanctions;
DROP TABLE roles;
ALTER TABLE messages DROP COLUMN author_lookalike;
ALTER TABLE messages DROP COLUMN author_guest;
DROP INDEX seats_skeleton;
DROP INDEX seats_name;
ALTER TABLE seats DROP COLUMN lookalike;
ALTER TABLE seats DROP COLUMN skeleton;
ALTER TABLE seats DROP COLUMN guest;
DROP INDEX seats_waiting;
ALTER TABLE seats DROP COLUMN read_seq;
ALTER TABLE seats DROP COLUMN posted_at;
ALTER TABLE seats DROP COLUMN after_seq;
ALTER TABLE seats DROP COLUMN since;
ALTER TABLE seats DROP COLUMN admitted;
DROP INDEX rooms_deleted;
ALTER TABLE rooms DROP COLUMN deleted_at;
ALTER TABLE rooms DROP COLUMN archived_at;
ALTER TABLE rooms DROP COLUMN waiting_room;
ALTER TABLE rooms DROP COLUMN read_only;
ALTER TABLE rooms DROP COLUMN locked;
ALTER TABLE rooms DROP COLUMN link_after_ms;
ALTER TABLE rooms DROP COLUMN talk_after_ms;
ALTER TABLE rooms DROP COLUMN slow_ms;
ALTER TABLE rooms DROP COLUMN history_from_join;
ALTER TABLE rooms DROP COLUMN password_hash;
ALTER TABLE rooms DROP COLUMN upload_by;
ALTER TABLE rooms DROP COLUMN post_by;
ALTER TABLE rooms DROP COLUMN read_by;
ALTER TABLE rooms DROP COLUMN see_by;
ALTER TABLE rooms DROP COLUMN rules;
ALTER TABLE rooms DROP COLUMN description;
