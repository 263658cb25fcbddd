package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parlour"
)

// texts is the index by PostgreSQL's own means: the folded text of each message
// that can be found, under one inverted index of its trigrams (pg_trgm), of its
// single characters and pairs of them (search_lexemes, as words for full text
// search), and of its marks, which tell who said it and where. Trigrams are of
// letters and digits, and which those are depends on the database's locale: only of
// ASCII is it certain. The lexemes serve all other writing, and terms that are too
// short for a trigram.
//
// It follows what is said a few thousand messages at a time. An entry on its own
// costs several times more than among others, and posts would wait for that.
type texts struct {
	in *postgres
	// nearby is how many messages, the newest first, a search goes through before
	// it asks the inverted index: that has to read all that it has of a frequent
	// word, in no order, and what many messages say was said lately too.
	nearby int
	// most is how many hits of the inverted index, each in another place of the
	// table, are read and sorted by time. Where it has more, as many messages are
	// gone through as farthest says: 20 of 5,000 hits lie among them, as long as
	// they lie evenly and the house has fewer than 100,000,000 messages.
	most, farthest int
	patience       time.Duration // how long one question may take
}

func textsIn(p *postgres) texts {
	return texts{in: p, nearby: 4096, most: 5000, farthest: 500_000, patience: 2 * time.Second}
}

func (texts) progress() string { return "search_texts_upto" }

const (
	// The pending list takes a step's entries as they come; it is emptied in the
	// end, so that no search has to go through it.
	makeIndex = `CREATE INDEX search_texts_grams ON search_texts
		USING gin (folded %s.gin_trgm_ops, marks, search_lexemes(folded)) WITH (gin_pending_list_limit = 65536)`
	cleanIndex = `SELECT gin_clean_pending_list('search_texts_grams')`
)

// makeTexts makes what texts needs that is not there yet, and has nothing left of
// the index that is not used. lack is why it cannot be used, if so.
func makeTexts(ctx context.Context, c *pgx.Conn) (lack, err error) {
	err = pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS pg_trgm`); err != nil {
			return err
		}
		var schema string
		var isThere bool
		err := tx.QueryRow(ctx, `SELECT quote_ident(nspname), to_regclass('search_texts_grams') IS NOT NULL
			FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'`).Scan(&schema, &isThere)
		if err != nil {
			return err
		}
		if !isThere {
			if err := emptyTexts(ctx, tx); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, fmt.Sprintf(makeIndex, schema)); err != nil {
				return err
			}
		}
		return emptyRuns(ctx, tx)
	})
	if !isLack(err) {
		return nil, err
	}
	lack = err
	if err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error { return emptyTexts(ctx, tx) }); err != nil {
		return nil, fmt.Errorf("emptying the search index: %w", err)
	}
	return lack, nil
}

// isLack tells whether the extension is not there, or not for the house.
func isLack(err error) bool {
	failure, _ := errors.AsType[*pgconn.PgError](err)
	return failure != nil && slices.Contains([]string{
		"42501", // insufficient privilege
		"0A000", // feature not supported: not installed, or not on the list of what may be
		"58P01", // undefined file: the same before PostgreSQL 15
		"42704", // undefined object
	}, failure.Code)
}

