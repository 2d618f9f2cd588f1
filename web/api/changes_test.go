package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

func types(a answer) (out []string) {
	list, _ := a.doc["events"].([]any)
	for _, e := range list {
		out = append(out, fmt.Sprint(e.(map[string]any)["type"]))
	}
	return out
}

func TestFeedInOrderAndWithoutGaps(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	_, cursor := w.snapshot(amy)
	customer := w.create(amy, "customers", fields{"name": "ACME"})
	for i := range 7 {
		w.create(amy, "sites", fields{"name": fmt.Sprint(i), "customer": customer})
	}
	w.want(200, "", amy, "PATCH", "/v1/customers/"+customer, fields{"phone": "1"})
	w.want(204, "", amy, "DELETE", "/v1/customers/"+customer, nil)

	whole := w.want(200, "", amy, "GET", "/v1/changes?limit=1000&since="+cursor, nil)
	if whole.doc["more"] != false {
		t.Errorf("the whole feed says there is more")
	}
	ids := map[any]bool{}
	for _, limit := range []int{1, 3} {
		var got []string
		for at, more := cursor, true; more; {
			a := w.want(200, "", amy, "GET", fmt.Sprintf("/v1/changes?limit=%d&since=%s", limit, at), nil)
			got = append(got, types(a)...)
			if len(types(a)) > limit {
				t.Fatalf("a page has %d events, want at most %d", len(types(a)), limit)
			}
			for _, e := range a.doc["events"].([]any) {
				ids[e.(map[string]any)["id"]] = true
			}
			at, more = a.doc["cursor"].(string), a.doc["more"].(bool)
		}
		if strings.Join(got, " ") != strings.Join(types(whole), " ") {
			t.Errorf("pages of %d = %v, want %v", limit, got, types(whole))
		}
	}
	if len(ids) != len(types(whole)) {
		t.Errorf("%d ids of %d events: an event has one id, always the same", len(ids), len(types(whole)))
	}
	if got := types(w.want(200, "", amy, "GET", "/v1/changes?collections=sites&since="+cursor, nil)); strings.Join(got, " ") != strings.TrimSuffix(strings.Repeat("sites.deleted ", 7), " ") {
		t.Errorf("of sites = %v, want of what is gone only that it went, with its customer", got)
	}
	w.want(400, "bad_cursor", amy, "GET", "/v1/changes?since=AAAA", nil)
	w.want(400, "bad_cursor", amy, "GET", "/v1/changes?since=!", nil)
	w.want(400, "bad_cursor", w.key("dan"), "GET", "/v1/changes?since="+cursor, nil)
}

// TestFeedOfOtherRights: a cursor is good for the rights that it was read under.
func TestFeedOfOtherRights(t *testing.T) {
	w := newWorld(t)
	dan := w.key("dan")
	_, cursor := w.snapshot(dan)
	w.want(200, "", dan, "GET", "/v1/changes?since="+cursor, nil)
	sets := access.RoleSets(access.Admin)
	check(t, w.e.SetLevels(t.Context(), w.tenant, w.users["dan"], sets.Encode(), w.now()))
	a := w.want(410, "history_gone", dan, "GET", "/v1/changes?since="+cursor, nil)
	if !strings.Contains(string(a.body), "/v1/snapshot") {
		t.Errorf("what is gone is told as %s, want the way out", a.body)
	}
}

func TestFeedWaits(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	_, cursor := w.snapshot(amy)
	// asks begins to wait and says when it does.
	asks := func(ctx context.Context) (waiting chan struct{}, heard chan answer) {
		waiting, heard = make(chan struct{}), make(chan answer, 1)
		times := 0
		w.Lock()
		w.waiting = func() {
			if times++; times == 1 {
				close(waiting)
			}
		}
		w.Unlock()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+"/v1/changes?wait=60s&since="+cursor, http.NoBody)
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+amy)
		go func() {
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				close(heard)
				return
			}
			defer response.Body.Close()
			a := answer{status: response.StatusCode}
			a.body, _ = io.ReadAll(response.Body)
			_ = json.Unmarshal(a.body, &a.doc)
			heard <- a
		}()
		<-waiting
		return waiting, heard
	}
	_, heard := asks(t.Context())
	w.wake() // for what is none of its business
	w.create(amy, "customers", fields{"name": "ACME"})
	if a := <-heard; len(types(a)) != 1 || types(a)[0] != "customers.created" {
		t.Errorf("woken = %s, want the customer", a.body)
	}
	_, cursor = w.snapshot(amy)
	ctx, leave := context.WithCancel(t.Context())
	_, heard = asks(ctx)
	leave()
	if a, ok := <-heard; ok {
		t.Errorf("who left heard %s", a.body)
	}
	_, heard = asks(t.Context())
	close(w.done)
	if a := <-heard; a.status != 200 || len(types(a)) != 0 || a.doc["cursor"] == nil {
		t.Errorf("at the shutdown = %d %s, want an empty page", a.status, a.body)
	}
	if w.log.Len() > 0 {
		t.Errorf("log: %s", w.log.String())
	}
}

