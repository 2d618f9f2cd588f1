package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

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
		if d.How.Reason != "" {
			state += ": " + d.How.Reason
		}
		if d.State != engine.StateName(engine.DeviceInUse) {
			state = d.State + ", " + state
		}
		at := time.UnixMilli(d.Seen)
		if text := wipeText(d.Wipe); text != "" {
			state += ", " + text
		}
		rights := rightsText(api.ConfirmationOf(d.Rights), &at, time.Now())
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Device, d.Login, d.Label, state, stakeText(d.Stake), rights)
	}
}

// wipeText says how far a wipe has come; nothing where there is none.
func wipeText(w web.Wipe) string {
	at := func(ms int64) string { return time.UnixMilli(ms).Format(time.DateTime) }
	switch {
	case w.Confirmed != 0:
		return fmt.Sprintf("wiped %s, %d unsent went with it", at(w.Confirmed), w.Erased)
	case w.Delivered != 0:
		return "told to wipe " + at(w.Delivered) + ", not confirmed"
	case w.Asked != 0:
		return "to be wiped since " + at(w.Asked)
	}
	return ""
}

func devicesMark(f *flag.FlagSet) action {
	var a asking
	var m web.DeviceMark
	a.define(f)
	f.StringVar(&m.Reason, "reason", "", "`why`, for the user to read on the device")
	f.BoolVar(&m.UnlessWiped, "unless-wiped", false, "found: only if nothing was erased on it")
	return func(ctx context.Context, c *call) error {
		if err := c.want(2, 2, "DEVICE lost|stolen|found"); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var d web.Device
			m.State = c.args[1]
			to := path("tenants", tenant, "devices", c.args[0], "state")
			if err := cl.do(ctx, http.MethodPut, to, m, &d); err != nil {
				return err
			}
			return c.print(a.json, d, func(w io.Writer) {
				showDevices(w, []web.Device{d})
				if d.State != engine.StateName(engine.DeviceInUse) {
					fmt.Fprintf(w, "What it held: fieldsync devices exposure %s --as LOGIN\n", d.Device)
				}
			})
		})
	}
}
