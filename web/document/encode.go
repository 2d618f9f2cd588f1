package document

import (
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Append appends a record's document. only names the fields that are wanted, as the document calls them: "phone",
// "custom.pressure", "custom" for all of the company's own; nil: all. Its id and times are always there.
func Append(b []byte, t *model.Table, s *model.Shown, only []string) []byte {
	o := object{b: append(b, '{')}
	o.text(KeyID, s.ID.String())
	o.fields(t, &s.Row, only)
	if s.Created != 0 {
		o.text(KeyCreated, instant(s.Created))
	}
	if s.Updated != 0 {
		o.text(KeyUpdated, instant(s.Updated))
	}
	return append(o.b, '}')
}

// AppendOf is Append with the name of the collection, for a stream of several.
func AppendOf(b []byte, t *model.Table, s *model.Shown) []byte {
	name := ""
	if spec, ok := t.Spec(s.Collection); ok {
		name = spec.Name
	}
	b = append(append(append(b, `{"`...), keyCollection...), `":`...)
	b = append(appendString(b, name), ',')
	at := len(b)
	b = Append(b, t, s, nil)
	return append(b[:at], b[at+1:]...) // without the second brace
}

func instant(i model.Instant) string { return time.UnixMilli(int64(i)).UTC().Format(instantForm) }

// object is a JSON object being written.
type object struct {
	b     []byte
	begun bool
}

func (o *object) key(name string) {
	if o.begun {
		o.b = append(o.b, ',')
	}
	o.begun = true
	o.b = appendString(o.b, name)
	o.b = append(o.b, ':')
}

func (o *object) text(name, value string) {
	o.key(name)
	o.b = appendString(o.b, value)
}

// fields writes a row's values, the company's own in an object of theirs.
func (o *object) fields(t *model.Table, r *model.Row, only []string) {
	spec, ok := t.Spec(r.Collection)
	if !ok {
		return
	}
	var custom object
	for _, x := range r.Fields {
		f, ok := spec.Field(x.Field)
		if !ok || x.Value.IsNull() {
			continue
		}
		name := Name(t, spec, f)
		switch {
		case name == "":
		case f.No >= model.FirstCustomField:
			if only != nil && !slices.Contains(only, KeyCustom) && !slices.Contains(only, KeyCustom+"."+name) {
				continue
			}
			custom.key(name)
			custom.b = AppendValue(custom.b, f, x.Value)
		case only == nil || slices.Contains(only, name):
			o.key(name)
			o.b = AppendValue(o.b, f, x.Value)
		}
	}
	if custom.begun {
		o.key(KeyCustom)
		o.b = append(append(append(o.b, '{'), custom.b...), '}')
	}
}
