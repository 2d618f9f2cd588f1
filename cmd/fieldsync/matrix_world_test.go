package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// item is a record, or a field of one, of a row of the tables, with what decides for whom it is.
type item struct {
	row    string
	id     model.RecordID
	coll   model.Collection
	field  model.FieldNo // 0: the record
	on     []string      // who is assigned to the job it belongs to; of a person: who works with them
	by     string        // who made it, or whom it is about
	firms  []string      // companies outside that it belongs to
	parent model.RecordID
}

// fits says whether an item is one of those that a word of a cell means, for somebody of a company outside.
func (x item) fits(word, who, company string) bool {
	switch word {
	case "all":
		return true
	case "assigned":
		return slices.Contains(x.on, who)
	case "own":
		return x.by == who
	case "company":
		return company != "" && slices.Contains(x.firms, company)
	default:
		return false
	}
}

// player is somebody of the tables at their device, or, of a client, before the portal.
type player struct {
	castMember
	user  model.UserID
	h     *handset
	wire  *wire // nil: their device is not connected
	l     ledger
	shown map[model.RecordID]map[model.FieldNo]bool // of each record that came, the fields that have a value
	job   *place                                    // one that is assigned to them
}

// playground is a company with records on each side of every line of the tables.
type playground struct {
	*stage
	amy     *clerk
	people  map[string]*player
	items   map[string][]item
	firms   map[string]string // the companies outside: name → id
	made    int
	logins  map[string]string // name → login
	crowded *place            // the job that several work on
	gone    map[model.RecordID]bool
}

// place is a job with what belongs to it.
type place struct {
	job, customer, site, otherSite string
	on                             []string
	firms                          []string
}

// openPlayground makes the company of the tables and its people, and lets their devices fetch what they are sent.
func openPlayground(t *testing.T, m *matrix) *playground {
	t.Helper()
	g := &playground{stage: openStage(t, brisk), people: map[string]*player{}, items: map[string][]item{}, firms: map[string]string{}, logins: map[string]string{}, gone: map[model.RecordID]bool{}}
	g.amy = g.clerk("acme", "amy")
	for _, name := range []string{"Sub Ltd", "Rival Ltd", "Client Ltd", "Branch of Client Ltd"} {
		g.firms[name] = g.makes("customers", fields{"name": name})
	}
	g.amy.want(200, "", "PATCH", "/v1/customers/"+g.firms["Branch of Client Ltd"], fields{"group": g.firms["Client Ltd"]}, nil)
	for _, p := range m.people {
		g.hire(p)
	}
	for _, c := range m.cells {
		if c.perms != nil {
			g.hireOffice(c)
		}
	}
	g.settle(m)
	for _, p := range g.people {
		p.settle(g)
	}
	return g
}

// hire adds somebody of the table of people.
func (g *playground) hire(c castMember) {
	g.t.Helper()
	login := strings.NewReplacer(" ", "-", ",", "").Replace(c.name)
	sets, err := access.DefaultSets(c.kind).With(access.Mobile, c.levels)
	check(g.t, err)
	if c.kind == model.Portal {
		sets = access.DefaultSets(c.kind)
	}
	g.addUser("acme", login, c.kind, sets)
	g.logins[c.name] = login
	p := &player{castMember: c, user: g.users[login+"@acme"]}
	if c.company != "" {
		g.amy.want(200, "", "PUT", "/v1/users/"+p.user.String()+"/company", fields{"company": g.firms[c.company]}, nil)
	}
	g.people[c.name] = p
}

// hireOffice adds somebody of the office who may everything, but for what a row names.
func (g *playground) hireOffice(c matrixCell) {
	g.t.Helper()
	if g.people[c.who] != nil {
		return
	}
	sets := access.RoleSets(access.Admin)
	for _, name := range c.perms {
		e, _ := access.Lookup(access.Web, name)
		sets.Web[e.Permission] = c.level
	}
	login := strings.NewReplacer(" ", "-", "+", "-", ",", "").Replace(c.who)
	g.addUser("acme", login, model.Desktop, sets)
	g.logins[c.who] = login
	g.people[c.who] = &player{castMember: castMember{name: c.who, kind: model.Desktop}, user: g.users[login+"@acme"]}
}

// makes makes a record as the office does, and gives its id.
func (g *playground) makes(collection string, body fields) string {
	g.t.Helper()
	var out fields
	g.amy.want(201, "", "POST", "/v1/"+collection, body, &out)
	return out["id"].(string)
}

// add notes an item of a row.
func (g *playground) add(row, id, collection, field string, x item) {
	g.t.Helper()
	spec, ok := builtin().Named(collection)
	if !ok {
		g.t.Fatalf("no collection %q", collection)
	}
	x.row, x.id, x.coll = row, recordOfID(g.t, id), spec.No
	if field != "" {
		f, ok := spec.Named(field)
		if !ok {
			g.t.Fatalf("no field %s.%s", collection, field)
		}
		x.field = f.No
	}
	g.items[row] = append(g.items[row], x)
}

