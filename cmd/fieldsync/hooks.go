package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/web/api"
)

func webhooksAdd(f *flag.FlagSet) action {
	var a asking
	var events, scopes words
	a.define(f)
	login := f.String("as", "", "`login` of the office user whose view of the events it gets")
	f.Var(&events, "events", "`types` of what it is told of, as jobs.created, jobs.* or *, with commas, or the flag again; without: all")
	f.Var(&scopes, "scope", "`scopes`: what of the user's view it gets, as jobs:read; without: read, which is all of it")
	name := f.String("name", "", "what it is `called`")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "URL"); err != nil {
			return err
		}
		if *login == "" {
			return usagef("whose view of the events does it get? Name an office user with --as LOGIN; fieldsync users list lists them")
		}
		body := api.NewWebhook{URL: c.args[0], Name: *name, Events: events, Scopes: scopes}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var made api.SecretWebhook
			if err := cl.do(ctx, http.MethodPost, officePath(tenant, *login, "webhooks"), body, &made); err != nil {
				return err
			}
			return c.secret(&a, made)
		})
	}
}

// secret shows a webhook and, once, the secret it just got.
func (c *call) secret(a *asking, made api.SecretWebhook) error {
	if a.json {
		return c.print(true, made, nil)
	}
	fmt.Fprintf(c.err, "webhook %s, %s; its secret is shown once:\n", made.ID, made.URL)
	fmt.Fprintln(c.out, made.Secret)
	return nil
}

func webhooksList(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var all api.Items[api.Webhook]
			if err := cl.do(ctx, http.MethodGet, officePath(tenant, nobody, "webhooks"), nil, &all); err != nil {
				return err
			}
			logins, err := cl.logins(ctx, tenant)
			if err != nil {
				return err
			}
			return c.print(a.json, all.Items, func(w io.Writer) {
				heading(w, all.Items, "ID", "URL", "OF", "EVENTS", "STATE")
				for _, x := range all.Items {
					showWebhook(w, x, logins[x.Owner])
				}
			})
		})
	}
}

func showWebhook(w io.Writer, x api.Webhook, owner string) {
	state, events := x.State, strings.Join(x.Events, " ")
	if events == "" {
		events = "*"
	}
	if x.Why != "" {
		state += ": " + x.Why
	}
	if x.Failing != nil {
		state += ", failing since " + day(x.Failing, "")
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", x.ID, x.URL, owner, events, state)
}

// webhookAsk asks about one webhook: rest is what follows it in the path.
type webhookAsk func(method, rest string, body, out any) error

// oneWebhook is a command about one webhook: the first argument is its id.
func oneWebhook(f *flag.FlagSet, least, most int, usage string, do func(c *call, a *asking, ask webhookAsk) error) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(least, most, usage); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			return do(c, &a, func(method, rest string, body, out any) error {
				return cl.do(ctx, method, officePath(tenant, nobody, "webhooks", c.args[0])+rest, body, out)
			})
		})
	}
}

func webhooksRemove(f *flag.FlagSet) action {
	return oneWebhook(f, 1, 1, "ID", func(c *call, a *asking, ask webhookAsk) error {
		if err := ask(http.MethodDelete, "", nil, nil); err != nil {
			return err
		}
		return c.print(a.json, struct {
			Removed string `json:"removed"`
		}{c.args[0]}, func(w io.Writer) { fmt.Fprintln(w, "removed, with what waited for it") })
	})
}

func webhooksRotate(f *flag.FlagSet) action {
	return oneWebhook(f, 1, 1, "ID", func(c *call, a *asking, ask webhookAsk) error {
		var made api.SecretWebhook
		if err := ask(http.MethodPost, "/rotate", nil, &made); err != nil {
			return err
		}
		return c.secret(a, made)
	})
}

func webhooksSwitch(f *flag.FlagSet) action {
	from := f.String("from", "", "where it goes on from: `oldest` or now; empty: where it was")
	return oneWebhook(f, 2, 2, "ID on|off", func(c *call, a *asking, ask webhookAsk) error {
		change := api.WebhookChange{State: &c.args[1]}
		if *from != "" {
			change.From = from
		}
		var x api.Webhook
		if err := ask(http.MethodPatch, "", change, &x); err != nil {
			return err
		}
		return c.print(a.json, x, func(w io.Writer) { fmt.Fprintf(w, "%s is %s\n", x.URL, x.State) })
	})
}

func webhooksFailed(f *flag.FlagSet) action {
	dead := f.Bool("dead", false, "what was given up, instead of what is still tried")
	return oneWebhook(f, 1, 1, "ID", func(c *call, a *asking, ask webhookAsk) error {
		var all api.Items[api.Delivery]
		if err := ask(http.MethodGet, "/failed?dead="+strconv.FormatBool(*dead), nil, &all); err != nil {
			return err
		}
		return c.print(a.json, all.Items, func(w io.Writer) {
			if len(all.Items) == 0 {
				fmt.Fprintln(c.err, noneFailed(*dead))
			}
			heading(w, all.Items, "MESSAGE", "TYPE", "MADE", "TRIED", "NEXT", "WHY")
			for _, d := range all.Items {
				next := day(d.Next, "-")
				if d.Dead != nil {
					next = "given up " + day(d.Dead, "")
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, d.Type, day(d.Made, ""), d.Attempts, next, d.Error)
			}
		})
	})
}

// noneFailed says that there is nothing to list, and what was looked for.
func noneFailed(dead bool) string {
	if dead {
		return "no message to it was given up"
	}
	return "no message to it waits to be tried again; --dead lists what was given up"
}

func webhooksReplay(f *flag.FlagSet) action {
	return oneWebhook(f, 1, 2, "ID [MESSAGE]", func(c *call, a *asking, ask webhookAsk) error {
		var body api.Replay
		if len(c.args) > 1 {
			body.Message = c.args[1]
		}
		var done api.Replayed
		if err := ask(http.MethodPost, "/replay", body, &done); err != nil {
			return err
		}
		return c.print(a.json, done, func(w io.Writer) { fmt.Fprintf(w, "%d are tried again, now\n", done.Replayed) })
	})
}

func webhooksTest(f *flag.FlagSet) action {
	return oneWebhook(f, 1, 1, "ID", func(c *call, a *asking, ask webhookAsk) error {
		var done api.Tested
		if err := ask(http.MethodPost, "/test", nil, &done); err != nil {
			return err
		}
		if !done.Delivered && !a.json {
			return fmt.Errorf("the test message did not get through: %s", done.Error)
		}
		return c.print(a.json, done, func(w io.Writer) { fmt.Fprintf(w, "delivered, answered %d\n", done.Status) })
	})
}
