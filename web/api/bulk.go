package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Limits of a bulk request.
const (
	// MaxOperations is how many operations a request has at most: they are one commit, which takes 256 changes.
	MaxOperations = 200
	maxBulk       = 3 << 19 // bytes; a commit takes 4 MiB, with what is kept for the history
)

// BulkRequest asks for several things at once.
type BulkRequest struct {
	DryRun     bool            `json:"dry_run,omitempty" doc:"Only say what would come of it; nothing is kept."`
	Atomic     bool            `json:"atomic,omitempty" doc:"All or nothing."`
	Operations []BulkOperation `json:"operations" maxItems:"200" minItems:"1"`
}

// BulkOperation is one of them.
type BulkOperation struct {
	Op         string          `json:"op" enum:"create,update,upsert,delete" doc:"An upsert creates the record, or changes what differs."`
	Collection string          `json:"collection" example:"customers"`
	ID         string          `json:"id,omitempty" doc:"Of update, upsert and delete: the record, which is there; or its external_id. Ids of new records are the server's to draw."`
	ExternalID string          `json:"external_id,omitempty" maxLength:"255" doc:"What another system calls the record."`
	IfMatch    string          `json:"if_match,omitempty" doc:"The ETag of what is believed to be there; another one fails the operation."`
	Unit       int             `json:"unit,omitempty" minimum:"0" doc:"Operations side by side with the same unit above 0 stand or fall together."`
	Fields     json.RawMessage `json:"fields,omitempty" doc:"The record's document, as for the collection's own requests."`
}

// BulkResult is what became of one operation.
type BulkResult struct {
	Status     string           `json:"status" enum:"created,updated,unchanged,deleted,failed,dropped" doc:"dropped: not done, for another operation of its unit failed."`
	ID         string           `json:"id,omitempty"`
	ExternalID string           `json:"external_id,omitempty"`
	ETag       string           `json:"etag,omitempty"`
	Outcome    string           `json:"outcome,omitempty" enum:"applied,merged" doc:"merged: another change came in between; its value is kept for the office."`
	Problem    *problem.Problem `json:"problem,omitempty"`
}

// BulkAnswer is what became of all, in their order.
type BulkAnswer struct {
	DryRun  bool         `json:"dry_run"`
	Results []BulkResult `json:"results"`
}

// bulk adds the operation that does many things in one commit.
func (s *service) bulk(h huma.API, _ *model.Table) {
	s.serve(h, bulkOperation(h), func(c *call) error {
		body, err := c.body(maxBulk)
		if err != nil {
			return err
		}
		var asked BulkRequest
		if err := strict(body, &asked); err != nil {
			return err
		}
		if n := len(asked.Operations); n == 0 || n > MaxOperations {
			return problem.New("bad_request", "", problem.Fault{Location: "body.operations", Message: fmt.Sprintf("want 1 to %d operations", MaxOperations)})
		}
		ops := make([]operation, len(asked.Operations))
		for i := range asked.Operations {
			ops[i] = c.operation(i, &asked.Operations[i])
		}
		idem, err := c.request(body)
		if err != nil {
			return err
		}
		done, err := s.perform(c, idem, ops, plan{atomic: asked.Atomic, rehearse: asked.DryRun})
		if err != nil {
			return err
		}
		if done.repeat {
			c.w.Header().Set("Idempotency-Replayed", "true")
		}
		return c.results(done, asked.DryRun)
	})
}

// operation reads one operation of a bulk request; what is wrong with it fails it alone.
func (c *call) operation(i int, b *BulkOperation) operation {
	place := fmt.Sprintf("body.operations[%d]", i)
	op := operation{verb: b.Op, external: b.ExternalID, unit: b.Unit, content: b.Fields, where: place + ".fields"}
	fault := func(name, message string) {
		op.faults = append(op.faults, problem.Fault{Location: place + "." + name, Message: message})
	}
	spec, ok := c.table.Named(b.Collection)
	switch {
	case !ok:
		fault("collection", "there is no such collection")
		return op
	case b.Op != verbCreate && b.Op != verbUpdate && b.Op != verbUpsert && b.Op != verbDelete:
		fault("op", "want create, update, upsert or delete")
	case b.Op == verbDelete && spec.Deletes&model.WriterOffice == 0,
		(b.Op == verbCreate || b.Op == verbUpsert) && spec.Creates&model.WriterOffice == 0:
		fault("op", "is not the office's to do in this collection")
	}
	op.spec = spec
	if b.ID != "" && op.id.UnmarshalText([]byte(b.ID)) != nil {
		fault("id", "want 32 hexadecimal digits")
	}
	if b.ID != "" && b.Op == verbCreate {
		fault("id", "is the server's to draw; an external_id is yours")
	}
	if b.ID != "" && b.ExternalID != "" {
		fault("external_id", "want one name of the record, not two")
	}
	if b.ExternalID != "" && !nameable(spec, b.ExternalID) {
		fault("external_id", wantExternal)
	}
	if b.Op == verbDelete && len(b.Fields) > 0 {
		fault("fields", "a deletion has none")
	}
	if b.Unit < 0 {
		fault("unit", "want a number from 0")
	}
	op.match = believes(b.IfMatch)
	return op
}

// results answers with what became of every operation.
func (c *call) results(done performed, dry bool) error {
	tags := map[model.RecordID]string{}
	if !dry {
		var ids []model.RecordID
		for _, r := range done.results {
			if r.problem == nil && r.status != statusDropped && r.status != statusDeleted {
				ids = append(ids, r.id)
			}
		}
		look, err := c.s.office.Look(c, c.Caller, ids)
		if err != nil {
			return err
		}
		for _, r := range look.Records {
			tags[r.ID] = etag(r.Tag)
		}
	}
	out := BulkAnswer{DryRun: dry, Results: make([]BulkResult, len(done.results))}
	for i, r := range done.results {
		b := BulkResult{Status: r.status, ExternalID: r.external, Problem: r.problem}
		if !r.id.IsZero() && (!dry || r.status != statusCreated || r.external != "") {
			b.ID, b.ETag = r.id.String(), tags[r.id]
		}
		if r.problem == nil && (r.outcome == model.OutcomeApplied || r.outcome == model.OutcomeMerged) {
			b.Outcome = r.outcome.String()
		}
		out.Results[i] = b
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	c.json(http.StatusOK, text)
	return nil
}
