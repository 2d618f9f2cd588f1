package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// InboxPage is a page of what needs a person.
type InboxPage struct {
	Items  []InboxItem    `json:"items" doc:"The newest first."`
	Counts map[string]int `json:"counts" doc:"How many are open of each kind, of all that is asked for but for its kind; none when only resolved ones are asked for."`
	Next   string         `json:"next,omitempty" doc:"Where the next page begins: after. Absent: that was all."`
}

// InboxItem is something that needs a person.
type InboxItem struct {
	ID         model.RecordID `json:"id"`
	Kind       string         `json:"kind" doc:"conflict, proposal (what the field says of what is the office's), held, recovered (held work on what was deleted), claim, alarm, duplicate_visit, late_work, needs_review, incomplete_requirements, duplicate_customer, negative_stock, field_edit, hours."`
	State      string         `json:"state" enum:"open,resolved"`
	Grade      string         `json:"grade,omitempty" doc:"How it came to it: parallel, neither writer knew of the other; conflict, one did; late, the job was over when it came; replaced_device, it came from a device whose session had ended."`
	Count      int64          `json:"count" doc:"How many of the same it stands for; it tells the latest. The history of the record has what lost before."`
	At         *time.Time     `json:"at" doc:"When the latest came."`
	First      *time.Time     `json:"first_at" doc:"When the first came."`
	Collection string         `json:"collection,omitempty" doc:"Of the record. Absent: one that this server does not know."`
	Record     model.RecordID `json:"record,omitzero" doc:"What it is about; of hours, the person."`
	Job        model.RecordID `json:"job,omitzero" doc:"That the record is, or hangs on."`
	Author     model.UserID   `json:"author,omitzero" doc:"Whose work it is."`
	Change     model.ChangeID `json:"change,omitzero" doc:"The latest change that it is about."`
	Reason     int            `json:"reason,omitempty" doc:"Why, as protocol/SPEC.md numbers the reasons."`
	Field      string         `json:"field,omitempty" doc:"Of a conflict. The company's own begin with custom."`
	Lost       *InboxValue    `json:"lost,omitempty" doc:"What lost, who said it, and when. Of a job whose customer was typed: the customer it may be, whom adopt links."`
	Stands     *InboxValue    `json:"stands,omitempty" doc:"What stands now, who said it, and when. Absent: the record is gone."`
	Held       *Held          `json:"held,omitempty" doc:"What waits, or was asked for."`
	Flags      []string       `json:"flags,omitempty" doc:"Of hours: what is odd about their entries."`
	Other      model.RecordID `json:"other,omitzero" doc:"Of a possible duplicate: the customer who was there before; of a job whose customer was typed, the one it may be."`
	Decision   string         `json:"decision,omitempty" doc:"restored, adopted, dismissed or released; absent while it is open, and where somebody only closed it."`
	Why        string         `json:"why,omitempty"`
	By         model.UserID   `json:"decided_by,omitzero"`
	Decided    *time.Time     `json:"decided_at,omitempty"`
}

// InboxValue is one of two values that met.
type InboxValue struct {
	Value  json.RawMessage `json:"value"`
	Author model.UserID    `json:"author,omitzero"`
	At     *time.Time      `json:"at,omitempty" doc:"When it was said, as estimated."`
}

// review adds the one place of what needs a person, and what is done there: one request each, so that nobody closes an item and
// leaves its value, or the other way round.
func (s *service) review(h huma.API) {
	s.serve(h, inboxOperation(h), s.inbox)
	s.serve(h, inboxItemOperation(h), func(c *call) error {
		id, err := c.id()
		if err != nil {
			return err
		}
		return c.showItem(id)
	})
	for _, v := range verdicts {
		s.serve(h, v.operation(h), func(c *call) error { return s.decide(c, v) })
	}
}

func (s *service) inbox(c *call) error {
	q, err := c.inboxQuery()
	if err != nil {
		return err
	}
	page, err := s.office.Inbox(c, c.Caller, q)
	if err != nil {
		return err
	}
	out := InboxPage{Items: []InboxItem{}, Counts: page.Counts, Next: page.Next}
	for i := range page.Items {
		out.Items = append(out.Items, c.inboxItem(&page.Items[i]))
	}
	if page.Next != "" {
		to := c.r.URL.Query()
		to.Set("after", page.Next)
		c.w.Header().Set("Link", "<"+(&url.URL{Path: c.r.URL.Path, RawQuery: to.Encode()}).String()+`>; rel="next"`)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	c.json(http.StatusOK, text)
	return nil
}

// inboxQuery reads what is asked for. Everything that is wrong is told.
func (c *call) inboxQuery() (q model.InboxQuery, err error) {
	q.Limit, q.State = defaultLimit, "open"
	oneOf := func(value string, known ...string) (string, string) {
		if !slices.Contains(known, value) {
			return "", "want one of " + strings.Join(known, ", ")
		}
		return value, ""
	}
	id := func(value string, into interface{ UnmarshalText([]byte) error }) string {
		if into.UnmarshalText([]byte(value)) != nil {
			return "want an id of 32 hexadecimal digits"
		}
		return ""
	}
	var faults []problem.Fault
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		value, message := c.query[name], ""
		switch name {
		case "kind":
			q.Kind, message = oneOf(value, model.InboxKinds...)
		case "grade":
			q.Grade, message = oneOf(value, model.Grades...)
		case "state":
			if q.State, message = oneOf(value, "open", "resolved", "all"); q.State == "all" {
				q.State = ""
			}
		case "job":
			message = id(value, &q.Job)
		case "person":
			message = id(value, &q.Person)
		case "after":
			q.After = value
		case "limit":
			q.Limit, message = limit(value)
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + name, Message: message})
		}
	}
	return q, asked(faults)
}

