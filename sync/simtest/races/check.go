package races

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// register is the one thing there is: which epoch is live, and whose.
type register struct {
	live   bool
	epoch  uint64 // 0 while it is live and nobody has heard which
	device int
	last   uint64 // the highest that was heard of
}

// patience bounds the search for an order: a history of a race takes milliseconds.
const patience = 20 * time.Second

// Check says what is wrong with a history, "" when one register explains it. At first nobody is live.
func Check(events []Event) string {
	ops := make([]porcupine.Operation, len(events))
	for i, e := range events {
		end := e.Return
		if e.Answer == Unheard {
			end = math.MaxInt64 // it may come true at any time
		}
		ops[i] = porcupine.Operation{ClientId: e.Device, Input: e, Output: e, Call: e.Call, Return: end}
	}
	model := (&porcupine.NondeterministicModel{
		Init:  func() []any { return []any{register{}} },
		Step:  func(state, input, _ any) []any { return step(state.(register), input.(Event)) },
		Equal: func(a, b any) bool { return a == b },
	}).ToModel()
	switch porcupine.CheckOperationsTimeout(model, ops, patience) {
	case porcupine.Ok:
		return ""
	case porcupine.Unknown:
		return "no order was found in time" + tell(events)
	}
	return "no order of one live epoch explains it" + tell(events)
}

// step is what the register may be after an event; nothing when the event cannot be.
func step(r register, e Event) []any {
	switch e.Kind {
	case SignIn:
		return r.signIn(e)
	case Act:
		if (e.Answer == In) == r.is(e.Epoch) {
			return []any{r}
		}
	case Told:
		if !r.is(e.Epoch) {
			return []any{r}
		}
	case End:
		if (e.Answer == In) == r.live {
			return []any{register{last: r.last}}
		}
	}
	return nil
}

// is says whether an epoch is the live one. One that nobody has heard of yet is none that anybody acts under.
func (r register) is(epoch uint64) bool { return r.live && r.epoch == epoch }

func (r register) signIn(e Event) []any {
	free := !r.live || r.device == e.Device || r.epoch != 0 && r.epoch == e.TakeOver
	switch {
	case e.Answer == Unheard && free:
		return []any{r, register{live: true, device: e.Device, last: max(r.last, r.epoch)}}
	case e.Answer == Unheard:
		return []any{r}
	case e.Answer == In && free && e.Epoch > r.last:
		return []any{register{live: true, epoch: e.Epoch, device: e.Device, last: e.Epoch}}
	case e.Answer == Refused && !free && (r.is(e.Epoch) || r.epoch == 0 && e.Epoch > r.last):
		r.epoch, r.last = e.Epoch, e.Epoch // who has it is heard of
		return []any{r}
	}
	return nil
}

// tell is a history for a person to read.
func tell(events []Event) string {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b Event) int { return int(a.Call - b.Call) })
	var out strings.Builder
	for _, e := range events {
		what := [...]string{"signs in", "acts", "is told", "ends"}[e.Kind]
		answer := [...]string{"refused", "in", "not heard"}[e.Answer]
		fmt.Fprintf(&out, "\n%4d–%-4d device %d %s, epoch %d for %d: %s", e.Call, e.Return, e.Device, what, e.Epoch&math.MaxUint32, e.TakeOver&math.MaxUint32, answer)
	}
	return out.String()
}
