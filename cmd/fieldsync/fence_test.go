package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// lateOffice revokes a caller's key right after the caller was found: whatever the request does then, it does too late.
type lateOffice struct{ backOffice }

func (o lateOffice) KeyCaller(ctx context.Context, t model.TenantID, secret [32]byte) (model.Caller, error) {
	c, err := o.backOffice.KeyCaller(ctx, t, secret)
	if err == nil {
		err = o.engine.RevokeKey(ctx, t, c.Key, c.User, o.now())
	}
	return c, err
}

// TestI7_NothingIsDoneAfterTheEnd: every request of the API that does something is refused when what its caller acts by ended
// before it was decided, and leaves nothing.
func TestI7_NothingIsDoneAfterTheEnd(t *testing.T) {
	t.Parallel()
	if wrong := doneTooLate(t); wrong != "" {
		t.Error(wrong)
	}
}

// doneTooLate says what was done too late, or nothing; a planted bug must make it say something.
func doneTooLate(t *testing.T) (wrong string) {
	t.Helper()
	s := openStage(t, nil)
	handler, err := api.New(api.Config{
		Office: lateOffice{backOffice{operator: s.operator, hooks: s.hooks, private: true}}, Log: slog.New(slog.DiscardHandler), Version: "test",
	})
	check(t, err)
	s.addUser("acme", "portia", model.Portal, access.DefaultSets(model.Portal))
	early := s.clerk("acme", "amy")
	var customer struct{ ID model.RecordID }
	early.want(201, "", http.MethodPost, "/v1/customers", fields{"name": "Bakery"}, &customer)
	var hook struct{ ID string }
	early.want(201, "", http.MethodPost, "/v1/webhooks", fields{"url": "http://127.0.0.1:9/hook"}, &hook)
	ben, portia := s.users["ben@acme"].String(), s.users["portia@acme"].String()
	s.handset("acme", "ben").connect()
	var devices struct{ Items []struct{ ID string } }
	early.want(200, "", http.MethodGet, "/v1/devices", nil, &devices)

	week := fields{"worker": ben, "from": "2026-03-02", "to": "2026-03-09"}
	requests := map[string]struct {
		path string
		body any
	}{
		"add-key":               {"/v1/keys", fields{"name": "later", "scopes": []string{"read"}}},
		"revoke-key":            {"/v1/keys/" + strings.Split(early.token, "_")[1], nil},
		"add-user":              {"/v1/users", fields{"login": "zoe@acme", "name": "Zoe", "kind": "mobile"}},
		"set-user-password":     {"/v1/users/" + ben + "/password", fields{"password": "a long enough password"}},
		"make-sign-in-ticket":   {"/v1/sign-in/ticket", fields{"user": ben}},
		"set-user-levels":       {"/v1/users/" + ben + "/levels/mobile", fields{"create_job": "on"}},
		"set-all-user-levels":   {"/v1/users/" + ben + "/levels/mobile", fields{"level": "full"}},
		"set-user-categories":   {"/v1/users/" + ben + "/categories", fields{"categories": []string{"Plumbers"}}},
		"set-category-levels":   {"/v1/categories/levels/mobile", fields{"category": "Electricians", "level": "full"}},
		"deactivate-user":       {"/v1/users/" + ben + "/deactivate", fields{}},
		"replace-user":          {"/v1/users/" + ben + "/replace", fields{"successor": ben}},
		"reactivate-user":       {"/v1/users/" + ben + "/reactivate", nil},
		"make-reset-link":       {"/v1/users/" + ben + "/reset-link", nil},
		"link-user":             {"/v1/users/" + portia + "/company", fields{"company": customer.ID}},
		"set-partner-access":    {"/v1/partners/" + customer.ID.String() + "/access", fields{"open": false}},
		"end-session":           {"/v1/sessions/" + ben + "/end", fields{"choice": "now"}},
		"mark-device":           {"/v1/devices/" + devices.Items[0].ID + "/state", fields{"state": "lost"}},
		"call-off-wipe":         {"/v1/devices/" + devices.Items[0].ID + "/wipe", nil},
		"change-settings":       {"/v1/settings", fields{"auto_accept": true}},
		"add-webhook":           {"/v1/webhooks", fields{"url": "http://127.0.0.1:9/other"}},
		"change-webhook":        {"/v1/webhooks/" + hook.ID, fields{"state": "off"}},
		"remove-webhook":        {"/v1/webhooks/" + hook.ID, nil},
		"rotate-webhook-secret": {"/v1/webhooks/" + hook.ID + "/rotate", nil},
		"submit-timesheet":      {"/v1/timesheets/submit", week},
		"approve-timesheet":     {"/v1/timesheets/approve", week},
		"reopen-timesheet":      {"/v1/timesheets/reopen", week},
		"export-payroll":        {"/v1/payroll/0d4c9a52b1f04b8f9d2a6c1e7f3b8d40", fields{"from": "2026-03-02", "to": "2026-03-09"}},
		"create-customers":      {"/v1/customers", fields{"name": "Brewery"}},
		"bulk":                  {"/v1/bulk", fields{"operations": []fields{{"op": "create", "collection": "customers", "fields": fields{"name": "Brewery"}}}}},
	}
	early.want(200, "", http.MethodPut, "/v1/users/"+ben+"/categories", fields{"categories": []string{"Electricians"}}, nil)
	for id, op := range doers(t) {
		r, listed := requests[id]
		if !listed {
			// What is held, disputed and delivered needs a history first; their commits go the same way as these.
			if !slices.Contains([]string{"restore-review", "adopt-review", "dismiss-review", "release-review", "dismiss-held", "release-held", "replay-deliveries", "test-webhook"}, id) {
				t.Errorf("%s: there is no request that tries it", id)
			}
			continue
		}
		late := s.clerk("acme", "amy")
		body, err := json.Marshal(r.body)
		check(t, err)
		if r.body == nil {
			body = nil
		}
		request := httptest.NewRequest(op, r.path, strings.NewReader(string(body)))
		request.Header.Set("Authorization", "Bearer "+late.token)
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusUnauthorized {
			wrong += fmt.Sprintf("%s %s, too late: %d %s, want 401\n", op, r.path, answer.Code, answer.Body)
		}
	}
	return wrong
}

// doers is the method of every operation that does something: of records the one of customers that makes one, since
// all of them go the same way.
func doers(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "openapi.json")) // TestAPI_TheDocument holds it to the code
	check(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			ID   string   `json:"operationId"`
			Tags []string `json:"tags"`
		} `json:"paths"`
	}
	check(t, json.Unmarshal(raw, &document))
	table := builtin()
	out := map[string]string{}
	for path, operations := range document.Paths {
		for method, op := range operations {
			collection := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")[0]
			if _, of := table.Named(collection); method == "get" || of && op.ID != "create-customers" {
				continue
			}
			out[op.ID] = strings.ToUpper(method)
		}
	}
	return out
}
