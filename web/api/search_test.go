package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// found is the names of what was found, in order.
func found(a answer) string {
	var out []string
	for _, item := range a.doc["items"].([]any) {
		doc := item.(map[string]any)
		out = append(out, fmt.Sprintf("%v:%v", doc["collection"], doc["name"]))
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	amy, dan := w.key("amy"), w.key("dan")
	id := w.create(amy, "customers", fields{"name": "Müller", "phone": "020 7946 0958"})
	w.create(amy, "customers", fields{"name": "Mullers Söhne"})
	w.create(amy, "sites", fields{"customer": id, "name": "Lager", "address": "Muller Lane 3"})
	w.create(amy, "jobs", fields{"title": "Muller boiler", "order_number": "PO-4711"})
	for _, c := range []struct{ key, query, want, why string }{
		{amy, "q=muller&collection=customers,sites", "customers:Müller sites:Lager customers:Mullers Söhne", "whole words, then beginnings; the name before the address"},
		{amy, "q=m%C3%BCller&collection=customers&limit=2", "customers:Müller customers:Mullers Söhne", "as it is written: the whole word, then a beginning"},
		{amy, "q=%2B44+20+7946+0958", "", "a number that is written with more digits than there are"},
		{amy, "q=79460958", "customers:Müller", "the digits of a number"},
		{amy, "q=nobody", "", "nothing"},
		{amy, "q=-", "", "no word"},
		{dan, "q=muller&collection=customers", "", "V11: who sees no customers"},
		{dan, "q=lager", "", "nor sites"},
		{dan, "q=po-4711", "", "S9: a field of the customer's on a job that he sees"},
		{dan, "q=boiler", "jobs:<nil>", "the job itself"},
		{w.key("amy", "jobs:read"), "q=muller&collection=customers", "", "a key without the scope"},
	} {
		a := w.want(200, "", c.key, "GET", "/v1/search?"+c.query, nil)
		if got := found(a); got != c.want {
			t.Errorf("%s: %s gives %q, want %q", c.why, c.query, got, c.want)
		}
	}
	a := w.want(200, "", amy, "GET", "/v1/search?q=mull&collection=customers&limit=1", nil)
	if a.doc["more"] != true || a.doc["partial"] != false {
		t.Errorf("one of two: %s", a.body)
	}
	if a := w.want(200, "", dan, "GET", "/v1/search?q=mull&collection=customers&limit=1", nil); a.doc["more"] != false {
		t.Errorf("S5: who sees none is told that there are more: %s", a.body)
	}
}

func TestSearch_WhatIsWrongWithTheQuestion(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	for _, query := range []string{
		"", "?q=", "?q=+", "?q=" + strings.Repeat("x", 257), "?q=a&collection=nothing", "?q=a&collection=", "?q=a&limit=0", "?q=a&limit=101", "?q=a&limit=x", "?q=a&q=b", "?q=a&colection=jobs",
	} {
		w.want(400, "bad_request", amy, "GET", "/v1/search"+query, nil)
	}
	w.want(401, "not_signed_in", "", "GET", "/v1/search?q=a", nil)
}
