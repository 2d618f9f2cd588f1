package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/web/problem"
	"github.com/fieldsync/fieldsync/web/rest"
)

// mediaJSON is what is sent and answered unless something else is said.
const mediaJSON = "application/json"

// securityName is the one way in.
const securityName = "bearer"

// description is what the document says of the API as a whole.
func description(version string) huma.Config {
	if version == "" {
		version = "0"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "fieldsync: the office's API", Version: version,
				Description: "Customers, jobs, people and what happens to them, for a field-service company's back end.\n\n" +
					"A caller sees and changes what the office user they act for may, as far as the key's scopes go; everything else does not exist. " +
					"Errors are problems (RFC 9457) with a stable `code`, whose page this server has. " +
					"Requests that change records take an `Idempotency-Key`: sent again within 24 hours they are done once and answered the same. " +
					"Where an operation does not name it, it is not looked at. HEAD is answered as GET.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{securityName: {
					Type: "http", Scheme: "bearer",
					Description: "A key (`fsk_…`), or the token of an office user's session together with the header " + TenantHeader + ".",
				}},
			},
			Security: []map[string][]string{{securityName: {}}},
			Tags: []*huma.Tag{
				{Name: "records", Description: "The collections of the model: docs/reference/model.md."},
				{Name: "feed", Description: "What happens, in order, for a back end that keeps a copy."},
				{Name: "review", Description: "What needs a person: conflicts, proposals, waiting work, flags, duplicates, hours."},
				{Name: "held", Description: "Work of the field that waits for the office."},
				{Name: "people"},
				{Name: "partners"},
				{Name: "sessions"},
				{Name: "settings"},
				{Name: "keys"},
				{Name: "webhooks"},
			},
		},
		OpenAPIPath: "/openapi", Formats: map[string]huma.Format{mediaJSON: rest.JSON, "json": rest.JSON},
		DefaultFormat: mediaJSON, RejectUnknownQueryParameters: true,
	}
}

// described completes an operation that this package answers itself with what all of them share.
func described(h huma.API, op *huma.Operation) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	op.Responses["default"] = &huma.Response{
		Description: "A problem", Content: map[string]*huma.MediaType{problem.MediaType: {Schema: schema}},
	}
}

// answer is a response with a JSON body.
func answer(what string, schema *huma.Schema, headers ...string) *huma.Response {
	r := &huma.Response{Description: what}
	if schema != nil {
		r.Content = map[string]*huma.MediaType{mediaJSON: {Schema: schema}}
	}
	for _, name := range headers {
		if r.Headers == nil {
			r.Headers = map[string]*huma.Param{}
		}
		r.Headers[name] = &huma.Param{Description: headerTexts[name], Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return r
}

var headerTexts = map[string]string{
	"ETag":                 "Changes exactly when what you see of the record changes.",
	"Location":             "The record's own address.",
	"Link":                 "rel=\"next\": the next page.",
	"Idempotency-Replayed": "true: this request was done before; this is its answer.",
	"Fieldsync-Outcome":    "merged: another change came in between; its value is kept for the office.",
}

func inPath(name, what string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: what, Schema: &huma.Schema{Type: huma.TypeString}}
}

func inQuery(name, what string, schema *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: what, Schema: schema}
}

func inHeader(name, what string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: what, Schema: &huma.Schema{Type: huma.TypeString}}
}

func text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

func number(least, most float64) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most}
}

// repeatable is the header of operations that change something.
func repeatable() *huma.Param {
	return inHeader("Idempotency-Key", "1 to 255 visible ASCII characters. The same key with the same request is done once, and answered the same for 24 hours; with another request it is 422 key_reused.")
}

func believed() *huma.Param {
	return inHeader("If-Match", "ETag of what is believed to be there. When it is something else, nothing is done: 412 stale, with the ETag of now.")
}

func bodyOf(schema *huma.Schema, media ...string) *huma.RequestBody {
	b := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaJSON: {Schema: schema}}}
	for _, m := range media {
		b.Content[m] = &huma.MediaType{Schema: schema}
	}
	return b
}

func bulkOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: "bulk", Method: http.MethodPost, Path: "/v1/bulk", Tags: []string{"records"},
		Summary:     "Do up to 200 things in one commit",
		Description: "Operations are done in their order, each by itself, in units, or all or nothing. A reference may name a record by its external_id, also one that an earlier operation creates.",
		Parameters:  []*huma.Param{repeatable()},
		RequestBody: bodyOf(r.Schema(reflect.TypeFor[BulkRequest](), true, "BulkRequest")),
		Responses: map[string]*huma.Response{
			"200": answer("What became of each, in order", r.Schema(reflect.TypeFor[BulkAnswer](), true, "BulkAnswer"), "Idempotency-Replayed"),
		},
	}
}

func changesOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	wait := text()
	return huma.Operation{
		OperationID: "list-changes", Method: http.MethodGet, Path: "/v1/changes", Tags: []string{"feed"},
		Summary: "Read what happened, in order",
		Description: "At least once and without gaps, from a cursor on. Without a cursor from the oldest event that is kept; with `now` from the next one. " +
			"410 history_gone: the cursor is older than what is kept, or your rights are others now; take a snapshot.",
		Parameters: []*huma.Param{
			inQuery("since", "Cursor of a page or a snapshot, or now.", text()),
			inQuery("collections", "Only these, with commas between.", text()),
			inQuery("limit", "Events at most.", number(1, MaxEvents)),
			inQuery("wait", "When there is nothing yet, wait so long for it; at most 60s.", wait),
		},
		Responses: map[string]*huma.Response{"200": answer("A page", r.Schema(reflect.TypeFor[EventPage](), true, "EventPage"))},
	}
}

func snapshotOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: "get-snapshot", Method: http.MethodGet, Path: "/v1/snapshot", Tags: []string{"feed"},
		Summary: "Read everything as of one moment",
		Description: "A document a line, with its collection, parents first. The last line is `{\"cursor\": …}`, from which the change feed goes on. " +
			"Without that line it is not all: the stream was cut.",
		Parameters: []*huma.Param{inQuery("collections", "Only these, with commas between.", text())},
		Responses: map[string]*huma.Response{"200": {
			Description: "One JSON object a line",
			Content:     map[string]*huma.MediaType{"application/x-ndjson": {Schema: r.Schema(reflect.TypeFor[SnapshotLine](), true, "SnapshotLine")}},
		}},
	}
}

func heldOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: "list-held", Method: http.MethodGet, Path: "/v1/held", Tags: []string{"held"},
		Summary: "List the changes that wait for the office", Description: "Needs the level full of web.jobs. What you may not see of them is left out.",
		Responses: map[string]*huma.Response{"200": answer("All of them", r.Schema(reflect.TypeFor[Items[Held]](), true, "HeldList"))},
	}
}

func releaseOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: "release-held", Method: http.MethodPost, Path: "/v1/held/{change}/release", Tags: []string{"held"},
		Summary: "Let a held change in, with its group", Description: "It keeps its author, its time and what it stands on.",
		Parameters:  []*huma.Param{inPath("change", "Its id."), repeatable()},
		RequestBody: bodyOf(r.Schema(reflect.TypeFor[Release](), true, "Release")),
		Responses:   map[string]*huma.Response{"204": answer("Done", nil)},
	}
}

func dismissOperation(h huma.API) huma.Operation {
	body := bodyOf(h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Decision](), true, "Decision"))
	body.Required = false
	return huma.Operation{
		OperationID: "dismiss-held", Method: http.MethodPost, Path: "/v1/held/{change}/dismiss", Tags: []string{"held"},
		Summary: "Decide against a held change, with its group", Description: "Its content is kept. Hours cannot be dismissed.",
		Parameters:  []*huma.Param{inPath("change", "Its id."), repeatable()},
		RequestBody: body,
		Responses:   map[string]*huma.Response{"204": answer("Done", nil)},
	}
}

// EventPage is a page of the change feed.
type EventPage struct {
	Events []FeedEvent `json:"events"`
	Cursor string      `json:"cursor" doc:"Where the next page begins."`
	More   bool        `json:"more" doc:"There is more to read now."`
}

// FeedEvent is what one change did to one record. It describes what web/document writes.
type FeedEvent struct {
	ID         string         `json:"id" doc:"Always the same for the same event."`
	Type       string         `json:"type" example:"jobs.changed" doc:"COLLECTION.created, .changed or .deleted; in the history of a record also .lost, of a value that did not stand: before is that value, and after what stood."`
	At         string         `json:"at" format:"date-time" doc:"When it was committed."`
	Occurred   string         `json:"occurred_at,omitempty" format:"date-time" doc:"When it happened, as estimated: a phone may have been out of signal."`
	Collection string         `json:"collection"`
	Record     string         `json:"record"`
	Change     string         `json:"change,omitempty" doc:"What asked for it."`
	Author     string         `json:"author,omitempty" doc:"Who said it."`
	Device     string         `json:"device,omitempty" doc:"From where; absent: no device."`
	Office     bool           `json:"office" doc:"Said by the office."`
	Fields     map[string]any `json:"fields,omitempty" doc:"What changed, by field: before and after, each absent when there was nothing. The company's own fields are under custom."`
	Omitted    []string       `json:"omitted,omitempty" doc:"Of a webhook: fields that were too large for a message."`
}

// SnapshotLine is a line of a snapshot. It describes what web/document writes.
type SnapshotLine struct {
	_          struct{} `additionalProperties:"true"`
	Collection string   `json:"collection,omitempty"`
	ID         string   `json:"id,omitempty"`
	Cursor     string   `json:"cursor,omitempty" doc:"Of the last line, alone: where the change feed goes on."`
}
