package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/portal"
	"github.com/fieldsync/fieldsync/web/problem"
)

func portalCommand(f *flag.FlagSet) action {
	var in signInFlags
	in.define(f)
	return func(ctx context.Context, c *call) error {
		if in.as == "" {
			return usagef("who are you? Name your login: --as guest@harbour-hotel.example")
		}
		if err := c.want(0, 0, "--as LOGIN"); err != nil {
			return err
		}
		v := &visitor{shell: newShell(c.stdio), base: strings.TrimSuffix(in.server, "/")}
		v.shell.verbs = v.verbs(ctx)
		secret, err := password(c.stdio, in.as)
		if err != nil {
			return err
		}
		if err := v.signIn(ctx, in, secret); err != nil {
			return err
		}
		return v.run(ctx)
	}
}

// visitor is a client in a terminal: a copy of what the portal shows them, kept by its feed.
type visitor struct {
	shell *shell
	base  string
	token string

	mu     sync.Mutex // guards the fields below
	cursor string
	have   map[model.RecordID]*visited
}

// visited is a record as the portal shows it.
type visited struct {
	id         model.RecordID
	collection string
	fields     map[string]any
}

func (r *visited) text(field string) string {
	text, _ := r.fields[field].(string)
	return text
}

// signIn signs in; with takeover in the place of another session.
func (v *visitor) signIn(ctx context.Context, in signInFlags, secret string) error {
	ask := portal.SignIn{Tenant: in.tenant, Login: in.as, Password: secret, Label: "terminal"}
	var got portal.SignedIn
	err := v.do(ctx, http.MethodPost, "/sign-in", ask, &got)
	var p *problem.Problem
	if errors.As(err, &p) && p.Code == "active_elsewhere" && in.takeover && p.Epoch != nil {
		ask.TakeOver = *p.Epoch
		err = v.do(ctx, http.MethodPost, "/sign-in", ask, &got)
	}
	if errors.As(err, &p) && p.Code == "active_elsewhere" {
		return problem.New(p.Code, fmt.Sprintf("%s is signed in, last seen %s; --takeover ends that session.", p.Device, moment(model.Instant(p.LastSeen))))
	}
	v.token = got.Token
	return err
}

// run takes commands; while somebody types, what changes is told between them. It signs out at the end.
func (v *visitor) run(ctx context.Context) error {
	if _, err := v.update(ctx, 0); err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	if v.shell.tty {
		running.Go(func() { v.follow(following) })
	}
	err := v.shell.loop(ctx)
	stop()
	running.Wait()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWait)
	defer cancel()
	out := v.do(end, http.MethodPost, "/sign-out", nil, nil)
	if v.over(out) {
		out = nil // it has ended already
	}
	return errors.Join(err, out)
}

// over says whether an error means that the session is not there any more.
func (*visitor) over(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status == http.StatusUnauthorized
}

// lookAgain is how long a terminal waits after the server did not answer.
const lookAgain = 3 * time.Second

// follow tells what changes, until ctx ends or the session does.
func (v *visitor) follow(ctx context.Context) {
	for ctx.Err() == nil {
		news, err := v.update(ctx, portal.MaxWait/2)
		for _, line := range news {
			v.shell.say("* %s", line)
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case v.over(err):
			v.shell.say("* %v", err)
			return
		default:
			v.shell.say("! %v", err)
			select {
			case <-ctx.Done():
			case <-time.After(lookAgain):
			}
		}
	}
}

// update brings the copy up to date, waiting for something to change, and gives what is news.
func (v *visitor) update(ctx context.Context, wait time.Duration) (news []string, err error) {
	for {
		v.mu.Lock()
		cursor := v.cursor
		v.mu.Unlock()
		var u portal.Updates
		if err := v.do(ctx, http.MethodGet, "/updates"+query("since", cursor, "wait", wait.String()), nil, &u); err != nil {
			return news, err
		}
		told, err := v.apply(&u, cursor == "" || u.Reset)
		if news = append(news, told...); err != nil || u.Complete {
			return news, err
		}
		wait = 0
	}
}

// apply applies an answer of the feed. What the first ones bring is no news.
func (v *visitor) apply(u *portal.Updates, first bool) (news []string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if u.Reset || v.have == nil {
		v.have = map[model.RecordID]*visited{}
	}
	for _, k := range u.Keep {
		for _, r := range v.have {
			if r.collection == k.Collection {
				maps.DeleteFunc(r.fields, func(name string, _ any) bool { return !slices.Contains(k.Fields, name) })
			}
		}
	}
	for _, gone := range u.Removed {
		if r := v.have[gone.ID]; r != nil && !first {
			news = append(news, v.name(r)+" is gone")
		}
		delete(v.have, gone.ID)
	}
	for _, c := range u.Changed {
		r := v.have[c.ID]
		fresh := r == nil
		if fresh {
			r = &visited{id: c.ID, collection: c.Collection, fields: map[string]any{}}
			v.have[c.ID] = r
		}
		for name, raw := range c.Fields {
			var value any
			if err := json.Unmarshal(raw, &value); err != nil {
				return news, fmt.Errorf("read the portal's updates: %w", err)
			}
			r.fields[name] = value
		}
		if line := v.line(r, fresh, slices.Collect(maps.Keys(c.Fields))); line != "" && !first {
			news = append(news, line)
		}
	}
	v.cursor = u.Cursor
	return news, nil
}

