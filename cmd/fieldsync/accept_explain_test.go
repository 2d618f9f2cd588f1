package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/portal"
)

// oversight is the demonstration's company beside what the device of each of its people was really sent: the real client,
// over a real socket. What is compared with it is only what the API says.
type oversight struct {
	t       *testing.T
	d       *demoServer
	table   *model.Table
	users   []web.User
	all     []fields                             // every record, as a document
	devices map[string]map[model.RecordID]fields // by login: what the device shows
}

// overseeDemo makes the company, with what it lacks of rules, and lets everybody's device fetch what it is sent.
func overseeDemo(t *testing.T) *oversight {
	t.Helper()
	o := &oversight{t: t, d: serveDemo(t, shortDir(t)), devices: map[string]map[model.RecordID]fields{}}
	o.widen()
	var err error
	o.table, err = o.d.engine.Table(t.Context(), o.d.mark.Company)
	check(t, err)
	for name, all := range o.d.snapshot(t) {
		if name != "" {
			o.all = append(o.all, all...)
		}
	}
	check(t, o.d.operator.do(t.Context(), http.MethodGet, path("tenants", demoTenant, "users"), nil, &o.users))
	for _, u := range o.users {
		o.devices[u.Login] = o.fetch(u)
	}
	return o
}

// widen adds fields of secret classes, labels and levels that the company's files do not have.
func (o *oversight) widen() {
	o.t.Helper()
	for i, def := range []fields{
		{"extends": model.Jobs, "name": "margin", "class": "price"},
		{"extends": model.Jobs, "name": "gate", "class": "work"},
		{"extends": model.Jobs, "name": "bonus", "class": "internal"},
		{"extends": model.JobCards, "name": "owner", "class": "customer"},
	} {
		def["number"], def["type"], def["limit"] = int(model.FirstCustomField)+1000*i+17, model.TypeText, 100
		o.ask(http.MethodPost, "/v1/field_definitions", def, nil)
	}
	all := o.d.snapshot(o.t)
	for i, job := range all["jobs"] {
		id, _ := job["id"].(string)
		if i%3 == 0 {
			o.ask(http.MethodPatch, "/v1/jobs/"+id, fields{"custom": fields{"margin": "12", "gate": "4711", "bonus": "7"}}, nil)
			o.ask(http.MethodPost, "/v1/job_commercials", fields{"job": id}, nil)
		}
		o.ask(http.MethodPost, "/v1/notes", fields{"job": id, "text": []string{officeOnly, "for some", "for some"}[i%3], "audience": []string{"internal", "field", "client"}[i%3]}, nil)
	}
	for i, card := range all["job_cards"] {
		if id, _ := card["id"].(string); i%4 == 0 {
			o.ask(http.MethodPatch, "/v1/job_cards/"+id, fields{"custom": fields{"owner": "Harbour Hotel"}}, nil)
		}
	}
	for login, change := range map[string]web.LevelsChange{
		"dan@fieldsync.example": {Set: "mobile", Levels: map[string]string{"customers": "read-only", "invoices": "read-only"}},
		"pia@fieldsync.example": {Set: "web", Levels: map[string]string{"customers": "none", "timesheets": "none", "shifts": "none"}},
		"cal@fieldsync.example": {Set: "mobile", Levels: map[string]string{"customers": "hidden"}},
	} {
		check(o.t, o.d.operator.do(o.t.Context(), http.MethodPut, path("tenants", demoTenant, "users", login, "levels"), change, nil))
	}
	o.ask(http.MethodPatch, "/v1/settings", fields{"hidden_job_card": "address_on_travel"}, nil)
}

// ask asks the API as Amy, who sees everything.
func (o *oversight) ask(method, at string, body, out any) {
	o.t.Helper()
	text, err := json.Marshal(body)
	check(o.t, err)
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.d.address+at, strings.NewReader(string(text)))
	check(o.t, err)
	r.Header.Set("Authorization", "Bearer "+o.d.mark.Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	check(o.t, err)
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	check(o.t, err)
	if answer.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %s", method, at, text)
	}
	if out != nil {
		check(o.t, json.Unmarshal(text, out))
	}
}

// fetch lets somebody's device come, and reads its replica.
func (o *oversight) fetch(u web.User) map[model.RecordID]fields {
	o.t.Helper()
	if u.Kind == model.Portal.String() {
		return o.visit(u)
	}
	s, err := openStation(stationSettings{
		server: o.d.address, tenant: demoTenant, login: u.Login, dir: shortDir(o.t), label: "device", platform: "android", log: slog.New(slog.DiscardHandler),
	})
	check(o.t, err)
	defer func() { check(o.t, s.close()) }()
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	go s.follow(ctx)
	if err := s.signIn(ctx, o.d.mark.Password, ""); err != nil {
		o.t.Fatalf("%s signs in: %v", u.Login, err)
	}
	check(o.t, s.until(ctx, s.settled))
	out := map[model.RecordID]fields{}
	for _, spec := range o.table.Specs() {
		all, err := s.List(spec.No, model.RecordID{})
		check(o.t, err)
		for _, r := range all {
			out[r.ID] = o.document(&model.Shown{Row: r.Row})
		}
	}
	return out
}

