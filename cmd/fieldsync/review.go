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
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/document"
)

// reviewItem is a line of the list: what the item keeps stands in the field of its class, so the rest is read as it comes.
type reviewItem struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	At      string `json:"at"`
}

func reviewList(f *flag.FlagSet) action {
	kind := f.String("kind", "", "only items of this `kind`, as conflict")
	return asSomebody(f, 0, 0, "", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		all := []json.RawMessage{}
		for next, more := "", true; more; more = next != "" {
			var page struct {
				api.Items[json.RawMessage]
				Next string `json:"next"`
			}
			asked := query("state", "open", "kind", *kind, "after", next, "limit", strconv.Itoa(model.MaxListing))
			if err := cl.do(ctx, http.MethodGet, officePath(tenant, login, "review_items")+asked, nil, &page); err != nil {
				return err
			}
			all, next = append(all, page.Items.Items...), page.Next
		}
		return c.print(a.json, all, func(w io.Writer) {
			heading(w, all, "ITEM", "KIND", "ABOUT", "AT", "WHAT")
			for _, text := range all {
				var r reviewItem
				if json.Unmarshal(text, &r) == nil {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Kind, r.Subject, r.At, lostInBrief(text))
				}
			}
		})
	})
}

// lostInBrief is the value that an item keeps, in one short line.
func lostInBrief(item json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil {
		return ""
	}
	for name := range fields {
		if !strings.HasPrefix(name, "lost_") {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil { // it was read as JSON
		return ""
	}
	return inBrief(text)
}

func reviewAdopt(f *flag.FlagSet) action { return decideItem(f, "adopt", "adopted") }

func reviewDismiss(f *flag.FlagSet) action { return decideItem(f, "dismiss", "dismissed") }

func decideItem(f *flag.FlagSet, verb, done string) action {
	return asSomebody(f, 1, 1, "ITEM --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		return decideHeld(ctx, c, a, cl, officePath(tenant, login, "review_items", c.args[0], verb), nil, done)
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
	writeChanges(w, e.Fields)
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
