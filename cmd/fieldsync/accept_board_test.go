package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestAcceptBoard: the board says what is at stake, and answers whoever waits as soon as somebody signs in; whoever ends a
// session sees first what that puts at stake, and it says afterwards how it ended (domain F6, F14).
func TestAcceptBoard(t *testing.T) {
	t.Parallel()
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	var board api.Board
	admin.want(200, "", "GET", "/v1/sessions", nil, &board)
	if len(board.Items) != 0 || board.Tag == "" {
		t.Fatalf("the board = %+v", board)
	}
	admin.want(400, "bad_request", "GET", "/v1/sessions?wait=2h&tag="+board.Tag, nil, nil)
	signed := make(chan *handset)
	go func() { signed <- s.handset("acme", "ben") }()
	var changed api.Board
	admin.want(200, "", "GET", "/v1/sessions?wait=60s&tag="+board.Tag, nil, &changed)
	ben := <-signed
	if len(changed.Items) != 1 || changed.Tag == board.Tag || changed.Items[0].Device != ben.in.Device {
		t.Fatalf("the board = %+v, want Ben alone", changed)
	}
	report := model.Report{Unsent: 3, Oldest: s.operator.now() - 7200_000, Space: 10 << 20, Skew: 90_000, Version: "9.9"}
	conn := model.Connection{Tenant: s.tenants["acme"], User: s.users["ben@acme"], Device: ben.in.Device, Session: ben.in.Session, Kind: model.Mobile, Epoch: model.Epoch(ben.in.Epoch), Lane: model.LaneLive}
	check(t, s.engine.Note(t.Context(), conn, model.Note{Report: &report}, s.operator.now()))
	admin.want(200, "", "GET", "/v1/sessions?wait=60s&tag="+changed.Tag, nil, &board)
	if got := board.Items[0]; got.Unsent != 3 || got.Oldest == nil || got.Storage != "full" || got.Skew != 90_000 || got.App != "9.9" {
		t.Errorf("the board = %+v", got)
	}

	at := "/v1/sessions/" + conn.User.String() + "/end"
	var e api.Ended
	admin.want(200, "", "POST", at, api.End{Choice: "revoke", Stolen: true, DryRun: true}, &e)
	if !e.DryRun || e.Fate != "refused" || e.Unsent != 3 || e.Oldest == nil || e.Storage != "full" || e.Seen == nil {
		t.Errorf("stolen would be %+v", e)
	}
	admin.want(200, "", "POST", at, api.End{Choice: "now", Reason: "bring it in", DryRun: true}, &e)
	if e.Fate != "handed in" || e.Cause != "office" {
		t.Errorf("an end would be %+v", e)
	}
	admin.want(200, "", "GET", "/v1/sessions", nil, &board)
	if len(board.Items) != 1 {
		t.Fatal("a dry run ended a session")
	}
	admin.want(400, "bad_request", "POST", at, api.End{Stolen: true}, nil)
	e = api.Ended{}
	admin.want(200, "", "POST", at, api.End{Choice: "now", Reason: "bring it in"}, &e)
	if e.DryRun || e.Choice != "now" || e.Reason != "bring it in" || e.Unsent != 3 {
		t.Errorf("the end = %+v", e)
	}
	var devices api.Items[api.Device]
	admin.want(200, "", "GET", "/v1/devices", nil, &devices)
	if d := devices.Items[0]; d.How == nil || d.How.Reason != "bring it in" || d.How.Choice != "now" || d.Wipe != nil || d.Exposure != "" {
		t.Errorf("the device = %+v", d)
	}
}

// TestF14_AnEndSaysAllThatItEnded: who may be signed in once by each kind, and is ended without a word of which, is out on both.
func TestF14_AnEndSaysAllThatItEnded(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	sets := access.DefaultSets(model.Desktop)
	sets.Mobile = access.DefaultSets(model.Mobile).Mobile
	s.addUser("acme", "dot", model.Desktop, sets)
	admin.want(200, "", "PATCH", "/v1/settings", `{"slot_per_kind":true}`, nil)
	at := "/v1/sessions/" + s.users["dot@acme"].String() + "/end"
	devices := map[model.DeviceID]bool{}
	for _, kind := range []model.UserKind{model.Desktop, model.Mobile} {
		h := s.newHandset("acme", "dot")
		if answer, body := h.signIn(0, func(r *web.SignInRequest) { r.Kind = kind.String() }); answer.StatusCode != http.StatusOK {
			t.Fatalf("as %s: %s", kind, body)
		}
		devices[h.in.Device] = true
	}
	for _, rehearse := range []bool{true, false} {
		var e api.Ended
		admin.want(200, "", "POST", at, api.End{Choice: "now", Reason: "all out", DryRun: rehearse}, &e)
		if len(e.Also) != 1 || e.Also[0].Device == e.Device || !devices[e.Device] || !devices[e.Also[0].Device] || e.Also[0].DryRun != rehearse || e.Also[0].Reason != "all out" {
			t.Errorf("the end = %+v", e)
		}
	}
	admin.want(404, "no_session", "POST", at, api.End{Choice: "now"}, nil)
}

