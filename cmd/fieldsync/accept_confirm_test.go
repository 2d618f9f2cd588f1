package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// rights is how far the one device of a person has followed, as the office is told.
func (b *clerk) rights(u model.UserID) api.Confirmation {
	b.s.t.Helper()
	var all api.Items[api.Device]
	b.want(200, "", "GET", "/v1/devices", nil, &all)
	for _, d := range all.Items {
		if d.User == u {
			return d.Rights
		}
	}
	b.s.t.Fatal("the person has no device")
	return api.Confirmation{}
}

// TestS20_AConnectedPhoneConfirms: the office sees what was sent, and confirmed only when the phone has acknowledged the
// checkpoint; what shows nothing is confirmed without a frame.
func TestS20_AConnectedPhoneConfirms(t *testing.T) { wants(t, confirmsWhenItHolds(t)) }

// deserted waits until the server has noticed that nobody is connected any more.
func (s *stage) deserted() {
	s.t.Helper()
	late, look := time.NewTimer(acceptPatience), time.NewTicker(time.Millisecond)
	defer late.Stop()
	defer look.Stop()
	for s.hub.Connected() > 0 {
		select {
		case <-look.C:
		case <-late.C:
			s.t.Fatal("somebody is still connected")
		}
	}
}

func wants(t *testing.T, wrong string) {
	t.Helper()
	if wrong != "" {
		t.Error(wrong)
	}
}

func confirmsWhenItHolds(t *testing.T) string {
	t.Helper()
	s := openStage(t, brisk)
	admin, ben := s.clerk("acme", "amy"), s.users["ben@acme"]
	levels := "/v1/users/" + ben.String() + "/levels/mobile"
	admin.want(200, "", "PATCH", levels, map[string]string{"create_job": "on"}, nil)
	customer := randomRecord()
	s.office("acme", made(model.Customers, customer, textOf(2, "ACME Bakery")))
	w := s.handset("acme", "ben").connect()
	heardOf := func() { // what the phone said before is taken by then, and what it was sent is noted
		t.Helper()
		w.say(&protocol.Ping{})
		heard[*protocol.Pong](w)
	}
	var l ledger
	l.settle(w)
	l.until(w, func() bool { return l.rows[customer] })
	l.quiet(w)
	if k := admin.rights(ben); k.State != api.RightsConfirmed || k.Checkpoint == nil {
		return fmt.Sprintf("after its first sync: %+v", k)
	}
	admin.want(200, "", "PATCH", levels, map[string]string{"customers": "hidden"}, nil)
	page := heard[*protocol.Page](w)
	heardOf()
	k := admin.rights(ben)
	if !page.Header.Final || k.State != api.RightsSent || k.Sent == nil || k.Confirmed != nil || k.Change != "levels" || k.ChangedBy != s.users["amy@acme"] {
		return fmt.Sprintf("on the way: %+v; final %v", k, page.Header.Final)
	}
	l.take(w, page)
	heardOf()
	if k := admin.rights(ben); l.rows[customer] || k.State != api.RightsConfirmed || k.Confirmed.Before(*k.Changed) {
		return fmt.Sprintf("acknowledged: %+v", k)
	}
	l.quiet(w)
	before := len(l.pages)
	admin.want(200, "", "PATCH", levels, map[string]string{"assign_jobs": "on"}, nil)
	l.quiet(w)
	if k := admin.rights(ben); len(l.pages) != before || k.State != api.RightsConfirmed {
		return fmt.Sprintf("what shows nothing: %d pages, %+v", len(l.pages)-before, k)
	}
	check(t, w.conn.Close(protocol.CodeNone, ""))
	s.deserted() // while the server has not noticed, the phone stands where there is nothing to say to it
	admin.want(200, "", "PATCH", levels, map[string]string{"create_job": "off"}, nil)
	if k := admin.rights(ben); k.State != api.RightsNotConfirmed {
		return fmt.Sprintf("while it is away: %+v", k)
	}
	return ""
}

