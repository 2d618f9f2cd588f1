package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fieldsync/fieldsync/sync/model"
)

// reasons are why sessions end, as labels, by their numbers.
var reasons = [...]string{
	model.EndNone: "signed_in_anew", model.EndSuperseded: "superseded", model.EndOffice: "office", model.EndReset: "password_reset",
	model.EndRemoved: "user_removed", model.EndRevoked: "device_lost_or_stolen", model.EndSignedOut: "signed_out",
	model.EndDisabled: "access_disabled", model.EndUnlinked: "unlinked", model.EndIdentity: "new_identity",
	model.EndExpired: "expired",
}

// results are what becomes of a sign-in, by the status it was answered with.
var results = map[int]string{
	http.StatusOK: "ok", http.StatusUnauthorized: "wrong", http.StatusConflict: "active_elsewhere", http.StatusForbidden: "not_allowed",
	http.StatusTooManyRequests: "too_many", http.StatusServiceUnavailable: "busy",
	http.StatusBadRequest: "malformed", http.StatusRequestEntityTooLarge: "malformed", http.StatusUnsupportedMediaType: "malformed",
}

// failedSignIn is the result of a status that is none of those.
const failedSignIn = "error"

// sessions counts who comes and goes.
type sessions struct {
	ends    [len(reasons)]prometheus.Counter
	signIns *prometheus.CounterVec
	hellos  [len(lanes)]prometheus.Counter
	refused prometheus.Counter
}

func newSessions(m *Metrics) sessions {
	var s sessions
	ends := m.counter("fieldsync_session_ends_total", "Sessions that ended for good, by why.", "reason")
	for i, reason := range reasons {
		s.ends[i] = ends.WithLabelValues(reason)
	}
	s.signIns = m.counter("fieldsync_sign_ins_total", "Attempts to sign in, by what became of them; active_elsewhere asked the person a question.", "result")
	for _, result := range results {
		s.signIns.WithLabelValues(result)
	}
	s.signIns.WithLabelValues(failedSignIn)
	hellos := m.counter("fieldsync_hellos_total", "Connections that proved which device they are, by the lane they got; refused: the device is not signed "+
		"in, or is reported stolen, or its user has no access.", "result")
	for i, lane := range lanes {
		if model.Lane(i) != model.LaneOffice {
			s.hellos[i] = hellos.WithLabelValues(lane)
		}
	}
	s.refused = hellos.WithLabelValues("refused")
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: connections, Help: connectionsHelp}, func() float64 {
		return float64(m.cfg.Connected())
	}))
	m.spec("gauge", connections, connectionsHelp, nil)
	m.passwords()
	return s
}

const (
	connections     = "fieldsync_connections"
	connectionsHelp = "Devices that are connected now, those included that have not said who they are."
)

// passwords shows the work of checking passwords, which is bounded on purpose.
func (m *Metrics) passwords() {
	const (
		total       = "fieldsync_password_hashes_total"
		totalHelp   = "Passwords that were hashed, to be stored or to be compared; a device that comes back costs none."
		waiting     = "fieldsync_password_hashes_waiting"
		waitingHelp = "Sign-ins that wait for a core to hash their password; at 64 the next is told to come back."
	)
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: total, Help: totalHelp}, func() float64 {
			hashed, _ := m.cfg.Passwords()
			return float64(hashed)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: waiting, Help: waitingHelp}, func() float64 {
			_, n := m.cfg.Passwords()
			return float64(n)
		}),
	)
	m.spec("counter", total, totalHelp, nil)
	m.spec("gauge", waiting, waitingHelp, nil)
}

// Ended counts sessions that are over, durably.
func (m *Metrics) Ended(ends ...model.Ended) {
	if m == nil {
		return
	}
	for _, e := range ends {
		if int(e.Reason) < len(reasons) {
			m.sessions.ends[e.Reason].Inc()
		}
	}
}

// Greeted counts a hello.
func (m *Metrics) Greeted(lane model.Lane, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.sessions.refused.Inc()
	case int(lane) < len(lanes) && m.sessions.hellos[lane] != nil:
		m.sessions.hellos[lane].Inc()
	}
}

// signedIn counts an attempt by the status it was answered with.
func (s *sessions) signedIn(status int) {
	result, ok := results[status]
	if !ok {
		result = failedSignIn
	}
	s.signIns.WithLabelValues(result).Inc()
}
