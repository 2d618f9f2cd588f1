package api

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Audit is a page of the audit.
type Audit struct {
	Items []AuditLine `json:"items"`
	Next  string      `json:"next,omitempty" doc:"The cursor of the next page, of the same question; absent: this is the last. A page may have fewer items than the limit, and none, while there is a next."`
}

// AuditLine is one line of the audit.
type AuditLine struct {
	Time    time.Time    `json:"time"`
	Kind    string       `json:"kind" example:"takeover"`
	Actor   AuditActor   `json:"actor"`
	Subject AuditSubject `json:"subject"`
	Address string       `json:"address,omitempty" doc:"Of the network that it was asked from; socket: by the operator on the server's own machine."`
	Device  string       `json:"device,omitempty" doc:"The device that asked."`
	Client  string       `json:"client,omitempty" doc:"What the caller said it is."`
	Reason  string       `json:"reason,omitempty"`
	Detail  string       `json:"detail,omitempty"`
}

// AuditActor is who did it.
type AuditActor struct {
	Kind string `json:"kind" enum:"user,operator,server" doc:"operator: whoever holds the server's machine. server: time, and nobody."`
	User string `json:"user,omitempty"`
	Name string `json:"name,omitempty" doc:"What the user is called now."`
	Key  string `json:"key,omitempty" doc:"The key of the API that their rights were used by."`
}

// AuditSubject is what it was done to.
type AuditSubject struct {
	Kind string `json:"kind" enum:"company,user,device,partner,key,webhook"`
	ID   string `json:"id,omitempty"`
	User string `json:"user,omitempty" doc:"Whose it is."`
	Name string `json:"name,omitempty" doc:"What that user is called now."`
}

// audit adds the endpoint of the audit.
func (s *service) audit(h huma.API) { s.serve(h, auditOperation(h), s.readAudit) }

func auditOperation(h huma.API) huma.Operation {
	var kinds []any
	for _, k := range model.AuditKinds() {
		kinds = append(kinds, k.String())
	}
	of := func(name, doc string, schema *huma.Schema) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: schema}
	}
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	moment := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "date-time"} }
	page := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Audit](), true, "Audit")
	return huma.Operation{
		OperationID: "get-audit", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{"settings"},
		Summary: "Read the audit: who did what to whom, when, from where and why",
		Description: "Sign-ins and refused ones, ends of sessions, hand-ins, what was done to people, rights, devices, settings and keys, kept for 400 days. " +
			"It names people, devices and keys by their ids, and holds no secret. That a reading begins is a line of it. " +
			"As csv it is all that is asked for, as json page by page. Needs the level full of web.admin.",
		Parameters: []*huma.Param{
			of("kind", "Only lines of this kind.", &huma.Schema{Type: huma.TypeString, Enum: kinds}),
			of("user", "Only what this user did, or what was done to them or to what is theirs.", &huma.Schema{Type: huma.TypeString, Format: "hex", MinLength: ptr(32), MaxLength: ptr(32)}),
			of("from", "Only lines of this moment and later.", moment()),
			of("until", "Only lines before this moment.", moment()),
			of("order", "newest when absent.", &huma.Schema{Type: huma.TypeString, Enum: []any{"newest", "oldest"}}),
			of("cursor", "next of the page before.", text()),
			of("limit", "Lines at most, up to 1000; 100 when absent.", &huma.Schema{Type: huma.TypeInteger, Minimum: ptr(1.0), Maximum: ptr(float64(model.MaxListing))}),
			of("format", "json when absent.", &huma.Schema{Type: huma.TypeString, Enum: []any{"json", "csv"}}),
		},
		Responses: map[string]*huma.Response{"200": {
			Description: "The lines", Content: map[string]*huma.MediaType{mediaJSON: {Schema: page}, "text/csv": {Schema: text()}},
		}},
	}
}

func ptr[T any](v T) *T { return &v }

// readAudit answers with a page, or with everything as CSV.
func (s *service) readAudit(c *call) error {
	q, asCSV, err := c.auditQuery()
	if err != nil {
		return err
	}
	page, err := s.office.Audit(c, c.Caller, q)
	if err != nil {
		return err
	}
	if asCSV {
		s.exportAudit(c, q, page)
		return nil
	}
	out := Audit{Items: auditLines(page), Next: encodeCursor(page.Next)}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	c.json(http.StatusOK, b)
	return nil
}