// line is what is said of a record that came or changed; the caller holds mu.
func (v *visitor) line(r *visited, fresh bool, changed []string) string {
	switch r.collection {
	case "jobs":
		if fresh {
			return "new " + v.name(r) + ", " + r.text("progress")
		}
		slices.Sort(changed)
		var parts []string
		for _, name := range changed {
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+" "+or(briefly(r, name), "–"))
		}
		return v.name(r) + ": " + strings.Join(parts, ", ")
	case "notes":
		return "note on " + v.nameOf(r, "job") + ": " + r.text("text")
	case "files":
		return r.text("kind") + " for " + v.nameOf(r, "job") + ": " + or(r.text("caption"), r.text("name"))
	}
	return ""
}

func (v *visitor) nameOf(r *visited, parent string) string {
	var id model.RecordID
	if id.UnmarshalText([]byte(r.text(parent))) == nil && v.have[id] != nil {
		return v.name(v.have[id])
	}
	return "a job"
}

func (*visitor) name(r *visited) string {
	if r.collection == "jobs" {
		return strings.TrimSpace("job " + r.text("number") + " " + r.text("client_title"))
	}
	return strings.TrimSuffix(r.collection, "s") + " " + or(r.text("name"), r.text("text"))
}

// briefly is a field for a line: a moment in this machine's time.
func briefly(r *visited, field string) string {
	if at, err := time.Parse(time.RFC3339, r.text(field)); err == nil {
		return moment(model.Instant(at.UnixMilli()))
	}
	if r.fields[field] == nil {
		return ""
	}
	return fmt.Sprint(r.fields[field])
}

// verbs is what a client can do.
func (v *visitor) verbs(ctx context.Context) []verb {
	over := []string{"completed", "cancelled"}
	verbs := []verb{
		{"jobs", "", "what is planned and under way", func(w io.Writer, _ []string) error {
			return v.list(w, func(r *visited) bool { return !slices.Contains(over, r.text("progress")) })
		}},
		{"history", "", "what was done", func(w io.Writer, _ []string) error {
			return v.list(w, func(r *visited) bool { return slices.Contains(over, r.text("progress")) })
		}},
		{"job", "NUMBER", "all there is of a job", v.job},
		{"company", "", "your company, and those that are linked to it", v.company},
		{"quit", "", "sign out and end", func(io.Writer, []string) error { return errQuit }},
	}
	if !v.shell.tty {
		verbs = append(verbs, verb{"wait", "", "wait for something to change, a minute at most", func(w io.Writer, _ []string) error {
			news, err := v.update(ctx, portal.MaxWait)
			for _, line := range news {
				fmt.Fprintf(w, "* %s\n", line)
			}
			return err
		}})
	}
	return verbs
}

// of is the records of a collection that are wanted, sorted by what is given.
func (v *visitor) of(collection string, wanted func(*visited) bool, by ...string) []*visited {
	var out []*visited
	for _, r := range v.have {
		if r.collection == collection && (wanted == nil || wanted(r)) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *visited) int {
		for _, field := range by {
			if c := strings.Compare(a.text(field), b.text(field)); c != 0 {
				return c
			}
		}
		return cmp.Or(a.id.Compare(b.id), 0)
	})
	return out
}

func (v *visitor) list(w io.Writer, wanted func(*visited) bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := v.of("jobs", wanted, "window_start", "number")
	if len(all) == 0 {
		fmt.Fprintln(w, "none")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.text("number"), strings.ReplaceAll(r.text("progress"), "_", " "),
			or(briefly(r, "window_start"), "–"), or(r.text("client_title"), "–"), r.text("engineers"))
	}
	return t.Flush()
}

func (v *visitor) job(w io.Writer, args []string) error {
	number, err := rest(args, 0, "the job's number")
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.of("jobs", func(r *visited) bool { return r.text("number") == number })
	if len(found) == 0 {
		return fmt.Errorf("no job %s; jobs and history list them", number)
	}
	r := found[0]
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		if text := briefly(r, name); text != "" {
			fmt.Fprintf(t, "%s\t%s\n", strings.ReplaceAll(name, "_", " "), text)
		}
	}
	_ = t.Flush() // to the shell's own writer
	of := func(x *visited) bool { return x.text("job") == r.id.String() }
	for _, n := range v.of("notes", of, "at") {
		fmt.Fprintf(w, "%s: %s\n", briefly(n, "at"), n.text("text"))
	}
	for _, f := range v.of("files", of, "at") {
		fmt.Fprintf(w, "%s: %s %s\n", briefly(f, "at"), f.text("kind"), or(f.text("caption"), f.text("name")))
	}
	return nil
}

func (v *visitor) company(w io.Writer, _ []string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.of("companies", nil, "name") {
		fmt.Fprintf(w, "%s  %s\n", c.text("name"), strings.Join(strings.Fields(c.text("phone")+" "+c.text("email")), " "))
		under := func(x *visited) bool { return x.text("customer") == c.id.String() }
		for _, s := range v.of("sites", under, "name") {
			fmt.Fprintf(w, "  %s, %s\n", s.text("name"), strings.ReplaceAll(s.text("address"), "\n", ", "))
			for _, a := range v.of("assets", func(x *visited) bool { return x.text("site") == s.id.String() }, "name") {
				fmt.Fprintf(w, "    %s\n", strings.TrimSpace(a.text("name")+" "+a.text("serial")))
			}
		}
		for _, k := range v.of("contacts", under, "name") {
			fmt.Fprintf(w, "  %s  %s\n", k.text("name"), k.text("role"))
		}
	}
	return nil
}

// do asks the portal.
func (v *visitor) do(ctx context.Context, method, at string, body, out any) error {
	cl := &client{base: v.base + portal.Base, http: &http.Client{Transport: bearing(v.token)}}
	return cl.do(ctx, method, at, body, out)
}

// bearing is a transport that shows a token, if there is one.
type bearing string

// RoundTrip sends a request with the token.
func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	if b != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}
