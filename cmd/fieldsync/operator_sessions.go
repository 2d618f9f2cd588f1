package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/session"
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
			Session: s.Session, Epoch: web.EpochText(s.Epoch), Since: int64(s.Since), Seen: int64(s.Seen),
			Unsent: s.Report.Unsent, Oldest: int64(s.Report.Oldest),
		})
	}
	slices.SortFunc(out, func(a, b web.Session) int { return cmp.Compare(a.Login, b.Login) })
	return out, nil
}

// end ends a session in the name of an office user; nobody's is the operator's.
func (o *operator) end(ctx context.Context, t model.TenantID, a storage.Account, end web.EndSession, by model.UserID) (web.Ended, error) {
	var ended *model.Ended
	var err error
	switch {
	case end.Stolen:
		ended, err = o.mark(ctx, t, a.User, end, engine.DeviceStolen, by)
	case end.Lost:
		ended, err = o.mark(ctx, t, a.User, end, engine.DeviceLost, by)
	default:
		var all []model.Ended
		all, err = o.gate.End(ctx, session.EndRequest{
			Tenant: t, User: a.User, Epoch: model.Epoch(end.Epoch), Reason: model.EndOffice, By: by, Drain: !end.Now,
		})
		if len(all) > 0 {
			ended = &all[0]
		}
	}
	switch {
	case err != nil:
		return web.Ended{}, told(err)
	case ended == nil:
		return web.Ended{}, problem.New("no_session", a.Login+" has no live session. See fieldsync sessions list; a device that is not signed in any more is in fieldsync devices list.")
	}
	return endedOf(*ended), nil
}

// marks are the words for what happens to a device.
var marks = map[string]uint8{"lost": engine.DeviceLost, "stolen": engine.DeviceStolen, "found": engine.DeviceInUse}

// devices lists the devices of a company's people by login, the last seen first.
func (o *operator) devices(ctx context.Context, t model.TenantID) ([]web.Device, error) {
	accounts, err := o.engine.Accounts(ctx, t)
	if err != nil {
		return nil, err
	}
	people := map[model.UserID]storage.Account{}
	for _, a := range accounts {
		people[a.User] = a
	}
	known, err := o.engine.Devices(ctx, t)
	if err != nil {
		return nil, err
	}
	out := make([]web.Device, 0, len(known))
	for _, d := range known {
		out = append(out, web.Device{
			Device: d.Device, Login: people[d.User].Login, User: d.User, Label: d.Label, App: d.App, State: engine.StateName(d.State),
			Epoch: web.EpochText(d.Epoch), Ended: int64(d.Ended), EndedBy: people[d.By].Name, Seen: int64(d.Seen),
			Unsent: d.Report.Unsent,
		})
	}
	slices.SortFunc(out, func(a, b web.Device) int {
		return cmp.Or(cmp.Compare(a.Login, b.Login), cmp.Compare(b.Seen, a.Seen))
	})
	return out, nil
}

// markDevice says of a device that it is lost, stolen or found, in the name of an office user; nobody's is the operator's.
func (o *operator) markDevice(ctx context.Context, t model.TenantID, device model.DeviceID, m web.DeviceMark, by model.UserID) (web.Device, error) {
	state, ok := marks[m.State]
	if !ok {
		return web.Device{}, badRequest("no mark %q; there are lost, stolen and found", m.State)
	}
	mark := engine.DeviceMark{Device: device, Epoch: model.Epoch(m.Epoch), State: state, By: by}
	ended, err := o.engine.SetDeviceState(ctx, t, mark, o.now())
	if errors.Is(err, model.ErrUnknown) {
		return web.Device{}, problem.New("no_device", "There is no such device, or it has had another session since. See fieldsync devices list.")
	}
	if err != nil {
		return web.Device{}, told(err)
	}
	o.gate.Tell(ended...)
	all, err := o.devices(ctx, t)
	for _, d := range all {
		if d.Device == device {
			return d, nil
		}
	}
	return web.Device{Device: device, State: engine.StateName(state)}, err
}

// mark says that the device of a person is lost or stolen: the one that is named, or that had the epoch, or that is
// signed in. It is marked by its id, so that another one that took its place meanwhile is left alone. Nil: there is no
// such device.
func (o *operator) mark(ctx context.Context, t model.TenantID, u model.UserID, end web.EndSession, state uint8, by model.UserID) (*model.Ended, error) {
	known, err := o.engine.Devices(ctx, t)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(known, func(d model.KnownDevice) bool {
		switch {
		case d.User != u:
			return false
		case !end.Device.IsZero():
			return d.Device == end.Device
		case end.Epoch != 0:
			return d.Epoch == model.Epoch(end.Epoch)
		}
		return d.Reason == model.EndNone
	})
	if at < 0 {
		return nil, nil
	}
	d := known[at]
	m := engine.DeviceMark{Device: d.Device, Epoch: model.Epoch(end.Epoch), State: state, By: by}
	if end.Device.IsZero() {
		m.Epoch = d.Epoch
	}
	ended, err := o.engine.SetDeviceState(ctx, t, m, o.now())
	if errors.Is(err, model.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o.gate.Tell(ended...)
	for _, e := range ended {
		if e.Device == d.Device {
			return &e, nil
		}
	}
	return &model.Ended{Tenant: t, User: u, Device: d.Device, Session: d.Session, Epoch: d.Epoch, Reason: d.Reason, By: d.By, At: d.Ended, Unsent: d.Report.Unsent}, nil
}
