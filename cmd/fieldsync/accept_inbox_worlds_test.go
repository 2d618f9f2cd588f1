package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
	"github.com/fieldsync/fieldsync/web/api"
)

// Two companies that differ only in what Dan of the office may not see, customers, money and hours, answer his questions to
// the inbox and his decisions with the same bytes (I9): lists, counts, ids, cursors, tags and errors.

// inboxWorld is one of the two. Rita may only read, so that what she changes is held.
type inboxWorld struct {
	*portalWorld
	api       http.Handler
	dan, rita model.UserID
	next      string // of Dan's last page
	tag       string // of the item that he read last
}

func newInboxWorld(t *testing.T, seed uint64, busy bool) *inboxWorld {
	t.Helper()
	w := &inboxWorld{portalWorld: newPortalWorld(t, seed, busy)}
	limited, reads := access.RoleSets(access.Admin), access.RoleSets(access.Admin)
	for _, p := range []access.Permission{access.WebCustomers, access.WebTimesheets, access.WebShifts, access.WebInvoices, access.WebMessaging} {
		limited.Web[p] = access.None
	}
	reads.Web[access.WebJobs], reads.Web[access.WebCustomers] = access.ReadOnly, access.ReadOnly
	w.dan, w.rita = w.adds("dan", limited), w.adds("rita", reads)
	for range 3 {
		id := w.draw()
		w.jobs = append(w.jobs, id)
		w.does(w.desk, made(model.Jobs, id, textOf(model.JobTitle, w.says()), ref(model.JobCustomer, w.bakery)))
	}
	hub := session.NewHub()
	door := core{Engine: engine.New(engine.Config{
		Store: telltale{w.store, hub, nil}, Random: history.Stream(seed, "dan"), Decode: protocol.DecodeChange,
		Seal: &blocks{seed: seed, drawn: map[engine.Binding]uint64{}, plain: map[string]string{}},
	}), store: w.store}
	var err error
	w.api, err = api.New(api.Config{
		Office: backOffice{operator: &operator{engine: door, hub: hub, clock: w.clock}}, Log: slog.New(slog.DiscardHandler), Clock: w.clock,
		Random: history.Stream(seed, "api"),
		As: func(*http.Request) (model.Caller, error) {
			return model.Caller{Tenant: w.tenant, User: w.dan, Scopes: model.AllScopes()}, nil
		},
	})
	check(t, err)
	return w
}

func (w *inboxWorld) adds(login string, sets access.Sets) model.UserID {
	u, err := w.desk.AddAccount(w.t.Context(), w.tenant, engine.NewAccount{Login: login, Name: login, Kind: model.Desktop, Levels: sets.Encode()}, w.instant())
	check(w.t, err)
	return u
}

// meets has two edits of a field meet: the first of them loses.
func (w *inboxWorld) meets(e *engine.Engine, by model.UserID, of model.Collection, id model.RecordID, f model.FieldNo, text string) {
	w.t.Helper()
	look, err := e.Look(w.t.Context(), model.Caller{Tenant: w.tenant, User: by, Scopes: model.AllScopes()}, nil)
	check(w.t, err)
	if by == w.amy {
		w.does(e, edits(of, id, textOf(f, text+" first")))
	}
	rnd := w.common
	if e == w.clerk {
		rnd = w.other
	}
	c := edits(of, id, textOf(f, text))
	c.ID, c.Author, c.Base, c.Occurred = model.ChangeID(drawn(rnd)), by, look.Base, model.Occurrence{Wall: w.instant()}
	body, texts, err := protocol.EncodeChange(&c)
	check(w.t, err)
	push := &protocol.Push{Number: 1}
	push.Add(protocol.PushedChange{Number: 1, Body: body}, texts)
	_, err = e.Push(w.t.Context(), model.Connection{Tenant: w.tenant, User: by, Lane: model.LaneOffice}, push.Submitted(), nil, w.instant())
	check(w.t, err)
}

// happens is one thing in both worlds, and then what happens in the busy one alone.
func (w *inboxWorld) happens() {
	w.t.Helper()
	job := w.jobs[w.common.IntN(len(w.jobs))]
	switch w.common.IntN(5) {
	case 0, 1:
		w.meets(w.desk, w.amy, model.Jobs, job, model.JobTitle, w.says())
	case 2:
		w.meets(w.desk, w.rita, model.Jobs, job, model.JobTitle, w.says()) // held
	case 3:
		w.does(w.desk, edits(model.Jobs, job, textOf(model.JobTitle, w.says())))
	}
	if !w.busy {
		return
	}
	for range w.other.IntN(3) {
		ours := w.jobs[w.other.IntN(len(w.jobs))]
		switch w.other.IntN(8) {
		case 0:
			w.meets(w.clerk, w.amy, model.Customers, w.bakery, 4, unheard)
		case 1:
			w.meets(w.clerk, w.rita, model.Customers, w.branch, 4, unheard)
		case 2:
			w.meets(w.clerk, w.amy, model.Jobs, ours, 25, unheard) // whose job it is
		case 3:
			w.meets(w.clerk, w.rita, model.Jobs, ours, 26, unheard)
		case 4:
			id := w.unknown()
			w.does(w.clerk, made(model.JobCommercials, id, under(ours), textOf(6, unheard)))
			w.meets(w.clerk, w.amy, model.JobCommercials, id, 6, unheard)
		case 5:
			w.does(w.clerk, w.fact(w.other, model.TimesheetEvents, textOf(model.TimeKind, "shift_end")))
		case 6:
			w.does(w.clerk, made(model.Customers, w.unknown(), textOf(model.CustomerName, "Bakery"))) // there is one of this name
		default:
			w.meets(w.clerk, w.amy, model.Sites, w.site, 4, unheard)
		}
	}
}

