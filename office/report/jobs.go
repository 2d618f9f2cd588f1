package report

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What rows may be.
const (
	ByDay      = "day"
	ByWeek     = "week"
	ByMonth    = "month"
	ByPerson   = "person"
	ByCustomer = "customer"
)

// Ways are all of them.
func Ways() []string { return []string{ByDay, ByWeek, ByMonth, ByPerson, ByCustomer} }

// Instants that a job may count by.
const (
	Planned   = "planned"
	Created   = "created"
	Completed = "completed"
)

// Instants are all of them.
func Instants() []string { return []string{Planned, Created, Completed} }

// Config says what is counted.
type Config struct {
	Client   *office.Client
	From, To time.Time      // days in Zone, of which only the date counts; To is not in it
	Zone     *time.Location // required
	By       string         // one of Ways; empty: by day
	On       string         // one of Instants; empty: planned
}

// Table is a report.
type Table struct {
	Columns []string
	Rows    [][]sheet.Cell
}

// Errors of a report.
var (
	ErrWindow    = errors.New("a report is of at least a day, and of at most ten years")
	ErrBy        = errors.New("a report has rows by day, week, month, person or customer")
	ErrOn        = errors.New("a job counts by when it is planned, was created or was completed")
	ErrCustomers = errors.New("no customers are to be seen: a report by customer needs the level of web.customers, and a key its scope")
)

// maxDays bounds a report.
const maxDays = 3653

// count is one row while jobs are counted.
type count struct {
	sort    string
	name    []sheet.Cell
	jobs    int64
	minutes int64
	states  []int64
}

// counter counts.
type counter struct {
	Config
	from, to time.Time
	states   []string
	rows     map[string]*count
	customer map[string][]sheet.Cell // by id
	person   map[string][]sheet.Cell
	workers  map[string][]string // by job
}

// job is as much of one as is counted.
type job struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Start     time.Time `json:"window_start"`
	Completed time.Time `json:"completed"`
	Created   time.Time `json:"created_at"`
	Minutes   int64     `json:"planned_minutes"`
	Customer  string    `json:"customer"`
}

// Jobs makes the report.
func Jobs(ctx context.Context, cfg Config) (*Table, error) {
	c := &counter{Config: cfg, rows: map[string]*count{}, workers: map[string][]string{}}
	c.By, c.On = cmp.Or(cfg.By, ByDay), cmp.Or(cfg.On, Planned)
	c.from, c.to = midnight(cfg.From, cfg.Zone), midnight(cfg.To, cfg.Zone)
	switch days := c.to.Sub(c.from).Hours() / 24; {
	case days < 0.5 || days > maxDays:
		return nil, ErrWindow
	case !slices.Contains(Ways(), c.By):
		return nil, ErrBy
	case !slices.Contains(Instants(), c.On):
		return nil, ErrOn
	}
	c.states = statuses()
	if err := c.know(ctx); err != nil {
		return nil, err
	}
	c.periods()
	for d, err := range c.Client.List(ctx, "jobs", c.query()) {
		var j job
		if err == nil {
			err = json.Unmarshal(d, &j)
		}
		if err != nil {
			return nil, fmt.Errorf("read the jobs: %w", err)
		}
		c.count(&j)
	}
	return c.table(), nil
}

// midnight is the first instant of a day, also where clocks are changed over midnight.
func midnight(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	t := time.Date(y, m, d, 12, 0, 0, 0, zone).Add(-16 * time.Hour)
	for {
		y, m, d := t.Date()
		if !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(want) {
			return t
		}
		t = t.Add(15 * time.Minute) // offsets are multiples of it
	}
}

// statuses are what a job's may be, in their order.
func statuses() []string {
	for _, spec := range model.Builtin() {
		for _, f := range spec.Fields {
			if spec.No == model.Jobs && f.No == model.JobStatus {
				return f.Options
			}
		}
	}
	return nil
}

// query asks for the jobs of the window, as far as the server can tell.
func (c *counter) query() url.Values {
	q := url.Values{"fields": {"status,window_start,completed,planned_minutes,customer"}}
	if field := map[string]string{Planned: "window_start", Completed: "completed"}[c.On]; field != "" {
		q.Set(field+"[from]", c.from.UTC().Format(time.RFC3339))
		q.Set(field+"[below]", c.to.UTC().Format(time.RFC3339))
	}
	return q
}

// know reads who and what rows are called.
func (c *counter) know(ctx context.Context) (err error) {
	switch c.By {
	case ByCustomer:
		c.customer, err = c.names(ctx, "customers")
		if err == nil && len(c.customer) == 0 {
			return ErrCustomers
		}
	case ByPerson:
		if c.person, err = c.names(ctx, "people"); err != nil {
			return err
		}
		users, err := c.Client.Users(ctx)
		var no *office.Refusal
		if err != nil && !errors.As(err, &no) { // who may not see logins has ids
			return fmt.Errorf("read the company's users: %w", err)
		}
		for _, u := range users {
			c.person[u.ID.String()] = []sheet.Cell{{Text: u.Login}, {Text: u.Name}}
		}
		for d, err := range c.Client.List(ctx, "assignments", url.Values{"fields": {"job,user,state"}}) {
			var a struct{ Job, User, State string }
			if err == nil {
				err = json.Unmarshal(d, &a)
			}
			if err != nil {
				return fmt.Errorf("read whom jobs are assigned to: %w", err)
			}
			if a.State != "withdrawn" && a.State != "declined" && !slices.Contains(c.workers[a.Job], a.User) {
				c.workers[a.Job] = append(c.workers[a.Job], a.User)
			}
		}
	}
	return err
}

