package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/web/api"
)

// rightsText says how far a device has followed the last change of what its user may see.
func rightsText(k api.Confirmation, seen *time.Time, now time.Time) string {
	what := func() string { return k.Change + " of " + clockOf(k.Changed, now) }
	last := "never seen"
	if seen != nil {
		last = "last seen " + ago(now.Sub(*seen))
	}
	switch k.State {
	case api.RightsConfirmed:
		return what() + " confirmed " + clockOf(k.Confirmed, now)
	case api.RightsSent:
		return what() + " sent " + clockOf(k.Sent, now) + ", not confirmed, " + last
	case api.RightsNotConfirmed:
		return what() + " not confirmed, " + last
	}
	return "rights unchanged"
}

// clockOf is when something was: the time of day, of another day with its date.
func clockOf(t *time.Time, now time.Time) string {
	if t == nil {
		return "an unknown time"
	}
	at := t.In(now.Location())
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// ago is how long ago something was, as people say it.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch n := int(d / unit.of); {
		case n == 1:
			return "1 " + unit.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "just now"
}

// devices lists the devices of people, numbered, as far as the user may see people.
func (t *terminal) devices(ctx context.Context, w io.Writer) error {
	all, err := t.knownDevices(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	now := time.Now()
	for i, d := range all {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", i+1, d.Login, d.Label, d.State, rightsText(d.Rights, d.Seen, now))
	}
	return table.Flush()
}

func (t *terminal) knownDevices(ctx context.Context) ([]api.Device, error) {
	var all api.Items[api.Device]
	err := t.ask(ctx, http.MethodGet, "/v1/devices", nil, &all)
	return all.Items, err
}
