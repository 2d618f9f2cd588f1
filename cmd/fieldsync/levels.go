package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// levelsText is "mobile create_job=on customers=hidden; web …", in the words that users levels takes.
func levelsText(sets map[string]map[string]string) string {
	var parts []string
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		words := []string{set}
		for _, name := range slices.Sorted(maps.Keys(sets[set])) {
			words = append(words, name+"="+sets[set][name])
		}
		parts = append(parts, strings.Join(words, " "))
	}
	return strings.Join(parts, "; ")
}

func usersLevels(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	ask := askFlags(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(3, -1, "LOGIN web|mobile PERMISSION=LEVEL…"); err != nil {
			return err
		}
		change := web.LevelsRequest{Set: c.args[1], Levels: map[string]string{}, Confirm: ask.Confirm, DryRun: ask.DryRun}
		for _, pair := range c.args[2:] {
			name, level, ok := strings.Cut(pair, "=")
			if !ok {
				return usagef("%q: want PERMISSION=LEVEL, as customers=hidden", pair)
			}
			change.Levels[name] = level
		}
		return c.changeLevels(ctx, &a, c.args[0], change)
	}
}

// changeLevels asks for a change of one person's levels, and shows what it does.
func (c *call) changeLevels(ctx context.Context, a *asking, login string, change web.LevelsRequest) error {
	return c.with(ctx, a, func(cl *client, tenant string) error {
		var done web.LevelsChanged
		if err := cl.do(ctx, http.MethodPut, path("tenants", tenant, "users", login, "levels"), change, &done); err != nil {
			return err
		}
		return c.print(a.json, done, func(w io.Writer) {
			showUsers(w, []web.User{done.User})
			fmt.Fprintln(w, effectText(done.Effect))
		})
	})
}

// effectText says what a change of levels does, or would do.
func effectText(e web.LevelsEffect) string {
	did := func(does, would string) string {
		if e.DryRun {
			return would
		}
		return does
	}
	if len(e.Changes) == 0 && e.AssignTo == "" {
		return did("nothing changed: it was so already", "nothing would change: it is so already")
	}
	var steps []string
	for _, s := range e.Changes {
		steps = append(steps, s.Permission+" "+s.From+" → "+s.To)
	}
	if e.AssignTo != "" {
		steps = append(steps, "mobile."+access.AssignTo+" → "+e.AssignTo)
	}
	text := did("changed: ", "would change: ") + strings.Join(steps, ", ")
	if e.EndsMobile {
		text += did("; this ended mobile access", "; this ends mobile access")
		if e.SessionsEnded > 0 {
			text += did(" and the session of the phone, which still hands in what is unsent", " and the session of the phone, which would still hand in what is unsent")
		}
	}
	if e.Widens {
		text += did("; this widened a contractor", "; this widens a contractor, and wants --confirm when all is set") + ": customers were hidden"
	}
	return text + takesText(e.Takes, e.DryRun)
}

func usersSetAll(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	category := f.String("category", "", "everybody with this `label`, one after the other, instead of a LOGIN")
	dry := f.Bool("dry-run", false, "change nothing, and say what would change")
	confirm := f.Bool("confirm", false, "take much from devices, or show customers to a subcontractor from whom they were hidden, if it does")
	return func(ctx context.Context, c *call) error {
		switch {
		case *category == "":
			if err := c.want(3, 3, "LOGIN web|mobile full|read-only|none"); err != nil {
				return err
			}
			return c.changeLevels(ctx, &a, c.args[0], web.LevelsRequest{Set: c.args[1], All: c.args[2], Confirm: *confirm, DryRun: *dry})
		case len(c.args) == 3:
			return usagef("both a LOGIN and --category: who is meant?")
		}
		if err := c.want(2, 2, "web|mobile full|read-only|none"); err != nil {
			return err
		}
		body := api.CategoryLevel{Category: *category, LevelForAll: api.LevelForAll{Level: c.args[1], Confirm: *confirm, DryRun: *dry}}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var all api.Items[web.LevelsResult]
			if err := cl.do(ctx, http.MethodPut, officePath(tenant, nobody, "categories", "levels", c.args[0]), body, &all); err != nil {
				return err
			}
			if len(all.Items) == 0 && !a.json {
				fmt.Fprintf(c.err, "nobody has the label %q; labels are of whole words, as they were given\n", *category)
			}
			return c.print(a.json, all.Items, func(w io.Writer) { showResults(w, all.Items) })
		})
	}
}

func showResults(w io.Writer, all []web.LevelsResult) {
	for i := range all {
		r := &all[i]
		text := ""
		if r.Problem != nil {
			text = r.Problem.Code + ": " + r.Problem.Error()
		} else if r.Effect != nil {
			text = effectText(*r.Effect)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Login, r.Status, text)
	}
}

func usersRights(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "LOGIN"); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			id, err := cl.userID(ctx, tenant, c.args[0])
			if err != nil {
				return err
			}
			var all api.Items[web.Right]
			if err := cl.do(ctx, http.MethodGet, officePath(tenant, nobody, "users", id.String(), "rights"), nil, &all); err != nil {
				return err
			}
			return c.print(a.json, all.Items, func(w io.Writer) {
				heading(w, all.Items, "PERMISSION", "SET TO", "GIVES", "BECAUSE OF")
				for _, r := range all.Items {
					why := "the level"
					if r.Setting != "" {
						why = "the setting " + r.Setting + ", which is " + r.State
					}
					fmt.Fprintf(w, "%s.%s\t%s\t%s\t%s\n", r.Set, r.Name, r.Level, r.Gives, why)
				}
			})
		})
	}
}
