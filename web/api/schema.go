package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/rest"
)

// describing is one collection's part of the document, which follows from the table.
type describing struct {
	t    *model.Table
	spec *model.Spec
	name string // of one record, as a schema's name
	r    huma.Registry
}

// describe adds a collection's schemas to the document.
func describe(h huma.API, t *model.Table, spec *model.Spec) describing {
	d := describing{t: t, spec: spec, r: h.OpenAPI().Components.Schemas}
	for word := range strings.SplitSeq(document.Singular(spec.Name), "_") {
		d.name += strings.ToUpper(word[:1]) + word[1:]
	}
	schemas := d.r.Map()
	schemas[d.name] = d.read()
	schemas[d.name+"List"] = rest.Object(map[string]*huma.Schema{
		"items": {Type: huma.TypeArray, Items: d.ref("")},
		"next":  {Type: huma.TypeString, Description: "Where the next page begins; absent: that was all."},
	}, "items")
	if spec.Creates&model.WriterOffice != 0 {
		schemas["New"+d.name] = d.written(document.Create)
	}
	if d.editable() {
		schemas[d.name+"Patch"] = d.written(document.Patch)
	}
	return d
}

// ref refers to a schema of the collection, * standing for its name; empty is the record's own.
func (d describing) ref(of string) *huma.Schema {
	if of == "" {
		of = "*"
	}
	return &huma.Schema{Ref: "#/components/schemas/" + strings.Replace(of, "*", d.name, 1)}
}

// editable says whether the office edits anything in the collection.
func (d describing) editable() bool {
	for i := range d.spec.Fields {
		if d.edited(&d.spec.Fields[i]) {
			return true
		}
	}
	return false
}

func (d describing) edited(f *model.Field) bool {
	return f.Writers&model.WriterOffice != 0 && f.No != model.FieldParent && f.No != model.FieldExternalID && f.Policy != model.PolicyAppend
}

// read is the schema of a record as it is shown.
func (d describing) read() *huma.Schema {
	s := rest.Record(d.t, d.spec, func(*model.Field) bool { return true })
	for i := range d.spec.Fields {
		f := &d.spec.Fields[i]
		if p := s.Properties[document.Name(d.t, d.spec, f)]; p != nil {
			p.ReadOnly = f.Writers&model.WriterOffice == 0
		}
	}
	return s
}

// written is the schema of a document that the office sends.
func (d describing) written(purpose document.Purpose) *huma.Schema {
	p := map[string]*huma.Schema{
		document.KeyCustom: {Type: huma.TypeObject, Description: "The company's own fields, by name.", AdditionalProperties: true},
	}
	var required []string
	for i := range d.spec.Fields {
		f := &d.spec.Fields[i]
		name := document.Name(d.t, d.spec, f)
		if name == "" || f.Writers&model.WriterOffice == 0 || purpose == document.Patch && !d.edited(f) {
			continue
		}
		p[name] = rest.Field(d.t, f, true)
		if purpose == document.Patch && !f.Required {
			p[name] = &huma.Schema{OneOf: []*huma.Schema{p[name], {Type: "null"}}}
		}
		if f.Required && purpose == document.Create {
			required = append(required, name)
		}
	}
	s := rest.Object(p, required...)
	if purpose == document.Create {
		for _, no := range d.spec.OneOf {
			f, _ := d.spec.Field(no)
			s.AnyOf = append(s.AnyOf, &huma.Schema{Required: []string{document.Name(d.t, d.spec, f)}})
		}
	}
	return s
}

func (d describing) operation(method, path, verb, summary string) huma.Operation {
	return huma.Operation{
		OperationID: verb + "-" + strings.ReplaceAll(d.spec.Name, "_", "-"), Method: method, Path: path, Tags: []string{"records"},
		Summary: summary,
	}
}

// reserved are parameters of a listing that are no fields; a field of that name cannot be asked for its value.
var reserved = map[string]bool{"limit": true, "after": true, "parent": true, "fields": true}

