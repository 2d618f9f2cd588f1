package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// PayrollFile is the head of a payroll file.
type PayrollFile struct {
	ID       model.BatchID  `json:"id"`
	From     string         `json:"from" format:"date"`
	To       string         `json:"to" format:"date" doc:"Not in it."`
	Made     *time.Time     `json:"made_at"`
	By       model.UserID   `json:"made_by"`
	Rounding int64          `json:"rounding_minutes" doc:"What paid_seconds is rounded to; 0: not at all."`
	Hash     string         `json:"content_hash" doc:"SHA-256 of the file as CSV. It is the same whenever the file is asked for."`
	Regular  int            `json:"timesheets" doc:"How many timesheets it exports."`
	Adjusted int            `json:"adjusted" doc:"How many timesheets of earlier files it adjusts."`
	Lines    int            `json:"lines"`
	Repeat   bool           `json:"repeat,omitempty" doc:"It was there already."`
	Waiting  []model.UserID `json:"waiting,omitempty" doc:"Of a new file: who has time in the days that nobody has approved, which is therefore not in it."`
}

// PayrollDays says what a payroll file is of.
type PayrollDays struct {
	From   string `json:"from" format:"date" example:"2026-03-02"`
	To     string `json:"to" format:"date" example:"2026-03-09" doc:"Not in it."`
	DryRun bool   `json:"dry_run,omitempty" doc:"Only say what would be in it; nothing is kept."`
}

type payrollOutput struct{ Body PayrollFile }

// payrollNeeds is what all of it needs.
const payrollNeeds = " Needs the level full of web.timesheets, and the scopes of timesheets."

// payroll adds the endpoints of payroll files.
func (s *service) payroll(h huma.API) {
	tag := []string{"hours"}
	manage(s, h, huma.Operation{
		OperationID: "list-payroll", Method: http.MethodGet, Path: "/v1/payroll", Tags: tag,
		Summary: "List the payroll files, the newest first", Description: payrollNeeds[1:],
	}, func(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[PayrollFile], error) {
		all, err := s.office.Payrolls(ctx, c)
		return items(each(all, payrollOf)), err
	})
	manage(s, h, huma.Operation{
		OperationID: "export-payroll", Method: http.MethodPut, Path: "/v1/payroll/{id}", Tags: tag,
		Summary: "Make a payroll file",
		Description: "It has the approved timesheets that lie whole within the days, and adjustment lines for what came to, or went from, timesheets of earlier files, whatever their days. They are exported by the same commit. " +
			"The id is 32 random hexadecimal digits of the caller's: sent again it is the same file, and nothing is paid twice; with other days it is 409." + payrollNeeds,
	}, s.exportPayroll)
	s.serve(h, huma.Operation{
		OperationID: "get-payroll-file", Method: http.MethodGet, Path: "/v1/payroll/{id}", Tags: tag,
		Summary:     "Get a payroll file, always with the same bytes",
		Description: "A line is of one person, or of a helper who worked with them, a day and a sort of time: raw_seconds exactly, and paid_seconds as it is rounded." + payrollNeeds,
		Parameters: []*huma.Param{
			inPath("id", "Of the file."),
			{Name: "format", In: "query", Description: "json when absent.", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"json", "csv"}}},
		},
		Responses: map[string]*huma.Response{"200": {
			Description: "The file", Content: map[string]*huma.MediaType{
				mediaJSON: {Schema: &huma.Schema{Type: huma.TypeObject}}, "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
			},
			Headers: map[string]*huma.Param{"ETag": {Description: "Its content hash.", Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, s.payrollFile)
}

func payrollOf(p model.Payroll) PayrollFile {
	return PayrollFile{
		ID: p.ID, From: p.From.String(), To: p.To.String(), Made: moment(p.Made), By: p.By, Rounding: p.Rounding, Hash: hashText(p.Hash),
		Regular: p.Regular, Adjusted: p.Adjusted, Lines: p.Lines, Repeat: p.Repeat, Waiting: p.Waiting,
	}
}

func (s *service) exportPayroll(ctx context.Context, c model.Caller, in *struct {
	ID   model.BatchID `path:"id" doc:"Drawn by the caller."`
	Body PayrollDays
},
) (*payrollOutput, error) {
	from, to, err := daysOf("body", in.Body.From, in.Body.To)
	if err != nil {
		return nil, err
	}
	p, err := s.office.ExportPayroll(ctx, c, in.ID, from, to, in.Body.DryRun)
	return &payrollOutput{payrollOf(p)}, err
}

func (s *service) payrollFile(c *call) error {
	var id model.BatchID
	if err := id.UnmarshalText([]byte(c.param("id"))); err != nil {
		return problem.New("not_found", "")
	}
	format := cmp.Or(c.query["format"], "json")
	if format != "json" && format != "csv" {
		return problem.New("bad_request", "", problem.Fault{Location: "query.format", Message: "want json or csv"})
	}
	text, head, err := s.office.PayrollFile(c, c.Caller, id, format != "csv")
	if err != nil {
		return err
	}
	tag := `"` + hashText(head.Hash) + "-" + format + `"`
	c.w.Header().Set("ETag", tag)
	if listed(c.r.Header.Values("If-None-Match"), tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	media := mediaJSON
	if format == "csv" {
		media = "text/csv; charset=utf-8"
		c.w.Header().Set("Content-Disposition", `attachment; filename="payroll-`+head.From.String()+`.csv"`)
	}
	c.w.Header().Set("Content-Type", media)
	c.w.WriteHeader(http.StatusOK)
	c.w.Write(text)
	return nil
}
