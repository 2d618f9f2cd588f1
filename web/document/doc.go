// Package document is a record as the office sees it in JSON, in the API, in the change feed, in a webhook and in a file.
//
// Fields go by their names in the model; field 1 by what it is: a task's "job", a site's "customer". A field without a value
// is left out. A company's own fields are under "custom". Values have these forms, by model.Type:
//
//	text, long, date, enum, geo   a string
//	bool                          true, false
//	int, minutes                  a number
//	money                         a decimal string of two digits: "1234.50"
//	quantity                      a decimal string of at most three digits: "1.5"
//	instant                       RFC 3339 with milliseconds, in UTC; any offset is read
//	ref, user                     32 hexadecimal digits; a ref is also read as {"external_id": "…"}
//	hash                          hexadecimal
//	data                          base64
//	any                           by the value's own kind; bytes as {"hex": "…"}
//
// Reading is strict, and tells everything that is wrong at once.
package document

import (
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Names that every document has beside its fields.
const (
	KeyID      = "id"
	KeyCreated = "created_at"
	KeyUpdated = "updated_at"
	KeyCustom  = "custom" // the company's own fields

	keyExternal   = "external_id"
	keyCollection = "collection" // of a document in a stream of several collections
)

// maxExternal is how long an external id may be, in bytes, as the model has it.
const maxExternal = 255

// Name is what a field is called in a document: as in the model, but for a name that means something else in every
// document. Empty for field 1 of a collection that hangs on nothing.
func Name(t *model.Table, spec *model.Spec, f *model.Field) string {
	if f.No != model.FieldParent {
		return f.Name
	}
	if parent, ok := t.Spec(spec.Parent); ok {
		return Singular(parent.Name)
	}
	return ""
}

// Find is the field that goes by a name in a document of the collection; a company's own fields are found when custom.
func Find(t *model.Table, spec *model.Spec, name string, custom bool) (*model.Field, bool) {
	for i := range spec.Fields {
		f := &spec.Fields[i]
		if name != "" && Name(t, spec, f) == name && (f.No >= model.FirstCustomField) == custom {
			return f, true
		}
	}
	return nil, false
}

// Singular is a collection's name for one record of it.
func Singular(plural string) string {
	if stem, ok := strings.CutSuffix(plural, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(plural, "s")
}
