package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Ping carries the device's report.
type Ping struct {
	Report model.Report
	Wall   model.Instant
}

// Type is TypePing.
func (*Ping) Type() Type { return TypePing }

// encode writes [[unsent, oldest, space, skew, version], wall].
func (m *Ping) encode(w *writer) {
	w.list(5)
	w.uint(uint64(m.Report.Unsent))
	w.int(int64(m.Report.Oldest))
	w.int(m.Report.Space)
	w.int(m.Report.Skew)
	w.text(m.Report.Version, maxApp)
	w.int(int64(m.Wall))
}

func (m *Ping) decode(r *reader) {
	n := r.list(5, math.MaxInt)
	m.Report.Unsent = uint32(r.uint(math.MaxUint32))
	m.Report.Oldest = model.Instant(r.instant())
	m.Report.Space = r.int()
	m.Report.Skew = r.instant()
	m.Report.Version = r.text(maxApp)
	r.extra(n - 5)
	m.Wall = model.Instant(r.instant())
}
