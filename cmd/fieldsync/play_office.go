package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// What the office does, over its API.

// doc is a record as the API has it.
type doc map[string]any

// operation is one of a bulk request, with its fields still to be encoded.
type operation struct {
	Op, Collection string
	ID             string
	Fields         doc
}

func creation(collection string, fields doc) operation {
	return operation{Op: "create", Collection: collection, Fields: fields}
}

// bulk does some things, and returns the ids of the records. What is not done is an error: the server's *office.Refusal.
func (p *play) bulk(by *office.Client, whole bool, ops ...operation) (ids []model.RecordID, err error) {
	ask := office.Bulk{Atomic: whole}
	for _, o := range ops {
		one := office.Operation{Op: o.Op, Collection: o.Collection, ID: o.ID}
		if o.Fields != nil {
			if one.Fields, err = json.Marshal(o.Fields); err != nil {
				return nil, err
			}
		}
		ask.Operations = append(ask.Operations, one)
	}
	done, err := by.Bulk(p.ctx, ask)
	if err != nil {
		return nil, err
	}
	for _, r := range done {
		if r.Problem != nil {
			return nil, r.Problem
		}
		var id model.RecordID
		if err := id.UnmarshalText([]byte(r.ID)); err != nil {
			return nil, fmt.Errorf("the id of a %s: %w", r.Status, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// company makes the people of the company, each with what they need to sign in: at a desk a key of the API, in the field a
// password. The company's administrator is there already, and is the first one that the story names.
func (p *play) company(s *script.Step) (string, error) {
	var secret secret
	if _, err := secret.read(nil); err != nil {
		return "", err
	}
	var told []string
	for _, who := range s.Arg(script.People, 0).People {
		m := &member{Member: who, login: strings.ToLower(who.Name) + "@" + p.tenant + ".example", password: secret.password}
		p.members[who.Name] = m
		if who.Role == "administrator" && !slices.Contains(slices.Collect(maps.Values(p.desks)), p.chief) {
			users, err := p.chief.Users(p.ctx)
			if err != nil {
				return "", err
			}
			m.id, m.login, p.desks[who.Name] = users[0].ID, users[0].Login, p.chief
		} else if err := p.add(m); err != nil {
			return "", fmt.Errorf("add %s: %w", who.Name, err)
		}
		told = append(told, who.Name+" signs in as "+m.login)
	}
	return strings.Join(told, ", "), nil
}

// add makes somebody of the company.
func (p *play) add(m *member) error {
	kind, role := model.Mobile, ""
	switch {
	case script.InOffice(m.Role):
		kind, role = model.Desktop, strings.TrimSuffix(m.Role, "istrator") // an admin, as the API says
	case m.Role == "subcontractor":
		kind = model.Subcontractor
	case m.Role == "client":
		kind = model.Portal
	}
	added, err := p.chief.AddUser(p.ctx, office.NewUser{Login: m.login, Name: m.Name, Kind: kind.String(), Role: role, Password: m.password})
	if err != nil || kind != model.Desktop {
		m.id = added.ID
		return err
	}
	m.id = added.ID
	var key api.MadeKey
	if err := p.chief.Do(p.ctx, http.MethodPost, office.Path("keys"), api.NewKey{Name: m.Name, Scopes: model.AllScopes(), User: m.id}, &key); err != nil {
		return fmt.Errorf("a key of the API: %w", err)
	}
	p.desks[m.Name], err = office.New(office.Config{Base: p.server, Key: key.Text})
	return err
}

// desk is the office's API as somebody of it.
func (p *play) desk(name string) *office.Client { return p.desks[name] }

// by is the desk of the first person of a sentence.
func (p *play) by(s *script.Step) *office.Client { return p.desk(s.Arg(script.Person, 0).Person) }

func (p *play) customer(s *script.Step) (string, error) {
	name, address := s.Arg(script.Customer, 0).Text, s.Arg(script.Text, 0).Text
	ids, err := p.bulk(p.chief, false, creation("customers", doc{"name": name, "phone": fmt.Sprintf("028 90%d", 100000+len(p.records)), "account": "A-" + name}))
	if err != nil {
		return "", err
	}
	p.made(name, ids[0])
	if ids, err = p.bulk(p.chief, false, creation("sites", doc{"customer": p.records[name], "name": name, "address": address})); err == nil {
		p.sites[name] = ids[0]
	}
	return "", err
}

func (p *play) customers(s *script.Step) (string, error) {
	var ops []operation
	for i := range s.Arg(script.Number, 0).Number {
		ops = append(ops, creation("customers", doc{"name": fmt.Sprintf("Customer %d of line %d", i+1, s.Line), "phone": fmt.Sprintf("028 91%d", 100000+i)}))
	}
	for some := range slices.Chunk(ops, office.MaxOperations) {
		if _, err := p.bulk(p.chief, false, some...); err != nil {
			return "", err
		}
	}
	return counted(len(ops), "customer"), nil
}

func (p *play) job(s *script.Step) (string, error) {
	title, customer := s.Arg(script.Job, 0).Text, s.Arg(script.Customer, 0).Text
	job := doc{"title": title}
	if customer != "" {
		job["customer"], job["site"] = p.records[customer], p.sites[customer]
	}
	ids, err := p.bulk(p.chief, false, creation("jobs", job))
	if err != nil {
		return "", err
	}
	p.made(title, ids[0])
	var more []operation
	if customer != "" {
		site, err := p.get("sites", p.sites[customer])
		if err != nil {
			return "", err
		}
		more = append(more, creation("job_cards", doc{"job": ids[0], "address": site["address"], "customer_name": customer}))
	}
	if s.Has(script.Person, 0) {
		more = append(more, creation("assignments", doc{"job": ids[0], "user": p.members[s.Arg(script.Person, 0).Person].id, "role": "lead"}))
	}
	if more != nil {
		if _, err := p.bulk(p.chief, true, more...); err != nil {
			return "", err
		}
	}
	made, err := p.get("jobs", ids[0])
	return "job " + textOfJSON(made["number"]), err
}

func (p *play) ownField(s *script.Step) (string, error) {
	var raw [4]byte
	_, _ = rand.Read(raw[:]) // never fails
	no := model.FirstCustomField + model.FieldNo(uint32(raw[0])<<16|uint32(raw[1])<<8|uint32(raw[2]))
	field := doc{
		"extends": uint16(model.Jobs), "number": uint32(no), "name": s.Arg(script.Field, 0).Text, "type": int(model.TypeText), "class": "work",
		"rights": "optional", "limit": 200,
	}
	if _, err := p.bulk(p.chief, false, creation("field_definitions", field)); err != nil {
		return "", err
	}
	var err error
	p.table, err = p.chief.Table(p.ctx)
	return "", err
}

func (p *play) setting(s *script.Step) (string, error) {
	name, word := s.Arg(script.Word, 0).Text, s.Arg(script.Word, 1).Text
	return "", p.chief.Do(p.ctx, http.MethodPatch, office.Path("settings")+"?confirm=true", doc{name: plainValue(word)}, nil)
}

// plainValue is a word as JSON has it.
func plainValue(word string) any {
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n
	}
	switch word {
	case "true", "on":
		return true
	case "false", "off":
		return false
	}
	return word
}

// get is one record.
func (p *play) get(collection string, id model.RecordID) (out doc, err error) {
	return out, p.chief.Do(p.ctx, http.MethodGet, office.Path(collection, id.String()), nil, &out)
}

// all is every record of a collection of which so is true.
func (p *play) all(collection string, so func(doc) bool) (out []doc, err error) {
	for raw, err := range p.chief.List(p.ctx, collection, url.Values{}) {
		if err != nil {
			return nil, err
		}
		var d doc
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		if so(d) {
			out = append(out, d)
		}
	}
	return out, nil
}

// where is a record of the story in the API.
func (p *play) where(name string) (collection, id string, err error) {
	r, ok := p.records[name]
	if !ok {
		return "", "", fmt.Errorf("%q has not been made", name)
	}
	collection = "jobs"
	if _, ok := p.sites[name]; ok {
		collection = "customers"
	}
	return collection, r.String(), nil
}

// idOf is the record that a slot of the sentence names.
func (p *play) idOf(s *script.Step, slot script.Slot) model.RecordID {
	return p.records[s.Arg(slot, 0).Text]
}

// fields is one field with the value that a text says, as a document.
func (p *play) fields(collection, name, words string) (doc, error) {
	spec, _ := p.table.Named(collection)
	f, err := p.fieldOf(spec.No, name)
	if err != nil {
		return nil, err
	}
	v, err := valueOf(f, words)
	if err != nil {
		return nil, err
	}
	fields := doc{}
	if err := json.Unmarshal(p.document(model.Row{Collection: spec.No, Fields: []model.FieldValue{{Field: f.No, Value: v}}}), &fields); err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(k string, _ any) bool { return slices.Contains([]string{"id", "created_at", "updated_at"}, k) })
	return fields, nil
}

// assignment is what makes a job somebody's now.
func (p *play) assignment(job model.RecordID, user model.UserID) (doc, error) {
	found, err := p.all("assignments", func(d doc) bool {
		return d["job"] == job.String() && d["user"] == user.String() && d["state"] != "withdrawn" && d["state"] != "declined"
	})
	if err != nil || len(found) == 0 {
		return nil, errors.Join(err, fmt.Errorf("the job is not theirs"))
	}
	return found[0], nil
}

func (p *play) withdrawal(s *script.Step, from string) (operation, error) {
	job := p.idOf(s, script.Job)
	a, err := p.assignment(job, p.members[from].id)
	if err != nil {
		return operation{}, fmt.Errorf("%s: %w", from, err)
	}
	return creation("office_events", doc{"job": job, "kind": "withdraw", "assignment": a["id"]}), nil
}

func (p *play) moves(s *script.Step) (string, error) {
	off, err := p.withdrawal(s, s.Arg(script.Person, 1).Person)
	if err != nil {
		return "", err
	}
	on := creation("assignments", doc{"job": p.idOf(s, script.Job), "user": p.members[s.Arg(script.Person, 2).Person].id, "role": "lead"})
	_, err = p.bulk(p.by(s), true, off, on)
	return "", err
}

// gives offers the job to a company outside.
func (p *play) gives(s *script.Step) (string, error) {
	_, err := p.bulk(p.by(s), false, creation("assignments", doc{"job": p.idOf(s, script.Job), "company": p.idOf(s, script.Customer), "role": "lead"}))
	return "", err
}

func (p *play) withdraws(s *script.Step) (string, error) {
	off, err := p.withdrawal(s, s.Arg(script.Person, 1).Person)
	if err == nil {
		_, err = p.bulk(p.by(s), false, off)
	}
	return "", err
}

func (p *play) rules(s *script.Step) (string, error) {
	kind := map[string]string{"cancels": "cancel", "closes": "close", "reopens": "reopen", "reinstates": "reinstate"}[s.Arg(script.Choice, 0).Text]
	event := doc{"job": p.idOf(s, script.Job), "kind": kind}
	if s.Has(script.Text, 0) {
		event["reason"] = s.Arg(script.Text, 0).Text
	}
	if _, err := p.bulk(p.by(s), false, creation("office_events", event)); err != nil {
		return "", err
	}
	job, err := p.get("jobs", p.idOf(s, script.Job))
	return "the job is " + textOfJSON(job["status"]), err
}

func (p *play) addsTask(s *script.Step) (string, error) {
	_, err := p.bulk(p.by(s), false, creation("tasks", doc{"job": p.idOf(s, script.Job), "title": s.Arg(script.Text, 0).Text}))
	return "", err
}

// notesAccess writes how one comes in on the card of a job.
func (p *play) notesAccess(s *script.Step) (string, error) {
	cards, err := p.all("job_cards", func(d doc) bool { return d["job"] == p.idOf(s, script.Job).String() })
	if err == nil && len(cards) != 1 {
		err = fmt.Errorf("%s of the job; want one: say at which customer it is", counted(len(cards), "card"))
	}
	if err != nil {
		return "", err
	}
	_, err = p.bulk(p.by(s), false, operation{Op: "update", Collection: "job_cards", ID: textOfJSON(cards[0]["id"]), Fields: doc{"access": s.Arg(script.Text, 0).Text}})
	return "", err
}

func (p *play) links(s *script.Step) (string, error) {
	customer := s.Arg(script.Customer, 0).Text
	fields := doc{"customer": p.records[customer], "site": p.sites[customer]}
	_, err := p.bulk(p.by(s), false, operation{Op: "update", Collection: "jobs", ID: p.idOf(s, script.Job).String(), Fields: fields})
	return "", err
}

// agrees adopts what the office was asked of a job whose customer somebody typed.
func (p *play) agrees(s *script.Step) (string, error) {
	job, customer := p.idOf(s, script.Job), p.records[s.Arg(script.Customer, 0).Text]
	var page api.InboxPage
	asked := url.Values{"kind": {model.InboxDuplicate}, "job": {job.String()}}
	if err := p.by(s).Do(p.ctx, http.MethodGet, office.Path("review")+"?"+asked.Encode(), nil, &page); err != nil {
		return "", err
	}
	for _, i := range page.Items {
		if i.Record == job && i.Other == customer {
			return "", p.by(s).Do(p.ctx, http.MethodPost, office.Path("review", i.ID.String(), "adopt"), nil, nil)
		}
	}
	return "", errors.New("nobody is asked whether it is theirs")
}

// merges says that a customer is another one.
func (p *play) merges(s *script.Step) (string, error) {
	old, meant := p.records[s.Arg(script.Customer, 0).Text], p.records[s.Arg(script.Customer, 1).Text]
	_, err := p.bulk(p.by(s), false, operation{Op: "update", Collection: "customers", ID: old.String(), Fields: doc{"merged_into": meant}})
	return "", err
}

func (p *play) deletes(s *script.Step) (string, error) {
	collection, id, err := p.where(s.Arg(script.Record, 0).Text)
	if err == nil {
		_, err = p.bulk(p.by(s), false, operation{Op: "delete", Collection: collection, ID: id})
	}
	return "", err
}

// adopts lets a losing value stand and closes its item, both or neither.
func (p *play) adopts(s *script.Step) (string, error) {
	items, _, err := p.losers(s)
	if err != nil {
		return "", err
	}
	if len(items) != 1 {
		return "", fmt.Errorf("%d such values are to review; want one", len(items))
	}
	collection, id, err := p.where(s.Arg(script.Record, 0).Text)
	if err != nil {
		return "", err
	}
	fields, err := p.fields(collection, s.Arg(script.Field, 0).Text, s.Arg(script.Text, 0).Text)
	if err == nil {
		_, err = p.bulk(p.by(s), true, operation{Op: "update", Collection: collection, ID: id, Fields: fields},
			operation{Op: "update", Collection: "review_items", ID: textOfJSON(items[0]["id"]), Fields: doc{"state": "resolved"}})
	}
	return "", err
}

func (p *play) decides(s *script.Step) (string, error) {
	held, err := p.heldOf(s)
	if err != nil {
		return "", err
	}
	if len(held) == 0 {
		return "", errors.New("nothing of theirs is held there")
	}
	what, body := "release", any(api.Release{})
	if s.Arg(script.Choice, 0).Text == "dismisses" {
		what, body = "dismiss", nil
	}
	for _, h := range held {
		if err := p.by(s).Do(p.ctx, http.MethodPost, office.Path("held", h.Change.String(), what), body, nil); err != nil {
			return "", err
		}
	}
	return counted(len(held), "change"), nil
}

// corrects lets held work in that is of another job than it says.
func (p *play) corrects(s *script.Step) (string, error) {
	held, err := p.heldOf(s)
	if err == nil && len(held) != 1 {
		err = fmt.Errorf("%s of theirs held there; want one", counted(len(held), "change"))
	}
	if err != nil {
		return "", err
	}
	values := doc{"job": p.idOf(s, script.Job).String()}
	if s.Has(script.Text, 0) {
		var says doc
		if err := json.Unmarshal(held[0].Fields, &says); err != nil {
			return "", fmt.Errorf("read what the change says: %w", err)
		}
		for name, v := range says {
			if v == s.Arg(script.Text, 1).Text {
				values[name] = s.Arg(script.Text, 0).Text
			}
		}
	}
	return "", p.by(s).Do(p.ctx, http.MethodPost, office.Path("held", held[0].Change.String(), "release"), doc{"values": values}, nil)
}

// heldOf is what is held of the sentence's last person on its record.
func (p *play) heldOf(s *script.Step) (out []api.Held, err error) {
	var all api.Items[api.Held]
	if err := p.chief.Do(p.ctx, http.MethodGet, office.Path("held"), nil, &all); err != nil {
		return nil, err
	}
	n := 0
	if s.Has(script.Person, 1) {
		n = 1
	}
	of, record := p.members[s.Arg(script.Person, n).Person].id, p.idOf(s, script.Record)
	for _, h := range all.Items {
		if h.Author == of && (h.Record == record || strings.Contains(string(h.Fields), record.String())) {
			out = append(out, h)
		}
	}
	return out, nil
}

func (p *play) setsRight(s *script.Step) (string, error) {
	to := p.members[s.Arg(script.Person, 1).Person]
	right, level := s.Arg(script.Word, 0).Text, s.Arg(script.Word, 1).Text
	if one, ok := p.members[level]; ok && right == access.AssignTo {
		level = one.id.String()
	}
	levels := doc{right: level}
	return p.changeRights(s, http.MethodPatch, office.Path("users", to.id.String(), "levels", s.Arg(script.Choice, 0).Text)+"?confirm=true", levels)
}

func (p *play) setsRights(s *script.Step) (string, error) {
	to := p.members[s.Arg(script.Person, 1).Person]
	all := doc{"level": s.Arg(script.Word, 0).Text, "confirm": true}
	return p.changeRights(s, http.MethodPut, office.Path("users", to.id.String(), "levels", s.Arg(script.Choice, 0).Text), all)
}

func (p *play) changeRights(s *script.Step, method, path string, body doc) (string, error) {
	var out struct {
		Effect doc `json:"effect"`
	}
	if err := p.by(s).Do(p.ctx, method, path, body, &out); err != nil {
		return "", err
	}
	p.effect = out.Effect
	steps, _ := out.Effect["changes"].([]any)
	return fmt.Sprintf("%s set otherwise", counted(len(steps), "permission")), nil
}

func (p *play) givesPassword(s *script.Step) (string, error) {
	to := p.members[s.Arg(script.Person, 1).Person]
	var secret secret
	if _, err := secret.read(nil); err != nil {
		return "", err
	}
	err := p.by(s).Do(p.ctx, http.MethodPut, office.Path("users", to.id.String(), "password"), web.Password{Password: secret.password}, nil)
	if err == nil {
		to.password = secret.password
	}
	return "", err
}

var endChoices = map[string]string{"": "drain", "at once": "now", "and revokes the phone": "revoke"}

func (p *play) endsSession(s *script.Step) (string, error) {
	var ended api.Ended
	of := p.members[s.Arg(script.Person, 1).Person]
	ask := api.End{Choice: endChoices[s.Arg(script.Choice, 0).Text], Reason: s.Arg(script.Text, 0).Text}
	if err := p.by(s).Do(p.ctx, http.MethodPost, office.Path("sessions", of.id.String(), "end"), ask, &ended); err != nil {
		return "", err
	}
	return fmt.Sprintf("on %s, %s unsent as last reported", ended.Label, unsentText(int(ended.Unsent))), nil
}

func (p *play) marksPhone(s *script.Step) (string, error) {
	m := p.phone(s, 0)
	if m == nil {
		return "", errors.New("there is no such phone yet")
	}
	return "", p.by(s).Do(p.ctx, http.MethodPut, office.Path("devices", m.id.String(), "state"), api.Mark{State: s.Arg(script.Choice, 0).Text}, nil)
}
