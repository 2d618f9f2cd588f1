package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Insight is what the API asks about what somebody else sees and may do (domain V18, W49). It wants the user's web level of
// users, and that the caller sees who has which job. A person who is not there is the problem no_user.
type Insight interface {
	Explain(ctx context.Context, c model.Caller, q model.Inquiry) (model.Explanation, error)
	// ViewAs is noted in the audit before it answers.
	ViewAs(ctx context.Context, c model.Caller, g model.Glance) (model.Listing, error)
	// Exposure is noted in the audit before it answers; a device that is not there is the problem no_device.
	Exposure(ctx context.Context, c model.Caller, q model.ExposureQuery) (model.Exposure, error)
}

// Reason is a decision and what it rests on.
type Reason struct {
	Allow      bool   `json:"allow"`
	Rule       string `json:"rule" enum:"kind,level,setting,assignment,audience,owner,company,company_link,company_closed,account,class,writer,parent,deleted,missing,window" doc:"What decides."`
	Permission string `json:"permission,omitempty" doc:"A permission that decides, or that is needed besides." example:"mobile.customers"`
	Level      string `json:"level,omitempty" doc:"What it is set to."`
	Setting    string `json:"setting,omitempty" doc:"Of the rule setting: the company's, and its value." example:"hidden_job_card=site_only"`
	Label      string `json:"label,omitempty" doc:"Of the rule audience: whom the record is for."`
	Since      string `json:"since,omitempty" format:"date" doc:"The first day on which phones carry the job that the record is or hangs on; absent: they always did." example:"2026-03-01"`
	Until      string `json:"until,omitempty" format:"date" doc:"The last day; absent: as long as the job is open." example:"2026-03-15"`
	Text       string `json:"text" doc:"The same in words."`
}

// FieldReason is the decision about one field.
type FieldReason struct {
	Field  string `json:"field" doc:"As documents call it; custom.NAME is the company's own."`
	Class  string `json:"class" enum:"structure,coarse,work,customer,price,internal,pay" doc:"What kind of secret it is; who sees the class sees the field."`
	Custom bool   `json:"custom,omitempty" doc:"It is the company's own."`
	Reason
}

// Explanation says whether somebody may do something, and why.
type Explanation struct {
	User       model.UserID   `json:"user"`
	Session    string         `json:"session" enum:"desktop,mobile,portal,subcontractor" doc:"The kind of session that it is about."`
	Action     string         `json:"action" enum:"see,create,edit,delete"`
	Collection string         `json:"collection,omitempty"`
	Record     model.RecordID `json:"record,omitzero"`
	Reason
	Fields []FieldReason `json:"fields" doc:"Of see: those with a value; of create and edit: all. What you do not see yourself is left out."`

	AssignTo []Assignable `json:"assign_to,omitempty" doc:"Of creating assignments: whom, where assign_to names people; absent: anyone."`
}

// Assignable is somebody whom a person may assign.
type Assignable struct {
	ID     model.UserID `json:"id"`
	Name   string       `json:"name"`
	Active bool         `json:"active" doc:"Who has left stays on the list, for when they are back, and is given nothing."`
}

// sessionKinds are the kinds of sessions there are.
var sessionKinds = []any{"desktop", "mobile", "portal", "subcontractor"}

// insight adds the operations on what somebody else sees and may do.
func (s *service) insight(h huma.API) {
	s.serve(h, explainOperation(h), s.explain)
	s.serve(h, viewOperation(h), s.viewAs)
	s.exposure(h)
}

const whoMayLook = "Needs the scope manage and the level read-only of web.users, and that you see jobs, assignments and visit events, since who has which job decides it. " +
	"What you do not see yourself is answered as what is not there."

func explainOperation(h huma.API) huma.Operation {
	return huma.Operation{
		OperationID: "explain", Method: http.MethodGet, Path: "/v1/users/{id}/explain", Tags: []string{"people"},
		Summary:     "Ask what a person may see or do, and which rule decides it",
		Description: "Asked of a record, or of a collection as a whole. " + whoMayLook,
		Parameters: []*huma.Param{
			inPath("id", "Of the person."),
			inQuery("record", "The record; of create: what the new one would hang on.", text()),
			inQuery("collection", "Of create, and of see without a record: the collection.", text()),
			inQuery("action", "Absent: see.", options("see", "create", "edit", "delete")),
			asSession(),
		},
		Responses: map[string]*huma.Response{"200": answer("The decision", h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Explanation](), true, "Explanation"))},
	}
}

func viewOperation(h huma.API) huma.Operation {
	return huma.Operation{
		OperationID: "view-as", Method: http.MethodGet, Path: "/v1/users/{id}/view", Tags: []string{"people"},
		Summary:     "See what a person's device is shown now",
		Description: "One collection, sorted by what its records hang on and then by id, through the projection that serves the device, and nothing of it that you do not see yourself. It is noted in the audit who looked. " + whoMayLook,
		Parameters: []*huma.Param{
			inPath("id", "Of the person."),
			{Name: "collection", In: "query", Required: true, Description: "The collection.", Schema: text()},
			inQuery("limit", "Records at most.", number(1, model.MaxListing)),
			inQuery("after", "Where the page begins: next of the page before.", text()),
			asSession(),
		},
		Responses: map[string]*huma.Response{"200": answer("A page", h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[View](), true, "View"), "Link")},
	}
}

