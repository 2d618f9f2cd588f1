package engine

import (
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A company's own field is defined by a record like any other (DESIGN §12.8). Number, type and class never change, so that what a
// device holds of it never changes meaning. Who writes it does, and so do the values that are offered; what was said by the rights of before
// still counts (domain (c), custom field rights).

// What a company may define takes room in its row, which every decision reads: maxOptions bounds the options of one field, those that are not
// offered any more among them, and maxDefined the whole row, of which the rest is for what else stands there. Both are in bytes.
const (
	maxOptions = 16 << 10
	maxDefined = storage.MaxValueBytes / 2
)

// define brings the table in line with a definition: of a new field, or of one that is there. It says whether the table takes it; one that it
// does not take changes nothing.
func (t *tx) define(said func(model.FieldNo) model.Value, anew bool) bool {
	all, table, ok := t.tabled(said, anew)
	if ok {
		t.tenant.Custom, t.table, t.tenanted, t.resettled = all, table, true, true
	}
	return ok
}

// tabled is the table with a definition in it: beside the others, of which none may have its number or its name, or in place of what it said
// before.
func (t *tx) tabled(said func(model.FieldNo) model.Value, anew bool) (all []model.Custom, table *model.Table, ok bool) {
	custom, ok := t.custom(said)
	if !ok {
		return nil, nil, false
	}
	all = slices.Clone(t.tenant.Custom)
	i := slices.IndexFunc(all, func(c model.Custom) bool { return c.Collection == custom.Collection && c.Field.No == custom.Field.No })
	switch {
	case i < 0 && anew:
		all = append(all, custom)
	case i < 0, (anew || !stays(&all[i].Field, &custom.Field)) && !planted("fields-become-others"):
		return nil, nil, false
	default:
		custom.Field.Options = merged(custom.Field.Options, all[i].Field.Options)
		all[i] = custom
	}
	row := t.tenant
	row.Custom = all
	if len(strings.Join(custom.Field.Options, "")) > maxOptions || len(row.Append(nil)) > maxDefined {
		return nil, nil, false
	}
	table, err := model.NewTable(model.Builtin(), all)
	return all, table, err == nil
}

// stays says whether a field is what it was, to whoever holds something of it.
func stays(was, now *model.Field) bool {
	return was.Name == now.Name && was.Type == now.Type && was.Class == now.Class && was.Max == now.Max
}

// custom is the field that a definition says. Who may not see a class is told nothing of the fields in it, so a field is hidden from phones
// by its class and never by its rights alone.
func (t *tx) custom(said func(model.FieldNo) model.Value) (c model.Custom, ok bool) {
	class, ok := model.ParseClass(said(model.DefinitionClass).Text())
	if !ok {
		return c, false
	}
	c = model.Custom{Collection: model.Collection(said(model.DefinitionExtends).Int()), Field: model.Field{
		No: model.FieldNo(said(model.DefinitionNumber).Int()), Name: said(model.DefinitionName).Text(), Type: model.Type(said(model.DefinitionType).Int()),
		Max: said(model.DefinitionLimit).Int(), Class: class, Source: "(c) job.custom field values", Note: said(model.DefinitionLabel).Text(),
		Policy: model.PolicyOffice, Writers: model.WriterOffice, Nature: model.Claim,
	}}
	if options := said(model.DefinitionOptions).Text(); options != "" {
		c.Field.Options = strings.Split(options, "\n")
	}
	switch said(model.DefinitionRights).Text() {
	case "hidden":
		return c, class == model.ClassInternal || class == model.ClassPay || planted("hidden-by-rights-alone")
	case "required":
		c.Field.Wanted = !said(model.DefinitionRetired).Bool() || planted("retired-wanted")
		fallthrough
	case "optional": // the worker's, while the visit is open
		c.Field.Policy, c.Field.Nature = model.PolicyField, model.Fact
		c.Field.Writers |= model.WriterAssignee
	}
	return c, true
}

// merged is the options of now, and behind them those that were offered before: somebody may have chosen one out of reach of the office.
func merged(now, before []string) []string {
	if planted("options-forgotten") {
		return now
	}
	for _, o := range before {
		if !slices.Contains(now, o) {
			now = append(now, o)
		}
	}
	return now
}

// saidBy is what a change says of a definition, on top of what is said of it already.
func saidBy(c *model.Change, have *model.Record) func(model.FieldNo) model.Value {
	return func(no model.FieldNo) model.Value {
		if i := slices.IndexFunc(c.Fields, func(x model.Assign) bool { return x.Field == no }); i >= 0 {
			return c.Fields[i].Value
		}
		if have == nil {
			return model.Null()
		}
		return have.Value(no)
	}
}

// redefines says whether the table takes what a change says of a definition that is there.
func (t *tx) redefines(c *model.Change, have *model.Record) bool {
	if c.Collection != model.FieldDefinitions {
		return true
	}
	_, _, ok := t.tabled(saidBy(c, have), false)
	return ok
}
