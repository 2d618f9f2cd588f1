package portal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// kind is a collection as the portal offers it. What is not among them is not there, whatever a view shows.
type kind struct {
	no     model.Collection
	name   string // in the address and in the feed
	one    string // for one of it, as a schema's name
	what   string
	parent string // the parameter that asks for what hangs on one record; empty: none does
}

// kinds is what the portal offers, parents first.
var kinds = []kind{
	{no: model.Customers, name: "companies", one: "Company", what: "Your own company's card, and those of companies that are linked to it."},
	{no: model.Sites, name: "sites", one: "Site", what: "Where your company has work done.", parent: "company"},
	{no: model.Contacts, name: "contacts", one: "Contact", what: "Whom your company named to be asked.", parent: "company"},
	{no: model.Assets, name: "assets", one: "Asset", what: "What stands at your sites.", parent: "site"},
	{no: model.Jobs, name: "jobs", one: "Job", what: "The jobs for your company: what is planned, what is under way, and what was done."},
	{no: model.Notes, name: "notes", one: "Note", what: "What was noted for you on your jobs.", parent: "job"},
	{no: model.Files, name: "files", one: "File", what: "The records of photos and documents of your jobs that are for you; their bytes are not here.", parent: "job"},
}

func kindOf(no model.Collection) (kind, bool) {
	for _, k := range kinds {
		if k.no == no {
			return k, true
		}
	}
	return kind{}, false
}

// Paging is which part of a list is wanted.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Records at most."`
	After string `query:"after" doc:"Where the page begins: next of the page before."`
}

func (p Paging) query(of model.Collection) (model.Query, error) {
	q := model.Query{Collection: of, Limit: p.Limit}
	if p.After == "" {
		return q, nil
	}
	var err error
	if q.After, err = model.ParsePlace(p.After); err != nil {
		return q, problem.New("bad_cursor", "")
	}
	return q, nil
}

// page is a page of records.
type page struct {
	Body struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next,omitempty"`
	}
}

// records adds the lists of what the portal offers, and each record by itself.
func (s *service) records(h huma.API) {
	for _, k := range kinds {
		s.describe(h, k)
		if k.no == model.Jobs {
			s.jobs(h, k)
		} else {
			s.list(h, k)
		}
		s.get(h, k)
	}
}

func (s *service) list(h huma.API, k kind) {
	s.behind(h, "list-"+k.name, http.MethodGet, "/"+k.name, []string{"records"}, k.what, func(h huma.API, op huma.Operation) {
		op.Description = "Sorted by what they hang on, if they do, and then by id."
		op.Responses = shows(k.one + "List")
		of := func(ctx context.Context, p Paging, parent string) (*page, error) {
			q, err := p.query(k.no)
			if err == nil && parent != "" && (q.Parent.UnmarshalText([]byte(parent)) != nil || q.Parent.IsZero()) {
				err = problem.New("bad_request", "", problem.Fault{Location: "query." + k.parent, Message: "want an id of 32 hexadecimal digits"})
			}
			if err != nil {
				return nil, err
			}
			return s.page(ctx, q)
		}
		// huma reads parameters off a type's fields, so that each name of a parent is one.
		switch k.parent {
		case "company":
			operate(s, h, op, func(ctx context.Context, in *struct {
				Paging
				Company string `query:"company" doc:"Only this company's."`
			},
			) (*page, error) {
				return of(ctx, in.Paging, in.Company)
			})
		case "site":
			operate(s, h, op, func(ctx context.Context, in *struct {
				Paging
				Site string `query:"site" doc:"Only what stands at this site."`
			},
			) (*page, error) {
				return of(ctx, in.Paging, in.Site)
			})
		case "job":
			operate(s, h, op, func(ctx context.Context, in *struct {
				Paging
				Job string `query:"job" doc:"Only of this job."`
			},
			) (*page, error) {
				return of(ctx, in.Paging, in.Job)
			})
		default:
			operate(s, h, op, func(ctx context.Context, in *struct{ Paging }) (*page, error) { return of(ctx, in.Paging, "") })
		}
	})
}

// Ends of a job, of which its history is made.
const ended = "completed,cancelled"

