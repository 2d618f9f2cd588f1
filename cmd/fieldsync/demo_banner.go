package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// banner says what there is, and what to do next.
func (d *demoServer) banner(ctx context.Context, w io.Writer) error {
	var users []web.User
	if err := d.operator.do(ctx, http.MethodGet, path("tenants", demoTenant, "users"), nil, &users); err != nil {
		return err
	}
	n, err := d.census(ctx)
	if err != nil {
		return err
	}
	me := programName()
	fmt.Fprintf(w, "\nfieldsync %s, demonstration\n\n", version())
	fmt.Fprintf(w, "  address   %s   (change it with --listen)\n", d.address)
	fmt.Fprintf(w, "  data      %s   %s\n", d.set.data, d.age(me))
	fmt.Fprintf(w, "  company   %s, %s, %s, %s, %s, %s\n", counted(len(users), "user"), counted(n["customers"], "customer"),
		counted(n["sites"], "site"), counted(n["jobs"], "job"), counted(n["notes"], "note"), counted(n["timesheet_events"], "line")+" of hours")
	fmt.Fprintf(w, "  waiting   %s for the office to decide\n\n", waiting(n))
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, u := range users {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", u.Login, u.Name, u.Kind+about(u))
	}
	_ = t.Flush() // to the terminal
	fmt.Fprintf(w, "\n  Everybody's password is %s. In other terminals:\n\n", d.mark.Password)
	server := ""
	if d.address != "http://127.0.0.1:8080" {
		server = " --server " + d.address
	}
	t = tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "    %s office --as %s%s\tconflicts with review, the rest with help\n", me, deskLogin, server)
	fmt.Fprintf(t, "    %s phone --as ben@fieldsync.example%s\ttry jobs, offline, start 2, online\n", me, server)
	fmt.Fprintf(t, "    %s portal --as guest@harbour-hotel.example%s\ta client: how their jobs go\n", me, server)
	fmt.Fprintf(t, "    %s lab\ttwo phones and the office in one terminal\n", me)
	_ = t.Flush() // to the terminal
	fmt.Fprintf(w, "    curl -H 'Authorization: Bearer %s' '%s/v1/jobs?status=in_progress'\n\n", d.mark.Key, d.address)
	fmt.Fprintf(w, "  Read on: docs/quickstart.md; the API %s/openapi.json; its errors %s%s\n", d.address, d.address, problem.Path)
	if old := strangers(); len(old) > 0 && d.fresh {
		fmt.Fprintf(w, "  Devices in %s are of another company, as the one before --reset, and cannot go on with this one.\n"+
			"  Remove them, or name another place with --data.\n", strings.Join(old, ", "))
	}
	fmt.Fprintf(w, "  Not for production: demonstration people and no TLS.\n")
	return nil
}

// age says when the company was made, and how to have a new one.
func (d *demoServer) age(me string) string {
	if d.fresh {
		return fmt.Sprintf("(made in %.1f s; %s demo --reset starts over)", d.took.Seconds(), me)
	}
	text := "(found again; " + me + " demo --reset starts over)"
	if days := int(time.Since(d.mark.Made).Hours() / 24); days >= 2 {
		text = fmt.Sprintf("(found again, its today is %s; %s demo --reset starts over)", d.mark.Made.Format("2 January"), me)
	}
	return text
}

// strangers are folders in the working directory with devices of a demonstration's people, as phone and office leave
// them there.
func strangers() (dirs []string) {
	found, _ := filepath.Glob(filepath.Join("*", demoTenant+"~*")) // the pattern is ours
	for _, f := range found {
		if dir := filepath.Dir(f); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// about is what is to be known of a person before one signs in as them.
func about(u web.User) string {
	switch {
	case u.Kind == model.Portal.String():
		return ", a client"
	case u.Levels["mobile"]["customers"] == "hidden":
		text := ", customers hidden"
		if u.Kind == model.Subcontractor.String() && u.Levels["mobile"]["assign_jobs"] == "on" {
			text += ", hands out the work of their company"
		}
		return text
	}
	return ""
}

// programName is how the program was called, for lines that are to be copied.
func programName() string {
	if called := os.Args[0]; filepath.Base(called) == "fieldsync" && !filepath.IsAbs(called) {
		return called
	}
	return "fieldsync"
}

// Lines of a census: what is to be reviewed.
const (
	openConflicts = "open conflicts"
	openOthers    = "open others"
)

// waiting is what the office has to decide.
func waiting(n map[string]int) string {
	text := counted(n[openConflicts], "conflict")
	if others := n[openOthers]; others > 0 {
		text += ", " + counted(others, "other item")
	}
	return text
}

// census counts what the company has, as the person at the desk sees it.
func (d *demoServer) census(ctx context.Context) (map[string]int, error) {
	of := "?collections=customers,sites,jobs,notes,timesheet_events,review_items"
	raw, err := d.operator.raw(ctx, http.MethodGet, officePath(demoTenant, deskLogin, "snapshot")+of, "", nil)
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for line := range bytes.Lines(raw) {
		var r struct {
			Collection, Kind, State string
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("read the snapshot: %w", err)
		}
		n[r.Collection]++
		switch {
		case r.Collection != "review_items" || r.State == "resolved":
		case r.Kind == "conflict":
			n[openConflicts]++
		default:
			n[openOthers]++
		}
	}
	return n, nil
}
