package main

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parlour"
	"parlour/events"
)

// metrics is what operators may watch.
type metrics struct {
	registry *prometheus.Registry
	changes  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parlour_changes_total", Help: "Changes of rooms that were made durable, by kind of message.",
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.changes, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what the live side tells.
func (m *metrics) watch(hub *events.Hub) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "parlour_streams", Help: "Open streams.",
	}, func() float64 { return float64(hub.Streams()) }))
}

// count notes changes that were made durable.
func (m *metrics) count(changes []parlour.Change) {
	for _, c := range changes {
		m.changes.WithLabelValues(string(c.Message.Kind)).Inc()
	}
}

// serve answers on an address of its own, which is not for the public: profiles
// tell much, and cost much. It ends with the listener.
func (m *metrics) serve(listener net.Listener, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	if err := server.Serve(listener); err != nil {
		log.Debug("metrics ended", "error", err)
	}
}
