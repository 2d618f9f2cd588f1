package engine

import (
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// define adds a company's own field, whose definition is a record like any other (DESIGN §12.8). It says whether the
// table takes it. Number, type and class never change afterwards, so that what a device holds of it never changes
// meaning.
func (f *frame) define(c *model.Change) bool {
	values := map[string]model.Value{}
	spec, _ := f.table.Spec(model.FieldDefinitions)
	for _, x := range c.Fields {
		if field, ok := spec.Field(x.Field); ok {
			values[field.Name] = x.Value
		}
	}
	class, ok := model.ParseClass(values["class"].Text())
	if !ok {
		return false
	}
	custom := model.Custom{Collection: model.Collection(values["extends"].Int()), Field: model.Field{
		No: model.FieldNo(values["number"].Int()), Name: values["name"].Text(), Type: model.Type(values["type"].Int()),
		Max: values["limit"].Int(), Class: class, Source: "(c) job.custom field values", Note: values["label"].Text(),
		Policy: model.PolicyOffice, Writers: model.WriterOffice, Nature: model.Claim,
	}}
	if options := values["options"].Text(); options != "" {
		custom.Field.Options = strings.Split(options, "\n")
	}
	switch values["rights"].Text() {
	case "optional", "required": // the worker's, while the visit is open
		custom.Field.Policy, custom.Field.Nature = model.PolicyField, model.Fact
		custom.Field.Writers |= model.WriterAssignee
	}
	all := append(slices.Clone(f.tenant.Custom), custom)
	table, err := model.NewTable(model.Builtin(), all)
	if err != nil {
		return false
	}
	f.tenant.Custom, f.table, f.tenanted, f.resettled = all, table, true, true
	return true
}
