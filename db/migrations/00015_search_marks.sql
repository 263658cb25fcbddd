-- +goose Up

-- postgres only
-- Whoever checks a hit of trigrams checks all that was asked for, and to make the
-- lexemes of a text takes long: what nearly all searches ask for beside its words
-- stands by itself.
DELETE FROM search_texts_upto;
DELETE FROM search_texts;
ALTER TABLE search_texts DROP COLUMN author, DROP COLUMN link; -- and the index with them
ALTER TABLE search_texts ADD COLUMN marks TSVECTOR NOT NULL;   -- who said it and where, and whether there is a web address in it
DROP FUNCTION search_lexemes;

-- What trigrams do not tell of a text: each character of it, and each two in a row
-- (every second pair, and those between).
CREATE FUNCTION search_lexemes(folded TEXT) RETURNS TSVECTOR
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(array_remove(string_to_array(folded, NULL)
        || string_to_array(regexp_replace(folded, '(..)', E'\\1\x01', 'g'), E'\x01')
        || string_to_array(regexp_replace(substr(folded, 2), '(..)', E'\\1\x01', 'g'), E'\x01'), ''))
$$;
-- end

-- +goose Down

-- postgres only
DELETE FROM search_texts_upto;
DELETE FROM search_texts;
DROP INDEX IF EXISTS search_texts_grams;
DROP FUNCTION search_lexemes;
ALTER TABLE search_texts DROP COLUMN marks;
ALTER TABLE search_texts ADD COLUMN author TEXT COLLATE "C" NOT NULL;
ALTER TABLE search_texts ADD COLUMN link BIGINT NOT NULL;
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