func TestSnapshotLines(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	customer := w.create(amy, "customers", fields{"name": "ACME"})
	w.create(amy, "sites", fields{"name": "Works", "customer": customer})
	records, _ := w.snapshot(amy)
	seen := map[string]int{}
	for line := range strings.Lines(records) {
		var doc struct{ Collection, ID, Name string }
		check(t, json.Unmarshal([]byte(line), &doc))
		seen[doc.Collection]++
		if doc.Collection == "sites" && seen["customers"] != 1 {
			t.Error("a site comes before its customer")
		}
	}
	if seen["customers"] != 1 || seen["sites"] != 1 || seen["people"] != 3 {
		t.Errorf("snapshot = %v", seen)
	}
	a := w.want(200, "", amy, "GET", "/v1/snapshot?collections=sites", nil)
	if strings.Count(string(a.body), "\n") != 2 || !strings.HasPrefix(string(a.body), `{"collection":"sites","id":`) || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("of sites = %v %s", a.header, a.body)
	}
	if empty := w.want(200, "", amy, "GET", "/v1/snapshot?collections=quotes", nil); strings.Count(string(empty.body), "\n") != 1 {
		t.Errorf("of nothing = %s, want the cursor alone", empty.body)
	}
}

// TestACutSnapshotHasNoCursor: nobody takes it for whole.
func TestACutSnapshotHasNoCursor(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	for range 3 {
		w.create(amy, "customers", fields{"name": "ACME"})
	}
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // on a used connection it would ask again by itself
	for _, after := range []int{0, 2} {
		n := 0
		w.cut = func() error {
			if n++; n > after {
				return errors.New("the disk is gone")
			}
			return nil
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/v1/snapshot", http.NoBody)
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+amy)
		response, err := once.Do(r)
		if after > 0 && err != nil {
			continue // cut before the first byte left
		}
		check(t, err)
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if strings.Contains(string(text), "cursor") || after > 0 && err == nil || after == 0 && response.StatusCode != 500 {
			t.Errorf("cut after %d = %d %s, %v, want no end of it", after, response.StatusCode, text, err)
		}
	}
}

