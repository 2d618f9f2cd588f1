package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	webhook "github.com/fieldsync/fieldsync/web/hook"
)

// receiver is a back office that is told of events.
type receiver struct {
	*httptest.Server
	t    *testing.T
	got  chan message
	once sync.Map // type to the status that the next message of it is answered with; else it is 204
}

// message is one message as it arrived.
type message struct {
	header http.Header
	body   []byte
	Type   string
	Data   struct{ Record, Collection string }
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, got: make(chan message, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		m := message{header: q.Header, body: body}
		_ = json.Unmarshal(body, &m)
		status := http.StatusNoContent
		if other, ok := r.once.LoadAndDelete(m.Type); ok {
			status = other.(int)
		}
		w.WriteHeader(status)
		r.got <- m
	}))
	t.Cleanup(r.Close)
	return r
}

// next waits for a message of a type; others are passed over.
func (r *receiver) next(kind string) message {
	r.t.Helper()
	timeout := time.After(acceptPatience)
	for {
		select {
		case m := <-r.got:
			if m.Type == kind {
				return m
			}
		case <-timeout:
			r.t.Fatalf("no message of type %s came", kind)
		}
	}
}

// signed says whether the official library takes a message by a secret.
func (m message) signed(t *testing.T, secret string) bool {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	check(t, err)
	return w.Verify(m.body, m.header) == nil
}

// TestAcceptWebhooks: a webhook is made, told what its owner sees, given a new secret, switched, tested and removed; its
// secret is shown when it is made and never again.
func TestAcceptWebhooks(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	admin, r := s.clerk("acme", "amy"), newReceiver(t)
	var hook api.SecretWebhook
	admin.want(201, "", "POST", "/v1/webhooks", api.NewWebhook{URL: r.URL + "/in", Name: "ERP", Events: []string{"jobs.*"}}, &hook)
	if hook.State != "on" || hook.Owner != s.users["amy@acme"] || !strings.HasPrefix(hook.Secret, "whsec_") || len(hook.Scopes) != 1 {
		t.Fatalf("the webhook = %+v", hook)
	}
	at := "/v1/webhooks/" + hook.ID.String()
	s.office("other", made(model.Jobs, randomRecord(), textOf(model.JobTitle, "Another company's")))
	s.office("acme", made(model.Customers, randomRecord(), textOf(2, "ACME Bakery")))
	job := s.newJobOf("ben", "acme", "Boiler")
	m := r.next("jobs.created")
	if m.Data.Record != job.String() || m.Data.Collection != "jobs" || !m.signed(t, hook.Secret) {
		t.Errorf("the first message = %s, headers %v", m.body, m.header)
	}
	for _, path := range []string{at, "/v1/webhooks"} {
		if a := admin.want(200, "", "GET", path, nil, nil); bytes.Contains(a.body, []byte("whsec_")) || bytes.Contains(a.body, []byte("ecret\":")) {
			t.Errorf("%s shows the secret: %s", path, a.body)
		}
	}

	var turned api.SecretWebhook
	admin.want(200, "", "POST", at+"/rotate", nil, &turned)
	if turned.Secret == hook.Secret || turned.OldExpires == nil {
		t.Errorf("rotated: %+v", turned)
	}
	s.newJobOf("ben", "acme", "Pump")
	if m := r.next("jobs.created"); !m.signed(t, hook.Secret) || !m.signed(t, turned.Secret) {
		t.Errorf("after the rotation: signature %q", m.header.Get("Webhook-Signature"))
	}

	var tested api.Tested
	admin.want(200, "", "POST", at+"/test", nil, &tested)
	if m := r.next("fieldsync.test"); !tested.Delivered || tested.Status != 204 || !m.signed(t, turned.Secret) {
		t.Errorf("the test = %+v", tested)
	}
	r.once.Store("fieldsync.test", http.StatusTeapot)
	admin.want(200, "", "POST", at+"/test", nil, &tested)
	if tested.Delivered || tested.Status != http.StatusTeapot || tested.Error == "" {
		t.Errorf("a test that is answered 418 = %+v", tested)
	}

	var changed api.Webhook
	admin.want(200, "", "PATCH", at, `{"state":"off","events":["jobs.created"],"name":"old ERP"}`, &changed)
	if changed.State != "off" || changed.Why == "" || changed.Name != "old ERP" || changed.URL != hook.URL {
		t.Errorf("changed: %+v", changed)
	}
	s.newJobOf("ben", "acme", "Missed while it was off")
	admin.want(200, "", "PATCH", at, `{"state":"on","from":"now"}`, &changed)
	last := s.newJobOf("ben", "acme", "Roof")
	if m := r.next("jobs.created"); m.Data.Record != last.String() {
		t.Errorf("from now on: %s", m.body)
	}
	admin.want(200, "", "PATCH", at, `{"from":"oldest"}`, &changed)
	for r.next("jobs.created").Data.Record != job.String() { // different records' messages come in any order
	}
	admin.want(204, "", "DELETE", at, nil, nil)
	for _, c := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"POST", "/rotate"}, {"POST", "/test"}, {"GET", "/failed"}, {"POST", "/replay"}} {
		admin.want(404, "not_found", c[0], at+c[1], nil, nil)
	}
}

