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
	"parlour/bus"
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
	}, func() float64 { return float64(hub.Streams()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "parlour_database_connected", Help: "1 while the database answers.",
	}, func() float64 { return oneIf(hub.HasStore()) }))
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// watchBus adds what the bus between the nodes tells, and the live side of them.
func (m *metrics) watchBus(b *bus.NATS, hub *events.Hub) {
	counter := func(name, help string, count func(bus.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(count(b.Stats())) })
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(
		counter("parlour_bus_sent_total", "Messages told to other nodes.", func(s bus.Stats) uint64 { return s.Sent }),
		counter("parlour_bus_sent_bytes_total", "Bytes of those messages.", func(s bus.Stats) uint64 { return s.SentBytes }),
		counter("parlour_bus_received_total", "Messages of other nodes.", func(s bus.Stats) uint64 { return s.Received }),
		counter("parlour_bus_dropped_total", "Messages that could not be told.", func(s bus.Stats) uint64 { return s.Dropped }),
		gauge("parlour_bus_subscriptions", "Subjects that this node hears of.", func() float64 { return float64(b.Stats().Subscriptions) }),
		gauge("parlour_nodes", "Nodes of the house that this one hears of, itself among them.", func() float64 { return float64(hub.Nodes()) }),
		gauge("parlour_bus_connected", "1 while the bus is there.", func() float64 { return oneIf(b.Connected()) }),
	)
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
