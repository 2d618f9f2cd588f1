package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

func usersDeactivate(f *flag.FlagSet) action {
	var body web.Leaving
	f.StringVar(&body.Reason, "reason", "", "`why`, for the person to read on the device")
	f.BoolVar(&body.DryRun, "dry-run", false, "change nothing, and say what would change")
	return ofUser(f, "deactivate", 1, "LOGIN --as LOGIN", func(context.Context, *client, string, []string) (any, error) { return body, nil }, showLeft)
}

func usersReplace(f *flag.FlagSet) action {
	ask := askFlags(f)
	reason := f.String("reason", "", "`why`, for the person who leaves to read on the device")
	body := func(ctx context.Context, cl *client, tenant string, args []string) (any, error) {
		successor, err := cl.userID(ctx, tenant, args[0])
		return web.Replacement{Successor: successor, Reason: *reason, Ask: *ask}, err
	}
	return ofUser(f, "replace", 2, "LOGIN SUCCESSOR --as LOGIN", body, func(w io.Writer, r api.Replaced) {
		showLeft(w, r.Left)
		takes := "takes"
		if r.DryRun {
			takes = "would take"
		}
		fmt.Fprintf(w, "%s %s their place, with their open jobs and what they may do\n", r.Successor.Login, takes)
	})
}

func usersReactivate(f *flag.FlagSet) action {
	return ofUser(f, "reactivate", 1, "LOGIN --as LOGIN", noBody, showLink)
}

func usersResetLink(f *flag.FlagSet) action {
	return ofUser(f, "reset-link", 1, "LOGIN --as LOGIN", noBody, showLink)
}

func noBody(context.Context, *client, string, []string) (any, error) { return nil, nil }

// ofUser posts to an address of a person's, the first argument, and shows the answer.
func ofUser[T any](f *flag.FlagSet, verb string, n int, usage string, body func(context.Context, *client, string, []string) (any, error), show func(io.Writer, T)) action {
	return asSomebody(f, n, n, usage, func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		user, err := cl.userID(ctx, tenant, c.args[0])
		if err != nil {
			return err
		}
		b, err := body(ctx, cl, tenant, c.args[1:])
		if err != nil {
			return err
		}
		var answer T
		if err := cl.do(ctx, http.MethodPost, officePath(tenant, login, "users", user.String(), verb), b, &answer); err != nil {
			return err
		}
		return c.print(a.json, answer, func(w io.Writer) { show(w, answer) })
	})
}

func showLeft(w io.Writer, l api.Left) {
	is := "is removed"
	if l.DryRun {
		is = "would be removed"
	}
	fmt.Fprintf(w, "%s %s: %d open jobs, %d links, %d keys, %d sessions\n", l.Login, is, l.Jobs, l.Links, l.Revoked, len(l.Ended))
	if l.ToGo > 0 {
		fmt.Fprintf(w, "%d of the jobs are still to be taken from them; the server goes on with it\n", l.ToGo)
	}
	for _, e := range l.Ended {
		fmt.Fprintf(w, "session on device %s, %d changes unsent when it was last heard; hours come in, the rest is held\n", e.Device, e.Unsent)
	}
}

func showLink(w io.Writer, l api.ResetLink) {
	fmt.Fprintf(w, "%s\n", l.Page)
	fmt.Fprintf(w, "shown once: put the server's address in front, as https://sync.example%s…; good once, until %s\n", web.ResetPath, l.Expires.Local().Format(time.DateTime))
}
