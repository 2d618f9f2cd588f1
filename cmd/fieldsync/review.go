package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/document"
)

func reviewList(f *flag.FlagSet) action {
	kind := f.String("kind", "", "only items of this `kind`, as conflict, proposal, held or hours")
	grade := f.String("grade", "", "only of this `grade`: parallel, conflict, late, replaced_device")
	state := f.String("state", "open", "open, resolved or all, as `state`")
	job := f.String("job", "", "only about the job of this `id`")
	person := f.String("person", "", "only of the work of this `login`")
	return asSomebody(f, 0, 0, "", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		logins, err := cl.logins(ctx, tenant)
		if err != nil {
			return err
		}
		author := ""
		for id, name := range logins {
			if *person != "" && name == *person {
				author = id.String()
			}
		}
		if *person != "" && author == "" {
			return usagef("nobody is called %q; fieldsync users list lists them", *person)
		}
		all := []api.InboxItem{}
		for next, more := "", true; more; more = next != "" {
			var page api.InboxPage
			asked := query("state", *state, "kind", *kind, "grade", *grade, "job", *job, "person", author, "after", next, "limit", strconv.Itoa(model.MaxListing))
			if err := cl.do(ctx, http.MethodGet, officePath(tenant, login, "review")+asked, nil, &page); err != nil {
				return err
			}
			all, next = append(all, page.Items...), page.Next
		}
		return c.print(a.json, all, func(w io.Writer) {
			heading(w, all, "ITEM", "KIND", "OF", "AT", "WHAT")
			for i := range all {
				r := &all[i]
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Kind, logins[r.Author], day(r.At, ""), matterInBrief(r))
			}
		})
	})
}

// matterInBrief says in one short line what an item is about.
func matterInBrief(r *api.InboxItem) string {
	var out string
	switch {
	case r.Lost != nil && r.Stands != nil:
		out = fmt.Sprintf("%s: %s, stands: %s", r.Field, r.Lost.Value, r.Stands.Value)
	case r.Lost != nil:
		out = fmt.Sprintf("%s: %s", r.Field, r.Lost.Value)
	case r.Held != nil:
		out = r.Held.Op + " " + r.Held.Collection + " " + inBrief(r.Held.Fields)
	case r.Flags != nil:
		out = strings.Join(r.Flags, ", ")
	default:
		out = whyTheirs(model.Reason(r.Reason))
	}
	if text := []rune(out); len(text) > maxBrief {
		out = string(text[:maxBrief-1]) + "…"
	}
	if r.Count > 1 {
		out += fmt.Sprintf(" (%d times)", r.Count)
	}
	return out
}

func reviewShow(f *flag.FlagSet) action {
	return asSomebody(f, 1, 1, "ITEM --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		var r api.InboxItem
		if err := cl.do(ctx, http.MethodGet, officePath(tenant, login, "review", c.args[0]), nil, &r); err != nil {
			return err
		}
		logins, err := cl.logins(ctx, tenant)
		if err != nil {
			return err
		}
		return c.print(a.json, r, func(w io.Writer) { writeMatter(w, &r, logins) })
	})
}

// writeMatter writes all that an item says, a line each.
func writeMatter(w io.Writer, r *api.InboxItem, logins map[model.UserID]string) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, text)
		}
	}
	value := func(v *api.InboxValue) string {
		if v == nil {
			return ""
		}
		return fmt.Sprintf("%s, by %s, %s", v.Value, or(logins[v.Author], "nobody known"), day(v.At, "at no known time"))
	}
	id := func(r model.RecordID) string {
		if r.IsZero() {
			return ""
		}
		return r.String()
	}
	line("kind", r.Kind)
	line("grade", r.Grade)
	line("state", r.State)
	line("times", strconv.FormatInt(r.Count, 10))
	line("first", day(r.First, ""))
	line("latest", day(r.At, ""))
	line("about", strings.TrimSpace(r.Collection+" "+id(r.Record)))
	line("job", id(r.Job))
	line("of", logins[r.Author])
	line("why", whyTheirs(model.Reason(r.Reason)))
	line("field", r.Field)
	line("lost", value(r.Lost))
	line("stands", value(r.Stands))
	if r.Held != nil {
		line("says", r.Held.Op+" "+r.Held.Collection+" "+string(r.Held.Fields))
	}
	line("flags", strings.Join(r.Flags, ", "))
	line("other", id(r.Other))
	if r.State == "resolved" {
		line("decided", strings.TrimSpace(fmt.Sprintf("%s by %s, %s", or(r.Decision, "closed"), or(logins[r.By], "nobody"), day(r.Decided, ""))))
		line("because", r.Why)
	}
}

func reviewRestore(f *flag.FlagSet) action {
	change := f.String("change", "", "of an item that stands for several, the `id` of the change whose value it was")
	return decideItem(f, "restore", "restored", func(body map[string]any) {
		if *change != "" {
			body["change"] = *change
		}
	})
}

func reviewAdopt(f *flag.FlagSet) action {
	return decideItem(f, "adopt", "adopted", func(map[string]any) {})
}

func reviewDismiss(f *flag.FlagSet) action {
	return decideItem(f, "dismiss", "dismissed", func(map[string]any) {})
}

