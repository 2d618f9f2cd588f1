package main

import (
	"slices"
	"strings"
	"testing"
)

// TestF13_TwoUsersShareAPhone: Ben's queue on a phone is neither seen, sent nor lost by Cal, who signs in on it next; it goes out as
// Ben's when he is back, over real sockets and files.
func TestF13_TwoUsersShareAPhone(t *testing.T) {
	d, hidden := serveDemoSet(t, shortDir(t), demoSettings{idle: true})
	hidden.hide(d.house)
	t.Setenv("FIELDSYNC_PASSWORD", d.mark.Password)
	p := &people{t: t, server: d.address, password: d.mark.Password, dir: shortDir(t)}
	const bens, cals = "Ben's own words.", "Cal's own words."
	said := func() (texts []string) {
		for _, n := range d.snapshot(t)["notes"] {
			text, _ := n["text"].(string)
			author, _ := n["author"].(string)
			if text == bens || text == cals {
				texts = append(texts, author+" "+text)
			}
		}
		slices.Sort(texts)
		return texts
	}
	p.shows("phone", "ben", "kiosk", []string{"offline", "jobs", "note 1 " + bens}, "saved on this device (1 change)")
	out := p.shows("phone", "cal", "kiosk", []string{"outbox", "status", "search own words", "jobs", "offline", "note 1 " + cals}, "nothing unsent", "saved on this device (1 change)")
	if strings.Contains(out, bens) {
		t.Errorf("Cal is shown Ben's queue:\n%s", out)
	}
	if got := said(); len(got) != 0 {
		t.Errorf("the office has %q, and nobody has sent anything", got)
	}
	out = p.shows("phone", "ben", "kiosk", []string{"outbox", "wait", "status"}, "note", "nothing unsent")
	if strings.Contains(out, cals) {
		t.Errorf("Ben is shown Cal's queue:\n%s", out)
	}
	ben, cal := d.userID(t, "ben"), d.userID(t, "cal")
	if got := said(); len(got) != 1 || got[0] != ben+" "+bens {
		t.Errorf("the office has %q, want Ben's alone, as his", got)
	}
	p.shows("phone", "cal", "kiosk", []string{"wait", "status"}, "nothing unsent")
	want := []string{ben + " " + bens, cal + " " + cals}
	if slices.Sort(want); !slices.Equal(said(), want) {
		t.Errorf("the office has %q, want %q", said(), want)
	}
}

// userID is whose login it is, as the API writes it.
func (d *demoServer) userID(t *testing.T, login string) string {
	t.Helper()
	l, err := d.engine.Login(t.Context(), d.mark.Company, login+"@fieldsync.example")
	check(t, err)
	return l.User.String()
}
