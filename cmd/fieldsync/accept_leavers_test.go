package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/web/api"
)

// linkTo asks for a link of somebody's by the command.
func (s *scene) linkTo(verb, login string) (l api.ResetLink) {
	s.t.Helper()
	check(s.t, json.Unmarshal([]byte(s.command("users", verb, login+"@acme.test", "--as", "amy@acme.test", "--json")), &l))
	return l
}

// choose spends a link as its page does, and gives the status.
func (s *scene) choose(l api.ResetLink, password string) int {
	s.t.Helper()
	secret, err := json.Marshal(l.Link)
	check(s.t, err)
	answer, err := http.Post("http://"+s.address+"/v1/reset", "application/json",
		strings.NewReader(`{"tenant":"acme","link":`+string(secret)+`,"password":"`+password+`"}`))
	check(s.t, err)
	check(s.t, answer.Body.Close())
	return answer.StatusCode
}

// TestW36_AForgottenPassword: Ben is given a link, opens its page, and signs in with what he chose; what was unsent on his
// phone comes in as his.
func TestW36_AForgottenPassword(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	amy, ben := s.at("amy", "desk"), s.at("ben", "phone")
	amy.signsIn()
	ben.signsIn()
	job := amy.gives("Boiler", ben)
	ben.isSettled()
	ben.offline()
	unsent := ben.writes(2, job)
	older := s.linkTo("reset-link", "ben")
	link := s.linkTo("reset-link", "ben")

	page, err := http.Get("http://" + s.address + link.Page)
	check(t, err)
	text, err := io.ReadAll(page.Body)
	check(t, err)
	check(t, page.Body.Close())
	if page.StatusCode != http.StatusOK || !strings.Contains(string(text), "/v1/reset") || !strings.Contains(page.Header.Get("Content-Security-Policy"), "script-src 'sha256-") {
		t.Errorf("the page = %d %v", page.StatusCode, page.Header)
	}
	if strings.Contains(string(text), "acme") {
		t.Error("the page knows whose link it is")
	}
	if got := s.choose(older, "another password"); got != http.StatusNotFound {
		t.Errorf("the older link = %d, want 404", got)
	}
	if got := s.choose(link, "a new password"); got != http.StatusNoContent {
		t.Errorf("the link = %d, want 204", got)
	}
	if got := s.choose(link, "a third password"); got != http.StatusNotFound {
		t.Errorf("the link again = %d, want 404", got)
	}
	ben.online()
	check(t, ben.signIn(t.Context(), "a new password", ""))
	ben.isLive()
	ben.isSettled()
	amy.shows(unsent, job)
}