// held lets somebody's device come, waits until it has confirmed all there is, and gives what it holds. A level that shows
// nothing is changed for that: when the office hears that it is confirmed, everything sent before is.
func (o *oversight) held(u web.User) (device model.DeviceID, rows map[model.RecordID]model.Collection) {
	o.t.Helper()
	s, err := openStation(stationSettings{
		server: o.d.address, tenant: demoTenant, login: u.Login, dir: shortDir(o.t), label: "lost", platform: "android", log: slog.New(slog.DiscardHandler),
	})
	check(o.t, err)
	defer func() { check(o.t, s.close()) }()
	ctx, cancel := context.WithTimeout(o.t.Context(), acceptPatience)
	defer cancel()
	go s.follow(ctx)
	if err := s.signIn(ctx, o.d.mark.Password, ""); err != nil {
		o.t.Fatalf("%s signs in: %v", u.Login, err)
	}
	check(o.t, s.until(ctx, s.settled))
	device = s.Who().Device
	edit := map[string]string{"on": "off", "off": "on"}[u.Levels["mobile"]["edit_job"]]
	o.ask(http.MethodPatch, "/v1/users/"+u.ID.String()+"/levels/mobile", map[string]string{"edit_job": edit}, nil)
	for state := ""; state != api.RightsConfirmed; {
		check(o.t, ctx.Err())
		state = o.device(device).Rights.State
	}
	rows = map[model.RecordID]model.Collection{}
	for _, spec := range o.table.Specs() {
		all, err := s.List(spec.No, model.RecordID{})
		check(o.t, err)
		for _, r := range all {
			rows[r.ID] = r.Collection
		}
	}
	return device, rows
}

// device is what the office is told of a device.
func (o *oversight) device(id model.DeviceID) api.Device {
	o.t.Helper()
	var all api.Items[api.Device]
	o.ask(http.MethodGet, "/v1/devices", nil, &all)
	for _, d := range all.Items {
		if d.ID == id {
			return d
		}
	}
	o.t.Fatal("no such device")
	return api.Device{}
}

// TestF5_ExposureIsWhatTheRealDeviceHeld: for engineers and subcontractors of the demonstration's company, what is told of a lost
// device is what the real client held, at once, and after its user's customers were hidden, their jobs taken, and the
// device marked lost.
func TestF5_ExposureIsWhatTheRealDeviceHeld(t *testing.T) {
	t.Parallel()
	o := &oversight{t: t, d: serveDemo(t, shortDir(t)), devices: map[string]map[model.RecordID]fields{}}
	o.widen()
	var err error
	o.table, err = o.d.engine.Table(t.Context(), o.d.mark.Company)
	check(t, err)
	check(t, o.d.operator.do(t.Context(), http.MethodGet, path("tenants", demoTenant, "users"), nil, &o.users))
	type phone struct {
		user   web.User
		device model.DeviceID
		rows   map[model.RecordID]model.Collection
	}
	var phones []phone
	customers := 0
	for _, u := range o.users {
		if u.Levels["mobile"]["enabled"] != "on" || u.Kind == "desktop" {
			continue
		}
		device, rows := o.held(u)
		phones = append(phones, phone{u, device, rows})
		for _, c := range rows {
			if c == model.Customers {
				customers++
			}
		}
	}
	compare := func(when string) {
		t.Helper()
		for _, p := range phones {
			x, err := exposureOf("", func(asked string, out *api.Exposure) error {
				o.ask(http.MethodGet, "/v1/devices/"+p.device.String()+"/exposure"+strings.Replace(asked, "limit=1000", "limit=7", 1), nil, out)
				return nil
			})
			check(t, err)
			told := map[model.RecordID]bool{}
			for _, r := range x.Items {
				if !r.Later {
					told[r.ID] = true
				}
				if _, held := p.rows[r.ID]; held == r.Later {
					t.Errorf("%s, %s: %s %s is told as held %v; the device holds it: %v", when, p.user.Login, r.Collection, r.ID, !r.Later, held)
				}
			}
			if len(told) != len(p.rows) || x.Superset || x.Narrowed {
				t.Errorf("%s, %s: %d records are told, the device holds %d; %v %v", when, p.user.Login, len(told), len(p.rows), x.Superset, x.Narrowed)
			}
		}
	}
	compare("at once")
	taken := 0
	for _, p := range phones {
		at := "/v1/users/" + p.user.ID.String() + "/levels/mobile"
		o.ask(http.MethodPatch, at+"?confirm=true", map[string]string{"customers": "hidden", "create_job": "off"}, nil)
		for id, c := range p.rows {
			if c != model.Assignments {
				continue
			}
			var asg fields
			o.ask(http.MethodGet, "/v1/assignments/"+id.String(), nil, &asg)
			if asg["state"] == "offered" || asg["state"] == "accepted" {
				o.ask(http.MethodPost, "/v1/office_events", fields{"job": asg["job"], "kind": "withdraw", "assignment": id}, nil)
				taken++
				break
			}
		}
		o.ask(http.MethodPut, "/v1/devices/"+p.device.String()+"/state", api.Mark{State: "lost"}, nil)
	}
	compare("afterwards")
	if len(phones) < 3 || customers == 0 || taken < 2 {
		t.Errorf("%d devices with %d customers between them, and %d jobs taken, prove little", len(phones), customers, taken)
	}
}