// names reads what the records of a collection are called: here, elsewhere and by people.
func (c *counter) names(ctx context.Context, collection string) (map[string][]sheet.Cell, error) {
	out := map[string][]sheet.Cell{}
	for d, err := range c.Client.List(ctx, collection, url.Values{"fields": {"name,external_id"}}) {
		var x struct {
			ID, Name string
			External string `json:"external_id"`
		}
		if err == nil {
			err = json.Unmarshal(d, &x)
		}
		if err != nil {
			return nil, fmt.Errorf("read the %s: %w", collection, err)
		}
		out[x.ID] = []sheet.Cell{{Text: cmp.Or(x.External, x.ID)}, {Text: x.Name}}
	}
	return out, nil
}

// periods makes the rows of a report by time, also those in which nothing happens.
func (c *counter) periods() {
	if c.person != nil || c.customer != nil {
		return
	}
	for day := c.from; day.Before(c.to); {
		c.row(c.period(day))
		y, m, d := day.Date()
		day = midnight(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), c.Zone)
	}
}

// period is the row of an instant in a report by time.
func (c *counter) period(at time.Time) (string, []sheet.Cell) {
	at = at.In(c.Zone)
	label := at.Format(time.DateOnly)
	switch c.By {
	case ByWeek:
		year, week := at.ISOWeek()
		label = fmt.Sprintf("%04d-W%02d", year, week)
	case ByMonth:
		label = at.Format("2006-01")
	}
	return label, []sheet.Cell{{Text: label}}
}

func (c *counter) row(sort string, name []sheet.Cell) *count {
	if c.rows[sort] == nil {
		c.rows[sort] = &count{sort: sort, name: name, states: make([]int64, len(c.states))}
	}
	return c.rows[sort]
}

// count counts a job in its row, or its rows.
func (c *counter) count(j *job) {
	at := map[string]time.Time{Planned: j.Start, Created: j.Created, Completed: j.Completed}[c.On]
	if at.IsZero() || at.Before(c.from) || !at.Before(c.to) {
		return
	}
	switch c.By {
	case ByCustomer:
		c.row(named(j.Customer, c.customer, "(no customer)")).add(j, c.states)
	case ByPerson:
		for _, user := range c.workers[j.ID] {
			c.row(named(user, c.person, "")).add(j, c.states)
		}
		if len(c.workers[j.ID]) == 0 {
			c.row(named("", nil, "(nobody)")).add(j, c.states)
		}
	default:
		c.row(c.period(at)).add(j, c.states)
	}
}

// named is the row of a record, sorted by name; those of none come last.
func named(id string, names map[string][]sheet.Cell, none string) (string, []sheet.Cell) {
	if id == "" {
		return "\xff", []sheet.Cell{{}, {Text: none}}
	}
	if cells, ok := names[id]; ok {
		return cells[1].Text + "\x00" + id, cells
	}
	return id, []sheet.Cell{{Text: id}, {}}
}

func (r *count) add(j *job, states []string) {
	r.jobs++
	r.minutes += j.Minutes
	if i := slices.Index(states, j.Status); i >= 0 {
		r.states[i]++
	}
}

// table is the rows in their order.
func (c *counter) table() *Table {
	t := &Table{Columns: map[string][]string{
		ByDay: {"day"}, ByWeek: {"week"}, ByMonth: {"month"}, ByPerson: {"person", "name"}, ByCustomer: {"customer", "name"},
	}[c.By]}
	t.Columns = append(append(t.Columns, "jobs", "planned_minutes"), c.states...)
	rows := make([]*count, 0, len(c.rows))
	for _, r := range c.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b *count) int { return cmp.Compare(a.sort, b.sort) })
	number := func(n int64) sheet.Cell { return sheet.Cell{Text: strconv.FormatInt(n, 10), Kind: sheet.Number} }
	for _, r := range rows {
		cells := append(slices.Clone(r.name), number(r.jobs), number(r.minutes))
		for _, n := range r.states {
			cells = append(cells, number(n))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// Objects is the report as a list of objects by column, for JSON.
func (t *Table) Objects() []map[string]any {
	out := make([]map[string]any, 0, len(t.Rows))
	for _, row := range t.Rows {
		o := map[string]any{}
		for i, c := range row {
			o[t.Columns[i]] = c.Text
			if n, err := strconv.ParseInt(c.Text, 10, 64); err == nil && c.Kind == sheet.Number {
				o[t.Columns[i]] = n
			}
		}
		out = append(out, o)
	}
	return out
}
