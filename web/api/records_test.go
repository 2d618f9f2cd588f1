package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// sample is a value of a field as a document has it.
func sample(f *model.Field, refs fields) any {
	switch f.Type {
	case model.TypeBool:
		return true
	case model.TypeInt, model.TypeMinutes:
		return max(f.Min, 1)
	case model.TypeMoney:
		return "12.50"
	case model.TypeQuantity:
		return "1.5"
	case model.TypeInstant:
		return "2026-03-01T09:30:00+01:00"
	case model.TypeDate:
		return "2026-03-01"
	case model.TypeEnum:
		return f.Options[0]
	case model.TypeRef:
		return refs[fmt.Sprint(f.Ref)]
	case model.TypeUser:
		return refs["user"]
	case model.TypeGeo:
		return "51.5,-0.12"
	case model.TypeHash:
		return strings.Repeat("ab", 32)
	case model.TypeData:
		return "AQI="
	default:
		return "text"
	}
}

// TestEveryCollection asks of every collection all that there is to ask, with everything filled in: no answer is outside
// of the contract, and none is the server's fault.
func TestEveryCollection(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	table, err := w.e.Table(t.Context(), w.tenant)
	check(t, err)
	refs := fields{"user": w.users["ben"].String()}
	for _, of := range []model.Collection{model.Customers, model.Sites, model.Assets, model.Jobs, model.Tasks} { // what others hang on, first
		spec, _ := table.Spec(of)
		w.everything(amy, table, spec, refs)
	}
	made := 0
	for _, spec := range table.Specs() {
		if w.everything(amy, table, spec, refs) {
			made++
		}
	}
	if made < 15 {
		t.Errorf("only in %d collections something was made", made)
	}
	if w.log.Len() > 0 {
		t.Errorf("log: %s", w.log.String())
	}
}

// everything uses every operation of a collection and says whether it could make a record.
func (w *world) everything(key string, table *model.Table, spec *model.Spec, refs fields) bool {
	w.t.Helper()
	path := "/v1/" + spec.Name
	w.want(200, "", key, "GET", path+"?limit=2", nil)
	missing := path + "/" + strings.Repeat("7", 32)
	w.want(404, "not_found", key, "GET", missing, nil)
	content := fields{}
	for i := range spec.Fields {
		f := &spec.Fields[i]
		name := document.Name(table, spec, f)
		v := sample(f, refs)
		if name != "" && v != nil && f.Writers&model.WriterOffice != 0 && f.No != model.FieldExternalID && name != "merged_into" { // or what names it would be another's
			content[name] = v
		}
		if name == "rights" { // the first there is wants another class
			content[name] = "optional"
		}
		if name != "" && v != nil && f.Type != model.TypeData && f.Type != model.TypeAny && f.Type != model.TypeLong && f.Type != model.TypeGeo && name != "limit" {
			w.want(200, "", key, "GET", path+"?"+name+"="+url.QueryEscape(fmt.Sprint(v)), nil)
		}
	}
	if spec.Creates&model.WriterOffice == 0 {
		w.want(405, "method_not_allowed", key, "POST", path, content)
		return false
	}
	first := w.ask(key, "POST", path, content)
	if first.status != http.StatusCreated && first.status != http.StatusForbidden && first.status != http.StatusUnprocessableEntity && first.status != http.StatusConflict {
		w.t.Errorf("POST %s %v = %d %s", path, content, first.status, first.body)
	}
	if first.status != http.StatusCreated {
		w.t.Logf("POST %s = %d %s", path, first.status, first.body)
		return false
	}
	id := first.doc["id"].(string)
	refs[fmt.Sprint(spec.No)] = id
	if first.header.Get("Location") != path+"/"+id {
		w.t.Errorf("POST %s is at %q", path, first.header.Get("Location"))
	}
	w.want(304, "", key, "GET", path+"/"+id, nil, "If-None-Match", `"other", W/`+first.header.Get("ETag"))
	named := w.ask(key, "PUT", path+"/by-external-id/"+url.PathEscape("a/b?"+spec.Name), content)
	if named.status == http.StatusCreated {
		if got := w.want(200, "", key, "GET", path+"/by-external-id/"+url.PathEscape("a/b?"+spec.Name), nil); got.doc["external_id"] != "a/b?"+spec.Name {
			w.t.Errorf("%s by external id = %s", path, got.body)
		}
		again := w.want(200, "", key, "PUT", path+"/by-external-id/"+url.PathEscape("a/b?"+spec.Name), content)
		if string(again.body) != string(named.body) && spec.No != model.Jobs { // what hangs on a job changes it
			w.t.Errorf("%s: the same again = %s, want %s", path, again.body, named.body)
		}
	}
	for i := range spec.Fields {
		f := &spec.Fields[i]
		name := document.Name(table, spec, f)
		if v, given := content[name]; given {
			if got := first.doc[name]; f.Type != model.TypeInstant && fmt.Sprint(got) != fmt.Sprint(v) {
				w.t.Errorf("%s.%s = %v, want %v", spec.Name, name, got, v)
			}
			if a := w.ask(key, "PATCH", path+"/"+id, fields{name: v}); a.status >= 500 {
				w.t.Errorf("PATCH %s %s = %d %s", path, name, a.status, a.body)
			}
		}
	}
	if spec.Deletes&model.WriterOffice != 0 {
		w.want(404, "not_found", key, "DELETE", missing, nil)
		if a := w.ask(key, "POST", path, content); a.status == http.StatusCreated {
			w.want(204, "", key, "DELETE", path+"/"+a.doc["id"].(string), nil, "If-Match", a.header.Get("ETag"))
			w.want(404, "not_found", key, "GET", path+"/"+a.doc["id"].(string), nil)
		}
	}
	return true
}

