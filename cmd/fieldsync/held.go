package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// asSomebody is a command of the office's API that needs somebody's rights, with at least and at most so many arguments.
func asSomebody(f *flag.FlagSet, least, most int, usage string, do func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error) action {
	var a asking
	a.define(f)
	login := f.String("as", "", "`login` of the office user to act as")
	return func(ctx context.Context, c *call) error {
		if err := c.want(least, most, usage); err != nil {
			return err
		}
		if *login == "" {
			return usagef("as whom? Name an office user with --as LOGIN; fieldsync users list lists them")
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			return do(ctx, c, &a, cl, tenant, *login)
		})
	}
}

func heldList(f *flag.FlagSet) action {
	return asSomebody(f, 0, 0, "", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		var all api.Items[api.Held]
		if err := cl.do(ctx, http.MethodGet, officePath(tenant, login, "held"), nil, &all); err != nil {
			return err
		}
		logins, err := cl.logins(ctx, tenant)
		if err != nil {
			return err
		}
		return c.print(a.json, all.Items, func(w io.Writer) {
			heading(w, all.Items, "CHANGE", "OF", "SINCE", "WHAT", "FIELDS", "WHY")
			for _, h := range all.Items {
				what := h.Op + " " + h.Collection
				if !h.Group.IsZero() {
					what += ", in a group"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", h.Change, logins[h.Author], day(h.Since, ""), what, inBrief(h.Fields), whyTheirs(model.Reason(h.Reason)))
			}
		})
	})
}

// maxBrief bounds what a line of a table says of a record, in letters.
const maxBrief = 80

// inBrief is a document in one short line, without its id; what it refers to comes last.
func inBrief(document json.RawMessage) string {
	var fields map[string]any
	if json.Unmarshal(document, &fields) != nil {
		return ""
	}
	var words, refs []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text, ok := fields[name].(string)
		switch _, err := model.ParseIdent[any](text); {
		case name == "id":
		case ok && err == nil:
			refs = append(refs, name+" "+text)
		case ok:
			words = append(words, fmt.Sprintf("%s %q", name, text))
		default:
			words = append(words, fmt.Sprintf("%s %v", name, fields[name]))
		}
	}
	brief := []rune(strings.Join(append(words, refs...), ", "))
	if len(brief) > maxBrief {
		brief = append(brief[:maxBrief-1], '…')
	}
	return string(brief)
}

func heldRelease(f *flag.FlagSet) action {
	force := f.Bool("force", false, "what stands now has been seen, and this is to stand instead")
	why := whyDecided(f)
	return asSomebody(f, 1, 1, "CHANGE --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		return decideHeld(ctx, c, a, cl, officePath(tenant, login, "held", c.args[0], "release"), api.Release{Force: *force, Why: *why}, "released")
	})
}

func heldDismiss(f *flag.FlagSet) action {
	why := whyDecided(f)
	return asSomebody(f, 1, 1, "CHANGE --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		return decideHeld(ctx, c, a, cl, officePath(tenant, login, "held", c.args[0], "dismiss"), api.Decision{Why: *why}, "dismissed")
	})
}

func decideHeld(ctx context.Context, c *call, a *asking, cl *client, at string, body any, done string) error {
	if err := cl.do(ctx, http.MethodPost, at, body, nil); err != nil {
		return err
	}
	return c.print(a.json, map[string]string{done: c.args[0]}, func(w io.Writer) { fmt.Fprintln(w, done) })
}