// TestAcceptWipe: how far the wipe of a lost device has come, and what it held, is offered with the mark; before contact it is
// called off, afterwards not (domain f.5).
func TestAcceptWipe(t *testing.T) {
	s := openStage(t, nil)
	admin := s.clerk("acme", "amy")
	ben := s.handset("acme", "ben")
	device := "/v1/devices/" + ben.in.Device.String()
	admin.want(404, "no_device", "DELETE", device+"/wipe", nil, nil)
	var d api.Device
	admin.want(200, "", "PUT", device+"/state", api.Mark{State: "lost", Reason: "on the train"}, &d)
	if d.Wipe == nil || d.Wipe.State != "asked" || d.Wipe.AskedBy != "amy" || d.How == nil || d.How.Reason != "on the train" || d.How.Fate != "held" {
		t.Errorf("lost: %+v %+v", d.Wipe, d.How)
	}
	admin.want(200, "", "GET", d.Exposure, nil, nil)
	var found api.Device
	admin.want(200, "", "DELETE", device+"/wipe", nil, &found)
	if found.State != engine.StateName(engine.DeviceInUse) || found.Wipe != nil || found.Exposure != "" {
		t.Errorf("called off: %+v", found)
	}
	admin.want(200, "", "PUT", device+"/state", api.Mark{State: "stolen"}, nil)
	conn := model.Connection{Tenant: s.tenants["acme"], User: s.users["ben@acme"], Device: ben.in.Device}
	if due, err := s.engine.Wipe(t.Context(), conn, s.operator.now()); !due || err != nil {
		t.Fatal(due, err)
	}
	admin.want(409, "wipe_done", "DELETE", device+"/wipe", nil, nil)
	check(t, s.engine.Wiped(t.Context(), conn, 4, s.operator.now()))
	admin.want(200, "", "PUT", device+"/state", api.Mark{State: "found"}, &d)
	if d.State != "in use" || d.Wipe == nil || d.Wipe.State != "confirmed" || d.Wipe.Erased != 4 {
		t.Errorf("found empty: %+v %+v", d, d.Wipe)
	}
}

// waitingOffice says when a request begins to wait.
type waitingOffice struct {
	backOffice
	waits chan struct{}
}

// Stands and Events are asked when the request watches already.
func (o waitingOffice) Stands(ctx context.Context, c model.Caller) error {
	err := o.backOffice.Stands(ctx, c)
	o.waits <- struct{}{}
	return err
}

func (o waitingOffice) Events(ctx context.Context, c model.Caller, cursor string, of []model.Collection, limit int) (model.Events, error) {
	page, err := o.backOffice.Events(ctx, c, cursor, of, limit)
	o.waits <- struct{}{}
	return page, err
}

// TestF17_WhoWaitsIsAskedAgain: a request that waits by a key is told at once when the key is revoked, and shown nothing of what
// comes after.
func TestF17_WhoWaitsIsAskedAgain(t *testing.T) {
	t.Parallel()
	if wrong := waitsOn(t, "60s"); wrong != "" {
		t.Error(wrong)
	}
}

func waitsOn(t *testing.T, wait string) (wrong string) {
	t.Helper()
	s := openStage(t, nil)
	office := waitingOffice{backOffice{operator: s.operator, hooks: s.hooks}, make(chan struct{}, 16)}
	handler, err := api.New(api.Config{Office: office, Log: slog.New(slog.DiscardHandler), Version: "test"})
	check(t, err)
	ask := func(at, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, at, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		return answer
	}
	for _, at := range []string{"/v1/sessions?wait=" + wait + "&tag=", "/v1/changes?since=now&wait=" + wait} {
		key := s.clerk("acme", "amy").token
		if strings.HasSuffix(at, "tag=") {
			var board api.Board
			check(t, json.Unmarshal(ask("/v1/sessions", key).Body.Bytes(), &board))
			at += board.Tag
			<-office.waits
		}
		waiting := make(chan int)
		go func() { waiting <- ask(at, key).Code }()
		<-office.waits
		tenant, secret, ok := api.ParseKey(key)
		if !ok {
			t.Fatal("no key")
		}
		c, err := s.engine.KeyCaller(t.Context(), tenant, sha256.Sum256(secret[:]), s.operator.now())
		check(t, err)
		check(t, s.engine.RevokeKey(t.Context(), tenant, c.Key, model.UserID{}, s.operator.now()))
		if status := <-waiting; status != http.StatusUnauthorized {
			wrong += fmt.Sprintf("%s, by a key that is revoked: %d, want 401\n", at, status)
		}
	}
	return wrong
}
