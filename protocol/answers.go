package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Answers says what became of the changes of one push, in its order.
type Answers struct {
	Number  uint64
	Time    model.Instant
	Answers []model.Answer
}

// repeatBit is added to an outcome that had been decided before: the stored answer once more.
const repeatBit = 64

// Type is TypeAnswers.
func (*Answers) Type() Type { return TypeAnswers }

func (m *Answers) encode(w *writer) {
	w.uint(m.Number)
	w.int(int64(m.Time))
	w.list(len(m.Answers))
	for i := range m.Answers {
		w.answer(&m.Answers[i])
	}
}

// answer writes [outcome, reason, receipt], without the receipt where there is none.
func (w *writer) answer(a *model.Answer) {
	outcome := uint64(a.Outcome)
	if a.Repeat {
		outcome += repeatBit
	}
	n := 3
	if a.Receipt == (model.Receipt{}) {
		n = 2
	}
	w.list(n)
	w.uint(outcome)
	w.uint(uint64(a.Reason))
	if n == 3 {
		w.bytes(a.Receipt[:])
	}
}

func (m *Answers) decode(r *reader) {
	m.Number = r.uint(math.MaxUint64)
	m.Time = model.Instant(r.instant())
	n := r.list(0, MaxChanges)
	if n > 0 {
		m.Answers = make([]model.Answer, n)
	}
	for i := range m.Answers {
		r.answer(&m.Answers[i])
	}
}

func (r *reader) answer(a *model.Answer) {
	n := r.list(2, math.MaxInt)
	outcome := r.uint(2*repeatBit - 1)
	a.Outcome, a.Repeat = model.Outcome(outcome%repeatBit), outcome >= repeatBit
	a.Reason = model.Reason(r.uint(math.MaxUint16))
	if n == 2 {
		return
	}
	r.fixed(a.Receipt[:])
	if a.Receipt == (model.Receipt{}) {
		r.fail() // none is said by leaving it out
	}
	r.extra(n - 3)
}