// file is the metadata of a file that nobody else has.
func (g *playground) file(job, audience string, bearing bool) fields {
	g.made++
	sum := sha256.Sum256([]byte(fmt.Sprint("file ", g.made)))
	return fields{"job": job, "kind": "document", "hash": hex.EncodeToString(sum[:]), "audience": audience, "customer_bearing": bearing}
}

// newPlace is a customer with sites, assets and somebody to ask for.
func (g *playground) newPlace(customer string, on []string, firms ...string) *place {
	g.t.Helper()
	p := &place{customer: customer, on: on, firms: firms}
	if customer == "" {
		p.customer = g.makes("customers", fields{"name": "A customer"})
	}
	g.add("customers", p.customer, "customers", "", item{on: on, firms: firms})
	p.site = g.makes("sites", fields{"customer": p.customer, "name": "Yard"})
	g.add("sites", p.site, "sites", "", item{on: on, firms: firms})
	p.otherSite = g.makes("sites", fields{"customer": p.customer, "name": "Other yard"})
	g.add("sites", p.otherSite, "sites", "", item{firms: firms})
	g.add("contacts", g.makes("contacts", fields{"customer": p.customer, "name": "Boss"}), "contacts", "", item{firms: firms})
	asset := g.makes("assets", fields{"site": p.site, "name": "Boiler"})
	g.add("assets at the site of a job", asset, "assets", "", item{on: on, firms: firms})
	return p
}

// newJob is a job at a place, given to people and companies, with all that the office hangs on it. companies are those
// that it is given to as such; whoever works for one gives it to theirs.
func (g *playground) newJob(p *place, companies ...string) {
	g.t.Helper()
	named := g.makes("assets", fields{"site": p.otherSite, "name": "Pump"})
	g.add("assets that a job names", named, "assets", "", item{on: p.on, firms: slices.Clone(p.firms)})
	g.made++
	p.job = g.makes("jobs", fields{
		"title": "Service", "description": "All of it.", "client_title": "Your service", "customer": p.customer, "site": p.site, "asset": named,
		"order_number": "PO 7", "external_id": fmt.Sprint("erp ", g.made),
	})
	for _, c := range companies {
		p.firms = append(p.firms, c)
		g.add("assignments", g.makes("assignments", fields{"job": p.job, "company": g.firms[c]}), "assignments", "", item{firms: []string{c}})
	}
	for _, who := range p.on {
		x := item{by: who}
		if c := g.people[who].company; c != "" {
			p.firms, x.firms = append(p.firms, c), []string{c}
		}
		g.add("assignments", g.makes("assignments", fields{"job": p.job, "user": g.people[who].user.String()}), "assignments", "", x)
	}
	x := item{on: p.on, firms: p.firms}
	for row, field := range map[string]string{
		"jobs": "", "jobs: description": "description", "jobs: title for the client": "client_title", "jobs: what the office calls it": "external_id",
	} {
		g.add(row, p.job, "jobs", field, x)
	}
	for _, field := range []string{"customer", "site", "asset", "order_number"} {
		g.add("jobs: whose it is, and where", p.job, "jobs", field, x)
	}
	g.hang(p, x)
}

// hang hangs on a job what the office can.
func (g *playground) hang(p *place, x item) {
	g.t.Helper()
	x.parent = recordOfID(g.t, p.job)
	hang := func(row, collection string, body fields, fieldRows ...string) {
		g.t.Helper()
		body["job"] = p.job
		id := g.makes(collection, body)
		g.add(row, id, collection, "", x)
		for i := 0; i+1 < len(fieldRows); i += 2 {
			g.add(fieldRows[i], id, collection, fieldRows[i+1], x)
		}
	}
	hang("tasks", "tasks", fields{"title": "Clean"})
	hang("job cards", "job_cards", fields{"address": "3 Mill Lane", "customer_name": "A customer"}, "job cards: the customer's name", "customer_name")
	hang("whom to ask for at the site", "job_contacts", fields{"name": "Boss"})
	hang("prices of jobs", "job_commercials", fields{"price": "1.00", "cost": "0.50", "margin": "0.50", "remarks": officeOnly},
		"prices of jobs", "price", "prices of jobs: cost and margin", "cost", "prices of jobs: cost and margin", "margin")
	hang("invoices", "invoices", fields{"number": "1", "total": "1.00"})
	hang("quotes", "quotes", fields{"number": "1", "total": "1.00"})
	hang("invoices shared with the client", "invoices", fields{"number": "2", "total": "1.00", "shared": true}, "invoices shared with the client", "total")
	hang("quotes shared with the client", "quotes", fields{"number": "2", "total": "1.00", "shared": true}, "quotes shared with the client", "total")
	hang("notes of the office, internal", "notes", fields{"text": officeOnly, "audience": "internal"})
	hang("notes for the field", "notes", fields{"text": "x", "audience": "field"})
	hang("notes for the client", "notes", fields{"text": "x", "audience": "client"})
	hang("files, internal", "files", g.file(p.job, "internal", false))
	hang("files for the field", "files", g.file(p.job, "field", false))
	hang("files for the field that show the customer", "files", g.file(p.job, "field", true))
	hang("files for the client", "files", g.file(p.job, "client", false))
	template := g.items["form templates"][0].id.String()
	hang("filled-in forms for the field", "form_submissions", fields{"template": template, "audience": "field"})
	hang("filled-in forms, internal", "form_submissions", fields{"template": template, "audience": "internal"})
}