// View is a page of what a person is shown of a collection.
type View struct {
	Items []map[string]any `json:"items" doc:"Documents of the collection."`
	Next  string           `json:"next,omitempty" doc:"Where the next page begins; absent: this is the last."`
}

func asSession() *huma.Param {
	return inQuery("session", "The kind of session: somebody of the office may have a phone too. Absent: the person's own kind.", options(sessionKinds...))
}

func options(of ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: of} }

// user is the person in the path.
func (c *call) user() (id model.UserID, err error) {
	if err := id.UnmarshalText([]byte(c.param("id"))); err != nil {
		return id, problem.New("no_user", "")
	}
	return id, nil
}

// sessionKind reads the kind of a session; message says what is wrong with it.
func sessionKind(value string) (k model.UserKind, message string) {
	k, ok := model.ParseUserKind(value)
	if !ok {
		return 0, "want desktop, mobile, portal or subcontractor"
	}
	return k, ""
}

// collectionNo reads the name of a collection; message says what is wrong with it.
func (c *call) collectionNo(name string) (no model.Collection, message string) {
	spec, ok := c.table.Named(name)
	if !ok {
		return 0, "names a collection that there is not"
	}
	return spec.No, ""
}

func (s *service) explain(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	q, err := c.inquiry()
	if err != nil {
		return err
	}
	q.User = user
	out, err := s.office.Explain(c, c.Caller, q)
	if err != nil {
		return err
	}
	body, err := json.Marshal(c.explanationOf(&out))
	if err != nil {
		return err
	}
	c.json(http.StatusOK, body)
	return nil
}

// inquiry reads what is asked.
func (c *call) inquiry() (q model.Inquiry, err error) {
	q.Action = model.ActionSee
	var faults []problem.Fault
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		value, message := c.query[name], ""
		switch name {
		case "record":
			if q.Record.UnmarshalText([]byte(value)) != nil || q.Record.IsZero() {
				message = "want an id of 32 hexadecimal digits"
			}
		case "collection":
			q.Collection, message = c.collectionNo(value)
		case "session":
			q.Session, message = sessionKind(value)
		case "action":
			var ok bool
			if q.Action, ok = model.ParseAction(value); !ok {
				message = "want see, create, edit or delete"
			}
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + name, Message: message})
		}
	}
	if len(faults) == 0 {
		faults = c.lacking(q)
	}
	return q, asked(faults)
}

// lacking is what an action needs to be asked about, and was not given, or what it does not need.
func (c *call) lacking(q model.Inquiry) []problem.Fault {
	fault := func(name, message string) []problem.Fault {
		return []problem.Fault{{Location: "query." + name, Message: message}}
	}
	switch recorded, collected := !q.Record.IsZero(), q.Collection != 0; {
	case q.Action == model.ActionCreate && !collected:
		return fault("collection", "is needed: of what kind the new record would be")
	case q.Action == model.ActionSee && !recorded && !collected:
		return fault("record", "is needed, or a collection")
	case q.Action >= model.ActionEdit && !recorded:
		return fault("record", "is needed: which one would be edited or deleted")
	case q.Action != model.ActionCreate && recorded && collected:
		return fault("collection", "is the record's own; leave it out")
	}
	return nil
}

func (c *call) explanationOf(e *model.Explanation) Explanation {
	out := Explanation{
		User: e.User, Session: e.Session.String(), Action: e.Action.String(), Record: e.Record, Reason: Reason(e.Ground), Fields: []FieldReason{},
	}
	spec, ok := c.table.Spec(e.Collection)
	if !ok {
		return out
	}
	out.Collection = spec.Name
	for _, a := range e.AssignTo {
		out.AssignTo = append(out.AssignTo, Assignable{ID: a.User, Name: a.Name, Active: a.Active})
	}
	for _, f := range e.Fields {
		field, ok := spec.Field(f.Field)
		if !ok {
			continue
		}
		name, custom := document.Name(c.table, spec, field), f.Field >= model.FirstCustomField
		if custom {
			name = document.KeyCustom + "." + name
		}
		if name != "" {
			out.Fields = append(out.Fields, FieldReason{Field: name, Class: f.Class.String(), Custom: custom, Reason: Reason(f.Ground)})
		}
	}
	return out
}

func (s *service) viewAs(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	g, err := c.glance()
	if err != nil {
		return err
	}
	g.User = user
	page, err := s.office.ViewAs(c, c.Caller, g)
	if err != nil {
		return err
	}
	c.page(page, nil)
	return nil
}

// glance reads which page is asked for.
func (c *call) glance() (g model.Glance, err error) {
	g.Query.Limit = defaultLimit
	var faults []problem.Fault
	if _, ok := c.query["collection"]; !ok {
		faults = append(faults, problem.Fault{Location: "query.collection", Message: "is needed"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		value, message := c.query[name], ""
		switch name {
		case "collection":
			g.Query.Collection, message = c.collectionNo(value)
		case "session":
			g.Session, message = sessionKind(value)
		case "limit":
			g.Query.Limit, message = limit(value)
		case "after":
			if g.Query.After, err = model.ParsePlace(value); err != nil {
				return g, problem.New("bad_cursor", "")
			}
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + name, Message: message})
		}
	}
	return g, asked(faults)
}
