package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/sync/model"
)

// company is what is known of what a company has already, as far as rows refer to it.
type company struct {
	client *office.Client
	table  *model.Table

	known       map[model.Collection]map[string]bool // external ids and ids; of a collection that was looked up
	users       map[string]office.User               // by login
	permissions []office.Permission                  // that people may have
	places      map[string]place                     // by a site's external id and id
	names       map[string]json.RawMessage           // of customers, by external id and id
	jobs        map[string]*jobThere                 // by external id and id
}

// place is what a job's card and contact are made of.
type place struct {
	customer ident
	card     fields
	contact  fields
}

// jobThere is a job that the company has.
type jobThere struct {
	parts map[model.Collection]string // ids of its card and its contact
	users []string                    // ids of whom it is assigned to
}

func newCompany(client *office.Client, table *model.Table) *company {
	return &company{
		client: client, table: table, known: map[model.Collection]map[string]bool{}, places: map[string]place{},
		names: map[string]json.RawMessage{}, jobs: map[string]*jobThere{}, users: map[string]office.User{},
	}
}

// readUsers reads who there is.
func (c *company) readUsers(ctx context.Context) error {
	all, err := c.client.Users(ctx)
	if err != nil {
		return fmt.Errorf("read the company's people: %w", err)
	}
	for _, u := range all {
		c.users[u.Login] = u
	}
	if c.permissions, err = c.client.Permissions(ctx); err != nil {
		return fmt.Errorf("read what people may be allowed: %w", err)
	}
	return nil
}

// has says whether the company has a record. What may not be read is taken for there: the server decides.
func (c *company) has(ctx context.Context, of model.Collection, name ident) (bool, error) {
	if c.known[of] == nil {
		if err := c.learn(ctx, of); err != nil {
			return false, err
		}
	}
	return c.known[of][name.text()] || c.known[of][all], nil
}

// all stands for every record of a collection that may not be read.
const all = "*"

// learn reads what a collection's records are called.
func (c *company) learn(ctx context.Context, of model.Collection) error {
	spec, ok := c.table.Spec(of)
	if !ok {
		return fmt.Errorf("there is no collection %d", of)
	}
	known := map[string]bool{}
	for d, err := range c.client.List(ctx, spec.Name, url.Values{"fields": {"external_id"}}) {
		var p *office.Refusal
		switch {
		case errors.As(err, &p) && p.Status == 403:
			known[all] = true
			c.known[of] = known
			return nil
		case err != nil:
			return fmt.Errorf("read which %s there are: %w", spec.Name, err)
		}
		var r naming
		if err := json.Unmarshal(d, &r); err != nil {
			return fmt.Errorf("read which %s there are: %w", spec.Name, err)
		}
		known[r.ID] = true
		if r.External != "" {
			known[r.External] = true
		}
	}
	c.known[of] = known
	return nil
}

// naming is what a record is called.
type naming struct {
	ID       string `json:"id"`
	External string `json:"external_id"`
}

// readJobs reads the jobs there are with what hangs on them, and the places that jobs may be at.
func (c *company) readJobs(ctx context.Context) error {
	r := jobReader{company: c, contacts: map[string]fields{}, sites: map[string][]string{}}
	_, err := c.client.Snapshot(ctx, []string{"customers", "sites", "contacts", "jobs", "job_cards", "job_contacts", "assignments"}, r.take)
	if err != nil {
		return fmt.Errorf("read the company's jobs and sites: %w", err)
	}
	for site, contact := range r.contacts {
		for _, name := range r.sites[site] {
			p := c.places[name]
			p.contact = contact
			c.places[name] = p
		}
	}
	return nil
}

// jobReader takes a snapshot apart.
type jobReader struct {
	*company
	contacts map[string]fields   // by a site's id
	sites    map[string][]string // a site's names, by its id
}

func (r *jobReader) take(collection string, d office.Document) error {
	var x struct {
		naming
		Customer, Site, Job, User, State, Name, Phone, Address, Access, Safety, Geo string
	}
	if err := json.Unmarshal(d, &x); err != nil {
		return err
	}
	names := []string{x.ID}
	if x.External != "" {
		names = append(names, x.External)
	}
	for _, name := range names {
		switch collection {
		case "customers":
			r.names[name] = textOrNone(x.Name)
		case "sites":
			r.places[name] = place{customer: ident{id: x.Customer}, card: texts("address", x.Address, "access", x.Access, "safety", x.Safety, "geo", x.Geo)}
			r.sites[x.ID] = names
		case "jobs":
			if r.jobs[name] == nil {
				there := &jobThere{parts: map[model.Collection]string{}}
				for _, name := range names {
					r.jobs[name] = there
				}
			}
		}
	}
	switch collection {
	case "contacts":
		if _, first := r.contacts[x.Site]; !first && x.Site != "" {
			r.contacts[x.Site] = texts("name", x.Name, "phone", x.Phone)
		}
	case "job_cards", "job_contacts", "assignments":
		if job := r.jobs[x.Job]; job != nil {
			job.take(collection, x.ID, x.User, x.State)
		}
	}
	return nil
}

func (j *jobThere) take(collection, id, user, state string) {
	switch of := map[string]model.Collection{"job_cards": model.JobCards, "job_contacts": model.JobContacts}[collection]; {
	case of != 0 && j.parts[of] == "":
		j.parts[of] = id
	case of == 0 && state != "withdrawn" && state != "declined":
		j.users = append(j.users, user)
	}
}

// texts are fields of texts; those that are empty are left out.
func texts(pairs ...string) fields {
	out := fields{}
	for i := 0; i < len(pairs); i += 2 {
		if v := textOrNone(pairs[i+1]); v != nil {
			out[pairs[i]] = v
		}
	}
	return out
}

func textOrNone(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return quote(text)
}

// place learns of a site in a file, so that jobs of the same run may be at it.
func (c *company) place(d *draft) {
	site, contact := d.of(model.Sites), d.records[model.Contacts]
	have := c.places[d.name.text()]
	p := place{customer: have.customer, card: fields{}, contact: fields{}}
	maps.Copy(p.card, have.card)
	maps.Copy(p.contact, have.contact)
	for _, r := range d.refs {
		if r.of == model.Customers {
			p.customer = r.to
		}
	}
	for _, name := range []string{"address", "access", "safety", "geo"} {
		if v, ok := site[name]; ok && string(v) != "null" {
			p.card[name] = v
		}
	}
	for _, name := range []string{"name", "phone"} {
		if v, ok := contact[name]; ok && string(v) != "null" {
			p.contact[name] = v
		}
	}
	c.places[d.name.text()] = p
}

// idOf is the id of a record.
func (c *company) idOf(ctx context.Context, of model.Collection, name ident) (string, error) {
	if name.id != "" {
		return name.id, nil
	}
	spec, ok := c.table.Spec(of)
	if !ok {
		return "", fmt.Errorf("there is no collection %d", of)
	}
	var r naming
	err := c.client.Do(ctx, "GET", office.Path(spec.Name, "by-external-id", name.external), nil, &r)
	return strings.ToLower(r.ID), err
}
