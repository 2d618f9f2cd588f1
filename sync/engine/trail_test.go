package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// run reads the audit page by page.
func (c *company) run(q model.AuditQuery, by model.UserID) (out []model.AuditEntry, err error) {
	for {
		page, err := c.e.Audit(ctx, c.id, q, by, c.now)
		if err != nil {
			return out, err
		}
		if out = append(out, page.Lines...); page.Next == "" {
			return out, nil
		}
		q.Cursor = page.Next
	}
}

// TestAudit_IsReadByPages: both ways it is every line once, whatever the pages; what is asked for is what comes; and each run is a
// line of it.
func TestAudit_IsReadByPages(t *testing.T) { found(t, readAudit(t)) }

func readAudit(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	for range 30 { // some commits with lines, and many without
		c.now += 1000
		c.end(c.phone(c.ben, model.Mobile).User, model.EndOffice)
		c.newJob(c.ben, 0)
	}
	for _, limit := range []int{1, 7, 1000} {
		before := audited(t, store, c.id)
		got, err := c.run(model.AuditQuery{Oldest: true, Limit: limit}, c.amy)
		if err != nil || len(got) != len(before)+1 {
			return fmt.Sprintf("%d lines by %d, %v, want %d and that it was read", len(got), limit, err, len(before))
		}
		newest, err := c.run(model.AuditQuery{Limit: limit}, c.amy)
		if err != nil || len(newest) != len(got)+1 {
			return fmt.Sprintf("%d lines backwards, %v, want %d", len(newest), err, len(got)+1)
		}
		if slices.Reverse(newest); fmt.Sprint(newest[:len(got)]) != fmt.Sprint(got) {
			return "the two ways differ"
		}
	}
	from, until := c.now-9000, c.now-2000
	asked := model.AuditQuery{Kind: model.AuditEnd, User: c.ben, From: from, Until: until, Limit: 2}
	want := 0
	for _, l := range audited(t, store, c.id) {
		if l.Kind == model.AuditEnd && l.Time >= from && l.Time < until {
			want++
		}
	}
	for _, asked.Oldest = range []bool{true, false} {
		got, err := c.run(asked, c.amy)
		if err != nil || len(got) != want || want < 3 {
			return fmt.Sprintf("%d ends in some seconds, %v, want %d", len(got), err, want)
		}
		for _, l := range got {
			if l.Kind != model.AuditEnd || l.Time < from || l.Time >= until || l.Subject.User != c.ben {
				return fmt.Sprintf("%+v was not asked for", l)
			}
		}
	}
	got, err := c.run(model.AuditQuery{Kind: model.AuditRead, Oldest: true, Limit: 2}, c.amy)
	if err != nil || len(got) != 9 || !strings.HasPrefix(got[6].Detail, "kind end user "+c.ben.String()) {
		return fmt.Sprintf("%d lines of reading, %v, want one for each of 9 runs: %+v", len(got), err, got)
	}
	return ""
}

// TestAudit_IsForAdministrators: nobody else reads it, not on the second page either; a cursor is good for its own question and
// user alone.
func TestAudit_IsForAdministrators(t *testing.T) { found(t, auditReaders(t)) }

func auditReaders(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	page, err := c.e.Audit(ctx, c.id, model.AuditQuery{Limit: 1}, c.amy, c.now)
	if err != nil || page.Next == "" {
		return fmt.Sprintf("Audit = %+v, %v", page, err)
	}
	for what, q := range map[string]model.AuditQuery{
		"another question": {Limit: 1, Cursor: page.Next, User: c.ben}, "another order": {Limit: 1, Cursor: page.Next, Oldest: true},
		"no cursor": {Limit: 1, Cursor: "x"},
	} {
		if _, err := c.e.Audit(ctx, c.id, q, c.amy, c.now); !errors.Is(err, model.ErrHistory) {
			return fmt.Sprintf("%s = %v, want %v", what, err, model.ErrHistory)
		}
	}
	if _, err := c.e.Audit(ctx, c.id, model.AuditQuery{Limit: 1}, model.UserID{}, c.now); err != nil {
		return fmt.Sprintf("the operator = %v", err)
	}
	if _, err := c.e.Audit(ctx, c.id, model.AuditQuery{Limit: 1}, c.ben, c.now); !errors.Is(err, model.ErrToken) {
		return fmt.Sprintf("a phone's user = %v, want %v", err, model.ErrToken)
	}
	if _, err := c.e.Audit(ctx, c.id, model.AuditQuery{Limit: 1, Cursor: page.Next}, c.ben, c.now); !errors.Is(err, model.ErrToken) {
		return fmt.Sprintf("the second page for a phone's user = %v, want %v", err, model.ErrToken)
	}
	eve := c.without("eve", access.WebAdmin)
	if _, err := c.e.Audit(ctx, c.id, model.AuditQuery{Limit: 1}, eve, c.now); err == nil {
		return "the office reads it without being an administrator"
	}
	return ""
}