// settle makes what there is.
func (g *playground) settle(m *matrix) {
	g.t.Helper()
	g.add("form templates", g.makes("form_templates", fields{"name": "Safety", "version": 1}), "form_templates", "", item{})
	for i, class := range []string{"work", "customer"} {
		row := "fields of the company's own"
		if class == "customer" {
			row += ", of customers"
		}
		id := g.makes("field_definitions", fields{
			"extends": model.Jobs, "name": "own_" + class, "class": class, "number": int(model.FirstCustomField) + 1000*i + 17, "type": model.TypeText, "limit": 100,
		})
		g.add(row, id, "field_definitions", "", item{})
	}
	for _, p := range m.people {
		x := item{by: p.name}
		if p.company != "" && p.kind == model.Subcontractor {
			x.firms = []string{p.company}
		}
		if p.kind != model.Portal {
			g.people[p.name].job = g.newPlace("", []string{p.name})
			g.newJob(g.people[p.name].job)
		}
		if strings.HasPrefix(p.name, "engineer") || p.name == "subcontractor" {
			for _, other := range []string{"engineer", "engineer, customers hidden", "subcontractor"} {
				if other != p.name {
					x.on = append(x.on, other)
				}
			}
		}
		if p.name == "engineer, customers read-only" {
			x.on = nil
		}
		g.add("people", g.people[p.name].user.String(), "people", "", x)
		g.add("messages", g.makes("messages", fields{"to": g.people[p.name].user.String(), "text": "hello"}), "messages", "", item{by: p.name})
		g.add("corrections of hours", g.makes("timesheet_corrections", fields{"worker": g.people[p.name].user.String(), "minutes": 5, "reason": "late"}), "timesheet_corrections", "", item{by: p.name})
	}
	g.crowded = g.newPlace("", []string{"engineer", "engineer, customers hidden", "subcontractor"})
	g.newJob(g.crowded)
	g.newJob(g.newPlace("", nil), "Sub Ltd")
	g.newJob(g.newPlace("", nil), "Rival Ltd")
	g.newJob(g.newPlace("", nil))
	g.newJob(g.newPlace(g.firms["Client Ltd"], nil, "Client Ltd"))
	g.newJob(g.newPlace(g.firms["Branch of Client Ltd"], nil, "Client Ltd"))
	for _, c := range m.cells { // people of the office see themselves
		if c.perms != nil && !slices.ContainsFunc(g.items["people"], func(x item) bool { return x.by == c.who }) {
			g.add("people", g.people[c.who].user.String(), "people", "", item{by: c.who})
		}
	}
	g.add("route optimizations", g.makes("optimizations", fields{"name": "Amy's"}), "optimizations", "", item{})
	g.said()
}

// said is what people said and made themselves, at their own devices.
func (g *playground) said() {
	g.t.Helper()
	for _, name := range sortedKeys(g.people) {
		p := g.people[name]
		if p.kind == model.Portal || p.levels["enabled"] == "off" {
			continue
		}
		p.comes(g)
		p.speaks(g)
		p.goes()
	}
	cancelled := g.items["jobs"][len(g.items["jobs"])-1].id.String()
	var stock struct{ Items []fields }
	g.amy.want(200, "", "GET", "/v1/stock", nil, &stock)
	for _, s := range stock.Items {
		g.add("what is left of parts", s["id"].(string), "stock", "", item{})
	}
	g.add("office events", g.makes("office_events", fields{"job": cancelled, "kind": "cancel"}), "office_events", "", item{})
}

