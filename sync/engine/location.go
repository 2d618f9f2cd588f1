package engine

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// saidAtHome is what people say wherever they are: an answer to an offer, and time that they enter afterwards.
var saidAtHome = []string{workflow.KindAccept, workflow.KindDecline, workflow.TimeManual}

// keepsPlace says whether what a fact says of where its author was is kept: with what they do at work, where the company wants it, and with
// nothing else (domain E28). A place that a company's own field asks for is no such thing. What is not kept is in no record; of what waits for the
// office it is in what was handed in, until that is decided.
func (t *tx) keepsPlace(c *model.Change, field *model.Field) bool {
	if field.Type != model.TypeGeo || field.Nature != model.Fact || field.No >= model.FirstCustomField || planted("places-of-home") {
		return true
	}
	kind := model.VisitEventKind
	if c.Collection == model.TimesheetEvents {
		kind = model.TimeKind
	}
	home := slices.ContainsFunc(c.Fields, func(x model.Assign) bool { return x.Field == kind && slices.Contains(saidAtHome, x.Value.Text()) })
	return !home && !t.tenant.Settings.NoLocations
}
