package api

import (
	"encoding/json"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// corrections reads what the office says instead of fields of a held change, and tells all that is wrong with it.
func (s *service) corrections(c *call, h *model.HeldChange, values json.RawMessage) ([]model.Assign, error) {
	switch {
	case len(values) == 0:
		return nil, nil
	case h == nil: // it was open a moment ago
		return nil, problem.New("decided", "")
	}
	const where = "body.values"
	spec, known := c.table.Spec(h.Collection)
	if !known {
		return nil, problem.New("bad_request", "", problem.Fault{Location: where, Message: "it is of a collection that this server does not know: nothing of it can be corrected"})
	}
	content, found, err := document.Decode(c.table, spec, values, document.Correct, func(of model.Collection, external string) (model.RecordID, error) {
		return s.office.ExternalID(c, c.Tenant, of, external)
	})
	if err != nil {
		found = []document.Fault{{Message: err.Error()}}
	}
	var faults []problem.Fault
	for _, f := range found {
		faults = append(faults, problem.Fault{Location: location(where, f.Location), Message: f.Message})
	}
	for _, x := range content.Fields {
		if !slices.ContainsFunc(h.Fields, func(y model.FieldValue) bool { return y.Field == x.Field }) {
			field, _ := spec.Field(x.Field)
			faults = append(faults, problem.Fault{Location: location(where, document.Name(c.table, spec, field)), Message: "the change says nothing of it: edit the record afterwards"})
		}
	}
	if faults != nil {
		return nil, problem.New("bad_request", "", faults...)
	}
	return content.Fields, nil
}

// correctionsOf reads them for the held change in the path.
func (s *service) correctionsOf(c *call, values json.RawMessage) ([]model.Assign, error) {
	id, err := c.change()
	if err != nil || len(values) == 0 {
		return nil, err
	}
	all, err := s.office.Held(c, c.Caller)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(h model.HeldChange) bool { return h.Change == id })
	if i < 0 {
		return nil, nil
	}
	return s.corrections(c, &all[i], values)
}
