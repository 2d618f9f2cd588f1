package document

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Fault is one thing that is wrong with a document.
type Fault struct {
	Location string // "phone", "custom.pressure"; empty: the document as a whole
	Message  string // what is wanted there; it never repeats what was sent
}

// Bounds of what is told about a document: a bad one may have as many faults as it has members.
const (
	maxFaults   = 100
	maxLocation = 100 // bytes of a name that there is not
)

// ErrObject says that a text is not one JSON object.
var ErrObject = errors.New("want one JSON object")

// Purpose is what a document is read for.
type Purpose uint8

// The purposes.
const (
	Create  Purpose = iota + 1
	Patch           // an RFC 7396 merge patch: null takes a value away
	Upsert          // a creation, or an edit to just these values
	Correct         // some fields of a document that somebody else has written
)

// Content is what a document says.
type Content struct {
	Fields   []model.Assign // ascending by field
	External string         // the value of external_id
}

// Decode reads the document of a record that the office writes. Every fault is told, up to a hundred; the error is [ErrObject] when it is
// no document at all. A field named twice, one that does not exist, or that the server writes, is a fault.
func Decode(t *model.Table, spec *model.Spec, raw []byte, purpose Purpose, resolve Resolve) (Content, []Fault, error) {
	d := &decoder{t: t, spec: spec, purpose: purpose, resolve: resolve, seen: map[model.FieldNo]bool{}}
	if err := Members(raw, d.member); err != nil {
		return Content{}, nil, err
	}
	slices.SortFunc(d.out.Fields, func(a, b model.Assign) int { return cmp.Compare(a.Field, b.Field) })
	if purpose != Patch && purpose != Correct {
		for i := range spec.Fields {
			if f := &spec.Fields[i]; f.Required && !d.seen[f.No] {
				d.fault(Name(t, spec, f), "is needed")
			}
		}
		d.oneOf()
	}
	slices.SortFunc(d.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Location, b.Location), cmp.Compare(a.Message, b.Message))
	})
	return d.out, d.faults, nil
}

// oneOf finds that none is given of the fields of which one is needed.
func (d *decoder) oneOf() {
	var names []string
	for _, no := range d.spec.OneOf {
		if d.seen[no] {
			return
		}
		f, _ := d.spec.Field(no)
		names = append(names, Name(d.t, d.spec, f))
	}
	if names != nil {
		d.fault(names[0], "is needed, or "+strings.Join(names[1:], ", or "))
	}
}

// Members calls f with every member of a JSON object, in order, twice the same name included; [ErrObject] when it is
// none.
func Members(raw []byte, f func(name string, value json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return ErrObject
	}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return ErrObject
		}
		f(name, value)
	}
	if _, err := d.Token(); err != nil {
		return ErrObject
	}
	if _, err := d.Token(); err == nil || d.More() {
		return ErrObject
	}
	return nil
}

type decoder struct {
	t       *model.Table
	spec    *model.Spec
	purpose Purpose
	resolve Resolve
	out     Content
	faults  []Fault
	seen    map[model.FieldNo]bool
}

func (d *decoder) fault(location, message string) {
	switch {
	case len(d.faults) == maxFaults:
		d.faults = append(d.faults, Fault{"", "has more faults than are told"})
	case len(d.faults) < maxFaults:
		if len(location) > maxLocation {
			location = strings.ToValidUTF8(location[:maxLocation], "") + "…"
		}
		d.faults = append(d.faults, Fault{location, message})
	}
}

func (d *decoder) member(name string, value json.RawMessage) {
	if name != KeyCustom {
		d.field(name, name, false, value)
		return
	}
	if err := Members(value, func(own string, v json.RawMessage) { d.field(KeyCustom+"."+own, own, true, v) }); err != nil {
		d.fault(KeyCustom, "want an object of the company's own fields")
	}
}

func (d *decoder) field(location, name string, custom bool, raw json.RawMessage) {
	f, ok := Find(d.t, d.spec, name, custom)
	switch {
	case !ok && !custom && slices.Contains([]string{KeyID, KeyCreated, KeyUpdated}, name):
		d.fault(location, "is written by the server")
		return
	case !ok:
		d.fault(location, "there is no such field")
		return
	case d.seen[f.No]:
		d.fault(location, "is there twice")
		return
	case f.Writers&model.WriterOffice == 0:
		d.fault(location, "is not the office's to write")
		return
	case d.purpose == Patch && (f.No == model.FieldParent || f.No == model.FieldExternalID || f.Policy == model.PolicyAppend):
		d.fault(location, "is given with the record and stays")
		return
	}
	v, err := parseJSON(f, raw, d.resolve)
	switch {
	case err != nil:
		d.fault(location, err.Error())
	case v.IsNull() && f.Required:
		d.fault(location, "is needed, and is never taken away")
	case v.IsNull() && d.purpose == Create:
	case f.Required && v.Kind() == model.KindText && strings.TrimSpace(v.Text()) == "":
		d.fault(location, "is needed: a text that is not blank")
	case f.No == model.FieldExternalID && v.Text() == "":
		d.fault(location, "want a text")
	default:
		d.out.Fields = append(d.out.Fields, model.Assign{Field: f.No, Value: v})
		if f.No == model.FieldExternalID {
			d.out.External = v.Text()
		}
	}
	d.seen[f.No] = true
}

// Unlike is the fields of a document that are not what is shown of a record: what an upsert has to change. A null that is
// shown as nothing is the same.
func (c Content) Unlike(r model.Row) []model.Assign {
	have := maps.Collect(func(yield func(model.FieldNo, model.Value) bool) {
		for _, f := range r.Fields {
			if !yield(f.Field, f.Value) {
				return
			}
		}
	})
	var out []model.Assign
	for _, x := range c.Fields {
		if have[x.Field] != x.Value {
			out = append(out, x)
		}
	}
	return out
}
