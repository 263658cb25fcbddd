package db

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parlour"
)

// furnished is a house with rows in each table that there is, made by the store
// and, where it has none of a table, by what the schema says of it.
func furnished(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parlour.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	h := &house{Store: s}
	lobby, err := h.Room(t.Context(), "lobby")
	must(t, err)
	for i := range 40 {
		h.say(t, lobby.ID, "Ana", fmt.Sprintf("message %d, ünïcode 日本 \u202e and\nlines", i))
	}
	once, _, err := h.Post(t.Context(), parlour.NewMessage{
		Room: lobby.ID, Kind: parlour.KindMessage, Author: author("Ana"), Body: "keyed", Key: "k", At: noon,
	})
	must(t, err)
	_, err = h.Edit(t.Context(), parlour.Revision{Room: lobby.ID, Seq: 3, Kind: parlour.KindMessage, Body: "edited", At: noon}, parlour.LogEntry{})
	must(t, err)
	_, err = h.Delete(t.Context(), lobby.ID, 4, parlour.NoStub, noon)
	must(t, err)
	h.sit(t, lobby.ID, "g1", "Ana")
	must(t, h.Attend(t.Context(), lobby.ID, []parlour.Author{author("Ana")}, nil, noon))
	must(t, h.Sessions().Commit("signed in", []byte("data"), time.Now().Add(time.Hour)))
	_, err = h.Secret(t.Context(), "forms")
	must(t, err)
	gone := h.room(t, "gone")
	must(t, h.write(t.Context(), func(tx *tx) error {
		if err := fillTables(tx); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE control_head SET number = 7, narrowed = 3`); err != nil {
			return err
		}
		_, err := tx.exec(`DELETE FROM rooms WHERE id = $1`, gone) // its id is not to be given out again
		return err
	}))
	if once.Seq != 41 {
		t.Fatalf("the keyed message has number %d", once.Seq)
	}
	must(t, h.Close())
	return path
}

// fillTables puts two rows into each table: one with a value in each column, and
// one with NULL where that may be.
func fillTables(tx *tx) error {
	tables, err := (&movingFrom{conn: tx.conn.(*sqliteConn)}).tables()
	if err != nil {
		return err
	}
	for number, table := range tables {
		if table.name == "messages" || table.name == "control_head" {
			continue // what they hold is checked
		}
		parents, mayBeNull := make(map[string]string), make(map[string]bool)
		for r, err := range tx.rows(`SELECT "from", "table", "to" FROM pragma_foreign_key_list($1)`, table.name) {
			if err != nil {
				return err
			}
			parents[r.text(0)] = `(SELECT max("` + r.text(2) + `") FROM "` + r.text(1) + `")`
		}
		for r, err := range tx.rows(`SELECT name FROM pragma_table_info($1) WHERE "notnull" = 0 AND pk = 0`, table.name) {
			if err != nil {
				return err
			}
			mayBeNull[r.text(0)] = true
		}
		for n := range 2 {
			var values []string
			for i, c := range table.columns {
				switch {
				case parents[c.name] != "":
					values = append(values, parents[c.name])
				case n == 1 && mayBeNull[c.name]:
					values = append(values, "NULL")
				case c.kind == "INTEGER":
					values = append(values, fmt.Sprint(1_000_000+1000*number+10*i+n))
				case c.kind == "BLOB":
					values = append(values, fmt.Sprintf("x'00ff%02x%02x'", i, n))
				default:
					values = append(values, fmt.Sprintf("'%s.%s %d ä日'", table.name, c.name, n))
				}
			}
			_, err := tx.exec(`INSERT INTO "` + table.name + `" (` + table.selection() + `) VALUES (` + strings.Join(values, ", ") + `)`)
			if err != nil {
				return fmt.Errorf("filling %s: %w", table.name, err)
			}
		}
	}
	return nil
}

// contents are all rows of all tables of a file, in order.
func contents(t *testing.T, path string) (tables []movingTable, rows map[string][]row) {
	t.Helper()
	must(t, withFileAlone(t.Context(), path, func(from *movingFrom) (err error) {
		if tables, err = from.tables(); err != nil {
			return err
		}
		rows, err = rowsOf(from.conn, tables)
		return err
	}))
	return tables, rows
}

func rowsOf(c conn, tables []movingTable) (map[string][]row, error) {
	all := make(map[string][]row)
	for _, table := range tables {
		for r, err := range c.rows(`SELECT ` + table.selection() + ` FROM "` + table.name + `" ORDER BY ` + quoted(table.key)) {
			if err != nil {
				return nil, err
			}
			all[table.name] = append(all[table.name], slices.Clone(r))
		}
	}
	return all, nil
}
