package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"parlour/cmd/parlour-load/internal/process"
	"parlour/cmd/parlour-load/internal/trial"
)

// TestMain lets the test binary stand in for the program where that starts
// itself as a yardstick.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestEveryReaderOfTheYardsticksGetsEveryPost(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the crowd needs epoll")
	}
	for _, kind := range []string{"bare", "usual"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server, err := trial.StartYardstick(t.Context(), kind, false)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := server.Stop(); err != nil {
					t.Error(err)
				}
			})
			setting := trial.Setting{
				Rooms: 5, RoomPattern: "room-%d",
				Readers: 100, Sessions: 3, InFlight: []int{1, 8}, Posts: 50, Duration: time.Minute,
				WarmUp: 10 * time.Millisecond, EventBytes: 500, Settle: time.Millisecond,
			}
			result, err := trial.Run(t.Context(), server.Subject, setting, trial.NewProgress(nil, true))
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Talks) != 2 {
				t.Fatalf("%d talks", len(result.Talks))
			}
			for _, talk := range result.Talks {
				if talk.Posts != 50 || talk.Deliveries != 50*100/5 || talk.Lost+talk.Duplicates+talk.Disordered+talk.Cut != 0 {
					t.Errorf("%+v", talk)
				}
				if talk.EventBytes < 490 || talk.EventBytes > 510 {
					t.Errorf("an event has %d bytes", talk.EventBytes)
				}
			}
			if result.ResidentIdle == 0 {
				t.Error("the server's memory was not read")
			}
		})
	}
}

func TestBusIsReal(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bus, err := process.Start(t.Context(), process.Options{Core: -1}, self, "serve", "bus")
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Stop()
	conn, err := nats.Connect(bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.FlushTimeout(10 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestReportIsTextAndJSON(t *testing.T) {
	report := trial.Report{At: time.Now(), Machine: trial.ThisMachine(), Results: []trial.Result{{
		Name: "parlour", Readers: 3, Rooms: 1, ResidentIdle: 1 << 20, BytesPerReader: 1750,
		Talks: []trial.Talk{{InFlight: 8, Posts: 4, Heard: trial.Heard{Deliveries: 12, Lost: 2}, PerCPUSecond: 300_000, Refused: 1, Reason: "status 429"}},
	}}}
	var text bytes.Buffer
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 readers in 1 rooms", "1750 resident bytes", "300000", "1 posts refused (status 429)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &text)
		}
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := writeJSON(path, report); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back trial.Report
	if err := json.Unmarshal(b, &back); err != nil || back.Results[0].Talks[0].Lost != 2 {
		t.Fatalf("%v: %s", err, b)
	}
}
