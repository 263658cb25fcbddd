package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateSQLite brings the tables of a file up to date.
func migrateSQLite(ctx context.Context, dsn string) error {
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	return migrate(ctx, goose.DialectSQLite3, pool)
}

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB) error {
	files, err := migrationsFor(dialect)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, pool, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}