func (d describing) list(path string) huma.Operation {
	op := d.operation(http.MethodGet, path, "list", "List "+words(d.spec.Name))
	op.Description = strings.TrimSpace(d.spec.Note + " Sorted by what they hang on, if they do, and then by id. A field's name as a parameter asks for one of its values, with commas between; NAME[from] and NAME[below] for a range, NAME[has] for a part of a text; the company's own fields are custom.NAME.")
	op.Parameters = []*huma.Param{
		inQuery("limit", "Records at most.", number(1, model.MaxListing)),
		inQuery("after", "Where the page begins: next of the page before.", text()),
		inQuery("parent", "Only what hangs on this record.", text()),
		inQuery("fields", "Only these fields, with commas between; the id and the times are always there.", text()),
	}
	for i := range d.spec.Fields {
		f := &d.spec.Fields[i]
		name := document.Name(d.t, d.spec, f)
		for _, how := range asks(f) {
			if name == "" || reserved[asking(name, how)] {
				continue
			}
			op.Parameters = append(op.Parameters, inQuery(asking(name, how), "", text()))
		}
	}
	op.Metadata = map[string]any{customFields: true}
	op.Responses = map[string]*huma.Response{"200": answer("A page", d.ref("*List"), "Link")}
	return op
}

func (d describing) get(path string) huma.Operation {
	op := d.operation(http.MethodGet, path, "get", "Get one of the "+words(d.spec.Name))
	return d.getting(op, inPath("id", "Its id."))
}

func (d describing) getExternal(path string) huma.Operation {
	op := d.operation(http.MethodGet, path, "find", "Get one of the "+words(d.spec.Name)+" by what another system calls it")
	return d.getting(op, inPath("external_id", "Its external id."))
}

func (d describing) getting(op huma.Operation, by *huma.Param) huma.Operation {
	op.Parameters = []*huma.Param{by, inHeader("If-None-Match", "ETags of what is known already.")}
	op.Responses = map[string]*huma.Response{
		"200": answer("The record", d.ref(""), "ETag"),
		"304": answer("It is what is known already", nil, "ETag"),
	}
	return op
}

func (d describing) create(path string) huma.Operation {
	op := d.operation(http.MethodPost, path, "create", "Make one of the "+words(d.spec.Name))
	op.Parameters = []*huma.Param{repeatable()}
	op.RequestBody = bodyOf(d.ref("New*"))
	op.Responses = map[string]*huma.Response{"201": answer("The record", d.ref(""), "ETag", "Location", "Idempotency-Replayed")}
	return op
}

func (d describing) put(path string) huma.Operation {
	op := d.operation(http.MethodPut, path, "put", "Make one of the "+words(d.spec.Name)+", or change what differs")
	op.Description = "The record is the one that another system calls so. Fields that are not named stay."
	op.Parameters = []*huma.Param{
		inPath("external_id", "Its external id."), repeatable(), believed(),
		inHeader("If-None-Match", "*: only make it. When it is there already, nothing is done: 412 stale."),
	}
	op.RequestBody = bodyOf(d.ref("New*"))
	op.Responses = map[string]*huma.Response{
		"200": answer("The record, which was there", d.ref(""), "ETag", "Idempotency-Replayed", "Fieldsync-Outcome"),
		"201": answer("The record, which is new", d.ref(""), "ETag", "Location", "Idempotency-Replayed"),
	}
	return op
}

func (d describing) patch(path string) huma.Operation {
	op := d.operation(http.MethodPatch, path, "change", "Change one of the "+words(d.spec.Name))
	op.Description = "A merge patch (RFC 7396): what is not named stays, null takes a value away."
	op.Parameters = []*huma.Param{inPath("id", "Its id."), repeatable(), believed()}
	op.RequestBody = bodyOf(d.ref("*Patch"), "application/merge-patch+json")
	op.Responses = map[string]*huma.Response{"200": answer("The record as it is now", d.ref(""), "ETag", "Idempotency-Replayed", "Fieldsync-Outcome")}
	return op
}

func (d describing) remove(path string) huma.Operation {
	op := d.operation(http.MethodDelete, path, "remove", "Remove one of the "+words(d.spec.Name)+", with what hangs on it")
	op.Parameters = []*huma.Param{inPath("id", "Its id."), repeatable(), believed()}
	op.Responses = map[string]*huma.Response{"204": answer("It is gone", nil, "Idempotency-Replayed")}
	return op
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
