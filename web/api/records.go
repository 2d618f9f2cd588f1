package api

import (
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// defaultLimit is how many records a page has when nobody says.
const defaultLimit = 100

// collection adds the operations of one collection: what the table lets the office do.
func (s *service) collection(h huma.API, t *model.Table, spec *model.Spec) {
	of := collection{s, spec.No}
	path := "/v1/" + spec.Name
	d := describe(h, t, spec)
	s.serve(h, d.list(path), of.list)
	s.serve(h, d.get(path+"/{id}"), of.get)
	if spec.Creates&model.WriterOffice != 0 {
		s.serve(h, d.create(path), of.create)
		s.serve(h, d.getExternal(path+"/by-external-id/{external_id}"), of.getExternal)
		s.serve(h, d.put(path+"/by-external-id/{external_id}"), of.put)
	}
	if d.editable() {
		s.serve(h, d.patch(path+"/{id}"), of.patch)
	}
	if spec.Deletes&model.WriterOffice != 0 {
		s.serve(h, d.remove(path+"/{id}"), of.remove)
	}
}

// collection answers the requests about one collection.
type collection struct {
	s  *service
	no model.Collection
}

// spec is the collection in the caller's company.
func (o collection) spec(c *call) *model.Spec {
	spec, _ := c.table.Spec(o.no) // the built-in collections are everybody's
	return spec
}

func (o collection) list(c *call) error {
	q, only, err := o.asked(c)
	if err != nil {
		return err
	}
	page, err := o.s.office.List(c, c.Caller, q)
	if err != nil {
		return err
	}
	c.page(page, only)
	return nil
}

// page answers with a page of records, and where the next one begins.
func (c *call) page(page model.Listing, only []string) {
	b := []byte(`{"items":[`)
	for i := range page.Records {
		if i > 0 {
			b = append(b, ',')
		}
		b = document.Append(b, c.table, &page.Records[i], only)
	}
	b = append(b, ']')
	if !page.Next.IsZero() {
		next := page.Next.String()
		b = append(b, `,"next":"`+next+`"`...)
		to := c.r.URL.Query()
		to.Set("after", next)
		c.w.Header().Set("Link", "<"+(&url.URL{Path: c.r.URL.Path, RawQuery: to.Encode()}).String()+`>; rel="next"`)
	}
	c.json(http.StatusOK, append(b, '}'))
}

// limit reads how many records a page has at most; message says what is wrong with it.
func limit(value string) (n int, message string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > model.MaxListing {
		return 0, "want a number from 1 to " + strconv.Itoa(model.MaxListing)
	}
	return n, ""
}

// asked reads what a listing is asked for. Everything that is wrong is told.
func (o collection) asked(c *call) (q model.Query, only []string, err error) {
	q = model.Query{Collection: o.no, Limit: defaultLimit}
	var faults []problem.Fault
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		value, message := c.query[name], ""
		switch name {
		case "limit":
			q.Limit, message = limit(value)
		case "after":
			if q.After, err = model.ParsePlace(value); err != nil {
				return q, nil, problem.New("bad_cursor", "")
			}
		case "parent":
			if q.Parent.UnmarshalText([]byte(value)) != nil || q.Parent.IsZero() {
				message = "want an id of 32 hexadecimal digits"
			}
		case "fields":
			only = strings.Split(value, ",")
			if !o.named(c, only) {
				message = "names a field that this collection has not"
			}
		default:
			var w model.Condition
			w, message = c.condition(o.spec(c), name, value)
			if w.Field == model.FieldParent && len(w.Values) == 1 {
				q.Parent = model.RefOf(w.Values[0]) // what hangs on a record is found without looking at the others
			}
			q.Where = append(q.Where, w)
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + short(name), Message: message})
		}
	}
	return q, only, asked(faults)
}

// named says whether a document has all these fields.
func (o collection) named(c *call, fields []string) bool {
	always := []string{document.KeyID, document.KeyCreated, document.KeyUpdated, document.KeyCustom}
	for _, f := range fields {
		name, custom := strings.CutPrefix(f, document.KeyCustom+".")
		if _, ok := document.Find(c.table, o.spec(c), name, custom); !ok && !slices.Contains(always, f) {
			return false
		}
	}
	return true
}

func (o collection) get(c *call) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	return o.show(c, id)
}

func (o collection) getExternal(c *call) error {
	id, err := o.s.office.ExternalID(c, c.Tenant, o.no, c.param("external_id"))
	if err != nil {
		return err
	}
	return o.show(c, id)
}

