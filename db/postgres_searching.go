package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"parlour"
)

// look breaks off what takes too long: the answer is then in part.
func (x texts) look(ctx context.Context, s *search) error {
	if len(s.Floors) == 0 {
		return nil
	}
	err := x.propose(ctx, s)
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Code == "57014" {
		s.partial = true
		return nil
	}
	return err
}

// propose goes through what was said lately, which finds what many say; then asks
// the inverted index, which knows what few say; and goes far back where that has
// too much.
func (x texts) propose(ctx context.Context, s *search) error {
	// What the planner knows of texts is rough, and once a statement is prepared it
	// may stop looking at what is asked for. It could then read the whole table, or
	// sort it, or compile a question that is short.
	if _, err := s.one(`SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true),
		set_config('jit', 'off', true), set_config('work_mem', '64MB', true), set_config('statement_timeout', $1, true)`,
		milliseconds(x.patience)); err != nil {
		return err
	}
	near, err := s.places(s.walking(x.nearby))
	if err != nil {
		return err
	}
	if isEnough, err := s.lookAll(ctx, near); err != nil || isEnough {
		return err
	}
	if asked, hasKey := s.asking(x.most); hasKey {
		all, err := s.places(asked)
		if err != nil {
			return err
		}
		if len(all) < x.most {
			_, err := s.lookAll(ctx, all)
			return err
		}
	}
	far, err := s.places(s.walking(x.farthest))
	if err != nil {
		return err
	}
	if isEnough, err := s.lookAll(ctx, far); err != nil || isEnough {
		return err
	}
	after, before := s.bounds()
	_, err = s.one(`SELECT 1 FROM search_texts WHERE at >= $1 AND at < $2 ORDER BY at DESC OFFSET $3 LIMIT 1`, after, before, x.farthest)
	s.partial = s.partial || err == nil || len(far) == looksMost
	if errors.Is(err, errNoRow) {
		return nil
	}
	return err
}

// question is a statement that is put together, with its arguments.
type question struct {
	text string
	args []any
}

// with adds an argument, and answers how it is called.
func (q *question) with(arg any) string {
	q.args = append(q.args, arg)
	return "$" + strconv.Itoa(len(q.args))
}

// walking asks for what is wanted of so many messages, the newest first.
func (s *search) walking(many int) question {
	q := question{}
	after, before := s.bounds()
	q.text = `SELECT id, at FROM (SELECT * FROM search_texts WHERE at >= ` + q.with(after) + ` AND at < ` + q.with(before) + `
		ORDER BY at DESC, id DESC LIMIT ` + q.with(many) + `) AS newest
		WHERE ` + strings.Join(append(s.checks(&q), s.marks(&q)...), " AND ") + `
		ORDER BY at DESC, id DESC LIMIT ` + q.with(looksMost)
	return q
}

// asking asks the inverted index for all that is wanted, or for most of it, unless
// there is no key to ask by.
func (s *search) asking(most int) (q question, hasKey bool) {
	keys := append(s.keys(&q), s.marks(&q)...)
	if len(keys) == 0 {
		return q, false
	}
	after, before := s.bounds()
	// The times are no key here: a long time of rare words would be gone through.
	checks := append(s.checks(&q), `at + 0 >= `+q.with(after), `at + 0 < `+q.with(before))
	q.text = `SELECT id, at FROM (SELECT id, at FROM search_texts WHERE ` + strings.Join(append(keys, checks...), " AND ") + `
		LIMIT ` + q.with(most) + `) AS wanted ORDER BY at DESC, id DESC`
	return q, true
}

