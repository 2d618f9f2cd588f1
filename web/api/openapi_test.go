package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestDocumentIsWhole: every operation has a name of its own, says what it does, how one signs in and how it fails; and
// every collection is there with all its fields.
func TestDocumentIsWhole(t *testing.T) {
	w := newWorld(t)
	text := w.get("", "/openapi.json").body
	var doc struct {
		OpenAPI    string
		Security   []map[string][]string
		Components struct {
			Schemas         map[string]struct{ Properties map[string]map[string]any }
			SecuritySchemes map[string]any
		}
		Paths map[string]map[string]struct {
			OperationID string
			Summary     string
			Tags        []string
			Parameters  []struct{ Name, In string }
			RequestBody *struct{ Content map[string]any }
			Responses   map[string]any
		}
	}
	check(t, json.Unmarshal(text, &doc))
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Security == nil || doc.Components.SecuritySchemes["bearer"] == nil {
		t.Errorf("OpenAPI %s, security %v", doc.OpenAPI, doc.Security)
	}
	names := map[string]string{}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			where := method + " " + path
			if o.OperationID == "" || names[o.OperationID] != "" || o.Summary == "" || len(o.Tags) == 0 {
				t.Errorf("%s is called %q (as %q is), summary %q, tags %v", where, o.OperationID, names[o.OperationID], o.Summary, o.Tags)
			}
			names[o.OperationID] = where
			if o.Responses["default"] == nil || len(o.Responses) < 2 {
				t.Errorf("%s does not say how it succeeds and how it fails: %v", where, o.Responses)
			}
			for part := range strings.SplitSeq(path, "/") {
				name, ok := strings.CutPrefix(strings.TrimSuffix(part, "}"), "{")
				if ok && !strings.Contains(fmt.Sprint(o.Parameters), "{"+name+" path}") {
					t.Errorf("%s does not describe %s", where, part)
				}
			}
		}
	}
	table, err := model.NewTable(model.Builtin(), nil)
	check(t, err)
	for _, spec := range table.Specs() {
		if doc.Paths["/v1/"+spec.Name]["get"].OperationID == "" || doc.Paths["/v1/"+spec.Name+"/{id}"]["get"].OperationID == "" {
			t.Errorf("%s cannot be read", spec.Name)
		}
		_, made := doc.Paths["/v1/"+spec.Name]["post"]
		_, gone := doc.Paths["/v1/"+spec.Name+"/{id}"]["delete"]
		if made != (spec.Creates&model.WriterOffice != 0) || gone != (spec.Deletes&model.WriterOffice != 0) {
			t.Errorf("%s: can be made %t, removed %t", spec.Name, made, gone)
		}
	}
	if p := doc.Components.Schemas["Customer"].Properties; p["possible_duplicate"]["readOnly"] != true || p["name"]["readOnly"] == true || p["name"]["maxLength"] == nil {
		t.Errorf("a customer = %v", p)
	}
	if p := doc.Components.Schemas["NewCustomer"].Properties; p["possible_duplicate"] != nil || p["name"] == nil {
		t.Errorf("a new customer = %v", p)
	}
}

func TestDocumentIsAlwaysTheSame(t *testing.T) {
	first := newWorld(t)
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		want := first.get("", path)
		if got := newWorld(t).get("", path); !bytes.Equal(got.body, want.body) || want.status != 200 || len(want.body) < 10_000 {
			t.Errorf("%s differs from one server to the next", path)
		}
	}
}