// visit lets a client come in by the portal, and reads what they are sent.
func (o *oversight) visit(u web.User) map[model.RecordID]fields {
	o.t.Helper()
	b := &backEnd{t: o.t, base: o.d.address}
	b.key, _ = b.do(200, "POST", portal.Base+"/sign-in", fields{"tenant": demoTenant, "login": u.Login, "password": o.d.mark.Password})["token"].(string)
	out := map[model.RecordID]fields{}
	for since, complete := "", false; !complete; {
		var page portal.Updates
		check(o.t, json.Unmarshal(b.send(200, "GET", portal.Base+"/updates?since="+since, nil).body, &page))
		for _, c := range page.Changed {
			if out[c.ID] == nil {
				out[c.ID] = fields{"id": c.ID.String()}
			}
			for name, raw := range c.Fields {
				var value any
				check(o.t, json.Unmarshal(raw, &value))
				own, custom := strings.CutPrefix(name, document.KeyCustom+".")
				switch {
				case value == nil:
				case custom:
					if out[c.ID][document.KeyCustom] == nil {
						out[c.ID][document.KeyCustom] = fields{}
					}
					out[c.ID][document.KeyCustom].(fields)[own] = value
				default:
					out[c.ID][name] = value
				}
			}
		}
		since, complete = page.Cursor, page.Complete
	}
	return out
}

// document is what a device shows of a record in the API's words.
func (o *oversight) document(r *model.Shown) (out fields) {
	o.t.Helper()
	check(o.t, json.Unmarshal(document.Append(nil, o.table, r, nil), &out))
	return out
}

// namesIn is the names of a document's fields, a company's own as custom.NAME.
func namesIn(doc fields) (out []string) {
	for name, value := range doc {
		switch name {
		case document.KeyID, document.KeyCreated, document.KeyUpdated, "collection":
		case document.KeyCustom:
			for own := range value.(map[string]any) {
				out = append(out, document.KeyCustom+"."+own)
			}
		default:
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// explained compares what is explained with what the devices have, for every user and record and field; it says the first
// thing that is not so, and which rules decided how often.
func (o *oversight) explained() (wrong string, rules map[string]int) {
	rules = map[string]int{}
	for _, u := range o.users {
		for _, doc := range o.all {
			var id model.RecordID
			check(o.t, id.UnmarshalText([]byte(doc["id"].(string))))
			var e api.Explanation
			o.ask(http.MethodGet, "/v1/users/"+u.ID.String()+"/explain?record="+id.String(), nil, &e)
			have, there := o.devices[u.Login][id]
			rules[fmt.Sprintf("%s %v", e.Rule, e.Allow)]++
			if e.Allow != there || e.Text == "" || e.Collection != doc["collection"] {
				return fmt.Sprintf("%s, %s %s: explained as %+v, the device has it: %v", u.Login, doc["collection"], id, e.Reason, there), rules
			}
			var told, shown []string
			for _, f := range e.Fields {
				told = append(told, f.Field)
				if f.Allow {
					shown = append(shown, f.Field)
				} else if there {
					rules["field "+f.Rule]++
				}
			}
			slices.Sort(told)
			slices.Sort(shown)
			if !slices.Equal(told, namesIn(doc)) || !slices.Equal(shown, namesIn(have)) {
				return fmt.Sprintf("%s, %s %s: explained %v of %v, the device has %v of %v", u.Login, doc["collection"], id, shown, told, namesIn(have), namesIn(doc)), rules
			}
		}
	}
	return "", rules
}

// viewed compares what view-as shows of somebody with what their device has: the same records, and in them the same.
func (o *oversight) viewed() (wrong string) {
	for _, u := range o.users {
		have := maps.Clone(o.devices[u.Login])
		for _, spec := range o.table.Specs() {
			for next := ""; ; {
				var page api.View
				o.ask(http.MethodGet, "/v1/users/"+u.ID.String()+"/view"+query("collection", spec.Name, "limit", "37", "after", next), nil, &page)
				for _, doc := range page.Items {
					var id model.RecordID
					check(o.t, id.UnmarshalText([]byte(doc["id"].(string))))
					delete(doc, document.KeyCreated)
					delete(doc, document.KeyUpdated)
					if a, b := asText(o.t, doc), asText(o.t, have[id]); a != b {
						return fmt.Sprintf("%s, %s: the view shows %s, the device %s", u.Login, spec.Name, a, b)
					}
					delete(have, id)
				}
				if next = page.Next; next == "" {
					break
				}
			}
		}
		if len(have) > 0 {
			return fmt.Sprintf("%s: %d records of the device are not in the view", u.Login, len(have))
		}
	}
	return ""
}

// TestW49_ExplainAgreesWithTheDevices: for every user, record and field of the demonstration's company, what is explained
// is what the device was sent (domain V18), and so is what view-as shows.
func TestW49_ExplainAgreesWithTheDevices(t *testing.T) {
	t.Parallel()
	spare(t)
	o := overseeDemo(t)
	wrong, rules := o.explained()
	if wrong != "" {
		t.Error(wrong)
	}
	if wrong := o.viewed(); wrong != "" {
		t.Error(wrong)
	}
	for _, rule := range []string{"level false", "setting false", "assignment true", "assignment false", "audience false", "owner true", "field class", "field level"} {
		if rules[rule] == 0 {
			t.Errorf("no decision is by %s, of %v", rule, rules)
		}
	}
	t.Logf("%d users, %d records: %v", len(o.users), len(o.all), rules)
}
