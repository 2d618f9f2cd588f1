package races

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/fieldsync/fieldsync/sync/model"
)

// verb is what was asked of the register.
type verb uint8

const (
	signIn verb = iota
	push
	end
)

// asked is a question, and told what was answered to it.
type asked struct {
	verb   verb
	device int
	epoch  model.Epoch // that a takeover names, or a change is pushed under
}

type told struct {
	ok      bool
	unknown bool        // nothing was answered: it may have happened
	epoch   model.Epoch // that was taken, is somebody else's, or has ended; 0: none
}

// register is the model: who is live, under which epoch.
type register struct {
	live   bool
	device int
	epoch  model.Epoch // the last that is known
	above  bool        // the live epoch is an unknown one above it: its sign-in was never answered
}

// is says whether the register may hold a live epoch.
func (r register) is(e model.Epoch) bool {
	return r.live && (e == r.epoch && !r.above || e > r.epoch && r.above)
}

// after is what the register may hold after an answer; nothing when the answer is wrong.
func (r register) after(q asked, a told) []any {
	switch q.verb {
	case signIn:
		return r.signedIn(q, a)
	case push:
		if holds := r.is(q.epoch) && r.device == q.device; holds == a.ok {
			return []any{r}
		}
	case end:
		switch {
		case a.ok && r.is(a.epoch):
			return []any{register{epoch: a.epoch}}
		case !a.ok && !r.live:
			return []any{r}
		case a.unknown:
			return []any{r, register{epoch: r.epoch}}
		}
	}
	return nil
}

func (r register) signedIn(q asked, a told) []any {
	free := !r.live || r.device == q.device || r.is(q.epoch)
	switch {
	case a.unknown && free:
		return []any{r, register{live: true, device: q.device, epoch: max(r.epoch, q.epoch), above: true}}
	case a.unknown:
		return []any{r}
	case a.ok && free && a.epoch > r.epoch:
		return []any{register{live: true, device: q.device, epoch: a.epoch}}
	case !a.ok && r.is(a.epoch) && r.device != q.device:
		r.epoch, r.above = a.epoch, false
		return []any{r}
	}
	return nil
}

// oneWriter says that an answer is wrong wherever between question and answer it is thought to have been decided.
func oneWriter(history []porcupine.Operation) string {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{register{}} },
		Step: func(state, in, out any) []any { return state.(register).after(in.(asked), out.(told)) },
	}
	if porcupine.CheckOperations(m.ToModel(), history) {
		return ""
	}
	return fmt.Sprintf("no order of %d answers has one live epoch at a time", len(history))
}
