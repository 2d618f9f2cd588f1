package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// desk is a house without doors, and Amy's and Ben's devices in it.
type desk struct {
	*house
	t      *testing.T
	tenant model.TenantID
	users  map[string]model.UserID
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	var set settings
	set.define(flag.NewFlagSet("", flag.ContinueOnError))
	set.drainWait = 0
	hidden := newCanaries(t)
	h, err := newHouse(memstore.New(1<<32), &set, hidden.logger(), time.Now)
	check(t, err)
	hidden.hide(h)
	t.Cleanup(func() { hidden.check(h, "") })
	acme, err := h.operator.AddTenant(t.Context(), "acme")
	check(t, err)
	d := &desk{house: h, t: t, tenant: acme.ID, users: map[string]model.UserID{}}
	for _, u := range []web.NewUser{{Login: "amy", Name: "Amy Adair", Kind: "desktop", Role: "admin"}, {Login: "ben", Name: "Ben Budd", Kind: "mobile"}} {
		made, err := h.operator.AddUser(t.Context(), "acme", u)
		check(t, err)
		d.users[u.Login] = made.ID
	}
	return d
}

// signIn signs somebody in on a device with this key, taking the place of any other.
func (d *desk) signIn(login string, kind model.UserKind, key string) model.SignedIn {
	d.t.Helper()
	ask := model.SignIn{
		Tenant: d.tenant, User: d.users[login], Kind: kind, PublicKey: []byte(key), Label: key, TokenHash: sha256.Sum256([]byte(key)),
	}
	in, err := d.engine.SignIn(d.t.Context(), ask, d.operator.now())
	if active, ok := errors.AsType[*model.Active](err); ok {
		ask.TakeOver = active.Epoch
		in, err = d.engine.SignIn(d.t.Context(), ask, d.operator.now())
	}
	check(d.t, err)
	return in
}

func (d *desk) hello(in model.SignedIn, key string, handIn bool) error {
	_, err := d.engine.Hello(d.t.Context(), model.Hello{
		Tenant: d.tenant, Device: in.Device, TokenHash: sha256.Sum256([]byte(key)), Next: 1, HandIn: handIn,
	}, d.operator.now())
	return err
}

// states says of each label what its device is.
func (d *desk) states() map[string]string {
	d.t.Helper()
	all, err := d.operator.Devices(d.t.Context(), "acme")
	check(d.t, err)
	out := map[string]string{}
	for _, one := range all {
		out[one.Label] = one.State
	}
	return out
}

// TestF5_WhoEndedASessionIsNamed: the one whose session an office user ends is told by whom, also when the device comes
// by later, and so does everybody who looks.
func TestF5_WhoEndedASessionIsNamed(t *testing.T) {
	for _, end := range []web.EndSession{{Choice: "now"}, {Choice: "revoke"}} {
		d := openDesk(t)
		d.signIn("amy", model.Desktop, "desk")
		in := d.signIn("ben", model.Mobile, "phone")
		office := backOffice{operator: d.operator}
		_, err := office.EndSession(t.Context(), model.Caller{Tenant: d.tenant, Scopes: model.AllScopes()}, d.users["ben"], end)
		if !errors.Is(err, model.ErrToken) {
			t.Errorf("nobody ends a session: %v", err)
		}
		token := d.bearer("amy")
		amy, err := office.SessionCaller(t.Context(), d.tenant, sha256.Sum256(token[:]))
		check(t, err)
		_, err = office.EndSession(t.Context(), amy, d.users["ben"], end)
		check(t, err)
		over, ok := errors.AsType[*model.EndedError](d.hello(in, "phone", false))
		if !ok || over.Ended.By != d.users["amy"] || d.engine.nameOf(d.tenant, over.Ended.By) != "Amy Adair" {
			t.Errorf("Ben's phone is told %+v, want that Amy did it", over)
		}
		all, err := d.operator.Devices(t.Context(), "acme")
		if err != nil || len(all) != 2 || all[1].EndedBy != "Amy Adair" || all[1].Ended == 0 {
			t.Errorf("devices = %+v, %v", all, err)
		}
	}
}