// TestHiddenIsNowhere (domain H1, S2): a caller who does not see a record is not told of it anywhere, by no value, and is
// answered as if it had never been. The same requests by who may see it do tell, so that the check is one.
func TestHiddenIsNowhere(t *testing.T) {
	w := newWorld(t)
	amy := w.key("amy")
	id := w.create(amy, "customers", fields{"name": "SECRET Ltd", "phone": "SECRET phone", "external_id": "sap:SECRET"})
	site := w.create(amy, "sites", fields{"name": "SECRET Works", "customer": id})
	job := w.create(amy, "jobs", fields{"title": "Boiler", "customer": id, "site": site, "order_number": "SECRET PO"})
	w.want(200, "", amy, "PATCH", "/v1/customers/"+id, fields{"remarks": "SECRET remark"})
	w.want(200, "", amy, "PATCH", "/v1/jobs/"+job, fields{"order_number": "SECRET PO 2", "priority": 2})
	w.meanwhile(func() {
		w.want(200, "", w.key("amy", "write"), "PATCH", "/v1/customers/"+id, fields{"phone": "SECRET other"})
	})
	w.want(200, "", amy, "PATCH", "/v1/customers/"+id, fields{"phone": "SECRET mine"}) // a review item keeps what lost
	if a := w.push("amy", model.Change{Op: model.OpEdit, Collection: model.Customers, Record: recordID(t, id), Fields: []model.Assign{{Field: 2, Value: model.Text("SECRET held")}}}); a.Outcome == model.OutcomeApplied {
		t.Fatalf("an edit without a base = %v", a)
	}
	table, err := w.e.Table(t.Context(), w.tenant)
	check(t, err)
	paths := []string{"/v1/snapshot", "/v1/changes?limit=1000", "/v1/jobs/" + job, "/v1/held"}
	for _, spec := range table.Specs() {
		paths = append(paths, "/v1/"+spec.Name+"?limit=500")
	}
	tells := func(key string) (told int) {
		for _, path := range paths {
			a := w.ask(key, "GET", path, nil)
			if a.status != 200 {
				t.Errorf("%s = %d %s", path, a.status, a.body)
			}
			if strings.Contains(string(a.body), "SECRET") {
				told++
				if key != amy {
					t.Errorf("%s tells %s", path, a.body)
				}
			}
			if key != amy && strings.Contains(string(a.body), site) {
				t.Errorf("%s names the site: %s", path, a.body)
			}
		}
		return told
	}
	if told := tells(amy); told < 6 {
		t.Errorf("only %d answers tell those who may see it: nothing is tested", told)
	}
	for who, key := range map[string]string{"no level": w.key("dan"), "no scope": w.key("dan", "jobs:read", "customers:write", "sites:write", "review_items:read")} {
		tells(key)
		for _, query := range []string{"customer=" + id, "site=" + site, "order_number[has]=SECRET", "order_number=SECRET%20PO%202"} {
			if list := w.want(200, "", key, "GET", "/v1/jobs?"+query, nil).doc["items"].([]any); len(list) != 0 {
				t.Errorf("%s: a hidden value can be asked for by %s: %v", who, query, list)
			}
		}
		never := strings.Repeat("7", 32)
		for _, c := range []struct {
			method, there, none string
			body                any
		}{
			{"GET", "/v1/customers/" + id, "/v1/customers/" + never, nil},
			{"GET", "/v1/customers/by-external-id/sap:SECRET", "/v1/customers/by-external-id/none", nil},
			{"GET", "/v1/sites/" + site, "/v1/sites/nonsense", nil},
			{"GET", "/v1/sites?parent=" + id, "/v1/sites?parent=" + never, nil},
			{"GET", "/v1/sites?after=" + site[:31] + "0", "/v1/sites?after=" + never, nil},
			{"PATCH", "/v1/customers/" + id, "/v1/customers/" + never, fields{"phone": "1"}},
			{"PATCH", "/v1/customers/" + id, "/v1/customers/" + never, fields{"phone": "SECRET mine"}},
			{"DELETE", "/v1/customers/" + id, "/v1/customers/" + never, nil},
			{"POST", "/v1/customers", "/v1/customers", fields{"name": "x", "external_id": "sap:SECRET"}},
			{"PUT", "/v1/customers/by-external-id/sap:SECRET", "/v1/customers/by-external-id/none", fields{"name": "x"}},
		} {
			there := w.ask(key, c.method, c.there, c.body, "X-Request-Id", "same")
			none := w.ask(key, c.method, c.none, c.body, "X-Request-Id", "same")
			if c.method == "POST" {
				none = w.ask(key, c.method, c.none, fields{"name": "x", "external_id": "none"}, "X-Request-Id", "same")
			}
			if there.status != none.status || string(there.body) != string(none.body) || there.header.Get("ETag") != none.header.Get("ETag") {
				t.Errorf("%s: %s %s = %d %s, want as of what never was: %d %s", who, c.method, c.there, there.status, there.body, none.status, none.body)
			}
		}
		bulk := func(record string) string {
			a := w.ask(key, "POST", "/v1/bulk", fields{"operations": []fields{{"op": "update", "collection": "customers", "id": record, "fields": fields{"phone": "1"}}}})
			return strings.ReplaceAll(fmt.Sprint(a.doc["results"], a.doc["code"]), record, "ID")
		}
		if there, none := bulk(id), bulk(never); there != none {
			t.Errorf("%s: an edit in bulk = %s, of what never was %s", who, there, none)
		}
	}
	if now := w.get(amy, "/v1/customers/"+id); now.doc["name"] != "SECRET Ltd" || now.doc["phone"] != "SECRET mine" {
		t.Errorf("the hidden customer was changed: %s", now.body)
	}
}

func recordID(t *testing.T, text string) model.RecordID {
	t.Helper()
	id, err := model.ParseIdent[struct{}](text)
	check(t, err)
	return model.RecordID(id)
}