func (w *world) create(key, collection string, content fields) (id string) {
	w.t.Helper()
	id, _ = w.want(201, "", key, "POST", "/v1/"+collection, content).doc["id"].(string)
	return id
}

// TestBadInputChangesNothing: each is told by its code, and there is no half of it.
func TestBadInputChangesNothing(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	id := w.create(amy, "customers", fields{"name": "ACME", "external_id": "c1"})
	job := w.create(amy, "jobs", fields{"title": "Boiler"})
	tag := w.get(amy, "/v1/customers/"+id).header.Get("ETag")
	w.want(200, "", amy, "PATCH", "/v1/customers/"+id, fields{"phone": "1"}, "Idempotency-Key", "used")
	records, cursor := w.snapshot(amy)
	bulk := func(op fields) fields { return fields{"operations": []fields{op}} }
	for _, c := range []struct {
		status       int
		code         string
		method, path string
		body         any
		header       []string
	}{
		{400, "bad_request", "POST", "/v1/customers", `{"name":"half`, nil},
		{400, "bad_request", "POST", "/v1/customers", ``, nil},
		{400, "bad_request", "POST", "/v1/customers", "{\"name\":\"\xff\"}", nil},
		{400, "bad_request", "POST", "/v1/customers", `{"name":"a","name":"b"}`, nil},
		{400, "bad_request", "POST", "/v1/customers", `{"name":"a"}{}`, nil},
		{400, "bad_request", "POST", "/v1/customers", fields{"name": 7}, nil},
		{400, "bad_request", "POST", "/v1/customers", fields{"name": "a", "colour": "red"}, nil},
		{400, "bad_request", "POST", "/v1/customers?dry_run=true", fields{"name": "a"}, nil},
		{400, "bad_request", "PATCH", "/v1/customers/" + id, fields{"external_id": "c2"}, nil},
		{400, "bad_request", "PUT", "/v1/customers/by-external-id/c1", fields{"name": "a", "external_id": "c2"}, nil},
		{400, "bad_request", "PUT", "/v1/customers/by-external-id/" + strings.Repeat("x", 256), fields{"name": "a"}, nil},
		{413, "body_too_large", "POST", "/v1/customers", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, nil},
		{415, "unsupported_media_type", "POST", "/v1/customers", `{"name":"a"}`, []string{"Content-Type", "text/csv"}},
		{400, "bad_request", "POST", "/v1/customers", fields{"name": "a"}, []string{"Idempotency-Key", "a b"}},
		{400, "bad_request", "POST", "/v1/customers", fields{"name": "a"}, []string{"Idempotency-Key", strings.Repeat("k", 256)}},
		{422, "key_reused", "PATCH", "/v1/customers/" + id, fields{"phone": "2"}, []string{"Idempotency-Key", "used"}},
		{422, "key_reused", "PATCH", "/v1/customers/" + id, fields{"phone": "1"}, []string{"Idempotency-Key", "used", "If-Match", tag}},
		{422, "key_reused", "PATCH", "/v1/jobs/" + job, fields{"phone": "1"}, []string{"Idempotency-Key", "used"}},
		{412, "stale", "PATCH", "/v1/customers/" + id, fields{"phone": "2"}, []string{"If-Match", tag}},
		{412, "stale", "DELETE", "/v1/customers/" + id, nil, []string{"If-Match", `W/` + tag}},
		{412, "stale", "PUT", "/v1/customers/by-external-id/c1", fields{"name": "b"}, []string{"If-Match", tag}},
		{412, "stale", "PUT", "/v1/customers/by-external-id/new", fields{"name": "b"}, []string{"If-Match", "*"}},
		{409, "exists", "POST", "/v1/customers", fields{"name": "a", "external_id": "c1"}, nil},
		{422, "unknown_reference", "POST", "/v1/sites", fields{"name": "a", "customer": strings.Repeat("7", 32)}, nil},
		{422, "unknown_reference", "PUT", "/v1/sites/by-external-id/s1", fields{"name": "a", "customer": fields{"external_id": "none"}}, nil},
		{404, "not_found", "PATCH", "/v1/customers/" + job, fields{"name": "a"}, nil},
		{404, "not_found", "PATCH", "/v1/customers/nonsense", fields{"name": "a"}, nil},
		{404, "not_found", "DELETE", "/v1/jobs/" + id, nil, nil},
		{404, "not_found", "GET", "/v1/jobs/" + id, nil, nil},
		{404, "not_found", "PATCH", "/v1/jobs/" + id, fields{}, nil},
		{412, "stale", "PATCH", "/v1/jobs/" + id, fields{}, []string{"If-Match", "*"}},
		{400, "bad_request", "POST", "/v1/bulk", `{"operations":[],"atomic":1}`, nil},
		{400, "bad_request", "POST", "/v1/bulk", fields{"operations": []fields{}}, nil},
		{400, "bad_request", "POST", "/v1/bulk", fields{"operations": slices.Repeat([]fields{{}}, 201)}, nil},
		{400, "bad_request", "POST", "/v1/bulk", fields{"dryrun": true, "operations": []fields{{}}}, nil},
	} {
		a := w.want(c.status, c.code, amy, c.method, c.path, c.body, c.header...)
		if c.code == "stale" && strings.HasPrefix(c.path, "/v1/customers/") && !strings.HasSuffix(c.path, "/new") {
			if now := w.get(amy, "/v1/customers/"+id).header.Get("ETag"); a.header.Get("ETag") != now {
				t.Errorf("%s %s tells the tag %q, want that of now", c.method, c.path, a.header.Get("ETag"))
			}
		}
	}
	for _, c := range []struct {
		why   string
		op    fields
		code  string
		place string // in the operation; empty: the problem names none
	}{
		{"no such collection", fields{"op": "create", "collection": "nothing", "fields": fields{"name": "a"}}, "bad_request", "collection"},
		{"no such operation", fields{"op": "rename", "collection": "customers", "id": id, "fields": fields{"name": "a"}}, "bad_request", "op"},
		{"not the office's to make", fields{"op": "create", "collection": "job_origins", "fields": fields{"job": job}}, "bad_request", "op"},
		{"not the office's to remove", fields{"op": "delete", "collection": "people", "id": w.users["amy"].String()}, "bad_request", "op"},
		{"no fields", fields{"op": "update", "collection": "customers", "id": id}, "bad_request", "fields"},
		{"no record", fields{"op": "update", "collection": "customers", "fields": fields{"name": "a"}}, "bad_request", "id"},
		{"two names", fields{"op": "update", "collection": "customers", "id": id, "external_id": "c1", "fields": fields{"name": "a"}}, "bad_request", "external_id"},
		{"another name inside", fields{"op": "upsert", "collection": "customers", "external_id": "c1", "fields": fields{"name": "a", "external_id": "c2"}}, "bad_request", "fields.external_id"},
		{"an id of its own", fields{"op": "create", "collection": "customers", "id": strings.Repeat("7", 32), "fields": fields{"name": "a"}}, "bad_request", "id"},
		{"an id of nothing", fields{"op": "upsert", "collection": "customers", "id": strings.Repeat("7", 32), "fields": fields{"name": "a"}}, "not_found", ""},
		{"an id that is none", fields{"op": "upsert", "collection": "customers", "id": "x", "fields": fields{"name": "a"}}, "bad_request", "id"},
		{"a unit below 0", fields{"op": "create", "collection": "customers", "unit": -1, "fields": fields{"name": "a"}}, "bad_request", "unit"},
		{"a long external id", fields{"op": "create", "collection": "customers", "external_id": strings.Repeat("x", 256), "fields": fields{"name": "a"}}, "bad_request", "external_id"},
		{"no external ids there", fields{"op": "update", "collection": "job_origins", "external_id": "x", "fields": fields{}}, "bad_request", "external_id"},
		{"a stale tag", fields{"op": "update", "collection": "customers", "id": id, "if_match": tag, "fields": fields{"name": "a"}}, "stale", ""},
		{"a missing parent", fields{"op": "create", "collection": "notes", "fields": fields{"job": strings.Repeat("7", 32), "text": "a"}}, "unknown_reference", "fields.job"},
		{"a mistake in fields", fields{"op": "upsert", "collection": "customers", "external_id": "c1", "fields": fields{"name": nil}}, "bad_request", "fields.name"},
		{"another collection's", fields{"op": "delete", "collection": "jobs", "id": id}, "not_found", ""},
	} {
		r := result(w.want(200, "", amy, "POST", "/v1/bulk", bulk(c.op)), 0)
		p, _ := r["problem"].(map[string]any)
		place := ""
		if faults, ok := p["errors"].([]any); ok {
			place, _ = strings.CutPrefix(fmt.Sprint(faults[0].(map[string]any)["location"]), "body.operations[0].")
		}
		if r["status"] != "failed" || p["code"] != c.code || place != c.place {
			t.Errorf("%s = %v, want it failed by %s at %q", c.why, r, c.code, c.place)
		}
	}
	after, _ := w.snapshot(amy)
	events := w.get(amy, "/v1/changes?since="+cursor)
	if after != records || len(events.doc["events"].([]any)) != 0 {
		t.Errorf("bad input did something: %s\n%s\n%s", events.body, records, after)
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	if a := w.want(400, "bad_request", amy, "POST", "/v1/customers", `{"name":"half`); !strings.Contains(string(a.body), "byte 13") {
		t.Errorf("what is no JSON is told as %s, want where", a.body)
	}
	places := func(a answer) string {
		var out []string
		faults, _ := a.doc["errors"].([]any)
		for _, f := range faults {
			out = append(out, fmt.Sprint(f.(map[string]any)["location"]))
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct{ path, want string }{
		{"/v1/jobs?limit=0&colour=red&priority=high&status[from]=open&title[is]=x&due", "query.colour query.due query.status[from] query.title[is]"},
		{"/v1/jobs?limit=501&priority=high&status=open&parent=x&fields=title,colour&priority[from]=", "query.fields query.limit query.parent query.priority query.priority[from] query.status"},
		{"/v1/jobs?status=draft&status=offered", "query.status"},
		{"/v1/jobs?status[from]=draft&title[from]=a&title[=a&title[]=a&title]=a&description=a", "query.description query.status[from] query.title[ query.title[] query.title[from] query.title]"},
		{"/v1/jobs?title=%zz", "query"},
		{"/v1/jobs?custom.colour=red", "query.custom.colour"},
		{"/v1/changes?limit=1001&wait=61s&collections=nothing", "query.collections query.limit query.wait"},
		{"/v1/snapshot?collections=nothing", "query.collections"},
		{"/v1/snapshot?limit=1", "query.limit"},
		{"/v1/customers/" + strings.Repeat("7", 32) + "?fields=name", "query.fields"},
	} {
		for range 3 { // in one order
			if got := places(w.want(400, "bad_request", amy, "GET", c.path, nil)); got != c.want {
				t.Errorf("%s has faults at %q, want %q", c.path, got, c.want)
			}
		}
	}
	a := w.want(400, "bad_request", amy, "GET", "/v1/jobs?"+strings.Repeat("x", 8000)+"=1", nil)
	if len(a.body) > 1000 {
		t.Errorf("a long name is told in %d bytes", len(a.body))
	}
	a = w.want(422, "unknown_reference", amy, "POST", "/v1/sites", fields{"name": "a", "customer": strings.Repeat("7", 32)})
	if got := places(a); got != "body.customer" {
		t.Errorf("a missing customer is at %q, want body.customer", got)
	}
}

func TestListing(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	c1, c2 := w.create(amy, "customers", fields{"name": "One"}), w.create(amy, "customers", fields{"name": "Two"})
	for i := range 7 {
		w.create(amy, "sites", fields{"name": fmt.Sprintf("Site %d", i), "customer": []string{c1, c2}[i%2]})
	}
	names := func(a answer) (out []string) {
		for _, x := range a.doc["items"].([]any) {
			out = append(out, fmt.Sprint(x.(map[string]any)["name"]))
		}
		slices.Sort(out)
		return out
	}
	var paged []string
	for path, pages := "/v1/sites?limit=3", 0; path != ""; pages++ {
		a := w.want(200, "", amy, "GET", path, nil)
		paged = append(paged, names(a)...)
		link := a.header.Get("Link")
		next, _ := a.doc["next"].(string)
		if (link == "") != (next == "") || next != "" && link != "</v1/sites?after="+next+`&limit=3>; rel="next"` || pages > 5 {
			t.Fatalf("page %d: link %q, next %q", pages, link, next)
		}
		path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	}
	slices.Sort(paged)
	if got := strings.Join(paged, ","); got != "Site 0,Site 1,Site 2,Site 3,Site 4,Site 5,Site 6" {
		t.Errorf("pages gave %s", got)
	}
	for query, want := range map[string]int{
		"customer=" + c1: 4, "parent=" + c2: 3, "customer=" + c1 + "," + c2: 7, "name=Site%201,Site%202": 2, "name[has]=SITE": 7, "name[has]=4": 1,
		"customer=" + c1 + "&name[has]=1": 0, "customer=" + c2 + "&parent=" + c1: 0,
	} {
		if got := names(w.want(200, "", amy, "GET", "/v1/sites?"+query, nil)); len(got) != want {
			t.Errorf("%s gives %v, want %d", query, got, want)
		}
	}
	one := w.want(200, "", amy, "GET", "/v1/sites?limit=1&fields=id,name", nil).doc["items"].([]any)[0].(map[string]any)
	if len(one) != 4 || one["name"] == nil || one["id"] == nil || one["created_at"] == nil || one["updated_at"] == nil {
		t.Errorf("fields=id,name gives %v", one)
	}
	w.want(400, "bad_cursor", amy, "GET", "/v1/sites?after=x", nil)
}

// TestOwnFields: a company's own fields are read, written, asked for and described like the others.
func TestOwnFields(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	for name, kind := range map[string]model.Type{"pressure": model.TypeInt, "remark": model.TypeText} {
		w.create(amy, "field_definitions", fields{
			"extends": int(model.Jobs), "number": 1<<20 + len(name), "name": name, "type": int(kind), "class": "work", "rights": "optional", "label": name, "limit": 50,
		})
	}
	for i := range 4 {
		job := w.want(201, "", amy, "POST", "/v1/jobs", fields{"title": fmt.Sprint(i), "custom": fields{"pressure": i, "remark": "Remark"}})
		if got := fmt.Sprint(job.doc["custom"]); got != fmt.Sprintf("map[pressure:%d remark:Remark]", i) {
			t.Errorf("own fields = %s", got)
		}
	}
	for query, want := range map[string]int{
		"custom.pressure=2": 1, "custom.pressure=1,3": 2, "custom.pressure[from]=2": 2, "custom.pressure[below]=1": 1, "custom.remark[has]=MARK": 4, "custom.remark=x": 0,
	} {
		if list := w.want(200, "", amy, "GET", "/v1/jobs?"+query, nil).doc["items"].([]any); len(list) != want {
			t.Errorf("%s gives %v, want %d", query, list, want)
		}
	}
	for _, query := range []string{"custom.pressure[has]=2", "custom.remark[from]=a", "custom.remark[is]=a", "custom.remark[]=a", "custom.pressure=", "custom.pressure=x", "custom.title=a", "custom.=a"} {
		w.want(400, "bad_request", amy, "GET", "/v1/jobs?"+query, nil)
	}
	one := w.want(200, "", amy, "GET", "/v1/jobs?limit=1&fields=custom.pressure", nil).doc["items"].([]any)[0].(map[string]any)
	if own := one["custom"].(map[string]any); one["title"] != nil || own["remark"] != nil || own["pressure"] == nil {
		t.Errorf("fields=custom.pressure gives %v", one)
	}
	a := w.want(400, "bad_request", amy, "POST", "/v1/jobs", fields{"title": "x", "custom": fields{"pressure": "2", "colour": 1}})
	if got := fmt.Sprint(a.doc["errors"]); !strings.Contains(got, "body.custom.colour") || !strings.Contains(got, "body.custom.pressure") {
		t.Errorf("faults = %s", got)
	}
}

// TestIfMatch: a list of tags, and * for whatever is there.
func TestIfMatch(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	a := w.want(201, "", amy, "POST", "/v1/customers", fields{"name": "ACME"})
	path, tag := a.header.Get("Location"), a.header.Get("ETag")
	a = w.want(200, "", amy, "PATCH", path, fields{"phone": "1"}, "If-Match", `"x", `+tag)
	w.want(200, "", amy, "PATCH", path, fields{"phone": "2"}, "If-Match", "*")
	w.want(412, "stale", amy, "PATCH", path, fields{"phone": "3"}, "If-Match", a.header.Get("ETag"))
	w.want(412, "stale", amy, "PATCH", path, fields{"phone": "2"}, "If-Match", tag) // also when there would be nothing to do
	missing := "/v1/customers/" + strings.Repeat("7", 32)
	if a := w.want(412, "stale", amy, "PATCH", missing, fields{"phone": "3"}, "If-Match", tag); a.header.Get("ETag") != "" {
		t.Errorf("what is not there has the tag %q", a.header.Get("ETag"))
	}
}

// meanwhile has something done by somebody else after the next request has looked at its records.
func (w *world) meanwhile(do func()) {
	w.looked = func() {
		w.looked = nil
		do()
	}
}

// TestRaces: what comes between the look of a request and its commit.
func TestRaces(t *testing.T) {
	w := newWorld(t)
	amy, other := w.key("amy"), w.key("amy", "write")
	a := w.want(201, "", amy, "POST", "/v1/customers", fields{"name": "ACME", "phone": "0"})
	path := a.header.Get("Location")

	w.meanwhile(func() { w.want(200, "", other, "PATCH", path, fields{"phone": "1"}) })
	if got := w.want(200, "", amy, "PATCH", path, fields{"phone": "2"}); got.doc["phone"] != "2" || got.header.Get("Fieldsync-Outcome") != "merged" {
		t.Errorf("over another's = %v %s, want it merged", got.header, got.body)
	}
	tag := w.get(amy, path).header.Get("ETag")
	w.meanwhile(func() { w.want(200, "", other, "PATCH", path, fields{"phone": "3"}) })
	stale := w.want(412, "stale", amy, "PATCH", path, fields{"phone": "4"}, "If-Match", tag)
	if now := w.get(amy, path); now.doc["phone"] != "3" || stale.header.Get("ETag") != now.header.Get("ETag") {
		t.Errorf("after a stale write: %s with %v, want the tag of now", now.body, stale.header)
	}
	w.meanwhile(func() { w.want(204, "", other, "DELETE", path, nil) })
	w.want(404, "not_found", amy, "PATCH", path, fields{"phone": "5"})
}

func TestExternalIDs(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	job := w.create(amy, "jobs", fields{"title": "Boiler", "external_id": "j1"})
	note := fields{"job": fields{"external_id": "j1"}, "text": "Mind the dog", "external_id": "n1"}
	first := w.want(201, "", amy, "POST", "/v1/notes", note)
	if first.doc["job"] != job {
		t.Errorf("note = %s, want it to hang on %s", first.body, job)
	}
	w.want(409, "exists", amy, "POST", "/v1/notes", note)
	if same := w.want(200, "", amy, "PUT", "/v1/notes/by-external-id/n1", note); string(same.body) != string(first.body) {
		t.Errorf("the same note again = %s, want %s", same.body, first.body)
	}
	other := w.create(amy, "jobs", fields{"title": "Pump"})
	w.want(400, "bad_request", amy, "PUT", "/v1/notes/by-external-id/n1", fields{"job": other, "text": "Mind the dog"})
	w.want(400, "bad_request", amy, "PUT", "/v1/notes/by-external-id/n1", fields{"job": job, "text": "Mind the cat"})
	w.want(201, "", amy, "PUT", "/v1/contacts/by-external-id/p1", fields{"name": "Joe"}) // who hangs on nobody
	w.create(amy, "customers", fields{"name": "ACME", "external_id": "c1"})
	w.want(400, "bad_request", amy, "PUT", "/v1/contacts/by-external-id/p1", fields{"name": "Joe", "customer": fields{"external_id": "c1"}})
	for _, of := range []string{"notes", "jobs"} {
		path := "/v1/" + of + "/by-external-id/" + of[:1] + "1"
		w.want(204, "", amy, "DELETE", "/v1/"+of+"/"+w.get(amy, path).doc["id"].(string), nil)
		w.want(404, "not_found", amy, "GET", path, nil)
	}
	if a := w.want(409, "exists", amy, "PUT", "/v1/jobs/by-external-id/j1", fields{"title": "Boiler"}); !strings.Contains(fmt.Sprint(a.doc["detail"]), "removed") {
		t.Errorf("what was removed is told as %s", a.body)
	}
}

func TestOnceIsOnce(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	job := w.create(amy, "jobs", fields{"title": "Boiler"})
	a := w.want(201, "", amy, "POST", "/v1/assignments", fields{"job": job, "user": w.users["ben"].String()})
	w.want(200, "", amy, "PATCH", a.header.Get("Location"), fields{"user": w.users["ben"].String()}) // the same is nothing
	w.want(400, "bad_request", amy, "PATCH", a.header.Get("Location"), fields{"user": w.users["amy"].String()})
}

// TestKeysAreAlike: whatever is wrong with a key is told in the same words, and never written into the log.
func TestKeysAreAlike(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	gone := w.key("amy", "read")
	all, err := w.e.Keys(t.Context(), w.tenant)
	check(t, err)
	for _, k := range all {
		if len(k.Scopes) == 1 {
			check(t, w.e.RevokeKey(t.Context(), w.tenant, k.ID, model.UserID{}, w.now()))
		}
	}
	var said string
	for _, key := range []string{
		"", "x", gone, amy + "x", amy[:len(amy)-1], strings.Replace(amy, "fsk_", "fsk-", 1), strings.ToUpper(amy),
		strings.Replace(amy, w.tenant.String(), strings.Repeat("7", 32), 1), strings.Repeat("a", 64),
	} {
		for _, header := range [][]string{nil, {"Fieldsync-Tenant", w.tenant.String()}, {"Fieldsync-Tenant", "x"}} {
			a := w.want(401, "not_signed_in", key, "GET", "/v1/customers", nil, append(header, "X-Request-Id", "same")...)
			if said == "" {
				said = string(a.body)
			}
			if string(a.body) != said || a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("the key %q is told %v %s, want as every other: %s", key, a.header, a.body, said)
			}
		}
	}
	w.want(401, "not_signed_in", "", "POST", "/v1/bulk", `{`, "Authorization", "Basic YTpi")
	if w.log.Len() > 0 {
		t.Errorf("log: %s", w.log.String())
	}
}

func TestScopesAndLevels(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	id := w.create(amy, "customers", fields{"name": "ACME"})
	reader := w.key("amy", "read")
	w.want(200, "", reader, "GET", "/v1/customers/"+id, nil)
	w.want(403, "scope_missing", reader, "PATCH", "/v1/customers/"+id, fields{"phone": "1"})
	w.want(403, "scope_missing", reader, "POST", "/v1/customers", fields{"name": "b"})
	narrow := w.key("amy", "jobs:write")
	w.want(404, "not_found", narrow, "GET", "/v1/customers/"+id, nil)
	w.want(201, "", narrow, "POST", "/v1/jobs", fields{"title": "Boiler"})
	w.want(403, "not_allowed", w.key("dan"), "POST", "/v1/customers", fields{"name": "b"})
	w.want(403, "scope_missing", reader, "POST", "/v1/bulk", fields{"operations": []fields{{"op": "create", "collection": "customers", "fields": fields{"name": "b"}}}})
}

// push has a change decided like one that came in by itself: what cannot be applied is held.
func (w *world) push(user string, c model.Change) model.Answer {
	w.t.Helper()
	id, err := model.NewIdent[struct{}](strings.NewReader(fmt.Sprintf("%-16s", c.Fields[len(c.Fields)-1].Value)))
	check(w.t, err)
	if c.ID.IsZero() {
		c.ID = model.ChangeID(id)
	}
	c.Author = w.users[user]
	c.Occurred = model.Occurrence{Wall: w.now(), Clock: model.Clock{User: c.Author}}
	body, blobs, err := protocol.EncodeChange(&c)
	check(w.t, err)
	texts := make([]string, len(blobs))
	for i := range blobs {
		texts[i] = string(blobs[i])
	}
	answers, err := w.e.Push(w.t.Context(), model.Connection{Tenant: w.tenant, User: c.Author, Lane: model.LaneOffice},
		[]model.Submitted{{Change: protocol.DecodeChange(string(body), texts)}}, nil, w.now())
	check(w.t, err)
	w.wake()
	return answers[0]
}

func TestHeld(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	parent := model.RecordID{7}
	note := func(text string) model.Change {
		return model.Change{Op: model.OpCreate, Collection: model.Notes, Record: model.RecordID([16]byte([]byte(fmt.Sprintf("%-16s", text)))), Fields: []model.Assign{
			{Field: model.FieldParent, Value: model.Ref(parent)}, {Field: model.NoteText, Value: model.Text(text)},
		}}
	}
	for _, text := range []string{"one", "two"} {
		if a := w.push("amy", note(text)); a.Outcome != model.OutcomeHeld {
			t.Fatalf("a note of no job = %v, want it held", a)
		}
	}
	list := w.want(200, "", amy, "GET", "/v1/held", nil).doc["items"].([]any)
	if len(list) != 2 {
		t.Fatalf("held = %v", list)
	}
	one := list[0].(map[string]any)
	content, _ := one["fields"].(map[string]any)
	if one["collection"] != "notes" || one["op"] != "create" || content["job"] != parent.String() || content["text"] == nil {
		t.Errorf("held = %v", one)
	}
	path := "/v1/held/" + one["change"].(string)
	w.want(400, "bad_request", amy, "POST", path+"/release", fields{"by_force": true})
	w.want(404, "not_found", amy, "POST", "/v1/held/"+strings.Repeat("7", 32)+"/dismiss", nil)
	w.want(204, "", amy, "POST", path+"/dismiss", fields{"why": "there is no such job"})
	left := w.want(200, "", amy, "GET", "/v1/held", nil).doc["items"].([]any)
	if len(left) != 1 {
		t.Fatalf("after a dismissal: %v", left)
	}
	job := w.create(amy, "jobs", fields{"title": "Oven door"})
	w.want(204, "", amy, "POST", "/v1/held/"+left[0].(map[string]any)["change"].(string)+"/release", fields{"why": "that is the job", "values": fields{"job": job}})
	items, _ := w.inboxOf(amy, "?state=resolved&kind=held")
	for i, want := range []string{"that is the job", "there is no such job"} {
		if len(items) != 2 || items[i]["why"] != want {
			t.Fatalf("what was decided, and why: %v", items)
		}
	}
	if messages := w.want(200, "", amy, "GET", "/v1/messages", nil); !strings.Contains(string(messages.body), "Why: that is the job") {
		t.Errorf("the author is told %s", messages.body)
	}
}

// TestTheSameAgainByAnOldName: who keeps sending what they have, by the name that a customer had before the office said that it is another
// one, says nothing new.
func TestTheSameAgainByAnOldName(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	old, meant := w.create(amy, "customers", fields{"name": "ACME"}), w.create(amy, "customers", fields{"name": "Acme Bakeries"})
	docs := map[string]fields{"sites": {"name": "Mill Lane", "customer": old}, "jobs": {"title": "Oven", "customer": old}}
	for of, doc := range docs {
		w.want(201, "", amy, "PUT", "/v1/"+of+"/by-external-id/x", doc)
	}
	w.want(200, "", amy, "PATCH", "/v1/customers/"+old, fields{"merged_into": meant})
	for more := true; more; {
		var err error
		more, err = w.e.Unite(t.Context(), w.tenant, 0, w.now())
		check(t, err)
	}
	for of, doc := range docs {
		before := w.get(amy, "/v1/"+of+"/by-external-id/x")
		again := w.want(200, "", amy, "PUT", "/v1/"+of+"/by-external-id/x", doc)
		if again.doc["customer"] != meant || string(again.body) != string(before.body) {
			t.Errorf("%s is now %s, was %s", of, again.body, before.body)
		}
	}
	w.want(422, "refused", amy, "DELETE", "/v1/customers/"+old, nil)
}