// show answers with a record, or that it is known already. What is not there, not shown, and of another collection is one
// answer.
func (o collection) show(c *call, id model.RecordID) error {
	r, err := o.find(c, id)
	if err != nil {
		return err
	}
	c.w.Header().Set("ETag", etag(r.Tag))
	if listed(c.r.Header.Values("If-None-Match"), etag(r.Tag)) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	c.json(http.StatusOK, document.Append(nil, c.table, r, nil))
	return nil
}

func (o collection) find(c *call, id model.RecordID) (*model.Shown, error) {
	look, err := o.s.office.Look(c, c.Caller, []model.RecordID{id})
	if err != nil {
		return nil, err
	}
	if len(look.Records) == 0 || look.Records[0].Collection != o.no {
		return nil, problem.New("not_found", "")
	}
	return &look.Records[0], nil
}

// etag is a tag as a header has it.
func etag(t model.Tag) string { return `"` + hex.EncodeToString(t[:]) + `"` }

// listed says whether an If-None-Match, a list of tags or *, names this one.
func listed(header []string, tag string) bool {
	for one := range strings.SplitSeq(strings.Join(header, ","), ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || one == tag {
			return true
		}
	}
	return false
}

// parseTag is the inverse of etag.
func parseTag(text string) (t model.Tag, ok bool) {
	if len(text) != 2+2*len(t) || text[0] != '"' || text[len(text)-1] != '"' {
		return t, false
	}
	_, err := hex.Decode(t[:], []byte(text[1:len(text)-1]))
	return t, err == nil
}

func (o collection) create(c *call) error {
	body, err := c.body(maxBody)
	if err != nil {
		return err
	}
	return o.single(c, operation{verb: verbCreate, spec: o.spec(c), content: body, where: "body"})
}

func (o collection) put(c *call) error {
	external := c.param("external_id")
	if !nameable(o.spec(c), external) {
		return problem.New("bad_request", "", problem.Fault{Location: "path.external_id", Message: wantExternal})
	}
	body, err := c.body(maxBody)
	if err != nil {
		return err
	}
	return o.single(c, operation{verb: verbUpsert, spec: o.spec(c), external: external, content: body, where: "body"})
}

const wantExternal = "want an external_id: at most 255 bytes on one line, in a collection whose records have one"

// nameable says whether a record of the collection can be called so by another system.
func nameable(spec *model.Spec, external string) bool {
	f, ok := spec.Field(model.FieldExternalID)
	return ok && f.Check(model.Text(external))
}

func (o collection) patch(c *call) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	body, err := c.body(maxBody)
	if err != nil {
		return err
	}
	return o.single(c, operation{verb: verbUpdate, spec: o.spec(c), id: id, content: body, where: "body"})
}

func (o collection) remove(c *call) error {
	id, err := c.id()
	if err != nil {
		return err
	}
	return o.single(c, operation{verb: verbDelete, spec: o.spec(c), id: id})
}

// write performs one operation, as the request's headers have it, and sets those of the answer.
func (o collection) write(c *call, op operation) (result, error) {
	op.match = believes(strings.Join(c.r.Header.Values("If-Match"), ","))
	op.unless = c.r.Header.Values("If-None-Match")
	request, err := c.request(op.content)
	if err != nil {
		return result{}, err
	}
	done, err := o.s.perform(c, request, []operation{op}, plan{})
	if err != nil {
		return result{}, staleHeader(c, err)
	}
	r := done.results[0]
	if r.problem != nil && r.problem.Code == "stale" {
		if shown, err := o.find(c, r.id); err == nil {
			c.w.Header().Set("ETag", etag(shown.Tag))
		}
	}
	if done.repeat && r.problem == nil {
		c.w.Header().Set("Idempotency-Replayed", "true")
	}
	return r, nil
}

// single performs one operation and answers with the record as it is then.
func (o collection) single(c *call, op operation) error {
	r, err := o.write(c, op)
	if err != nil {
		return err
	}
	if r.problem != nil {
		return r.problem
	}
	if r.outcome == model.OutcomeMerged {
		c.w.Header().Set("Fieldsync-Outcome", r.outcome.String())
	}
	if op.verb == verbDelete {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	status := http.StatusOK
	if r.status == statusCreated {
		status = http.StatusCreated
		c.w.Header().Set("Location", "/v1/"+op.spec.Name+"/"+r.id.String())
	}
	if shown, err := o.find(c, r.id); err == nil {
		c.w.Header().Set("ETag", etag(shown.Tag))
		c.json(status, document.Append(nil, c.table, shown, nil))
		return nil
	}
	c.json(status, fmtID(r.id)) // written, and gone or hidden since
	return nil
}

func fmtID(id model.RecordID) []byte { return []byte(`{"id":"` + id.String() + `"}`) }

// json answers with a body.
func (c *call) json(status int, body []byte) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	c.w.Write(append(body, '\n'))
}