// auditQuery reads the question.
func (c *call) auditQuery() (q model.AuditQuery, asCSV bool, err error) {
	q.Limit = defaultLimit
	var faults []problem.Fault
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		value, message := c.query[name], ""
		switch name {
		case "kind":
			var ok bool
			if q.Kind, ok = model.ParseAuditKind(value); !ok {
				message = "is no kind of line"
			}
		case "user":
			if q.User.UnmarshalText([]byte(value)) != nil {
				message = "want 32 hexadecimal digits"
			}
		case "from":
			q.From, message = instantOf(value)
		case "until":
			q.Until, message = instantOf(value)
		case "order":
			if q.Oldest = value == "oldest"; !q.Oldest && value != "newest" {
				message = "want newest or oldest"
			}
		case "cursor":
			if q.Cursor, err = decodeCursor(value); err != nil {
				return q, false, err
			}
		case "limit":
			if q.Limit, err = strconv.Atoi(value); err != nil || q.Limit < 1 || q.Limit > model.MaxListing {
				message = "want a number from 1 to " + strconv.Itoa(model.MaxListing)
			}
		case "format":
			if asCSV = value == "csv"; !asCSV && value != "json" {
				message = "want json or csv"
			}
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + name, Message: message})
		}
	}
	return q, asCSV, asked(faults)
}

func instantOf(text string) (at model.Instant, message string) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.UnixMilli() <= 0 {
		return 0, "want a time, as 2026-03-02T08:00:00Z"
	}
	return model.Instant(t.UnixMilli()), ""
}

// exportAudit streams all lines from a page on. An answer that is cut breaks off, so that nobody takes it for whole.
func (s *service) exportAudit(c *call, q model.AuditQuery, page model.AuditPage) {
	c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	w := csv.NewWriter(c.w)
	_ = w.Write(auditColumns)
	deadline := http.NewResponseController(c.w)
	q.Limit = model.MaxListing
	for {
		_ = deadline.SetWriteDeadline(time.Now().Add(MaxWait)) // a recorder in a test has none
		for _, l := range auditLines(page) {
			_ = w.Write(l.cells())
		}
		w.Flush()
		if page.Next == "" || w.Error() != nil {
			return // nobody is told when nobody listens any more
		}
		var err error
		q.Cursor = page.Next
		if page, err = s.office.Audit(c, c.Caller, q); err != nil {
			panic(http.ErrAbortHandler) // the only way to tell an HTTP client that this is not all
		}
	}
}

var auditColumns = []string{
	"time", "kind", "actor", "actor_user", "actor_name", "key", "subject", "subject_id", "subject_user", "subject_name",
	"address", "device", "client", "reason", "detail",
}

// cells are a line's cells of a CSV file. A text that a spreadsheet takes for a formula has an apostrophe before it.
func (l AuditLine) cells() []string {
	out := []string{
		l.Time.Format("2006-01-02T15:04:05.000Z07:00"), l.Kind, l.Actor.Kind, l.Actor.User, l.Actor.Name, l.Actor.Key,
		l.Subject.Kind, l.Subject.ID, l.Subject.User, l.Subject.Name, l.Address, l.Device, l.Client, l.Reason, l.Detail,
	}
	for i, text := range out {
		if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
			out[i] = "'" + text
		}
	}
	return out
}

func auditLines(page model.AuditPage) []AuditLine {
	out := make([]AuditLine, 0, len(page.Lines))
	for _, e := range page.Lines {
		out = append(out, AuditLine{
			Time: time.UnixMilli(int64(e.Time)).UTC(), Kind: e.Kind.String(),
			Actor:   AuditActor{Kind: e.Actor.Kind.String(), User: idText(e.Actor.User), Name: page.Names[e.Actor.User], Key: idText(e.Actor.Key)},
			Subject: AuditSubject{Kind: e.Subject.Kind.String(), ID: idText(model.RecordID(e.Subject.ID)), User: idText(e.Subject.User), Name: page.Names[e.Subject.User]},
			Address: e.From.Address, Device: idText(e.From.Device), Client: e.From.Client, Reason: e.Reason, Detail: e.Detail,
		})
	}
	return out
}

// idText is an id as text; none: empty.
func idText[T interface {
	IsZero() bool
	String() string
}](id T) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
