package session

import (
	"context"
	"errors"
	"sync"

	"github.com/fieldsync/fieldsync/sync/model"
)

// maxRefused bounds how many refusals of a company are told apart until they are noted; a commit takes as many.
const maxRefused = 200

// refusals counts the sign-ins that were refused since they were noted last, so that the audit has a line for each that is told
// apart and not for each attempt. Nothing is written while somebody waits for the answer: whoever guesses learns nothing from how
// long it takes, and fills no disk. The zero value is ready.
type refusals struct {
	mu   sync.Mutex // guards the field below
	seen map[model.TenantID]map[refusal]int
}

type refusal struct {
	user    model.UserID
	address string
	why     string
}

// refusedFor maps what a sign-in ends with to what the audit calls it. Everything else is no refusal.
var refusedFor = []struct {
	err error
	why string
}{
	{model.ErrSignIn, "password"},
	{model.ErrNoLane, "no access by a device"},
	{model.ErrNoPortal, "no portal"},
	{model.ErrNoKind, "no session of that kind"},
	{model.ErrNoLink, "no company"},
	{model.ErrClosed, "company closed"},
	{model.ErrLost, "device lost"},
	{model.ErrStolen, "device stolen"},
}

// whyRefused is what the audit calls the end of a sign-in; empty: it was not refused.
func whyRefused(err error) string {
	if _, ok := errors.AsType[*LimitError](err); ok {
		return "too many attempts"
	}
	if active, ok := errors.AsType[*model.Active](err); ok && active.Policy == model.SlotRefuse {
		return "active elsewhere" // of the other policies it is a question
	}
	for _, r := range refusedFor {
		if errors.Is(err, r.err) {
			return r.why
		}
	}
	return ""
}

// note counts one, if it was refused. The name that was typed is not kept: it may be a password.
func (r *refusals) note(t model.TenantID, u model.UserID, address string, err error) {
	why := whyRefused(err)
	if why == "" || t.IsZero() {
		return // a company that is not there has no audit
	}
	one := refusal{u, address, why}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[model.TenantID]map[refusal]int{}
	}
	of := r.seen[t]
	if of == nil {
		of = map[refusal]int{}
		r.seen[t] = of
	}
	of[room(of, one)]++
}

// room is what a refusal is counted as: itself, while there is room to tell it apart.
func room(of map[refusal]int, one refusal) refusal {
	if _, known := of[one]; !known && len(of) >= maxRefused && !planted("refusals-unbounded") {
		return refusal{why: one.why}
	}
	return one
}

// NoteRefused has the audit say which sign-ins were refused since it was called last. It is to be called every minute or so, and
// before the store closes. What could not be noted is counted on.
func (g *Gate) NoteRefused(ctx context.Context) error {
	g.refused.mu.Lock()
	seen := g.refused.seen
	g.refused.seen = nil
	g.refused.mu.Unlock()
	var failed error
	for tenant, of := range seen {
		var all []model.Refusal
		for one, times := range of {
			all = append(all, model.Refusal{User: one.user, Address: one.address, Why: one.why, Times: times})
		}
		if err := g.cfg.Accounts.Refused(ctx, tenant, all, g.now()); err != nil {
			failed = errors.Join(failed, err)
			g.refused.again(tenant, of)
		}
	}
	return failed
}

// again takes back what was not noted.
func (r *refusals) again(t model.TenantID, of map[refusal]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[model.TenantID]map[refusal]int{}
	}
	now := r.seen[t]
	r.seen[t] = of
	for one, times := range now {
		of[room(of, one)] += times
	}
}