// bearer signs somebody of the office in again, with a token that a request can carry.
func (d *desk) bearer(login string) (token [32]byte) {
	d.t.Helper()
	token[0] = 1
	_, err := d.engine.SignIn(d.t.Context(), model.SignIn{
		Tenant: d.tenant, User: d.users[login], Kind: model.Desktop, PublicKey: []byte("desk"), Label: "desk", TokenHash: sha256.Sum256(token[:]),
	}, d.operator.now())
	check(d.t, err)
	return token
}

// TestF5_TheDeviceThatWasLookedAtIsMarked: by its epoch or its id, whichever device is live meanwhile, and also when
// none is.
func TestF5_TheDeviceThatWasLookedAtIsMarked(t *testing.T) {
	d := openDesk(t)
	old := d.signIn("ben", model.Mobile, "old")
	now := d.signIn("ben", model.Mobile, "new")
	end := func(e web.EndSession) error {
		_, err := d.operator.EndSession(t.Context(), "acme", "ben", e)
		return err
	}
	gone := func(err error) bool {
		p, ok := errors.AsType[*problem.Problem](err)
		return ok && p.Status == http.StatusNotFound
	}
	if err := end(web.EndSession{Choice: "revoke", Stolen: true, Device: now.Device, Epoch: web.EpochText(old.Epoch)}); !gone(err) {
		t.Errorf("the epoch of another device: %v", err)
	}
	if err := end(web.EndSession{Choice: "revoke", Stolen: true, Device: model.DeviceID{9}}); !gone(err) {
		t.Errorf("no such device: %v", err)
	}
	check(t, end(web.EndSession{Choice: "revoke", Stolen: true, Epoch: web.EpochText(old.Epoch)}))
	if got := d.states(); got["old"] != "stolen" || got["new"] != "in use" {
		t.Fatalf("devices are %v, want the old one stolen alone", got)
	}
	if err := d.hello(old, "old", true); !errors.Is(err, model.ErrStolen) {
		t.Errorf("the stolen phone: %v", err)
	}
	check(t, d.hello(now, "new", false))
	check(t, end(web.EndSession{Choice: "revoke"}))
	if err := end(web.EndSession{Choice: "revoke"}); !gone(err) {
		t.Errorf("nobody is signed in and no device is named: %v", err)
	}
	if got := d.states(); got["new"] != "lost" {
		t.Errorf("devices are %v, want the live one lost", got)
	}
	if err := end(web.EndSession{Choice: "revoke", Stolen: true, Device: now.Device}); err != nil || d.states()["new"] != "stolen" {
		t.Errorf("a device that is not signed in any more: %v, %v", err, d.states())
	}
	if _, err := d.operator.MarkDevice(t.Context(), "acme", now.Device, web.DeviceMark{State: "sold"}); err == nil {
		t.Error("a device may be sold")
	}
	if _, err := d.operator.MarkDevice(t.Context(), "acme", now.Device, web.DeviceMark{State: "found", Epoch: 1}); !gone(err) {
		t.Errorf("found, with another epoch: %v", err)
	}
	found, err := d.operator.MarkDevice(t.Context(), "acme", now.Device, web.DeviceMark{State: "found"})
	if err != nil || found.State != "in use" || found.Login != "ben" {
		t.Errorf("found = %+v, %v", found, err)
	}
	d.signIn("ben", model.Mobile, "new")
}

// TestDevicesByCommand goes the whole way, over the operator's socket or the store.
func TestDevicesByCommand(t *testing.T) {
	t.Parallel()
	data := "--data=" + filepath.Join(shortDir(t), "d")
	must(t, "", "tenants", "add", "acme", data)
	if out := must(t, "", "devices", "list", data, "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("devices list = %q", out)
	}
	for _, c := range []struct {
		device, state string
		exit          int
	}{
		{"nonsense", "lost", exitNotFound},
		{model.DeviceID{1}.String(), "lost", exitNotFound},
		{model.DeviceID{1}.String(), "sold", exitUsage},
	} {
		_, err := cli(t, "", "devices", "mark", c.device, c.state, data)
		if exitCode(err) != c.exit {
			t.Errorf("devices mark %s %s = %v, exit %d, want %d", c.device, c.state, err, exitCode(err), c.exit)
		}
		if p := problem.Of(err); c.exit == exitNotFound && (p == nil || p.Code != "no_device") {
			t.Errorf("devices mark %s %s = %v, want no_device", c.device, c.state, err)
		}
	}
}