// TestB3_AskedOverTheAPI: a change that takes much is refused with who and how much, by its code; a dry run says the same; it
// is done when it is confirmed. For a category the devices of all its people count.
func TestB3_AskedOverTheAPI(t *testing.T) {
	s := openStage(t, brisk)
	admin := s.clerk("acme", "amy")
	for i := range 120 {
		s.office("acme", made(model.Customers, randomRecord(), textOf(2, fmt.Sprint("customer ", i))))
	}
	sets := access.DefaultSets(model.Mobile)
	sets.Mobile[access.MobileCreateJob] = access.On
	for _, login := range []string{"dan", "eve"} {
		s.addUser("acme", login, model.Mobile, sets)
		w := s.handset("acme", login).connect()
		var l ledger
		l.settle(w)
		l.quiet(w)
		admin.want(200, "", "PUT", "/v1/users/"+s.users[login+"@acme"].String()+"/categories", api.Categories{Categories: []string{"gas"}}, nil)
	}
	at := "/v1/users/" + s.users["dan@acme"].String() + "/levels/mobile"
	hide := map[string]string{"customers": "hidden"}
	r := admin.want(409, "takes_much", "PATCH", at, hide, nil)
	for _, says := range []string{"120 records from 1 devices", "dan@acme", "confirm"} {
		if !strings.Contains(string(r.body), says) {
			t.Errorf("the refusal lacks %q: %s", says, r.body)
		}
	}
	var told, done api.ChangedPerson
	admin.want(200, "", "PATCH", at+"?dry_run=true", hide, &told)
	if d := told.Effect.Takes.Devices; !told.Effect.Takes.Confirm || len(d) != 1 || d[0].Records != 120 || d[0].Login != "dan@acme" {
		t.Errorf("the dry run: %+v", told.Effect.Takes)
	}
	var now api.Person
	admin.want(200, "", "GET", "/v1/users/"+s.users["dan@acme"].String(), nil, &now)
	if now.Levels["mobile"]["customers"] != "full" {
		t.Errorf("it is %s already", now.Levels["mobile"]["customers"])
	}
	admin.want(200, "", "PATCH", at+"?confirm=true", hide, &done)
	if fmt.Sprint(done.Effect.Takes) != fmt.Sprint(told.Effect.Takes) {
		t.Errorf("done %+v, told %+v", done.Effect.Takes, told.Effect.Takes)
	}
	admin.want(200, "", "PATCH", at, map[string]string{"customers": "full"}, nil)
	var settings api.ChangedSettings
	admin.want(200, "", "PATCH", "/v1/settings", `{"ask_devices":1,"ask_share":100}`, &settings)
	if settings.AskDevices != 1 || settings.AskShare != 100 || settings.AskRecords != 100 {
		t.Errorf("settings %+v", settings)
	}
	none := api.CategoryLevel{Category: "gas", LevelForAll: api.LevelForAll{Level: "none"}}
	admin.want(409, "takes_much", "PUT", "/v1/categories/levels/mobile", none, nil)
	admin.want(200, "", "PUT", at, api.LevelForAll{Level: "read-only", DryRun: true}, nil)
	none.Confirm = true
	var all api.Items[web.LevelsResult]
	admin.want(200, "", "PUT", "/v1/categories/levels/mobile", none, &all)
	if len(all.Items) != 2 || all.Items[0].Status != "changed" || all.Items[1].Status != "changed" {
		t.Errorf("confirmed: %+v", all.Items)
	}
	var dry api.ChangedSettings
	admin.want(200, "", "PATCH", "/v1/settings?dry_run=true", `{"hidden_job_card":"full"}`, &dry)
	var kept api.Settings
	admin.want(200, "", "GET", "/v1/settings", nil, &kept)
	if !dry.Effect.DryRun || dry.HiddenJobCard != "full" || kept.HiddenJobCard != "site_only" {
		t.Errorf("a dry run of settings: %+v, kept %+v", dry, kept)
	}
}

