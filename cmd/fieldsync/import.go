package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

func importCommand(f *flag.FlagSet) action {
	var a asking
	var as string
	var check bool
	a.define(f)
	f.StringVar(&as, "as", "", "`login` of the office user whose rights it is done with; empty: the first there is")
	f.BoolVar(&check, "check", false, "say what is wrong with the files and change nothing")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, -1, "customers.csv sites.csv users.csv jobs.csv"); err != nil {
			return err
		}
		sheets, faults, err := openSheets(c.args)
		if err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			key, err := importKey(c.set.data)
			if err != nil {
				return err
			}
			im := &importer{client: cl, tenant: tenant, as: as, key: key, check: check, now: time.Now(), faults: faults}
			if err := im.run(ctx, sheets); err != nil {
				return err
			}
			return im.tell(c, &a)
		})
	}
}

// openSheets reads the files that were named.
func openSheets(args []string) (sheets []*sheet, faults []error, err error) {
	for _, arg := range args {
		kind, path, err := kindOf(arg)
		if err != nil {
			return nil, nil, err
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, usagef("%v", err)
		}
		s, bad, err := readSheet(kind, path, file)
		file.Close()
		if err != nil {
			return nil, nil, err
		}
		sheets, faults = append(sheets, s), append(faults, bad...)
	}
	return sheets, faults, nil
}

// importKey is what the ids of imported records are derived under; it is made at the first import and kept beside the
// store. Without it, importing the same files again would make every record twice.
func importKey(data string) (key [32]byte, err error) {
	path := filepath.Join(data, "import.key")
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) == len(key) {
		return [32]byte(raw), nil
	}
	if err == nil {
		err = errors.New("it is not of 32 bytes")
	}
	if !errors.Is(err, os.ErrNotExist) {
		return key, fmt.Errorf("read %s, without which the next import makes every record twice: %w", path, err)
	}
	rand.Read(key[:])
	if err := os.WriteFile(path, key[:], 0o600); err != nil {
		return key, fmt.Errorf("keep the key of imported ids: %w", err)
	}
	return key, nil
}

// importer brings sheets into a company.
type importer struct {
	client   *client
	tenant   string
	as       string
	key      [32]byte
	check    bool // change nothing
	password string
	now      time.Time

	people map[string]model.UserID
	fresh  int // people who were added and have no password
	counts map[string]*tally
	faults []error
}

// tally counts the rows of one kind.
type tally struct {
	Kind     string `json:"kind"`
	Imported int    `json:"imported"`
	Known    int    `json:"already_there"`
}

func (im *importer) tally(kind string) *tally {
	if im.counts[kind] == nil {
		im.counts[kind] = &tally{Kind: kind}
	}
	return im.counts[kind]
}

// run imports: people first, since jobs name them and one of them acts.
func (im *importer) run(ctx context.Context, sheets []*sheet) error {
	im.counts = map[string]*tally{}
	tenant, err := im.company(ctx)
	if err != nil {
		return err
	}
	users, err := im.users(ctx, sheets)
	if err != nil {
		return err
	}
	actor, err := im.actor(users)
	if err != nil {
		return err
	}
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		return err
	}
	p := &planner{table: table, key: im.key, tenant: tenant, actor: actor.ID, people: im.people, today: im.now}
	bundles := p.plan(sheets)
	im.faults = append(im.faults, p.faults...)
	if im.check {
		return nil
	}
	return im.send(ctx, actor.Login, bundles)
}

func (im *importer) company(ctx context.Context) (model.TenantID, error) {
	var all []web.Tenant
	if err := im.client.do(ctx, http.MethodGet, "/tenants", nil, &all); err != nil {
		return model.TenantID{}, err
	}
	for _, t := range all {
		if t.Name == strings.ToLower(im.tenant) {
			im.tenant = t.Name
			return t.ID, nil
		}
	}
	return model.TenantID{}, web.NewProblem(http.StatusNotFound, "no_tenant", fmt.Sprintf("no company %q", im.tenant), "See fieldsync tenants list.")
}

