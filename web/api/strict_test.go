package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestABodyIsWhatItSays: what encoding/json would read as something else, or as the last of two, is turned away with its
// place, in every operation that takes a body, and nothing that was sent is repeated.
func TestABodyIsWhatItSays(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	before, _ := w.snapshot(amy)
	op := `{"op":"create","collection":"customers","fields":{"name":"x"}}`
	person := "/v1/users/" + w.users["ben"].String()
	for _, c := range []struct{ method, path, body, location, why string }{
		{"POST", "/v1/bulk", `{"operations":[` + op + `],"operations":[` + op + `]}`, "body.operations", "two lists: which one?"},
		{"POST", "/v1/bulk", `{"Operations":[` + op + `]}`, "body.Operations", "names are exact"},
		{"POST", "/v1/bulk", `{"dry_run":true,"dry_run":false,"operations":[` + op + `]}`, "body.dry_run", "a rehearsal must not be done"},
		{"POST", "/v1/bulk", `{"operations":[` + op + `,{"op":"create","op":"delete","collection":"customers"}]}`, "body.operations[1].op", "in a list too"},
		{"POST", "/v1/bulk", `{"operations":[{"op":"create","collection":"customers","unit":"1"}]}`, "body.operations[0].unit", "a number is no text"},
		{"POST", "/v1/bulk", `{"operations":[{"op":"create","collection":"customers","unit":1.5}]}`, "body.operations[0].unit", "nor half a one"},
		{"POST", "/v1/bulk", `{"operations":[null]}`, "body.operations[0]", "null is no operation"},
		{"POST", "/v1/bulk", `{"operations":[` + op + `],"atomic":null}`, "body.atomic", "nor a yes or no"},
		{"POST", "/v1/bulk", `[]`, "body", "a list is no request"},
		{"POST", "/v1/held/" + strings.Repeat("1", 32) + "/release", `{"Force":true}`, "body.Force", "of every operation"},
		{"PUT", person + "/categories", `{"categories":["a"],"categories":["b"]}`, "body.categories", "twice"},
		{"PUT", person + "/categories", `{}`, "body.categories", "saying nothing takes no labels away"},
		{"PUT", person + "/categories", `{"categories":null}`, "body.categories", "neither does null"},
		{"PUT", person + "/categories", `{"categories":["a"` + strings.Repeat(`,"b"`, 50) + `]}`, "body.categories", "51 labels"},
		{"PATCH", "/v1/settings", `{"auto_accept":false,"auto_accept":true}`, "body.auto_accept", "what huma reads too"},
		{"PATCH", "/v1/settings", `{"Auto_accept":true}`, "body.Auto_accept", "exact there too"},
		{"PATCH", "/v1/settings", `{"hand_in_hours":1e3}`, "body", "no Go type is named"},
		{"PATCH", person + "/levels/mobile", `{"create_job":"on","create_job":"off"}`, "body.create_job", "in a map too"},
		{"POST", "/v1/users", `{"login":"a@x","kind":"mobile","levels":[{"set":"web","set":"mobile","levels":{}}]}`, "body.levels[0].set", "and in a list of it"},
		{"POST", "/v1/users", `{"login":"a@x","kind":"mobile","company":"s3cret"}`, "body", "a value is not repeated"},
		{"POST", person[:len("/v1/")] + "sessions/" + w.users["ben"].String() + "/end", `{"epoch":"s3cret"}`, "body", "nor is this"},
		{"POST", "/v1/users", `{"login":"\ud800x","kind":"mobile"}`, "body", "half a character"},
		{"POST", "/v1/customers", `{"name":"a\ud800b"}`, "body", "would be stored as another sign"},
		{"POST", "/v1/customers", `{"name":"a\udc00\ud800b"}`, "body", "the wrong way round"},
		{"POST", "/v1/customers", `{"name":"a\\\ud800b"}`, "body", "behind a backslash"},
		{"POST", "/v1/customers", ``, "body", "nothing"},
		{"PATCH", "/v1/settings", ``, "body", "nothing there"},
		{"PATCH", "/v1/settings", "{\"completion_rule\":\"\xff\"}", "body", "not UTF-8"},
	} {
		a := w.want(400, "bad_request", amy, c.method, c.path, c.body)
		if got := locations(a); len(got) != 1 || got[0] != c.location {
			t.Errorf("%s %s %s (%s): told of %v, want %s", c.method, c.path, c.body, c.why, got, c.location)
		}
		if text := string(a.body); strings.Contains(text, "s3cret") || strings.Contains(text, "Go ") || strings.Contains(text, "strconv") {
			t.Errorf("%s %s is answered %s", c.method, c.path, a.body)
		}
	}
	if a := w.want(413, "body_too_large", amy, "PATCH", "/v1/settings", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`); !strings.Contains(string(a.body), "1048576") {
		t.Errorf("too large is told as %s, want the limit", a.body)
	}
	w.want(415, "unsupported_media_type", amy, "PATCH", "/v1/settings", `{}`, "Content-Type", "text/plain")
	if after, _ := w.snapshot(amy); after != before {
		t.Errorf("something was done:\n%s", after)
	}
	for sent, kept := range map[string]string{`a\ud83d\ude00b`: "a😀b", `a\\ud800`: `a\ud800`, `\u00e9`: "é"} {
		if a := w.want(201, "", amy, "POST", "/v1/customers", `{"name":"`+sent+`"}`); a.doc["name"] != kept {
			t.Errorf("%s is kept as %v, want %s", sent, a.doc["name"], kept)
		}
	}
}

// locations are the places of a problem's faults.
func locations(a answer) (out []string) {
	var p struct{ Errors []struct{ Location string } }
	if json.Unmarshal(a.body, &p) == nil {
		for _, f := range p.Errors {
			out = append(out, f.Location)
		}
	}
	return out
}

// TestAReferenceNamesOneRecord: by its id, or by one external id that a record may have.
func TestAReferenceNamesOneRecord(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	w.create(amy, "customers", fields{"name": "ACME", "external_id": "a"})
	for _, reference := range []string{
		`{"external_id":"a","external_id":"a"}`, `{"External_id":"a"}`, `{"external_id":"a","x":1}`, `{"external_id":""}`, `{"external_id":null}`,
		`{"external_id":7}`, `{}`, `["a"]`, `{"external_id":"a\nb"}`, `{"external_id":"` + strings.Repeat("x", 256) + `"}`,
	} {
		a := w.want(400, "bad_request", amy, "POST", "/v1/jobs", `{"title":"t","customer":`+reference+`}`)
		if got := locations(a); fmt.Sprint(got) != "[body.customer]" {
			t.Errorf("%s: told of %v", reference, got)
		}
	}
	w.want(201, "", amy, "POST", "/v1/jobs", `{"title":"t","customer":{"external_id":"a"}}`)
}

// TestWhatIsNeededIsNotBlank: a record without a name is none that anybody finds.
func TestWhatIsNeededIsNotBlank(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	path := "/v1/customers/" + w.create(amy, "customers", fields{"name": "ACME"})
	for _, name := range []string{"", "  "} {
		w.want(400, "bad_request", amy, "POST", "/v1/customers", fields{"name": name})
		w.want(400, "bad_request", amy, "PATCH", path, fields{"name": name})
	}
}