// TestAcceptFailedMessages: what is not taken is listed with its reason, tried again, and none of it is anybody's who sees
// less than the webhook's owner.
func TestAcceptFailedMessages(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	narrow := access.RoleSets(access.Admin)
	narrow.Web[access.WebCustomers] = access.None
	s.addUser("acme", "ian", model.Desktop, narrow)
	admin, ian, r := s.clerk("acme", "amy"), s.clerk("acme", "ian"), newReceiver(t)
	var hook api.SecretWebhook
	admin.want(201, "", "POST", "/v1/webhooks", api.NewWebhook{URL: r.URL, Events: []string{"jobs.created"}}, &hook)
	at := "/v1/webhooks/" + hook.ID.String()
	r.once.Store("jobs.created", http.StatusInternalServerError)
	job := s.newJobOf("ben", "acme", "Boiler")
	first := r.next("jobs.created")
	var failed api.Items[api.Delivery]
	for deadline := time.Now().Add(acceptPatience); len(failed.Items) == 0 && time.Now().Before(deadline); {
		admin.want(200, "", "GET", at+"/failed", nil, &failed)
	}
	if len(failed.Items) != 1 || failed.Items[0].Status != 500 || failed.Items[0].Attempts != 1 || failed.Items[0].Next == nil ||
		!strings.Contains(string(failed.Items[0].Body), job.String()) || failed.Items[0].ID != first.header.Get("Webhook-Id") {
		t.Fatalf("failed = %+v", failed)
	}
	admin.want(200, "", "GET", at+"/failed?dead=true", nil, &failed)
	if len(failed.Items) != 0 {
		t.Errorf("given up = %+v", failed)
	}
	for _, c := range [][2]string{{"POST", "/rotate"}, {"POST", "/test"}, {"GET", "/failed"}, {"POST", "/replay"}} {
		ian.want(403, "not_allowed", c[0], at+c[1], nil, nil)
	}
	ian.want(403, "not_allowed", "PATCH", at, `{"url":"http://127.0.0.1:9/mine"}`, nil)
	ian.want(403, "not_allowed", "POST", "/v1/webhooks", api.NewWebhook{URL: r.URL, Owner: s.users["amy@acme"]}, nil)
	s.clerk("other", "amy").want(404, "not_found", "GET", at, nil, nil)
	admin.want(404, "not_found", "POST", at+"/replay", api.Replay{Message: first.header.Get("Webhook-Id")}, nil) // not given up
	admin.want(400, "bad_request", "POST", at+"/replay", api.Replay{Message: "msg_5"}, nil)
	again := r.next("jobs.created") // five seconds later, by itself
	if again.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") {
		t.Errorf("the second attempt is message %s, the first was %s", again.header.Get("Webhook-Id"), first.header.Get("Webhook-Id"))
	}
}

