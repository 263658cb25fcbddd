package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"parlour/cmd/parlour-load/internal/crowd"
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

// TestUsualYardstickSpeaksHTTP2 gives it a certificate.
func TestUsualYardstickSpeaksHTTP2(t *testing.T) {
	known := httptest.NewTLSServer(nil) // for its certificate
	known.Close()
	key, err := x509.MarshalPKCS8PrivateKey(known.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, kind string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	server, err := trial.StartYardstick(t.Context(), "usual", false,
		"--tls-cert", file("cert.pem", "CERTIFICATE", known.Certificate().Raw), "--tls-key", file("key.pem", "PRIVATE KEY", key))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	secure := known.Client().Transport.(*http.Transport).TLSClientConfig
	secure.NextProtos = nil // what httptest's own client wants
	rooms, err := crowd.Enter(t.Context(), server.Base, []string{"lobby"}, 2, "guest", secure)
	if err != nil {
		t.Fatal(err)
	}
	c, err := crowd.OpenEncrypted(t.Context(), crowd.Plan{Address: strings.TrimPrefix(server.Base, "https://"), Rooms: rooms, Readers: 9}, 1, secure)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if deliveries, err := c.Talk(t.Context(), 3, 100); err != nil || deliveries != 27 {
		t.Errorf("%d deliveries: %v", deliveries, err)
	}
	if _, err := crowd.Enter(t.Context(), server.Base, []string{"lobby"}, 1, "later", secure); err != nil {
		t.Errorf("the configuration serves once only: %v", err)
	}
	if resident, err := trial.Memory(t.Context(), server.Subject, time.Millisecond, process.Pause); err != nil || resident == 0 {
		t.Errorf("%d resident bytes: %v", resident, err)
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