// matter finds an item as the caller sees it, whatever its state.
func (c *call) matter(id model.RecordID) (*model.InboxItem, error) {
	page, err := c.s.office.Inbox(c, c.Caller, model.InboxQuery{Item: id, Limit: 1})
	if err != nil {
		return nil, err
	}
	if id.IsZero() || len(page.Items) == 0 {
		return nil, problem.New("not_found", "")
	}
	return &page.Items[0], nil
}

// showItem answers with an item, or that it is known already.
func (c *call) showItem(id model.RecordID) error {
	item, err := c.matter(id)
	if err != nil {
		return err
	}
	text, tag, err := c.itemText(item)
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", etag(tag))
	if listed(c.r.Header.Values("If-None-Match"), etag(tag)) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	c.json(http.StatusOK, text)
	return nil
}

// itemText is an item as it is told, and its tag: a hash of that, for whoever has been told it.
func (c *call) itemText(i *model.InboxItem) ([]byte, model.Tag, error) {
	text, err := json.Marshal(c.inboxItem(i))
	return text, digest("item of review", text), err
}

func (c *call) inboxItem(i *model.InboxItem) InboxItem {
	out := InboxItem{
		ID: i.ID, Kind: i.Kind, State: i.State, Grade: i.Grade, Count: i.Count, At: moment(i.At), First: moment(i.First), Record: i.Subject,
		Job: i.Job, Author: i.Author, Change: i.Change, Reason: int(i.Reason), Flags: i.Flags, Other: i.Other,
		Decision: i.Decision, Why: i.Why, By: i.By, Decided: moment(i.Decided),
	}
	if i.Held != nil {
		h := c.heldOf(i.Held)
		out.Held = &h
	}
	spec, ok := c.table.Spec(i.Of)
	if !ok {
		return out
	}
	out.Collection = spec.Name
	f, ok := spec.Field(i.Field)
	if !ok {
		return out
	}
	if out.Field = document.Name(c.table, spec, f); f.No >= model.FirstCustomField {
		out.Field = document.KeyCustom + "." + out.Field
	}
	if !slices.Contains([]string{model.InboxConflict, model.InboxProposal, model.InboxDuplicate}, i.Kind) {
		return out // its values are in what waits
	}
	out.Lost = &InboxValue{document.AppendValue(nil, f, i.Lost), i.Author, moment(i.Said)}
	if s := i.Standing; s != nil {
		out.Stands = &InboxValue{document.AppendValue(nil, f, s.Value), s.Author, moment(s.At)}
	}
	return out
}

func inboxOperation(h huma.API) huma.Operation {
	r := h.OpenAPI().Components.Schemas
	return huma.Operation{
		OperationID: "list-review", Method: http.MethodGet, Path: "/v1/review", Tags: []string{"review"},
		Summary: "List everything that needs a person",
		Description: "Conflicts with both values, proposals, held and recovered work, claims, flagged jobs, possible duplicates, parts below zero, hours to check. " +
			"An item is there for whoever sees what it is about, and the counts are of what you see.",
		Parameters: []*huma.Param{
			inQuery("kind", "Only of this kind.", text()), inQuery("grade", "Only of this grade.", text()),
			inQuery("state", "open, resolved or all; absent: open.", text()), inQuery("job", "Only about this job, or what hangs on it.", text()),
			inQuery("person", "Only of this person's work.", text()), inQuery("after", "next of a page.", text()),
			inQuery("limit", "Items at most; absent: 100.", number(1, model.MaxListing)),
		},
		Responses: map[string]*huma.Response{"200": answer("A page", r.Schema(reflect.TypeFor[InboxPage](), true, "InboxPage"), "Link")},
	}
}

func inboxItemOperation(h huma.API) huma.Operation {
	return huma.Operation{
		OperationID: "get-review", Method: http.MethodGet, Path: "/v1/review/{id}", Tags: []string{"review"},
		Summary:    "Read one of them, with both values",
		Parameters: []*huma.Param{inPath("id", "The item's id."), inHeader("If-None-Match", "ETag of what is known: 304 when it is still so.")},
		Responses: map[string]*huma.Response{
			"200": answer("The item", inboxSchema(h), "ETag"), "304": answer("As known", nil, "ETag"),
		},
	}
}

func inboxSchema(h huma.API) *huma.Schema {
	return h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[InboxItem](), true, "InboxItem")
}