func emptyTexts(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM search_texts_upto; DELETE FROM search_texts`)
	return err
}

// emptyRuns keeps nodes of an earlier version from writing meanwhile, which make
// runs.
func emptyRuns(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `LOCK TABLE search_rooms IN EXCLUSIVE MODE;
		DELETE FROM search_grams; DELETE FROM search_runs; DELETE FROM search_rooms`)
	return err
}

func (x texts) step(ctx context.Context, s *Store, all bool) (isLeft bool, err error) {
	var n news
	var gone int64
	err = s.skim(ctx, func(c conn) error {
		if n, err = newsIn(c, x); err != nil || len(n.tails) > 0 || !all {
			return err
		}
		gone, err = forgotten(c, x)
		return err
	})
	switch {
	case errors.Is(err, errNoRow):
		return false, nil
	case err != nil:
		return false, err
	case gone != 0:
		return true, x.in.beside(ctx, func(ctx context.Context, tx pgx.Tx) error { return forgetTexts(ctx, tx, gone) })
	case len(n.tails) == 0 || n.isFew && !all:
		return false, nil
	}
	return true, x.in.beside(ctx, n.write)
}

// stepPatience is how long one step may take.
const stepPatience = time.Minute

// beside runs a transaction beside those of the committing goroutine. It may reach
// into nothing that they reach into.
func (p *postgres) beside(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepPatience)
	defer cancel()
	defer context.AfterFunc(p.waiting, cancel)()
	err := pgx.BeginFunc(ctx, p.readers, func(tx pgx.Tx) error { return do(ctx, tx) })
	if _, isAnswer := errors.AsType[*pgconn.PgError](err); err != nil && !isAnswer && !errors.Is(err, errStaleStep) {
		err = fmt.Errorf("%w: %w", errLost, err)
	}
	return domain(err)
}

// write stores a step. Two nodes may be at the same one: how far each room is
// comes first, for which the second waits, and finds that it comes too late. Where
// it has come further it may overwrite a text with an earlier one, whose change is
// then still to be told.
func (n news) write(ctx context.Context, tx pgx.Tx) error {
	var rooms, heads []int64
	for _, t := range n.tails {
		rooms, heads = append(rooms, t.room), append(heads, int64(t.head))
	}
	tag, err := tx.Exec(ctx, `INSERT INTO search_texts_upto (room_id, upto) SELECT * FROM unnest($1::bigint[], $2::bigint[])
		ON CONFLICT (room_id) DO UPDATE SET upto = excluded.upto WHERE search_texts_upto.upto < excluded.upto`, rooms, heads)
	if err != nil {
		return fmt.Errorf("how far the search index is: %w", err)
	}
	if tag.RowsAffected() != int64(len(rooms)) {
		return errStaleStep
	}
	var gone []int64
	for _, m := range n.changed {
		if !m.IsAnswerable() {
			gone = append(gone, place(m.Room, m.Seq))
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM search_texts WHERE id = ANY($1::bigint[])`, gone); err != nil {
		return fmt.Errorf("texts that are gone: %w", err)
	}
	var ids, ats []int64
	var marks, folded []string
	for _, m := range ordered(append(n.posted, n.changed...)) {
		ids, ats = append(ids, place(m.Room, m.Seq)), append(ats, m.At.UnixMilli())
		marks, folded = append(marks, marksOf(m)), append(folded, parlour.Fold(m.Body))
	}
	_, err = tx.Exec(ctx, `INSERT INTO search_texts (id, at, marks, folded) SELECT id, at, marks::tsvector, folded
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS said (id, at, marks, folded)
		ON CONFLICT (id) DO UPDATE SET marks = excluded.marks, folded = excluded.folded`, ids, ats, marks, folded)
	if err != nil {
		return fmt.Errorf("texts to search: %w", err)
	}
	if _, err := tx.Exec(ctx, cleanIndex); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}

const linkMark = "has:link"

func authorMark(folded string) string { return "from:" + folded }

func roomMark(room int64) string { return "in:" + strconv.FormatInt(room, 10) }

// marksOf is a tsvector.
func marksOf(m parlour.Message) string {
	marks := lexeme(authorMark(parlour.Fold(m.Author.Name))) + " " + lexeme(roomMark(m.Room))
	if len(parlour.Links(m.Body)) > 0 {
		marks += " " + lexeme(linkMark)
	}
	return marks
}

var lexemeEscapes = strings.NewReplacer(`\`, `\\`, `'`, `''`)

// lexeme is a text as it stands in a tsvector or a tsquery.
func lexeme(text string) string { return `'` + lexemeEscapes.Replace(text) + `'` }

// forgetTexts has fewer texts left of a deleted room, and in the end nothing.
func forgetTexts(ctx context.Context, tx pgx.Tx, room int64) error {
	tag, err := tx.Exec(ctx, `DELETE FROM search_texts WHERE id = ANY(ARRAY(SELECT id FROM search_texts
		WHERE id > $1 AND id <= $2 LIMIT $3))`, place(room, 0), place(room, maxSeq), indexAtOnce)
	if err == nil && tag.RowsAffected() < indexAtOnce {
		_, err = tx.Exec(ctx, `DELETE FROM search_texts_upto WHERE room_id = $1`, room)
	}
	if err != nil {
		return fmt.Errorf("texts of room %d: %w", room, err)
	}
	return nil
}
