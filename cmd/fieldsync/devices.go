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
		rights := rightsText(api.ConfirmationOf(d.Rights), &at, time.Now())
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Device, d.Login, d.Label, state, stakeText(d.Stake), rights)
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