// TestAcceptReplay: messages that were given up are tried again when somebody says so.
func TestAcceptReplay(t *testing.T) {
	s := openStage(t, nil)
	admin, r := s.clerk("acme", "amy"), newReceiver(t)
	var hook api.SecretWebhook
	admin.want(201, "", "POST", "/v1/webhooks", api.NewWebhook{URL: r.URL, Events: []string{"quotes.created"}}, &hook)
	id, now := hook.ID, s.operator.now()
	for _, title := range []string{"Boiler", "Pump", "Roof"} {
		s.newJobOf("ben", "acme", title)
	}
	r.once.Store("quotes.created", http.StatusInternalServerError) // the deliverer knows that something is kept, whenever it looked
	var jobs api.Items[fields]
	admin.want(200, "", "GET", "/v1/jobs?limit=1", nil, &jobs)
	admin.want(201, "", "POST", "/v1/quotes", fields{"job": jobs.Items[0]["id"], "number": "Q1"}, nil)
	r.next("quotes.created")
	page, err := s.engine.Ahead(t.Context(), s.tenants["acme"], model.Hook{Owner: s.users["amy@acme"], Scopes: model.AllScopes()}, 100)
	check(t, err)
	round := webhook.Round{Hook: id}
	for _, e := range page.Events {
		if e.Collection == model.Jobs && e.Op == model.OpCreate {
			round.Put = append(round.Put, model.Delivery{
				Hook: id, ID: model.MessageID{byte(len(round.Put) + 1)}, Type: "jobs.created", Body: []byte(`{"type":"jobs.created","old":true}`),
				At: model.Position{Seq: e.Seq, Index: e.Index}, Made: now, Attempts: 10, Dead: now, Error: "answered 500",
			})
		}
	}
	check(t, hookSource{s.operator}.Record(t.Context(), s.tenants["acme"], round))
	at := "/v1/webhooks/" + id.String()
	var failed api.Items[api.Delivery]
	admin.want(200, "", "GET", at+"/failed?dead=true", nil, &failed)
	if len(failed.Items) != 3 || failed.Items[0].Dead == nil || failed.Items[0].Error != "answered 500" || strings.Contains(string(failed.Items[0].Body), "old") {
		t.Fatalf("given up = %+v", failed)
	}
	var done api.Replayed
	admin.want(200, "", "POST", at+"/replay", api.Replay{Message: failed.Items[1].ID}, &done)
	if m := r.next("jobs.created"); done.Replayed != 1 || m.header.Get("Webhook-Id") != failed.Items[1].ID {
		t.Errorf("one was replayed: %+v, %v", done, m.header)
	}
	admin.want(200, "", "POST", at+"/replay", nil, &done)
	ids := []string{r.next("jobs.created").header.Get("Webhook-Id"), r.next("jobs.created").header.Get("Webhook-Id")}
	slices.Sort(ids)
	if done.Replayed != 2 || ids[0] != failed.Items[0].ID || ids[1] != failed.Items[2].ID {
		t.Errorf("all others were replayed: %+v, %v", done, ids)
	}
}

// TestAcceptWebhookAddresses: what cannot be an address or an event is refused by name, and this server's own network is
// none unless the operator says so.
func TestAcceptWebhookAddresses(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	for body, where := range map[string]string{
		`{"url":"ftp://erp.example/"}`:                                         "body.url",
		`{"url":"https://user:pw@erp.example/"}`:                               "body.url",
		`{"url":"` + "https://erp.example/" + strings.Repeat("x", 3000) + `"}`: "body.url",
		`{"url":"https://erp.example/","events":["jobs.finished"]}`:            "body.events[0]",
		`{"url":"https://erp.example/","events":["jobs.*","jbos.*"]}`:          "body.events[1]",
		`{"url":"https://erp.example/","events":"jobs.*"}`:                     "body.events",
		`{"url":"https://erp.example/","secret":"mine"}`:                       "body",
		`{}`: "body",
	} {
		if r := admin.ask("POST", "/v1/webhooks", body); r.status != 400 || r.code() != "bad_request" || !strings.Contains(string(r.body), `"location":"`+where) {
			t.Errorf("%.60s: %d %s, want a fault at %s", body, r.status, r.body, where)
		}
	}
	strict := backOffice{operator: s.operator}
	for _, url := range []string{"http://erp.example/", "https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://[::1]/"} {
		_, err := strict.AddHook(operating(t.Context()), model.Caller{Tenant: s.tenants["acme"], Scopes: model.AllScopes()},
			model.Hook{URL: url, Owner: s.users["amy@acme"], Scopes: model.Scopes{"read"}})
		if err == nil {
			t.Errorf("%s may be a webhook's", url)
		}
	}
}
