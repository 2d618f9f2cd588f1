package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// auditAsk is what of the audit is read.
type auditAsk struct {
	road
	kind, user, from, until string
	limit                   int
	oldest, csv             bool
}

func (a *auditAsk) define(f *flag.FlagSet) {
	a.road.define(f)
	f.StringVar(&a.kind, "kind", "", "only lines of this `kind`, as takeover")
	f.StringVar(&a.user, "user", "", "only what the person of this `login` did, or what was done to them")
	f.StringVar(&a.from, "from", "", "only lines of this `time` and later, as 2026-03-02T08:00:00Z")
	f.StringVar(&a.until, "until", "", "only lines before this `time`")
	f.IntVar(&a.limit, "limit", 100, "lines at most; 0: all. --csv writes all")
	f.BoolVar(&a.oldest, "oldest", false, "the oldest first")
	f.BoolVar(&a.csv, "csv", false, "write every line as CSV")
}

func auditCommand(f *flag.FlagSet) action {
	var a auditAsk
	a.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		if a.limit < 0 || a.csv && a.json {
			return usagef("--limit is a number from 0, and --csv goes without --json")
		}
		if _, ok := model.ParseAuditKind(a.kind); !ok && a.kind != "" {
			return usagef("--kind %q: there are %s", a.kind, auditKinds(", "))
		}
		return a.onTheRoad(ctx, c, func(way *opened) error { return a.read(ctx, c, way) })
	}
}

func auditKinds(between string) string {
	var names []string
	for _, k := range model.AuditKinds() {
		names = append(names, k.String())
	}
	return strings.Join(names, between)
}

// read reads what is asked for, and prints it.
func (a *auditAsk) read(ctx context.Context, c *call, way *opened) error {
	user, order := "", ""
	if a.user != "" {
		id, err := personByLogin(ctx, way.Client, a.user)
		if err != nil {
			return err
		}
		user = id.String()
	}
	if a.oldest {
		order = "oldest"
	}
	ask := []string{"kind", a.kind, "user", user, "from", a.from, "until", a.until, "order", order}
	if a.csv {
		text, err := way.File(ctx, office.Path("audit")+query(append(ask, "format", "csv")...))
		if err != nil {
			return err
		}
		_, err = c.out.Write(text)
		return err
	}
	lines := []api.AuditLine{}
	for next := ""; ; {
		page := model.MaxListing
		if a.limit > 0 {
			page = min(page, a.limit-len(lines))
		}
		var got api.Audit
		if err := way.Do(ctx, http.MethodGet, office.Path("audit")+query(append(ask, "cursor", next, "limit", strconv.Itoa(page))...), nil, &got); err != nil {
			return err
		}
		lines, next = append(lines, got.Items...), got.Next
		if next == "" || len(lines) == a.limit {
			break
		}
	}
	return c.print(a.json, lines, func(w io.Writer) { listAudit(w, lines) })
}

// listAudit is the audit as a table.
func listAudit(w io.Writer, lines []api.AuditLine) {
	heading(w, lines, "TIME", "WHAT", "BY", "TO", "FROM", "WHY")
	for _, l := range lines {
		by := l.Actor.Kind
		if l.Actor.User != "" {
			by = nameOr(l.Actor.Name, l.Actor.User)
		}
		to := l.Subject.Kind
		if l.Subject.ID != "" {
			to += " " + l.Subject.ID
		}
		if l.Subject.User != "" {
			to = nameOr(l.Subject.Name, l.Subject.User)
			if l.Subject.Kind != "user" {
				to = l.Subject.Kind + " of " + to
			}
		}
		why := strings.Join(strings.Fields(l.Reason+" "+l.Detail), " ")
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Time.Local().Format(time.DateTime), l.Kind, by, to, l.Address, why)
	}
}

func nameOr(name, id string) string {
	if name == "" {
		return id
	}
	return name
}
