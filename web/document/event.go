package document

import (
	"encoding/json"
	"fmt"

	"github.com/fieldsync/fieldsync/sync/model"
)

// MaxMessage is how many bytes the message of a webhook has at most (Standard Webhooks: under 20 kB).
const MaxMessage = 20_000

// EventType is the type of an event, as "jobs.created"; verbs are created, changed and deleted, and in the history of a record lost.
func EventType(t *model.Table, e *model.Event) string {
	name := fmt.Sprintf("collection_%d", e.Collection)
	if spec, ok := t.Spec(e.Collection); ok {
		name = spec.Name
	}
	if e.Lost {
		return name + ".lost"
	}
	return name + "." + verbs[e.Op]
}

var verbs = map[model.Op]string{model.OpCreate: "created", model.OpEdit: "changed", model.OpDelete: "deleted"}

// AppendEvent appends an event of the change feed.
func AppendEvent(b []byte, t *model.Table, e *model.Event) []byte { return appendEvent(b, t, e, nil) }

// Message is the message that a webhook gets of an event: its type, and {"type", "timestamp", "data"} with the event as
// data. Fields are left out, the largest first, until it is short enough; data names them in "omitted".
func Message(t *model.Table, e *model.Event) (kind string, body []byte) {
	kind = EventType(t, e)
	omitted := map[model.FieldNo]bool{}
	for {
		b := append([]byte(`{"type":`), appendString(nil, kind)...)
		b = append(b, `,"timestamp":`...)
		b = appendString(b, instant(e.Time))
		b = append(b, `,"data":`...)
		b = append(appendEvent(b, t, e, omitted), '}')
		if len(b) < MaxMessage || len(omitted) == len(e.Fields) {
			return kind, b
		}
		largest, size := model.FieldNo(0), -1
		for _, f := range e.Fields {
			if n := f.Before.Size() + f.After.Size(); n > size && !omitted[f.Field] {
				largest, size = f.Field, n
			}
		}
		omitted[largest] = true
	}
}

func appendEvent(b []byte, t *model.Table, e *model.Event, omit map[model.FieldNo]bool) []byte {
	o := object{b: append(b, '{')}
	o.text("id", e.ID.String())
	o.text("type", EventType(t, e))
	o.text("at", instant(e.Time))
	if e.Occurred != 0 {
		o.text("occurred_at", instant(e.Occurred))
	}
	spec, known := t.Spec(e.Collection)
	if known {
		o.text("collection", spec.Name)
	}
	o.text("record", e.Record.String())
	if !e.Change.IsZero() {
		o.text("change", e.Change.String())
	}
	if !e.Author.IsZero() {
		o.text("author", e.Author.String())
	}
	if !e.Device.IsZero() {
		o.text("device", e.Device.String())
	}
	o.key("office")
	o.b = fmt.Appendf(o.b, "%t", e.Office)
	if known {
		o.changes(t, spec, e, omit)
	}
	return append(o.b, '}')
}

// changes writes what an event changed, by field: {"before", "after"}, each left out when there was none.
func (o *object) changes(t *model.Table, spec *model.Spec, e *model.Event, omit map[model.FieldNo]bool) {
	var own, custom object
	var omitted []string
	for _, x := range e.Fields {
		f, ok := spec.Field(x.Field)
		if !ok {
			continue
		}
		name, into := Name(t, spec, f), &own
		if name == "" {
			continue
		}
		place := name
		if f.No >= model.FirstCustomField {
			into, place = &custom, KeyCustom+"."+name
		}
		if omit[x.Field] {
			omitted = append(omitted, place)
			continue
		}
		into.key(name)
		pair := object{b: append(into.b, '{')}
		if !x.Before.IsNull() {
			pair.key("before")
			pair.b = AppendValue(pair.b, f, x.Before)
		}
		if !x.After.IsNull() {
			pair.key("after")
			pair.b = AppendValue(pair.b, f, x.After)
		}
		into.b = append(pair.b, '}')
	}
	if custom.begun {
		own.key(KeyCustom)
		own.b = append(append(append(own.b, '{'), custom.b...), '}')
	}
	if own.begun {
		o.key("fields")
		o.b = append(append(append(o.b, '{'), own.b...), '}')
	}
	if omitted != nil {
		o.key("omitted")
		text, err := json.Marshal(omitted)
		if err != nil { // a list of strings has none
			text = []byte("[]")
		}
		o.b = append(o.b, text...)
	}
}
