package main

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"parlour/db"
	"parlour/events"
	"parlour/handlers"
)

func TestMetricsTellWhetherTheDatabaseIsThere(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "parlour.db"), db.Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	hub, err := events.NewHub(events.Options{Store: store, Renderer: handlers.NewRenderer(time.UTC), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	m := newMetrics()
	m.watch(hub)
	tell := func(want float64) {
		t.Helper()
		for limit := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			families, err := m.registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range families {
				if f.GetName() == "parlour_database_connected" && f.GetMetric()[0].GetGauge().GetValue() == want {
					return
				}
			}
			if time.Now().After(limit) {
				t.Fatalf("it is not told as %v", want)
			}
		}
	}
	tell(1)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	tell(0)
}
