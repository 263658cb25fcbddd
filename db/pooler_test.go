package db

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"parlour/db/postgrestest"
)

// pooled is the address of an empty database behind a pooler, as docs/scaling.md
// asks for: with statements that no connection has to know, and the settings of
// connections given to the database, unless they are left out.
func pooled(t *testing.T, pooler postgrestest.Pooler, settings ...string) string {
	t.Helper()
	url := postgrestest.Database(t)
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer c.Close(t.Context())
	for _, setting := range settings {
		_, err := c.Exec(t.Context(), "ALTER DATABASE "+c.Config().Database+" SET "+setting)
		must(t, err)
	}
	return pooler.Address(url) + "&default_query_exec_mode=cache_describe"
}

var poolerSettings = []string{"lock_timeout = '5s'", "idle_in_transaction_session_timeout = '3s'"}

// TestNodesBehindAPooler: no node needs a connection of its own for longer than a
// transaction, be it to bring the tables up to date or to number what is said.
func TestNodesBehindAPooler(t *testing.T) {
	t.Parallel()
	pooler := postgrestest.Pool(t)
	startTogether(t, pooled(t, pooler, poolerSettings...))
	numberTogether(t, openNodesAt(t, pooled(t, pooler, poolerSettings...), 3))
}

// TestPostgreSQLBehindAPooler holds all the rules of TestPostgreSQL, which takes as
// long once more.
func TestPostgreSQLBehindAPooler(t *testing.T) {
	if os.Getenv("PARLOUR_REQUIRE_ALL") == "" {
		t.Skip("it takes as long as all the rules of PostgreSQL once more: set PARLOUR_REQUIRE_ALL=1 to run it")
	}
	pooler := postgrestest.Pool(t)
	t.Run("Rules", func(t *testing.T) { // they are over when the pooler is
		testStore(t, func(t *testing.T, o Options) *Store { return openShared(t, pooled(t, pooler, poolerSettings...), o) })
	})
}

func TestDroppedSettingsAreToldOf(t *testing.T) {
	t.Parallel()
	pooler := postgrestest.Pool(t)
	const told = "idle_in_transaction_session_timeout=0"
	for _, settings := range [][]string{nil, poolerSettings} {
		var log bytes.Buffer
		s, err := OpenPostgres(t.Context(), pooled(t, pooler, settings...), Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		must(t, err)
		must(t, s.Close())
		if isTold := strings.Contains(log.String(), told); isTold != (settings == nil) {
			t.Errorf("with %q the log has %q", settings, log.String())
		}
	}
}
