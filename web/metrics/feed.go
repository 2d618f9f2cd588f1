package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fieldsync/fieldsync/sync/model"
)

// feed counts what devices are told.
type feed struct {
	pages, nothing, failed prometheus.Counter
	took                   prometheus.Observer
	rows, retracts         prometheus.Counter
	checkpoints            prometheus.Counter
	first, reconciles      prometheus.Counter
}

func newFeed(m *Metrics) feed {
	pulls := m.counter("fieldsync_pulls_total", "Looks into the feed for a device: a page came of it, there was nothing to say, or it failed.", "result")
	return feed{
		pages: pulls.WithLabelValues("page"), nothing: pulls.WithLabelValues("nothing"), failed: pulls.WithLabelValues("error"),
		took:        m.histogram("fieldsync_pull_duration_seconds", "Time of one look into the feed for a device.", quick).WithLabelValues(),
		rows:        m.counter("fieldsync_page_rows_total", "Records, or parts of one, that pages carried.").WithLabelValues(),
		retracts:    m.counter("fieldsync_page_retracts_total", "Records that pages took back from devices.").WithLabelValues(),
		checkpoints: m.counter("fieldsync_checkpoints_total", "Pages that ended in a state a device may show.").WithLabelValues(),
		first:       m.counter("fieldsync_first_syncs_total", "First pages to devices that had nothing.").WithLabelValues(),
		reconciles:  m.counter("fieldsync_reconciles_total", "Devices that were asked what they hold, because their cursor could not be continued.").WithLabelValues(),
	}
}

// Pulled counts one look into the feed; page is nil when there was nothing to say.
func (m *Metrics) Pulled(p model.Pull, page *model.Page, took time.Duration, err error) {
	if m == nil {
		return
	}
	if err != nil {
		m.feed.failed.Inc()
		return
	}
	m.feed.took.Observe(took.Seconds())
	if page == nil {
		m.feed.nothing.Inc()
		return
	}
	m.feed.pages.Inc()
	if len(p.Cursor) == 0 {
		m.feed.first.Inc()
	}
	m.told(page)
}

// Reconciled counts a page that answers a device which listed what it holds.
func (m *Metrics) Reconciled(page *model.Page, err error) {
	if m == nil {
		return
	}
	if err == nil && page != nil {
		m.told(page)
	}
}

func (m *Metrics) told(page *model.Page) {
	if page.Reconcile {
		m.feed.reconciles.Inc()
	}
	if page.Checkpoint != nil {
		m.feed.checkpoints.Inc()
	}
	m.feed.rows.Add(float64(len(page.Rows)))
	m.feed.retracts.Add(float64(len(page.Retracts)))
}
