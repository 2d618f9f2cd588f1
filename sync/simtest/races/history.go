package races

import "sync"

// Kind is what was done.
type Kind uint8

// The kinds.
const (
	SignIn Kind = iota // took the slot, or was told who has it
	Act                // said hello or pushed, on the live lane
	Told               // heard that its session is over
	End                // the office ended whatever is live
)

// Answer is what came of it.
type Answer uint8

// The answers.
const (
	Refused Answer = iota // also: another device is active, nothing was live to end
	In
	Unheard // whether it was done is not known
)

// Event is something that one device did, or the office.
type Event struct {
	Kind         Kind
	Answer       Answer
	Device       int
	Epoch        uint64 // that a sign-in got or was told of, or that it acted under
	TakeOver     uint64 // the epoch that a sign-in may replace
	Call, Return int64
}

// History is what happened in a race. Its clock counts: what returned before something else was called has a lower number,
// whatever the clocks of the machine say.
type History struct {
	mu     sync.Mutex // guards the fields below
	clock  int64
	events []Event
}

// Now is the moment at which something is called.
func (h *History) Now() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	return h.clock
}

// Add notes that something returned.
func (h *History) Add(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	e.Return = h.clock
	h.events = append(h.events, e)
}

// keep notes what says itself when it returned.
func (h *History) keep(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// Events is what happened so far.
func (h *History) Events() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Event(nil), h.events...)
}