// ids is every item there is, whoever may see it, in an order of its own.
func (w *inboxWorld) ids() (out []model.RecordID) {
	page, err := w.desk.Inbox(w.t.Context(), model.Caller{Tenant: w.tenant, User: w.amy, Scopes: model.AllScopes()}, model.InboxQuery{Limit: model.MaxListing}, w.instant())
	check(w.t, err)
	for _, i := range page.Items {
		out = append(out, i.ID)
	}
	slices.SortFunc(out, model.RecordID.Compare)
	return out
}

// wonders is one request of Dan's, about an item, and what was answered.
func (w *inboxWorld) wonders(of *rand.Rand, id model.RecordID) string {
	w.t.Helper()
	one := "/v1/review/" + id.String()
	switch of.IntN(9) {
	case 0, 1:
		return w.asked(http.MethodGet, one, "")
	case 2:
		return w.asked(http.MethodPost, one+"/"+[]string{"restore", "adopt", "dismiss", "release"}[of.IntN(4)], `{"why":"since"}`)
	case 3:
		return w.asked(http.MethodPost, one+"/restore", fmt.Sprintf(`{"change":%q}`, id))
	case 4:
		return w.asked(http.MethodGet, "/v1/review_items?limit=2", "")
	default:
		asked := []string{fmt.Sprintf("limit=%d", 1+of.IntN(3))}
		if of.IntN(3) == 0 && w.next != "" {
			asked = append(asked, "after="+w.next)
		}
		switch of.IntN(5) {
		case 0:
			asked = append(asked, "kind="+model.InboxKinds[of.IntN(len(model.InboxKinds))])
		case 1:
			asked = append(asked, "state="+[]string{"resolved", "all", "neither"}[of.IntN(3)])
		case 2:
			asked = append(asked, "job="+w.jobs[of.IntN(len(w.jobs))].String())
		case 3:
			asked = append(asked, "person="+[]model.UserID{w.amy, w.rita}[of.IntN(2)].String())
		}
		return w.asked(http.MethodGet, "/v1/review?"+strings.Join(asked, "&"), "")
	}
}

func (w *inboxWorld) asked(method, path, body string) string {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", path)
		r.Header.Set("Content-Type", "application/json")
	}
	if w.tag != "" {
		r.Header.Set("If-None-Match", w.tag)
	}
	a := httptest.NewRecorder()
	w.api.ServeHTTP(a, r)
	text := a.Body.String()
	if _, rest, ok := strings.Cut(text, `"next":"`); ok {
		w.next, _, _ = strings.Cut(rest, `"`)
	}
	w.tag = a.Header().Get("ETag")
	a.Header().Del("Date")
	return fmt.Sprintf("%s %s = %d %v\n%s", method, path, a.Code, a.Header(), text)
}

// playInbox plays one pair, and says in what it differs, or what Dan heard that he may not.
func playInbox(t *testing.T, seed uint64, steps int) string {
	t.Helper()
	quiet, busy := newInboxWorld(t, seed, false), newInboxWorld(t, seed, true)
	script := history.Dice(seed, "inbox")
	for step := range steps {
		draw := script.Uint64()
		for _, w := range []*inboxWorld{quiet, busy} {
			w.now = w.now.Add(30 * time.Second)
			w.happens()
		}
		id := drawn(script)
		if all := busy.ids(); len(all) > 0 && script.IntN(8) > 0 {
			id = all[script.IntN(len(all))]
		}
		var told []string
		for _, w := range []*inboxWorld{quiet, busy} {
			told = append(told, w.wonders(rand.New(rand.NewPCG(draw, draw)), id))
		}
		if told[0] != told[1] {
			return fmt.Sprintf("seed %d, step %d: quiet:\n%s\nbusy:\n%s", seed, step, told[0], told[1])
		}
		if strings.Contains(told[1], unheard) {
			return fmt.Sprintf("seed %d, step %d: Dan hears %s", seed, step, told[1])
		}
	}
	if len(busy.ids()) < 5 {
		return fmt.Sprintf("seed %d: there is too little to hide", seed)
	}
	return ""
}

// TestI9_TwoWorldsHaveOneInbox, byte for byte.
func TestI9_TwoWorldsHaveOneInbox(t *testing.T) {
	t.Parallel()
	pairs := 8
	if testing.Short() {
		pairs = 3
	}
	for seed := range pairs {
		if wrong := playInbox(t, uint64(seed)+1, 120); wrong != "" {
			t.Fatal(wrong)
		}
	}
}
