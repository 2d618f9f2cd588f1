package main

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// TestV1_AKindIsSaidAtSignIn, by a person's password and by a ticket of the office's; and who does not have it is told so.
func TestV1_AKindIsSaidAtSignIn(t *testing.T) {
	s := openStage(t, nil)
	admin, amy := s.clerk("acme", "amy"), s.users["amy@acme"]
	h := s.newHandset("acme", "amy")
	as := func(kind string) func(*web.SignInRequest) {
		return func(r *web.SignInRequest) { r.Kind = kind }
	}
	for kind, code := range map[string]string{"mobile": "no_kind", "portal": "no_kind", "pilot": "bad_request"} {
		if _, body := h.signIn(0, as(kind)); !bytes.Contains(body, []byte(`"code":"`+code+`"`)) {
			t.Errorf("as %s: %s, want %s", kind, body, code)
		}
	}
	admin.want(403, "no_kind", "POST", "/v1/sign-in/ticket", api.NewTicket{User: amy, Kind: "mobile"}, nil)
	if answer, body := h.signIn(0, nil); answer.StatusCode != http.StatusOK || h.in.Kind != model.Desktop.String() {
		t.Errorf("as nothing: %s", body)
	}
	admin.want(409, "reason_needed", "POST", "/v1/sessions/"+amy.String()+"/end", api.End{DryRun: true}, nil)
	admin.want(409, "reason_needed", "PUT", "/v1/devices/"+h.in.Device.String()+"/state", api.Mark{State: "lost"}, nil)
	admin.want(200, "", "POST", "/v1/sessions/"+amy.String()+"/end", api.End{Choice: "now", Reason: "moved out"}, nil)
}