// TestS20_ConfirmationByCommand: in words, on the server's machine.
func TestS20_ConfirmationByCommand(t *testing.T) {
	s := openStage(t, brisk)
	at := []string{"--data", s.set.data, "--tenant", "acme"}
	do := func(args ...string) string { t.Helper(); return must(t, "", append(args, at...)...) }
	job := s.newJobOf("ben", "acme", "Boiler")
	h := s.handset("acme", "ben")
	w := h.connect()
	var l ledger
	l.settle(w)
	l.quiet(w)
	if got := do("devices", "list"); !strings.Contains(got, "rights unchanged") {
		t.Errorf("devices list = %q", got)
	}
	do("users", "levels", "ben@acme", "mobile", "edit_job=on")
	l.quiet(w)
	if got := do("devices", "list"); !strings.Contains(got, "levels of ") || !strings.Contains(got, " confirmed ") {
		t.Errorf("devices list = %q", got)
	}
	device := h.in.Device.String()
	got := do("devices", "exposure", device, "--as", "amy@acme")
	for _, says := range []string{"held at the checkpoint confirmed", "1 jobs", job.String(), "Boiler"} {
		if !strings.Contains(got, says) {
			t.Errorf("exposure lacks %q:\n%s", says, got)
		}
	}
	if got := do("devices", "exposure", device, "--collection", "notes", "--as", "amy@acme"); strings.Contains(got, "Boiler") {
		t.Errorf("exposure of notes = %q", got)
	}
	var x api.Exposure
	check(t, json.Unmarshal([]byte(do("devices", "exposure", device, "--as", "amy@acme", "--json")), &x))
	if len(x.Items) != len(l.rows) {
		t.Errorf("exposure --json has %d items, the device holds %d", len(x.Items), len(l.rows))
	}
	for _, c := range []struct {
		args string
		exit int
		says string
	}{
		{"devices exposure " + device, exitUsage, "--as"},
		{"devices exposure x --as amy@acme", exitUsage, "devices list"},
		{"devices exposure " + randomRecord().String() + " --as amy@acme", exitNotFound, "device"},
		{"devices exposure " + device + " --collection nothing --as amy@acme", exitUsage, "collection"},
	} {
		_, err := cli(t, "", append(strings.Fields(c.args), at...)...)
		var says strings.Builder
		complain(&says, err)
		if exitCode(err) != c.exit || !strings.Contains(says.String(), c.says) {
			t.Errorf("%s: %s, exit %d; want exit %d and %q", c.args, says.String(), exitCode(err), c.exit, c.says)
		}
	}
}
