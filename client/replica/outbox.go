package replica

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Entry is one change of the user's, for the user to see.
type Entry struct {
	Change     model.ChangeID
	Number     uint64
	Saved      model.Instant // by the phone's clock
	Op         model.Op
	Record     model.RecordID
	Collection model.Collection
	Fields     []model.Assign
	Group      model.GroupID
	Answered   bool          // the server has it
	Included   bool          // it is in what is shown
	Outcome    model.Outcome // the last answer; OutcomeRetry: none
	Reason     model.Reason
}

func (it *item) entry() Entry {
	c := &it.change
	return Entry{
		Change: c.ID, Number: it.number, Saved: it.saved, Op: c.Op, Record: c.Record, Collection: c.Collection, Fields: c.Fields,
		Group: c.Group, Answered: it.answered, Included: it.included, Outcome: it.outcome, Reason: it.reason,
	}
}

// Outbox is every change of the user's that this device still keeps, oldest first.
func (r *Replica) Outbox() []Entry {
	out := make([]Entry, 0, len(r.order))
	for _, it := range r.order {
		out = append(out, it.entry())
	}
	return out
}

// Change is one of them as it was saved, with its immutable body; ok is false when it is not here any more.
func (r *Replica) Change(id model.ChangeID) (c model.Change, ok bool) {
	it, ok := r.items[id]
	if !ok {
		return c, false
	}
	return it.change, true
}

// Unsent is how many changes the server has not answered for, and when the oldest of them was saved, by the phone's
// clock; 0: none.
func (r *Replica) Unsent() (n int, oldest model.Instant) {
	for _, it := range r.order {
		if it.answered {
			continue
		}
		if n++; oldest == 0 || it.saved < oldest {
			oldest = it.saved
		}
	}
	return n, oldest
}

// line is a line of an export.
type line struct {
	ID         string            `json:"id"`
	Number     uint64            `json:"number"`
	Saved      string            `json:"saved"`
	Op         string            `json:"op"`
	Collection string            `json:"collection"`
	Record     string            `json:"record"`
	Group      string            `json:"group,omitempty"`
	Fields     map[string]string `json:"fields,omitempty"`
	Sent       bool              `json:"sent"`
	Outcome    string            `json:"outcome,omitempty"`
	Reason     string            `json:"reason,omitempty"`
}

// Export writes the outbox as JSON, one change a line, in the clear: the last resort of a user whose phone cannot
// reach the server, who asked for it.
func (r *Replica) Export(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, it := range r.order {
		if err := enc.Encode(r.line(it)); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	return nil
}

var opNames = map[model.Op]string{model.OpCreate: "create", model.OpEdit: "edit", model.OpDelete: "delete"}

func (r *Replica) line(it *item) line {
	c := &it.change
	l := line{
		ID: c.ID.String(), Number: it.number, Saved: time.UnixMilli(int64(it.saved)).UTC().Format(time.RFC3339),
		Op: opNames[c.Op], Record: c.Record.String(), Sent: it.answered, Fields: map[string]string{},
	}
	var spec *model.Spec
	if r.cfg.Table != nil {
		spec, _ = r.cfg.Table.Spec(c.Collection)
	}
	l.Collection = fmt.Sprint(uint16(c.Collection))
	if spec != nil {
		l.Collection = spec.Name
	}
	for _, a := range c.Fields {
		name := fmt.Sprint(uint32(a.Field))
		if spec != nil {
			if f, ok := spec.Field(a.Field); ok {
				name = f.Name
			}
		}
		l.Fields[name] = a.Value.String()
	}
	if it.grouped() {
		l.Group = c.Group.String()
	}
	if it.outcome != model.OutcomeRetry {
		l.Outcome, l.Reason = it.outcome.String(), Why(it.reason)
	}
	return l
}
