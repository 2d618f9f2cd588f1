package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/web/problem"
)

// history adds what happened to one record.
func (s *service) history(h huma.API) {
	s.serve(h, historyOperation(h), func(c *call) error {
		spec, ok := c.table.Named(c.param("collection"))
		if !ok {
			return problem.New("not_found", "")
		}
		id, err := c.id()
		if err != nil {
			return err
		}
		asked, err := c.feedQuery()
		if err != nil {
			return err
		}
		page, err := s.office.History(c, c.Caller, spec.No, id, asked.cursor, asked.limit)
		if err != nil {
			return err
		}
		c.events(page)
		return nil
	})
}

func historyOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: "get-history", Method: http.MethodGet, Path: "/v1/history/{collection}/{id}", Tags: []string{"feed"},
		Summary: "Read what happened to one record, in order",
		Description: "Who changed what, when it happened (occurred_at) and when it was received (at), from which device, and what each value replaced, as far as you see the fields now. " +
			"It reaches back as far as history is kept; a first event that is no creation says that older ones are gone. " +
			"410 history_gone: the cursor is older than what is kept, or your rights are others now; begin without one.",
		Parameters: []*huma.Param{
			inPath("collection", "Of the record, as jobs."), inPath("id", "The record's id."),
			inQuery("since", "Cursor of a page.", text()), inQuery("limit", "Events at most.", number(1, MaxEvents)),
		},
		Responses: map[string]*huma.Response{"200": answer("A page", r.Schema(reflect.TypeFor[EventPage](), true, "EventPage"))},
	}
}
