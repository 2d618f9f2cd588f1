package replica

import (
	"fmt"

	"github.com/fieldsync/fieldsync/sync/model"
)

// ValueError says which field of a draft the server would refuse, so that the user hears of it while they still know
// what they meant.
type ValueError struct {
	Collection string
	Field      string
	Why        string
}

// Error says so.
func (e *ValueError) Error() string { return fmt.Sprintf("%s.%s: %s", e.Collection, e.Field, e.Why) }

// check holds a draft against the table. What the table does not know, a company's own fields above all, passes: the
// server decides. The planted bug saves-malformed lets everything pass.
func (r *Replica) check(d Draft, c model.Collection, assigns []model.FieldValue) error {
	if r.cfg.Table == nil || r.bug("saves-malformed") {
		return nil
	}
	spec, ok := r.cfg.Table.Spec(c)
	if !ok {
		return nil
	}
	given := make([]model.Assign, len(assigns))
	for i, a := range assigns {
		given[i] = model.Assign{Field: a.Field, Value: a.Value}
		f, ok := spec.Field(a.Field)
		switch {
		case !ok && a.Field >= model.FirstCustomField:
		case !ok:
			return &ValueError{spec.Name, fmt.Sprint(uint32(a.Field)), "there is no such field"}
		case f.Writers == model.WriterServer && !(f.No == model.FieldParent && a.Value.IsNull()):
			return &ValueError{spec.Name, f.Name, "it cannot be changed by hand"}
		case !f.Check(a.Value):
			return &ValueError{spec.Name, f.Name, "this value is not possible here"}
		}
	}
	if f, lacks := spec.Lacks(given); d.Op == model.OpCreate && lacks {
		return &ValueError{spec.Name, f.Name, "it must be given"}
	}
	return nil
}