// jobs adds the lists of jobs: all of them, those of some progress, and those that are over (domain W19, W20).
func (s *service) jobs(h huma.API, k kind) {
	progress, _ := s.spec(k).Field(model.JobProgress)
	of := func(ctx context.Context, p Paging, list string) (*page, error) {
		q, err := p.query(k.no)
		if err != nil {
			return nil, err
		}
		if list != "" {
			w := model.Condition{Field: progress.No, Op: model.CompareIs}
			for word := range strings.SplitSeq(list, ",") {
				if !progress.Check(model.Text(word)) {
					return nil, problem.New("bad_request", "", problem.Fault{Location: "query.progress", Message: "want some of " + strings.Join(progress.Options, ", ") + ", with commas between"})
				}
				w.Values = append(w.Values, model.Text(word))
			}
			q.Where = []model.Condition{w}
		}
		return s.page(ctx, q)
	}
	s.behind(h, "list-jobs", http.MethodGet, "/jobs", []string{"records"}, k.what, func(h huma.API, op huma.Operation) {
		op.Description = "Sorted by what they hang on, if they do, and then by id."
		op.Responses = shows(k.one + "List")
		operate(s, h, op, func(ctx context.Context, in *struct {
			Paging
			Progress string `query:"progress" example:"planned,in_progress" doc:"Only these: planned, on_the_way, in_progress, completed, cancelled, with commas between."`
		},
		) (*page, error) {
			return of(ctx, in.Paging, in.Progress)
		})
	})
	s.behind(h, "list-history", http.MethodGet, "/history", []string{"records"}, "The service history: the jobs that are over", func(h huma.API, op huma.Operation) {
		op.Description = "Sorted by id; completed says when. They are jobs, and are found among the jobs too."
		op.Responses = shows(k.one + "List")
		operate(s, h, op, func(ctx context.Context, in *struct{ Paging }) (*page, error) { return of(ctx, in.Paging, ended) })
	})
}

// page answers with a page.
func (s *service) page(ctx context.Context, q model.Query) (*page, error) {
	c := visitOf(ctx)
	table, err := s.Clients.Table(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	got, err := s.Clients.Visited(ctx, c, q)
	if err != nil {
		return nil, err
	}
	out := &page{}
	out.Body.Items = []json.RawMessage{}
	for i := range got.Records {
		out.Body.Items = append(out.Body.Items, document.Append(nil, table, &got.Records[i], nil))
	}
	if !got.Next.IsZero() {
		out.Body.Next = got.Next.String()
	}
	return out, nil
}

// shown is a record, or that it is known already.
type shown struct {
	Status int
	ETag   string `header:"ETag" doc:"Changes exactly when what you see of the record changes."`
	Body   json.RawMessage
}

func (s *service) get(h huma.API, k kind) {
	s.behind(h, "get-"+strings.ToLower(k.one), http.MethodGet, "/"+k.name+"/{id}", []string{"records"}, "One of the "+k.name, func(h huma.API, op huma.Operation) {
		op.Responses = shows(k.one)
		op.Responses["304"] = &huma.Response{Description: "It is what is known already"}
		operate(s, h, op, func(ctx context.Context, in *struct {
			ID   string   `path:"id" doc:"Its id."`
			Have []string `header:"If-None-Match" doc:"ETags of what is known already."`
		},
		) (*shown, error) {
			c := visitOf(ctx)
			table, err := s.Clients.Table(ctx, c.Tenant)
			if err != nil {
				return nil, err
			}
			var id model.RecordID
			if id.UnmarshalText([]byte(in.ID)) != nil {
				return nil, model.ErrUnknown // what is no id names nothing, like one that nobody has
			}
			r, err := s.Clients.VisitedOne(ctx, c, k.no, id)
			if err != nil {
				return nil, err
			}
			out := &shown{Status: http.StatusOK, ETag: `"` + hex.EncodeToString(r.Tag[:]) + `"`}
			for _, tag := range in.Have {
				if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == "*" || tag == out.ETag {
					out.Status = http.StatusNotModified
					return out, nil
				}
			}
			out.Body = document.Append(nil, table, &r, nil)
			return out, nil
		})
	})
}
