package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// store counts commits.
type store struct {
	took, bytes, calls prometheus.Observer
	failed             prometheus.Counter
}

func newStore(m *Metrics) store {
	return store{
		took: m.histogram("fieldsync_store_commit_duration_seconds", "Time to write a commit and sync it to disk.", quick).WithLabelValues(),
		bytes: m.histogram("fieldsync_store_commit_bytes", "Size of a commit: keys, contents and their overhead.",
			prometheus.ExponentialBuckets(1<<8, 4, 8)).WithLabelValues(),
		calls: m.histogram("fieldsync_store_commit_decisions", "Pushes and other decisions that shared a commit.",
			prometheus.ExponentialBuckets(1, 2, 9)).WithLabelValues(),
		failed: m.counter("fieldsync_store_commit_failures_total", "Commits of which nobody knows whether they are there; the gateway stops and opens the store again.").WithLabelValues(),
	}
}

// Committed counts a commit of so many decisions and bytes.
func (m *Metrics) Committed(calls, bytes int, took time.Duration, err error) {
	if m == nil {
		return
	}
	if err != nil {
		m.store.failed.Inc()
		return
	}
	m.store.took.Observe(took.Seconds())
	m.store.bytes.Observe(float64(bytes))
	m.store.calls.Observe(float64(calls))
}