func reviewRelease(f *flag.FlagSet) action {
	force := f.Bool("force", false, "what stands now has been seen, and this is to stand instead")
	set := corrections{}
	f.Var(set, "set", "`field=value` that is let in instead of what the change says of the field; again for another field")
	why := whyDecided(f)
	return asSomebody(f, 1, 1, "ITEM --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		body := map[string]any{"force": *force, "why": *why}
		if len(set) > 0 {
			var r api.InboxItem
			if err := cl.do(ctx, http.MethodGet, officePath(tenant, login, "review", c.args[0]), nil, &r); err != nil {
				return err
			}
			if r.Held == nil {
				return usagef("no work waits in this item that could be corrected")
			}
			values, err := set.like(r.Held.Fields)
			if err != nil {
				return err
			}
			body["values"] = values
		}
		return decideHeld(ctx, c, a, cl, officePath(tenant, login, "review", c.args[0], "release"), body, "released")
	})
}

// corrections are values of fields as they are typed: NAME=VALUE each.
type corrections map[string]string

// String is what the flag package shows as the default: there is none.
func (s corrections) String() string { return "" }

// Set takes one more.
func (s corrections) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("want field=value")
	}
	s[name] = value
	return nil
}

// like gives them the form that the change's own values have: a text that looks like a number stays a text.
func (s corrections) like(said json.RawMessage) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(said, &fields); err != nil {
		return nil, fmt.Errorf("read what the change says: %w", err)
	}
	out := map[string]json.RawMessage{}
	for name, value := range s {
		raw := json.RawMessage(value)
		if have := fields[name]; len(have) == 0 || have[0] == '"' || !json.Valid(raw) {
			raw, _ = json.Marshal(value)
		}
		out[name] = raw
	}
	return out, nil
}

func whyDecided(f *flag.FlagSet) *string {
	return f.String("why", "", "`text` that says why; whose value it was reads it")
}

func decideItem(f *flag.FlagSet, verb, done string, more func(body map[string]any)) action {
	why := whyDecided(f)
	return asSomebody(f, 1, 1, "ITEM --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		body := map[string]any{}
		if *why != "" {
			body["why"] = *why
		}
		more(body)
		return decideHeld(ctx, c, a, cl, officePath(tenant, login, "review", c.args[0], verb), body, done)
	})
}

// historyEvent is a line of a record's history.
type historyEvent struct {
	At       string                     `json:"at"`
	Occurred string                     `json:"occurred_at"`
	Type     string                     `json:"type"`
	Author   string                     `json:"author"`
	Device   string                     `json:"device"`
	Fields   map[string]json.RawMessage `json:"fields"`
}

func historyCommand(f *flag.FlagSet) action {
	return asSomebody(f, 2, 2, "COLLECTION ID --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		at := officePath(tenant, login, "history", c.args[0], c.args[1])
		all := []json.RawMessage{}
		for since, more := "", true; more; {
			var page struct {
				Events []json.RawMessage `json:"events"`
				Cursor string            `json:"cursor"`
				More   bool              `json:"more"`
			}
			if err := cl.do(ctx, http.MethodGet, at+query("since", since, "limit", strconv.Itoa(api.MaxEvents)), nil, &page); err != nil {
				return err
			}
			all, since, more = append(all, page.Events...), page.Cursor, page.More
		}
		return c.print(a.json, all, func(w io.Writer) {
			heading(w, all, "RECEIVED", "HAPPENED", "WHAT", "BY", "DEVICE")
			for _, text := range all {
				writeEvent(w, text)
			}
		})
	})
}

// writeEvent writes a line of history, and one for each field.
func writeEvent(w io.Writer, text json.RawMessage) {
	var e historyEvent
	if json.Unmarshal(text, &e) != nil {
		return
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.At, e.Occurred, e.Type, e.Author, e.Device)
	if strings.HasSuffix(e.Type, ".lost") {
		writeLost(w, e.Fields)
		return
	}
	writeChanges(w, e.Fields)
}

// writeLost writes what was said of fields and did not stand, and what stood.
func writeLost(w io.Writer, fields map[string]json.RawMessage) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var x struct{ Before, After any }
		var own map[string]json.RawMessage
		switch {
		case name == document.KeyCustom && json.Unmarshal(fields[name], &own) == nil:
			writeLost(w, own)
		case json.Unmarshal(fields[name], &x) == nil:
			fmt.Fprintf(w, "\t\t%s: %s lost against %s\t\t\n", name, valueOr(x.Before, "nothing"), valueOr(x.After, "nothing"))
		}
	}
}

// writeChanges writes what became of fields, the company's own under their names too.
func writeChanges(w io.Writer, fields map[string]json.RawMessage) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var x struct{ Before, After any }
		var own map[string]json.RawMessage
		switch {
		case name == document.KeyCustom && json.Unmarshal(fields[name], &own) == nil:
			writeChanges(w, own)
		case json.Unmarshal(fields[name], &x) == nil:
			fmt.Fprintf(w, "\t\t%s: %s, was %s\t\t\n", name, valueOr(x.After, "nothing"), valueOr(x.Before, "nothing"))
		}
	}
}

// valueOr is a value as it is printed; none for null.
func valueOr(v any, none string) string {
	if v == nil {
		return none
	}
	return fmt.Sprint(v)
}
