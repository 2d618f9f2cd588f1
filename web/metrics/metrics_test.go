package metrics_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/metrics"
)

var update = flag.Bool("update", false, "rewrite docs/reference/metrics.md")

const reference = "../../docs/reference/metrics.md"

// gauges is what a test says the process is like.
type gauges struct {
	counts atomic.Int32 // how often the store was counted
	census metrics.Census
	err    error
	now    time.Time
}

func newMetrics(t testing.TB, g *gauges) *metrics.Metrics {
	t.Helper()
	if g.now.IsZero() {
		g.now = time.Unix(1_000_000, 0)
	}
	m, err := metrics.New(metrics.Config{
		Version: "v1.2.3", Revision: "abc", Protocol: "1-1",
		Occurred:  func(o model.Occurrence, _ model.Instant) model.Instant { return o.Wall },
		Connected: func() int { return 7 },
		Passwords: func() (uint64, int) { return 12, 3 },
		Count: func(context.Context) (metrics.Census, error) {
			g.counts.Add(1)
			return g.census, g.err
		},
		Clock: func() time.Time { return g.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// scrape looks as Prometheus does.
func scrape(t testing.TB, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// value is the value of a series, written as the scrape writes it; empty when it is not there.
func value(scrape, series string) string {
	for line := range strings.Lines(scrape) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// wants compares series with what they should be.
func wants(t *testing.T, scrape string, want map[string]string) {
	t.Helper()
	for series, v := range want {
		if got := value(scrape, series); got != v {
			t.Errorf("%s = %q, want %q", series, got, v)
		}
	}
}

func TestNewWantsWhatItAsks(t *testing.T) {
	if _, err := metrics.New(metrics.Config{}); err == nil {
		t.Error("metrics that can ask nobody were made")
	}
}

// TestNil: whoever has no metrics tells nobody.
func TestNil(*testing.T) {
	var m *metrics.Metrics
	m.Pushed(model.LaneLive, nil, nil, 0, 0, nil)
	m.Submitted(model.Settlement{}, 0, nil)
	m.Pulled(model.Pull{}, nil, 0, nil)
	m.Reconciled(nil, nil)
	m.Ended(model.Ended{})
	m.Greeted(model.LaneLive, nil)
	m.Committed(1, 1, 0, nil)
	m.Delivered("delivered", 0)
}

func TestPushed(t *testing.T) {
	m := newMetrics(t, &gauges{})
	sent := make([]model.Submitted, 6)
	for i := range sent {
		sent[i].Change.Occurred.Wall = 1_000_000 - model.Instant(i)*1000
	}
	sent[5].Change.Occurred.Wall = 0
	m.Pushed(model.LaneLive, sent, []model.Answer{
		{Outcome: model.OutcomeApplied},
		{Outcome: model.OutcomeApplied},
		{Outcome: model.OutcomeHeld},
		{Outcome: model.OutcomeMerged, Repeat: true},
		{Outcome: model.OutcomeRefused},
		{Outcome: model.OutcomeRetry},
	}, 1_000_000, 30*time.Millisecond, nil)
	m.Pushed(model.LaneHandIn, sent[:1], []model.Answer{{Outcome: model.OutcomeRecorded}}, 1_000_000, time.Millisecond, nil)
	for _, err := range []error{
		&model.EndedError{}, session.ErrOlder, fmt.Errorf("%w: disk", session.ErrLater), context.Canceled, errors.New("anything"),
	} {
		m.Pushed(model.LaneLive, sent, nil, 1_000_000, time.Hour, err)
	}
	wants(t, scrape(t, m), map[string]string{
		`fieldsync_changes_total{lane="live",outcome="applied"}`:     "2",
		`fieldsync_changes_total{lane="live",outcome="held"}`:        "1",
		`fieldsync_changes_total{lane="live",outcome="refused"}`:     "1",
		`fieldsync_changes_total{lane="live",outcome="retry"}`:       "1",
		`fieldsync_changes_total{lane="live",outcome="merged"}`:      "0",
		`fieldsync_changes_total{lane="hand_in",outcome="recorded"}`: "1",
		`fieldsync_changes_total{lane="lost",outcome="dismissed"}`:   "0",
		`fieldsync_changes_repeated_total{lane="live"}`:              "1",
		`fieldsync_push_duration_seconds_count{lane="live"}`:         "1",
		`fieldsync_push_duration_seconds_sum{lane="live"}`:           "0.03",
		`fieldsync_change_age_seconds_count{lane="live"}`:            "3", // not the repeat, the refused and the retry
		`fieldsync_change_age_seconds_sum{lane="live"}`:              "3",
		`fieldsync_push_failures_total{reason="ended"}`:              "1",
		`fieldsync_push_failures_total{reason="older"}`:              "1",
		`fieldsync_push_failures_total{reason="full"}`:               "1",
		`fieldsync_push_failures_total{reason="canceled"}`:           "1",
		`fieldsync_push_failures_total{reason="error"}`:              "1",
	})
}

func TestSubmitted(t *testing.T) {
	m := newMetrics(t, &gauges{})
	m.Submitted(model.Settlement{
		Answers: []model.Answer{{Outcome: model.OutcomeApplied}, {Outcome: model.OutcomeHeld}, {Outcome: model.OutcomeRetry}},
		Dropped: []bool{false, true, true},
	}, time.Millisecond, nil)
	m.Submitted(model.Settlement{Answers: make([]model.Answer, 2), Dropped: make([]bool, 2), Repeat: true}, 0, nil)
	m.Submitted(model.Settlement{Answers: make([]model.Answer, 9)}, 0, errors.New("no"))
	wants(t, scrape(t, m), map[string]string{
		`fieldsync_changes_total{lane="office",outcome="applied"}`: "1",
		`fieldsync_changes_total{lane="office",outcome="held"}`:    "0",
		`fieldsync_request_changes_dropped_total`:                  "2",
		`fieldsync_changes_repeated_total{lane="office"}`:          "2",
		`fieldsync_push_duration_seconds_count{lane="office"}`:     "2",
	})
}

func TestPulled(t *testing.T) {
	m := newMetrics(t, &gauges{})
	m.Pulled(model.Pull{}, &model.Page{Rows: make([]model.Row, 5), Checkpoint: &model.Checkpoint{}}, time.Millisecond, nil)
	m.Pulled(model.Pull{Cursor: []byte{1}}, &model.Page{Retracts: make([]model.RecordID, 2)}, time.Millisecond, nil)
	m.Pulled(model.Pull{Cursor: []byte{1}}, &model.Page{Reconcile: true}, time.Millisecond, nil)
	m.Pulled(model.Pull{Cursor: []byte{1}}, nil, time.Millisecond, nil)
	m.Pulled(model.Pull{}, nil, time.Millisecond, errors.New("no"))
	m.Reconciled(&model.Page{Rows: make([]model.Row, 1)}, nil)
	m.Reconciled(nil, errors.New("no"))
	wants(t, scrape(t, m), map[string]string{
		`fieldsync_pulls_total{result="page"}`:    "3",
		`fieldsync_pulls_total{result="nothing"}`: "1",
		`fieldsync_pulls_total{result="error"}`:   "1",
		`fieldsync_pull_duration_seconds_count`:   "4",
		`fieldsync_first_syncs_total`:             "1",
		`fieldsync_checkpoints_total`:             "1",
		`fieldsync_reconciles_total`:              "1",
		`fieldsync_page_rows_total`:               "6",
		`fieldsync_page_retracts_total`:           "2",
	})
}

func TestSessions(t *testing.T) {
	m := newMetrics(t, &gauges{})
	m.Ended(model.Ended{Reason: model.EndOffice}, model.Ended{Reason: model.EndOffice}, model.Ended{Reason: model.EndRevoked}, model.Ended{Reason: 99})
	m.Greeted(model.LaneLive, nil)
	m.Greeted(model.LaneLost, nil)
	m.Greeted(model.LaneOffice, nil) // says no hello
	m.Greeted(model.LaneLive, model.ErrToken)
	wants(t, scrape(t, m), map[string]string{
		`fieldsync_session_ends_total{reason="office"}`:                "2",
		`fieldsync_session_ends_total{reason="device_lost_or_stolen"}`: "1",
		`fieldsync_session_ends_total{reason="superseded"}`:            "0",
		`fieldsync_hellos_total{result="live"}`:                        "1",
		`fieldsync_hellos_total{result="lost"}`:                        "1",
		`fieldsync_hellos_total{result="refused"}`:                     "1",
		`fieldsync_connections`:                                        "7",
		`fieldsync_password_hashes_total`:                              "12",
		`fieldsync_password_hashes_waiting`:                            "3",
	})
}

func TestCommitsAndDeliveries(t *testing.T) {
	m := newMetrics(t, &gauges{})
	m.Committed(3, 1000, 2*time.Millisecond, nil)
	m.Committed(1, 10, time.Second, errors.New("in doubt"))
	m.Delivered("delivered", time.Second)
	m.Delivered("dead", time.Second)
	m.Delivered("https://a.stranger.example", time.Second)
	wants(t, scrape(t, m), map[string]string{
		`fieldsync_store_commit_duration_seconds_sum`:          "0.002",
		`fieldsync_store_commit_bytes_sum`:                     "1000",
		`fieldsync_store_commit_decisions_sum`:                 "3",
		`fieldsync_store_commit_failures_total`:                "1",
		`fieldsync_webhook_attempts_total{result="delivered"}`: "1",
		`fieldsync_webhook_attempts_total{result="dead"}`:      "1",
		`fieldsync_webhook_attempt_duration_seconds_count`:     "2",
	})
}

// TestCensus: the store is counted when somebody looks, at most once a minute, and a count that fails leaves the last
// one with its time.
func TestCensus(t *testing.T) {
	g := &gauges{now: time.Unix(1_000_000, 0), err: errors.New("not yet")}
	m := newMetrics(t, g)
	if out := scrape(t, m); strings.Contains(out, "\nfieldsync_tenants ") || g.counts.Load() != 1 {
		t.Errorf("a count that failed is shown as if it had not, or was made %d times", g.counts.Load())
	}
	scrape(t, m)
	if n := g.counts.Load(); n != 1 {
		t.Errorf("%d counts within a minute of one that failed, want 1", n)
	}
	g.err, g.now = nil, g.now.Add(time.Minute)
	g.census = metrics.Census{
		Tenants: 2, Sessions: 30, Unsent: 99, Oldest: g.now.Add(-90 * time.Second), Held: 4, Reviews: 5, Waiting: 6, Dead: 7,
		Disk: metrics.Disk{Parts: map[string]int64{"tables": 100, "log": 20}, Free: 1 << 30},
	}
	want := map[string]string{
		`fieldsync_tenants`:                         "2",
		`fieldsync_sessions`:                        "30",
		`fieldsync_device_unsent_changes`:           "99",
		`fieldsync_device_oldest_unsent_seconds`:    "90",
		`fieldsync_held_changes`:                    "4",
		`fieldsync_review_items_open`:               "5",
		`fieldsync_webhook_messages_waiting`:        "6",
		`fieldsync_webhook_messages_dead`:           "7",
		`fieldsync_disk_free_bytes`:                 "1.073741824e+09",
		`fieldsync_store_size_bytes{part="tables"}`: "100",
		`fieldsync_store_size_bytes{part="log"}`:    "20",
		`fieldsync_counted_timestamp_seconds`:       "1.00006e+06",
	}
	wants(t, scrape(t, m), want)
	g.census = metrics.Census{}
	g.now = g.now.Add(59 * time.Second)
	want[`fieldsync_device_oldest_unsent_seconds`] = "149"
	wants(t, scrape(t, m), want)
	g.now, g.err = g.now.Add(time.Minute), errors.New("the store is closed")
	want[`fieldsync_device_oldest_unsent_seconds`] = "209"
	wants(t, scrape(t, m), want)
	if n := g.counts.Load(); n != 3 {
		t.Errorf("%d counts, want 3", n)
	}
	g.now, g.err = g.now.Add(time.Minute), nil
	wants(t, scrape(t, m), map[string]string{`fieldsync_tenants`: "0", `fieldsync_device_oldest_unsent_seconds`: "0"})
}

// TestLint: Prometheus' own linter finds nothing, whatever has been counted.
func TestLint(t *testing.T) {
	m := newMetrics(t, &gauges{census: metrics.Census{Disk: metrics.Disk{Parts: map[string]int64{"tables": 1}}}})
	busy(m)
	problems, err := promlint.New(strings.NewReader(scrape(t, m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// busy makes something of everything happen once.
func busy(m *metrics.Metrics) {
	h := m.HTTP(http.NotFoundHandler())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	m.Pushed(model.LaneLive, make([]model.Submitted, 1), []model.Answer{{Outcome: model.OutcomeApplied}}, 1, 1, nil)
}

// TestReference keeps docs/reference/metrics.md what the program shows: every metric of the scrape is in it, and the
// other way round.
func TestReference(t *testing.T) {
	m := newMetrics(t, &gauges{census: metrics.Census{Disk: metrics.Disk{Parts: map[string]int64{"tables": 1}}}})
	busy(m)
	shown := map[string]string{}
	for line := range strings.Lines(scrape(t, m)) {
		if rest, ok := strings.CutPrefix(line, "# TYPE fieldsync_"); ok {
			name, kind, _ := strings.Cut(strings.TrimSpace(rest), " ")
			shown["fieldsync_"+name] = kind
		}
	}
	for _, s := range m.Catalogue() {
		if shown[s.Name] != s.Kind {
			t.Errorf("%s is a %s in the catalogue and a %q in the scrape", s.Name, s.Kind, shown[s.Name])
		}
		delete(shown, s.Name)
	}
	if len(shown) > 0 {
		t.Errorf("the catalogue lacks %v", shown)
	}
	want := render(m)
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale; run: go test ./web/metrics -run TestReference -update", reference)
	}
}

func render(m *metrics.Metrics) string {
	var b strings.Builder
	io.WriteString(&b, `# Metrics

Written by a test from what `+"`web/metrics`"+` registers; do not edit: `+"`go test ./web/metrics -run TestReference -update`"+`.

The gateway shows these at `+"`/metrics`"+` on the operator's socket, and on an address of its own with the setting
`+"`metrics-listen`"+`; [how to operate](../how-to/operate.md#metrics) says how. No label is a company, a person, a device or a
record. A histogram `+"`x`"+` has the series `+"`x_bucket`"+`, `+"`x_sum`"+` and `+"`x_count`"+`. Beside these there are `+"`go_…`"+` and `+"`process_…`"+`,
which the Prometheus library makes.

| Metric | Kind | Labels | What it is |
|---|---|---|---|
`)
	for _, s := range m.Catalogue() {
		labels := ""
		if len(s.Labels) > 0 {
			labels = "`" + strings.Join(s.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, s.Kind, labels, s.Help)
	}
	return b.String()
}
