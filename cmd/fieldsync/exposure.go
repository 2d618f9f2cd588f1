package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

func devicesExposure(f *flag.FlagSet) action {
	collection := f.String("collection", "", "only records of this `collection`, as customers")
	return asSomebody(f, 1, 1, "DEVICE --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		device, err := deviceArg(c.args[0])
		if err != nil {
			return err
		}
		x, err := exposureOf(*collection, func(asked string, out *api.Exposure) error {
			return cl.do(ctx, http.MethodGet, officePath(tenant, login, "devices", device.String(), "exposure")+asked, nil, out)
		})
		if err != nil {
			return err
		}
		return c.print(a.json, x, func(w io.Writer) { showExposure(w, &x, time.Now()) })
	})
}

// deviceArg is the device that an argument names.
func deviceArg(text string) (id model.DeviceID, err error) {
	if err := id.UnmarshalText([]byte(text)); err != nil {
		return id, usagef("%q: a device goes by its id, 32 hexadecimal digits; fieldsync devices list lists them", text)
	}
	return id, nil
}

// exposureOf asks for an exposure page by page, and joins the pages.
func exposureOf(collection string, ask func(asked string, out *api.Exposure) error) (all api.Exposure, err error) {
	for next := ""; ; {
		var page api.Exposure
		if err := ask(query("collection", collection, "after", next, "limit", strconv.Itoa(model.MaxListing)), &page); err != nil {
			return all, err
		}
		items := append(all.Items, page.Items...)
		next = page.Next
		all, all.Items, all.Next = page, items, ""
		if next == "" {
			return all, nil
		}
	}
}

// showExposure is what a device held, in words and by collection.
func showExposure(w io.Writer, x *api.Exposure, now time.Time) {
	switch {
	case x.Checkpoint == nil:
		fmt.Fprintln(w, "the device never confirmed a checkpoint: this is all that it can have been shown")
	case x.Superset:
		fmt.Fprintf(w, "confirmed %s, which is longer ago than is remembered exactly: this is all that it can have held\n", clockOf(x.Checkpoint, now))
	default:
		fmt.Fprintf(w, "held at the checkpoint confirmed %s\n", clockOf(x.Checkpoint, now))
	}
	if x.Narrowed {
		fmt.Fprintln(w, "the device was shown more than you see: this is what you see of it")
	}
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(x.Counts)) {
		counts = append(counts, fmt.Sprintf("%d %s", x.Counts[name], name))
	}
	fmt.Fprintln(w, strings.Join(counts, ", "))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range x.Items {
		var notes []string
		if r.Later {
			notes = append(notes, "may have been sent after the checkpoint")
		}
		if r.Deleted {
			notes = append(notes, "deleted since")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Collection, r.ID, strings.ReplaceAll(r.Name, "\n", ", "), strings.Join(notes, "; "))
	}
	_ = t.Flush() // w keeps its own error
}

// exposure shows what a device held.
func (t *terminal) exposure(ctx context.Context, w io.Writer, args []string) error {
	all, err := t.knownDevices(ctx)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return fmt.Errorf("of which device? Name its number; devices lists them")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > len(all) {
		return fmt.Errorf("%q is no number in the list of devices", args[0])
	}
	x, err := exposureOf(strings.Join(args[1:], " "), func(asked string, out *api.Exposure) error {
		return t.ask(ctx, http.MethodGet, "/v1"+path("devices", all[n-1].ID.String(), "exposure")+asked, nil, out)
	})
	if err != nil {
		return err
	}
	showExposure(w, &x, time.Now())
	return nil
}
