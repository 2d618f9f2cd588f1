package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// attempts are what becomes of an attempt to deliver a webhook.
var attempts = []string{"delivered", "failed", "dead", "gone"}

// hooks counts deliveries.
type hooks struct {
	total *prometheus.CounterVec
	took  prometheus.Observer
}

func newHooks(m *Metrics) hooks {
	h := hooks{
		total: m.counter("fieldsync_webhook_attempts_total", "Attempts to deliver a message to a webhook: delivered; failed, to be tried again; "+
			"dead, for the last time; gone, the receiver wants no more.", "result"),
		took: m.histogram("fieldsync_webhook_attempt_duration_seconds", "Time of an attempt to deliver a message.", patient).WithLabelValues(),
	}
	for _, result := range attempts {
		h.total.WithLabelValues(result)
	}
	return h
}

// Delivered counts an attempt to deliver a message to a webhook; result is one of "delivered", "failed", "dead" and
// "gone".
func (m *Metrics) Delivered(result string, took time.Duration) {
	if m == nil || !slices.Contains(attempts, result) {
		return
	}
	m.hooks.total.WithLabelValues(result).Inc()
	m.hooks.took.Observe(took.Seconds())
}