// speaks says and makes what somebody can, at their device.
func (p *player) speaks(g *playground) {
	g.t.Helper()
	if p.kind == model.Desktop {
		if strings.Contains(p.name, "optimization") && (strings.HasSuffix(p.name, " full") || strings.HasSuffix(p.name, "edit-own")) {
			p.says(g, "route optimizations", made(model.Optimizations, randomRecord(), textOf(2, p.name)), item{by: p.name})
		}
		return
	}
	job := recordOfID(g.t, p.job.job)
	x := item{on: p.job.on, firms: p.job.firms, by: p.name, parent: job}
	note := func(job model.RecordID) model.Change {
		return made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "x"), textOf(model.NoteAudience, "internal"))
	}
	p.says(g, "notes from the field, internal", note(job), item{on: x.on, by: p.name})
	if slices.Contains(g.crowded.on, p.name) {
		p.says(g, "notes from the field, internal", note(recordOfID(g.t, g.crowded.job)), item{on: g.crowded.on, by: p.name})
	}
	p.says(g, "visit events", made(model.VisitEvents, model.RecordID{}, under(job), textOf(model.VisitEventKind, "accept"), model.Assign{Field: model.VisitEventVisit, Value: model.Int(1)}), x)
	p.says(g, "form drafts", made(model.FormDrafts, randomRecord(), under(job)), item{by: p.name})
	p.says(g, "hours", shift("shift_start"), item{by: p.name})
	p.says(g, "parts that were moved", made(model.PartsMovements, model.RecordID{}, textOf(2, "washer"), model.Assign{Field: 3, Value: model.Int(-1000)}, ref(5, job)), item{by: p.name})
	if p.levels["create_job"] == "on" {
		own := randomRecord()
		p.says(g, "jobs made in the field", made(model.Jobs, own, textOf(model.JobTitle, "Found")), item{by: p.name})
		p.says(g, "own words of a site and a customer", made(model.JobOrigins, randomRecord(), under(own), textOf(model.OriginSite, "behind the mill")), item{by: p.name})
	}
}

// comes connects their device, which fetches what was committed until now.
func (p *player) comes(g *playground) {
	g.t.Helper()
	if p.h == nil {
		p.h = g.handset("acme", g.logins[p.name])
	}
	p.wire = p.h.connect()
	p.l.resume(p.wire)
}

// goes ends their connection: who only listened would cost the others' attempts more than their own.
func (p *player) goes() {
	_ = p.wire.conn.Close(protocol.CodeNone, "")
	p.wire = nil
}

// says pushes something that must be taken, and notes it.
func (p *player) says(g *playground, row string, c model.Change, x item) {
	g.t.Helper()
	if a := p.l.push(p.wire, c); !a[0].Outcome.In() {
		g.t.Fatalf("%s: %s of %s: %s, reason %d", p.name, row, p.job.job, a[0].Outcome, a[0].Reason)
	}
	x.row, x.id, x.coll = row, c.Record, c.Collection
	g.items[row] = append(g.items[row], x)
}

// settle keeps what somebody is shown: by what came over their socket; a client's, by what the portal's view is made of.
func (p *player) settle(g *playground) {
	g.t.Helper()
	p.shown = map[model.RecordID]map[model.FieldNo]bool{}
	switch {
	case p.kind == model.Portal:
		p.looks(g)
		return
	case p.levels["enabled"] == "off":
		return
	}
	p.comes(g)
	p.goes()
	for _, page := range p.l.pages {
		if len(page.Body) == 0 {
			continue
		}
		body, err := protocol.DecodePageBody(page.Body, page.Compressed)
		check(g.t, err)
		if len(body.Masks) > 0 {
			g.t.Fatalf("%s is masked, and nobody's rights have changed", p.name)
		}
		for _, id := range body.Retracts {
			delete(p.shown, id)
		}
		for _, row := range body.Rows {
			if p.shown[row.ID] == nil {
				p.shown[row.ID] = map[model.FieldNo]bool{}
			}
			for _, f := range row.Fields {
				p.shown[row.ID][f.Field] = !f.Value.IsNull()
			}
		}
	}
}

// looks asks what a client is shown.
func (p *player) looks(g *playground) {
	g.t.Helper()
	for _, spec := range builtin().Specs() {
		for next := ""; ; {
			var page api.View
			g.amy.want(http.StatusOK, "", http.MethodGet, "/v1/users/"+p.user.String()+"/view"+query("session", "portal", "collection", spec.Name, "after", next), nil, &page)
			for _, doc := range page.Items {
				id := recordOfID(g.t, doc["id"])
				p.shown[id] = map[model.FieldNo]bool{}
				for name, v := range doc {
					if f, ok := spec.Named(name); ok {
						p.shown[id][f.No] = v != nil
					}
				}
			}
			if next = page.Next; next == "" {
				break
			}
		}
	}
}

// has says whether somebody's device was given an item.
func (p *player) has(x item) bool {
	shown, ok := p.shown[x.id]
	return ok && (x.field == 0 || shown[x.field])
}