// keys are conditions by which the inverted index finds texts with all terms. They
// are of one kind: a hit of trigrams has to be checked for all conditions, and
// making its lexemes takes fifty times as long as looking for the terms.
func (s *search) keys(q *question) (keys []string) {
	if len(s.Terms) == 0 {
		return nil
	}
	if !slices.ContainsFunc(s.Terms, func(term string) bool { return !hasTrigram(term) }) {
		for _, term := range s.Terms {
			keys = append(keys, `folded LIKE `+q.with("%"+likeEscapes.Replace(term)+"%"))
		}
		return keys
	}
	var lexemes []string
	for _, term := range s.Terms {
		for _, l := range lexemesOf(term) {
			lexemes = append(lexemes, lexeme(l))
		}
	}
	return []string{`search_lexemes(folded) @@ ` + q.with(strings.Join(lexemes, " & ")) + `::text::tsquery`}
}

// marks is a condition for what is wanted besides the terms, if it is a key.
func (s *search) marks(q *question) []string {
	var all []string
	if s.From != "" {
		all = append(all, lexeme(authorMark(s.From)))
	}
	if s.Link {
		all = append(all, lexeme(linkMark))
	}
	if len(s.Floors) <= askEach {
		var rooms []string
		for room := range s.Floors {
			rooms = append(rooms, lexeme(roomMark(room)))
		}
		all = append(all, `(`+strings.Join(rooms, " | ")+`)`)
	}
	if len(all) == 0 {
		return nil
	}
	return []string{`marks @@ ` + q.with(strings.Join(all, " & ")) + `::text::tsquery`}
}

// checks are conditions for what no key can tell.
func (s *search) checks(q *question) []string {
	checks := []string{`id >> 36 = ANY(` + q.with(slices.Collect(maps.Keys(s.Floors))) + `::bigint[])`}
	for _, term := range s.Terms {
		checks = append(checks, `strpos(folded, `+q.with(term)+`) > 0`)
	}
	return checks
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// hasTrigram tells whether there is a trigram of a term in every locale.
func hasTrigram(term string) bool {
	row := 0
	for i := range len(term) {
		if c := term[i]; 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			row++
		} else {
			row = 0
		}
		if row == 3 {
			return true
		}
	}
	return false
}

// lexemesOf are lexemes of each text that has the term in it.
func lexemesOf(term string) (lexemes []string) {
	text := []rune(term)
	if len(text) == 1 {
		return []string{term}
	}
	for i := range text[1:] {
		lexemes = append(lexemes, string(text[i:i+2]))
	}
	return lexemes[:min(len(lexemes), maxSpans)]
}

// places are what a question proposes, the newest first.
func (s *search) places(q question) (places []timed, err error) {
	for r, err := range s.rows(q.text, q.args...) {
		if err != nil {
			return nil, fmt.Errorf("asking the index: %w", err)
		}
		places = append(places, timed{at: r.int(1), id: r.int(0)})
	}
	return places, nil
}

// readAtOnce is how many messages are read in one question.
const readAtOnce = 2 * parlour.SearchPage

// lookAll looks at messages as they are now, and tells whether enough is found:
// nothing that is older than those could be wanted.
func (s *search) lookAll(ctx context.Context, places []timed) (isEnough bool, err error) {
	places = slices.DeleteFunc(places, func(p timed) bool {
		floor, isIn := s.Floors[p.id/(maxSeq+1)]
		return !isIn || parlour.Seq(p.id%(maxSeq+1)) <= floor
	})
	for some := range slices.Chunk(places, readAtOnce) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		ids := make([]int64, len(some))
		for i, p := range some {
			ids[i] = p.id
		}
		messages, err := messagesIn(s.conn, len(ids), `SELECT `+messageColumns+` FROM messages WHERE id = ANY($1::bigint[])`, ids)
		if err != nil {
			return false, fmt.Errorf("messages that may be wanted: %w", err)
		}
		for _, m := range messages {
			s.take(m)
		}
		if last := some[len(some)-1]; s.isFilled(last) {
			return true, nil
		}
	}
	return false, nil
}

// isFilled tells whether nothing that stands before a place changes what is found.
func (s *search) isFilled(p timed) bool {
	if len(s.found) < s.limit {
		return false
	}
	last := s.found[s.limit-1]
	at, id := last.At.UnixMilli(), place(last.Room, last.Seq)
	return at > p.at || at == p.at && id >= p.id
}
