package metrics

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Config is what the numbers are made of that nobody tells but that must be asked for.
type Config struct {
	Version  string       // of this program, for the build info
	Revision string       // of its source; may be empty
	Protocol string       // the versions that are spoken
	Log      *slog.Logger // hears of what cannot be counted; nil discards

	// Occurred estimates when something happened on a device, given when it was received. Required.
	Occurred func(o model.Occurrence, received model.Instant) model.Instant
	// Connected is how many devices are connected now. Required.
	Connected func() int
	// Passwords is how many passwords have been hashed since the start, and how many wait for it now. Required.
	Passwords func() (hashed uint64, waiting int)
	// Count counts what stands in the store; it is asked at most once a minute and may take seconds. Required.
	Count Count
	Clock func() time.Time // nil: time.Now
}

// Metrics is what one process counts. Its methods may be called from any goroutine; of nil, those that are told
// something do nothing.
type Metrics struct {
	cfg      Config
	registry *prometheus.Registry
	specs    []Spec

	changes  changes
	feed     feed
	sessions sessions
	wire     wire
	web      webRequests
	store    store
	hooks    hooks
}

// Spec describes a metric, for the reference.
type Spec struct {
	Name   string
	Kind   string // counter, gauge, histogram
	Labels []string
	Help   string
}

// New makes the metrics of a process. It starts nothing.
func New(cfg Config) (*Metrics, error) {
	if cfg.Occurred == nil || cfg.Connected == nil || cfg.Passwords == nil || cfg.Count == nil {
		return nil, errors.New("metrics need Occurred, Connected, Passwords and Count")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{cfg: cfg, registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.gauge("fieldsync_build_info", "What this program was built from; always 1.", "version", "revision", "goversion", "protocol").
		WithLabelValues(cfg.Version, cfg.Revision, runtime.Version(), cfg.Protocol).Set(1)
	m.changes = newChanges(m)
	m.feed = newFeed(m)
	m.sessions = newSessions(m)
	m.wire = newWire(m)
	m.web = newWebRequests(m)
	m.store = newStore(m)
	m.hooks = newHooks(m)
	newCensus(m)
	slices.SortFunc(m.specs, func(a, b Spec) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

// scrapeTime bounds one look, so that a client that comes again and again cannot pile up work.
const (
	scrapeTime = 10 * time.Second
	scrapers   = 4
)

// Handler answers a look in Prometheus' formats. It asks for no password: the caller must put it where only operators
// are.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:      complaints{m.cfg.Log},
		ErrorHandling: promhttp.ContinueOnError, // the rest is worth showing
		Timeout:       scrapeTime, MaxRequestsInFlight: scrapers,
	})
}

// complaints is the log for what cannot be shown.
type complaints struct{ log *slog.Logger }

// Println logs.
func (c complaints) Println(v ...any) {
	c.log.Error("metrics", slog.Any("error", v))
}

// Catalogue lists every metric of this program's own, by name; go_… and process_… are the library's.
func (m *Metrics) Catalogue() []Spec { return slices.Clone(m.specs) }

func (m *Metrics) spec(kind, name, help string, labels []string) {
	m.specs = append(m.specs, Spec{Name: name, Kind: kind, Labels: labels, Help: help})
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	m.spec("counter", name, help, labels)
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	m.spec("gauge", name, help, labels)
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(g)
	return g
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	m.spec("histogram", name, help, labels)
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(h)
	return h
}

// Buckets, in seconds.
var (
	// quick is for what a device waits for: from a commit on a fast disk to the time after which it gives up.
	quick = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	// patient is for what people and programs wait for.
	patient = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 90}
	// offline is for how long work lies on a phone: from a good connection to the end of the hand-in window.
	offline = []float64{.1, .5, 1, 5, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 14 * 86400}
)
