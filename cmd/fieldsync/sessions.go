package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

func sessionsList(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var all []web.Session
			if err := cl.do(ctx, http.MethodGet, path("tenants", tenant, "sessions"), nil, &all); err != nil {
				return err
			}
			return c.print(a.json, all, func(w io.Writer) {
				for _, s := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Login, s.Kind, strings.TrimSpace(s.Label+" "+s.Platform), s.App, stakeText(s.Stake))
				}
			})
		})
	}
}

func sessionsEnd(f *flag.FlagSet) action {
	var a asking
	var end web.EndSession
	a.define(f)
	now := f.Bool("now", false, "do not wait for the device to send what it has")
	lost := f.Bool("lost", false, "the device is lost: what it still hands in waits for the office, then it is wiped")
	f.BoolVar(&end.Stolen, "stolen", false, "the device is stolen: nothing is taken from it, and it is wiped")
	f.StringVar(&end.Reason, "reason", "", "`why`, for the user to read on the device")
	f.BoolVar(&end.DryRun, "dry-run", false, "end nothing; say what is at stake")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "LOGIN"); err != nil {
			return err
		}
		switch {
		case *lost || end.Stolen:
			end.Choice = model.EndRevoke.String()
		case *now:
			end.Choice = model.EndNow.String()
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			all, err := aim(ctx, cl, tenant, c.args[0], end)
			if err != nil {
				return err
			}
			for _, one := range all {
				var ended web.Ended
				if err := cl.do(ctx, http.MethodPost, path("tenants", tenant, "sessions", c.args[0], "end"), one, &ended); err != nil {
					return err
				}
				if err := c.print(a.json, ended, func(w io.Writer) { showEnded(w, ended) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// showEnded says what ended, or would, and what is at stake by it.
func showEnded(w io.Writer, e web.Ended) {
	done := "ended"
	if e.DryRun {
		done = "would end"
	}
	fate := map[string]string{
		model.FateHandIn.String():  "is still handed in",
		model.FateHeld.String():    "is still handed in and waits for you, all but hours",
		model.FateRefused.String(): "is lost with it; add missing hours with the worker",
	}[e.Fate]
	fmt.Fprintf(w, "%s: %s, %s; what is unsent %s\n", done, e.Label, stakeText(e.Stake), fate)
}

// stakeText says what is on a device, as it was when it was heard last.
func stakeText(s web.Stake) string {
	parts := []string{"seen " + time.UnixMilli(s.Seen).Format(time.DateTime), fmt.Sprintf("%d unsent", s.Unsent)}
	if s.Unsent > 0 && s.Oldest != 0 {
		parts[1] += " since " + time.UnixMilli(s.Oldest).Format(time.DateTime)
	}
	switch s.Storage {
	case model.StorageLow.String():
		parts = append(parts, "little room")
	case model.StorageFull.String():
		parts = append(parts, "NO ROOM for new work")
	}
	if off := time.Duration(s.Skew) * time.Millisecond; off.Abs() >= wrongClock {
		parts = append(parts, fmt.Sprintf("clock off by %s", off.Round(time.Second)))
	}
	return strings.Join(parts, ", ")
}

// wrongClock is how far a phone's clock may be off before the office is told: it moves the times of what is made there.
const wrongClock = time.Minute

// aim names the sessions that are live now, so that another one, signed in meanwhile, is not ended unasked. Where there is one for
// each kind, a device that is lost is named by its own command: nobody loses two at once.
func aim(ctx context.Context, cl *client, tenant, login string, end web.EndSession) ([]web.EndSession, error) {
	var all []web.Session
	if err := cl.do(ctx, http.MethodGet, path("tenants", tenant, "sessions"), nil, &all); err != nil {
		return nil, err
	}
	var out []web.EndSession
	for _, s := range all {
		if strings.EqualFold(s.Login, login) {
			one := end
			one.Epoch, one.Device = s.Epoch, s.Device
			out = append(out, one)
		}
	}
	switch {
	case len(out) == 0:
		return []web.EndSession{end}, nil
	case len(out) > 1 && end.Choice == model.EndRevoke.String():
		return nil, usagef("%s is signed in on %d devices; say which one it is with fieldsync devices mark", login, len(out))
	}
	return out, nil
}
