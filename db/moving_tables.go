package db

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// movingTable is a table as both databases have it. Which there are is asked of
// the databases, so that none can be forgotten.
type movingTable struct {
	name    string
	columns []movingColumn // in the order of their names
	key     []string       // columns of the primary key, in their order there
	after   []string       // tables that its rows refer to
	numbers bool           // it gives out ids that are never given out twice
}

type movingColumn struct {
	name string
	kind string // INTEGER, TEXT or BLOB
}

func (t movingTable) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// selection names the columns for a query. Names of ours need no quoting in
// either database, except where they are words of SQL.
func (t movingTable) selection() string { return quoted(t.names()) }

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// inOrder puts tables after those that they refer to.
func inOrder(tables []movingTable) ([]movingTable, error) {
	ordered, placed := make([]movingTable, 0, len(tables)), make(map[string]bool)
	for len(ordered) < len(tables) {
		before := len(ordered)
		for _, t := range tables {
			isReady := !slices.ContainsFunc(t.after, func(name string) bool { return name != t.name && !placed[name] })
			if isReady && !placed[t.name] {
				placed[t.name] = true
				ordered = append(ordered, t)
			}
		}
		if len(ordered) == before {
			return nil, fmt.Errorf("the tables refer to each other in a circle")
		}
	}
	return ordered, nil
}

// inKinds puts the values of a row in the form of their columns, in place, as
// PostgreSQL keeps them, and tells how many texts had to be changed for that.
// SQLite keeps whatever it is given.
func (t movingTable) inKinds(r row) (mended int64, err error) {
	for i, c := range t.columns {
		switch v := r[i].(type) {
		case nil:
			continue
		case int64:
			if c.kind == "INTEGER" {
				continue
			}
		case []byte:
			switch c.kind {
			case "BLOB":
				continue
			case "TEXT":
				r[i] = string(v)
			}
		case string:
			if c.kind == "BLOB" {
				r[i] = []byte(v)
				continue
			}
		}
		s, isText := r[i].(string)
		if !isText || c.kind != "TEXT" {
			return mended, fmt.Errorf("column %s of %s, which is to be %s, has a %T", c.name, t.name, c.kind, r[i])
		}
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			r[i] = sound(s)
			mended++
		}
	}
	return mended, nil
}
