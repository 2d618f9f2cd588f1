package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// live lists who is signed in, by login.
func (o *operator) live(ctx context.Context, t model.TenantID) ([]web.Session, error) {
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return nil, err
	}
	logins := map[model.UserID]string{}
	for _, a := range accounts {
		logins[a.User] = a.Login
	}
	live, err := o.engine.Sessions(ctx, t)
	if err != nil {
		return nil, err
	}
	out := make([]web.Session, 0, len(live))
	for _, s := range live {
		out = append(out, web.Session{
			Login: logins[s.User], Name: s.Name, Kind: s.Kind.String(), User: s.User, Device: s.Device, Label: s.Label, App: s.App,
			Session: s.Session, Epoch: web.EpochText(s.Epoch), Since: int64(s.Since),
			Platform: s.Platform, Stake: stakeOf(s.Seen, s.Report),
		})
	}
	slices.SortFunc(out, func(a, b web.Session) int { return cmp.Compare(a.Login, b.Login) })
	return out, nil
}

// end ends a session in the name of an office user; nobody's is the operator's. A dry run says what is at stake.
func (o *operator) end(ctx context.Context, t model.TenantID, a storage.Account, ask web.EndSession, by model.UserID) (web.Ended, error) {
	end, err := endingOf(ask)
	if err != nil {
		return web.Ended{}, err
	}
	end.User, end.By = a.User, by
	var ended []model.Ended
	if end.Choice == model.EndRevoke {
		ended, err = o.mark(ctx, t, ask, end)
	} else {
		ended, err = o.gate.End(ctx, t, end)
	}
	switch {
	case err != nil:
		return web.Ended{}, told(err)
	case len(ended) == 0:
		return web.Ended{}, problem.New("no_session", a.Login+" has no live session. See fieldsync sessions list; a device that is not signed in any more is in fieldsync devices list.")
	}
	out := make([]web.Ended, len(ended))
	for i, e := range ended {
		if out[i], err = o.stake(ctx, t, ask, end, e); err != nil {
			return web.Ended{}, told(err)
		}
	}
	out[0].Also = out[1:]
	return out[0], nil
}

// endingOf reads how a session is to be ended.
func endingOf(ask web.EndSession) (model.Ending, error) {
	out := model.Ending{Epoch: model.Epoch(ask.Epoch), Reason: model.EndOffice, Choice: model.EndDrain, Note: strings.TrimSpace(ask.Reason), Rehearse: ask.DryRun}
	if ask.Choice != "" {
		var ok bool
		if out.Choice, ok = model.ParseEndChoice(ask.Choice); !ok {
			return out, badRequest("no choice %q; there are drain, now and revoke", ask.Choice)
		}
	}
	switch {
	case len(out.Note) > model.MaxNote:
		return out, badRequest("a reason has at most %d bytes", model.MaxNote)
	case out.Choice == model.EndRevoke:
		out.Reason = model.EndRevoked
	case ask.Stolen:
		return out, badRequest("a stolen device goes with the choice revoke")
	}
	return out, nil
}

// stake adds to an end what its device said last, and what becomes of that.
func (o *operator) stake(ctx context.Context, t model.TenantID, ask web.EndSession, end model.Ending, ended model.Ended) (web.Ended, error) {
	out := web.Ended{
		DryRun: ask.DryRun, Device: ended.Device, Epoch: web.EpochText(ended.Epoch), At: int64(ended.At),
		End:   endOf(ended.Reason, end.Choice, end.Note, fateOf(ended, ask.Stolen)),
		Stake: web.Stake{Unsent: ended.Unsent},
	}
	switch d, err := o.engine.Device(ctx, t, ended.Device); {
	case err == nil:
		out.Label, out.Stake = d.Label, stakeOf(d.Seen, d.Report)
	case !errors.Is(err, model.ErrUnknown): // it has another identity since
		return web.Ended{}, err
	}
	return out, nil
}

// fateOf is what becomes of what is unsent. Of a stolen device nothing is taken, however its session ended.
func fateOf(e model.Ended, stolen bool) model.Fate {
	if stolen {
		return model.FateRefused
	}
	return e.Fate()
}

// endOf is how a session ended, as it is told.
func endOf(why model.EndReason, choice model.EndChoice, note string, fate model.Fate) web.End {
	return web.End{Cause: why.String(), Choice: choice.String(), Reason: note, Fate: fate.String()}
}

func wipeOf(w model.Wipe, by string) web.Wipe {
	return web.Wipe{Asked: int64(w.Asked), By: by, Delivered: int64(w.Delivered), Confirmed: int64(w.Confirmed), Erased: w.Erased}
}

func stakeOf(seen model.Instant, r model.Report) web.Stake {
	return web.Stake{Seen: int64(seen), Unsent: r.Unsent, Oldest: int64(r.Oldest), Storage: r.Storage().String(), Skew: r.Skew}
}

// marks are the words for what happens to a device.
var marks = map[string]uint8{"lost": engine.DeviceLost, "stolen": engine.DeviceStolen, "found": engine.DeviceInUse}