// TestAudit_SaysWhatHappensToSessions: a sign-in, a takeover with the end before it, a sign-out, refused sign-ins, settings and what
// was decided of held work each have their lines.
func TestAudit_SaysWhatHappensToSessions(t *testing.T) { found(t, sessionsAudited(t)) }

func sessionsAudited(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	from := len(audited(t, store, c.id))
	one, two := c.hand(c.ben, model.Mobile, "one"), c.hand(c.ben, model.Mobile, "two")
	first, _ := one.signIn(model.DeviceID{}, 0)
	if _, err := two.signIn(model.DeviceID{}, first.Epoch); err != nil {
		t.Fatal(err)
	}
	g, err := two.hello(false)
	if err != nil {
		t.Fatal(err)
	}
	held := c.note(c.ben, model.RecordID(newChange(t)))
	c.push(g.Connection, held)
	if err := c.e.Dismiss(ctx, c.id, held.ID, c.amy, c.now); err != nil {
		t.Fatal(err)
	}
	c.end(c.ben, model.EndSignedOut)
	c.configure(func(s *model.Settings) { s.AutoAccept, s.Window.Past = !s.AutoAccept, 3 })
	c.configure(func(*model.Settings) {})
	if err := c.e.Refused(ctx, c.id, []model.Refusal{{User: c.ben, Address: "192.0.2.1", Why: "password", Times: 3}, {Why: "password", Times: 1}}, c.now); err != nil {
		t.Fatal(err)
	}
	type line struct {
		kind           model.AuditKind
		by             model.UserID
		to             model.SubjectKind
		reason, detail string
	}
	want := []line{
		{model.AuditSignIn, c.ben, model.SubjectDevice, "", "one"},
		{model.AuditEnd, c.ben, model.SubjectDevice, "superseded", ""},
		{model.AuditTakeover, c.ben, model.SubjectDevice, "", first.Device.String()},
		{model.AuditSignIn, c.ben, model.SubjectDevice, "", "two"},
		{model.AuditDismiss, c.amy, model.SubjectDevice, "", held.ID.String()},
		{model.AuditSignOut, c.amy, model.SubjectDevice, "", ""},
		{model.AuditSettings, model.UserID{}, model.SubjectCompany, "", "AutoAccept true, was false; Window.Past 3, was 14"},
		{model.AuditSignInRefused, model.UserID{}, model.SubjectUser, "password", "3 times"},
		{model.AuditSignInRefused, model.UserID{}, model.SubjectCompany, "password", "once"},
	}
	var got []line
	for _, l := range audited(t, store, c.id)[from:] {
		got = append(got, line{l.Kind, l.Actor.User, l.Subject.Kind, l.Reason, l.Detail})
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Sprintf("the audit says\n%v, want\n%v", got, want)
	}
	return ""
}

// TestAudit_LooksAtSoManyLines: what is asked for may be rare; a page ends all the same, and says that there is more.
func TestAudit_LooksAtSoManyLines(t *testing.T) {
	c := newCompany(t)
	var many []model.Refusal
	for range 200 {
		many = append(many, model.Refusal{Why: "password", Times: 1})
	}
	for range 30 {
		if err := c.e.Refused(ctx, c.id, many, c.now); err != nil {
			t.Fatal(err)
		}
	}
	for _, oldest := range []bool{true, false} {
		q := model.AuditQuery{Kind: model.AuditTakeover, Oldest: oldest, Limit: 10}
		page, err := c.e.Audit(ctx, c.id, q, c.amy, c.now)
		if err != nil || len(page.Lines) != 0 || page.Next == "" {
			t.Errorf("Audit = %d lines, more %v, %v, want none yet", len(page.Lines), page.Next != "", err)
		}
		if lines, err := c.run(q, c.amy); err != nil || len(lines) != 0 {
			t.Errorf("a run = %d lines, %v", len(lines), err)
		}
	}
}