// actor is the office user whose changes the import is.
func (im *importer) actor(users []web.User) (web.User, error) {
	for _, u := range users {
		if u.Active && u.Kind == model.Desktop.String() && (im.as == "" || strings.EqualFold(u.Login, im.as)) {
			return u, nil
		}
	}
	if im.as != "" {
		return web.User{}, usagef("--as %s is no office user of %s; see fieldsync users list", im.as, im.tenant)
	}
	return web.User{}, usagef("%s has no office user yet, and an import is done with somebody's rights; "+
		"add one with fieldsync users add LOGIN --kind desktop --role admin, or give a users' file with one", im.tenant)
}

// send pushes bundles in as few frames as they fit; what others refer to is committed before them.
func (im *importer) send(ctx context.Context, login string, bundles []*bundle) error {
	for len(bundles) > 0 {
		push := &protocol.Push{Number: 1}
		n := 0
		for n < len(bundles) && bundles[n].kind == bundles[0].kind && add(push, bundles[n]) {
			n++
		}
		if n == 0 {
			im.faults = append(im.faults, bundles[0].of.faultf("is too large to be sent"))
			bundles = bundles[1:]
			continue
		}
		answers, err := im.client.changes(ctx, im.tenant, login, push)
		if err != nil {
			return fmt.Errorf("nothing is half done; run it again to go on: %w", err)
		}
		if len(answers.Answers) != len(push.Changes) {
			return errors.New("the server answered for another number of changes")
		}
		at := 0
		for _, b := range bundles[:n] {
			im.count(b, answers.Answers[at:at+len(b.changes)])
			at += len(b.changes)
		}
		bundles = bundles[n:]
	}
	return nil
}

// add puts a whole bundle into a push; false, and nothing is added, when it does not fit.
func add(push *protocol.Push, b *bundle) bool {
	before := *push
	for i := range b.changes {
		body, blobs, err := protocol.EncodeChange(&b.changes[i])
		if err != nil || !push.Add(protocol.PushedChange{Number: uint64(len(push.Changes) + 1), Body: body}, blobs) {
			*push = before
			return false
		}
	}
	return true
}

// count says what became of a row. Its records share their fate: one answer speaks for all, unless it is a no.
func (im *importer) count(b *bundle, answers []model.Answer) {
	fresh := false
	for _, a := range answers {
		switch {
		case a.Outcome == model.OutcomeRetry:
			im.faults = append(im.faults, b.of.faultf("was not decided; run the import again"))
			return
		case !a.Outcome.In():
			im.faults = append(im.faults, b.of.faultf("the server answered %s, reason %d: %s", a.Outcome, a.Reason, refusal(a.Reason)))
			return
		}
		fresh = fresh || !a.Repeat && a.Outcome == model.OutcomeApplied
	}
	if fresh {
		im.tally(b.kind).Imported++
	} else {
		im.tally(b.kind).Known++
	}
}

func refusal(r model.Reason) string {
	switch r {
	case model.ReasonMissing:
		return "what it belongs to is not there; import that first"
	case model.ReasonRight:
		return "the acting user may not make it; name another with --as"
	default:
		return "see protocol/SPEC.md; it waits for the office in review"
	}
}

// tell says what was done, and fails when a row was not imported.
func (im *importer) tell(c *call, a *asking) error {
	var all []tally
	for _, k := range kinds {
		if t := im.counts[k.name]; t != nil {
			all = append(all, *t)
		}
	}
	err := c.print(a.json, all, func(w io.Writer) {
		for _, t := range all {
			fmt.Fprintf(w, "%s\t%d imported\t%d already there\n", t.Kind, t.Imported, t.Known)
		}
	})
	if im.fresh > 0 {
		fmt.Fprintf(c.err, "%d people cannot sign in before they have a password: fieldsync users password LOGIN\n", im.fresh)
	}
	if err != nil || len(im.faults) == 0 {
		return err
	}
	t := tabwriter.NewWriter(c.err, 0, 0, 1, ' ', 0)
	for _, fault := range im.faults {
		fmt.Fprintln(t, fault)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if im.check {
		return fmt.Errorf("%s would not be imported", counted(len(im.faults), "row"))
	}
	return fmt.Errorf("not imported: %s; correct the files and import them again, what is in already stays as it is", counted(len(im.faults), "row"))
}
