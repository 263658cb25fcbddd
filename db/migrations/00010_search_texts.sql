-- +goose Up

-- postgres only
-- What messages say, for searching where PostgreSQL has trigrams: see
-- db/postgres_indexing.go, which makes the index of it.
CREATE TABLE search_texts (
    id     BIGINT PRIMARY KEY,        -- messages.id
    at     BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL, -- folded, as are the texts
    link   BIGINT NOT NULL,           -- 0 or 1: there is a web address in it
    folded TEXT COLLATE "C" NOT NULL
);

CREATE INDEX search_texts_at ON search_texts (at, id);

-- Up to which change that has what a room says; no row is none.
CREATE TABLE search_texts_upto (
    room_id BIGINT PRIMARY KEY REFERENCES rooms (id),
    upto    BIGINT NOT NULL
);

-- What trigrams do not tell of a message: each character of it, each two in a
-- row (every second pair, and those between), who said it and where.
CREATE FUNCTION search_lexemes(folded TEXT, author TEXT, link BIGINT, room BIGINT) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(
        array_remove(string_to_array(folded, NULL)
            || string_to_array(regexp_replace(folded, '(..)', E'\\1\x01', 'g'), E'\x01')
            || string_to_array(regexp_replace(substr(folded, 2), '(..)', E'\\1\x01', 'g'), E'\x01'), '')
        || ARRAY['from:' || author, 'in:' || room]
        || CASE WHEN link = 1 THEN ARRAY['has:link'] END)
$$;
-- end

-- +goose Down

-- postgres only
DROP TABLE search_texts_upto;
DROP TABLE search_texts;
DROP FUNCTION search_lexemes;
-- end