// devices lists the devices of a company's people by login, the last seen first.
func (o *operator) devices(ctx context.Context, t model.TenantID) ([]web.Device, error) {
	people, err := o.accounts(ctx, t)
	if err != nil {
		return nil, err
	}
	known, err := o.engine.Devices(ctx, t)
	if err != nil {
		return nil, err
	}
	out := make([]web.Device, 0, len(known))
	for _, d := range known {
		out = append(out, deviceOf(d, people))
	}
	slices.SortFunc(out, func(a, b web.Device) int {
		return cmp.Or(cmp.Compare(a.Login, b.Login), cmp.Compare(b.Seen, a.Seen))
	})
	return out, nil
}

// accounts are a company's people by their ids.
func (o *operator) accounts(ctx context.Context, t model.TenantID) (map[model.UserID]storage.Account, error) {
	accounts, err := o.engine.Accounts(ctx, t)
	people := map[model.UserID]storage.Account{}
	for _, a := range accounts {
		people[a.User] = a
	}
	return people, err
}

func deviceOf(d model.KnownDevice, people map[model.UserID]storage.Account) web.Device {
	out := web.Device{
		Device: d.Device, Login: people[d.User].Login, User: d.User, Label: d.Label, App: d.App, State: engine.StateName(d.State),
		Epoch: web.EpochText(d.Epoch), Ended: int64(d.Ended), EndedBy: people[d.By].Name,
		Wipe: wipeOf(d.Wipe, people[d.Wipe.By].Name), Stake: stakeOf(d.Seen, d.Report), Rights: confirmationOf(d.Confirmation),
	}
	if d.Ended != 0 {
		out.How = endOf(d.Reason, d.Choice, d.Note, d.Fate)
	}
	return out
}

func confirmationOf(k model.Confirmation) web.Confirmation {
	return web.Confirmation{
		Changed: int64(k.Change.At), ChangedBy: k.Change.By, Change: k.Change.What,
		Sent: int64(k.Sent), Confirmed: int64(k.Confirmed), Checkpoint: int64(k.Checkpoint),
	}
}

// markDevice says of a device that it is lost, stolen or found, in the name of an office user; nobody's is the operator's.
func (o *operator) markDevice(ctx context.Context, t model.TenantID, device model.DeviceID, m web.DeviceMark, by model.UserID) (web.Device, error) {
	state, ok := marks[m.State]
	if !ok {
		return web.Device{}, badRequest("no mark %q; there are lost, stolen and found", m.State)
	}
	if len(m.Reason) > model.MaxNote {
		return web.Device{}, badRequest("a reason has at most %d bytes", model.MaxNote)
	}
	mark := engine.DeviceMark{Device: device, Epoch: model.Epoch(m.Epoch), State: state, By: by, Note: m.Reason, Untouched: m.UnlessWiped}
	ended, err := o.engine.SetDeviceState(ctx, t, mark, o.now())
	if errors.Is(err, model.ErrUnknown) {
		return web.Device{}, problem.New("no_device", "There is no such device, or it has had another session since. See fieldsync devices list.")
	}
	if err != nil {
		return web.Device{}, told(err)
	}
	o.gate.Tell(ended...)
	d, err := o.engine.Device(ctx, t, device)
	if errors.Is(err, model.ErrUnknown) { // it has another identity since
		return web.Device{Device: device, State: engine.StateName(state)}, nil
	}
	if err != nil {
		return web.Device{}, err
	}
	people, err := o.accounts(ctx, t)
	return deviceOf(d, people), err
}

// mark says that the device of a person is lost or stolen: the one that is named, or that had the epoch, or that is
// signed in. It is marked by its id, so that another one that took its place meanwhile is left alone. None: there is no
// such device.
func (o *operator) mark(ctx context.Context, t model.TenantID, ask web.EndSession, end model.Ending) ([]model.Ended, error) {
	d, err := o.engine.FindDevice(ctx, t, end.User, ask.Device, end.Epoch)
	if errors.Is(err, model.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := engine.DeviceMark{
		Device: d.Device, Epoch: end.Epoch, State: engine.DeviceLost, By: end.By, Choice: end.Choice, Note: end.Note, Rehearse: end.Rehearse,
	}
	if ask.Stolen {
		m.State = engine.DeviceStolen
	}
	if ask.Device.IsZero() {
		m.Epoch = d.Epoch
	}
	ended, err := o.engine.SetDeviceState(ctx, t, m, o.now())
	if errors.Is(err, model.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !m.Rehearse {
		o.gate.Tell(ended...)
	}
	for _, e := range ended {
		if e.Device == d.Device {
			return []model.Ended{e}, nil
		}
	}
	return []model.Ended{{Tenant: t, User: d.User, Device: d.Device, Session: d.Session, Epoch: d.Epoch, Reason: d.Reason, By: d.By, At: d.Ended, Unsent: d.Report.Unsent}}, nil
}
