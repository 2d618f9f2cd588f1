package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Count counts what stands in the store, of all companies together.
type Count func(ctx context.Context) (Census, error)

// Census is what was counted.
type Census struct {
	Tenants  int
	Sessions int       // live ones, connected or not
	Unsent   uint64    // changes that live devices said they had not sent when they were last heard
	Oldest   time.Time // when the oldest of those was made; zero: there is none
	Held     int       // changes that wait for the office
	Reviews  int       // open review items
	Waiting  int       // messages to webhooks that are still tried
	Dead     int       // messages to webhooks that were given up and may be replayed
	Disk     Disk
}

// Disk is what the store takes of its volume, in bytes.
type Disk struct {
	Parts map[string]int64 // by part of the store; the parts are always the same
	Free  int64            // of the volume, for this process
}

const (
	// countEvery is how often the store is counted, however often somebody looks.
	countEvery = time.Minute
	// countTime bounds a count.
	countTime = scrapeTime / 2
)

// number is one number of a census.
type number struct {
	desc *prometheus.Desc
	of   func(c *Census, now time.Time) float64
}

// census shows what was counted in the store last, and counts anew when that is old. A count that fails is logged, and
// the numbers of the last one stay, with their time.
type census struct {
	m       *Metrics
	numbers []number
	size    *prometheus.Desc

	mu    sync.Mutex // guards the fields below; whoever counts holds it
	tried time.Time  // when a count was begun last
	last  Census
	at    time.Time // of last; zero: nothing was counted yet
}

func newCensus(m *Metrics) {
	c := &census{m: m}
	add := func(name, help string, of func(c *Census, now time.Time) float64) {
		m.spec("gauge", name, help, nil)
		c.numbers = append(c.numbers, number{prometheus.NewDesc(name, help, nil, nil), of})
	}
	add("fieldsync_tenants", "Companies.", func(c *Census, _ time.Time) float64 { return float64(c.Tenants) })
	add("fieldsync_sessions", "Live sessions: people who are signed in on a device, connected or not.", func(c *Census, _ time.Time) float64 { return float64(c.Sessions) })
	add("fieldsync_device_unsent_changes", "Changes that devices had not sent when they were last heard, of all live sessions.", func(c *Census, _ time.Time) float64 { return float64(c.Unsent) })
	add("fieldsync_device_oldest_unsent_seconds", "Age of the oldest change that a device had not sent when it was last heard; 0 when there is none.", func(c *Census, now time.Time) float64 {
		if c.Oldest.IsZero() {
			return 0
		}
		return max(0, now.Sub(c.Oldest).Seconds())
	})
	add("fieldsync_held_changes", "Changes that wait for the office to decide them.", func(c *Census, _ time.Time) float64 { return float64(c.Held) })
	add("fieldsync_review_items_open", "Open review items: conflicts, held changes, claims and alarms that somebody must look at.", func(c *Census, _ time.Time) float64 { return float64(c.Reviews) })
	add("fieldsync_webhook_messages_waiting", "Messages to webhooks that failed and are tried again.", func(c *Census, _ time.Time) float64 { return float64(c.Waiting) })
	add("fieldsync_webhook_messages_dead", "Messages to webhooks that were given up and may be replayed.", func(c *Census, _ time.Time) float64 { return float64(c.Dead) })
	add("fieldsync_disk_free_bytes", "Free space of the store's volume.", func(c *Census, _ time.Time) float64 { return float64(c.Disk.Free) })
	const size, sizeHelp = "fieldsync_store_size_bytes", "What the store takes on disk: tables; log, what is not yet in tables; value_log, of which little is used; other."
	m.spec("gauge", size, sizeHelp, []string{"part"})
	c.size = prometheus.NewDesc(size, sizeHelp, []string{"part"}, nil)
	add("fieldsync_counted_timestamp_seconds", "When the numbers of the store were counted, at most once a minute: fieldsync_tenants, sessions, "+
		"device_…, held_changes, review_items_open, webhook_messages_…, disk_free_bytes and store_size_bytes.",
		func(*Census, time.Time) float64 { return float64(c.at.UnixMilli()) / 1000 })
	m.registry.MustRegister(c)
}

// Describe is the collector's.
func (c *census) Describe(to chan<- *prometheus.Desc) {
	for _, n := range c.numbers {
		to <- n.desc
	}
	to <- c.size
}

// Collect is the collector's.
func (c *census) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.m.cfg.Clock()
	if c.tried.IsZero() || now.Sub(c.tried) >= countEvery {
		c.tried = now
		c.count(now)
	}
	if c.at.IsZero() {
		return
	}
	for _, n := range c.numbers {
		to <- prometheus.MustNewConstMetric(n.desc, prometheus.GaugeValue, n.of(&c.last, now))
	}
	for part, bytes := range c.last.Disk.Parts {
		to <- prometheus.MustNewConstMetric(c.size, prometheus.GaugeValue, float64(bytes), part)
	}
}

func (c *census) count(now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), countTime) // a scrape has no context to hand on
	defer cancel()
	last, err := c.m.cfg.Count(ctx)
	if err != nil {
		c.m.cfg.Log.Error("count what is in the store", slog.Any("error", err))
		return
	}
	c.last, c.at = last, now
}
