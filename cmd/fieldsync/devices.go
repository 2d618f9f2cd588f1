package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// marks are the words for what happens to a device.
var marks = map[string]uint8{"lost": engine.DeviceLost, "stolen": engine.DeviceStolen, "found": engine.DeviceInUse}

// Devices lists the devices of a company's people by login, the last seen first.
func (o *operator) Devices(ctx context.Context, tenant string) ([]web.Device, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
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
			Device: d.Device, Login: people[d.User].Login, Label: d.Label, App: d.App, State: engine.StateName(d.State),
			Epoch: web.EpochText(d.Epoch), Ended: int64(d.Ended), EndedBy: people[d.By].Name, Seen: int64(d.Seen),
			Unsent: d.Report.Unsent,
		})
	}
	slices.SortFunc(out, func(a, b web.Device) int {
		return cmp.Or(cmp.Compare(a.Login, b.Login), cmp.Compare(b.Seen, a.Seen))
	})
	return out, nil
}

// MarkDevice says of a device that it is lost, stolen or found.
func (o *operator) MarkDevice(ctx context.Context, tenant string, device model.DeviceID, m web.DeviceMark) (web.Device, error) {
	t, err := o.tenant(ctx, tenant)
	if err != nil {
		return web.Device{}, err
	}
	state, ok := marks[m.State]
	if !ok {
		return web.Device{}, badRequest("no mark %q; there are lost, stolen and found", m.State)
	}
	mark := engine.DeviceMark{Device: device, Epoch: model.Epoch(m.Epoch), State: state}
	ended, err := o.engine.SetDeviceState(ctx, t, mark, o.now())
	if errors.Is(err, model.ErrUnknown) {
		return web.Device{}, web.NewProblem(http.StatusNotFound, "no_device",
			"no such device, or it has had another session since", "See fieldsync devices list.")
	}
	if err != nil {
		return web.Device{}, told(err)
	}
	o.gate.Tell(ended...)
	all, err := o.Devices(ctx, tenant)
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

func devicesList(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var all []web.Device
			if err := cl.do(ctx, http.MethodGet, path("tenants", tenant, "devices"), nil, &all); err != nil {
				return err
			}
			return c.print(a.json, all, func(w io.Writer) { showDevices(w, all) })
		})
	}
}

func showDevices(w io.Writer, all []web.Device) {
	for _, d := range all {
		state := "signed in"
		if d.Ended != 0 {
			state = "signed out " + time.UnixMilli(d.Ended).Format(time.DateTime)
		}
		if d.Ended != 0 && d.EndedBy != "" {
			state += " by " + d.EndedBy
		}
		if d.State != engine.StateName(engine.DeviceInUse) {
			state = d.State + ", " + state
		}
		seen := time.UnixMilli(d.Seen).Format(time.DateTime)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\tseen %s\t%d unsent\n", d.Device, d.Login, d.Label, state, seen, d.Unsent)
	}
}

func devicesMark(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(2, 2, "DEVICE lost|stolen|found"); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var d web.Device
			to := path("tenants", tenant, "devices", c.args[0], "state")
			if err := cl.do(ctx, http.MethodPut, to, web.DeviceMark{State: c.args[1]}, &d); err != nil {
				return err
			}
			return c.print(a.json, d, func(w io.Writer) { showDevices(w, []web.Device{d}) })
		})
	}
}
