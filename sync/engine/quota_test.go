package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestF7_HandInsHaveAQuota: over it nothing of a frame is decided, refused or held; repeats are answered whatever was used; the next
// day it goes on, and in the end all of it is in. The audit says once a day that a device began, and that it was full.
func TestF7_HandInsHaveAQuota(t *testing.T) { found(t, handInQuota(t)) }

func handInQuota(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	c.configure(func(s *model.Settings) { s.Sessions.HandInChanges = 5 })
	h := c.hand(c.ben, model.Mobile, "phone")
	h.online()
	c.end(c.ben, model.EndOffice)
	g, err := h.hello(true)
	if err != nil {
		t.Fatal(err)
	}
	from := len(audited(t, store, c.id))
	var work []model.Submitted
	for i := range 9 {
		work = append(work, model.Submitted{Change: c.shift(c.ben), Number: uint64(i + 1)})
	}
	push := func(of []model.Submitted) ([]model.Answer, error) { return c.e.Push(ctx, g.Connection, of, nil, c.now) }
	full := func(of []model.Submitted) string {
		answers, err := push(of)
		over, ok := errors.AsType[*model.QuotaError](err)
		if !ok || len(answers) != 0 || over.Until != c.now+day {
			return fmt.Sprintf("a frame over the quota = %v, %v", answers, err)
		}
		return ""
	}
	taken := func(of []model.Submitted, repeat bool) string {
		answers, err := push(of)
		if err != nil || len(answers) != len(of) {
			return fmt.Sprintf("Push = %v, %v", answers, err)
		}
		for _, a := range answers {
			if a.Outcome != model.OutcomeApplied || a.Repeat != repeat {
				return fmt.Sprintf("an answer is %+v, want it applied", a)
			}
		}
		return ""
	}
	for _, step := range []func() string{
		func() string { return taken(work[:3], false) },
		func() string { return taken(work[:3], true) },
		func() string { return taken(work[:3], true) },
		func() string { return taken(work[3:4], false) },
		func() string { return full(work[4:]) },
		func() string { return full(work[4:]) },
		func() string { return taken(work[:4], true) },
		func() string { c.now += day; return taken(work[4:], false) },
	} {
		if wrong := step(); wrong != "" {
			return wrong
		}
	}
	held, err := c.e.Held(ctx, c.id)
	if err != nil || len(held) > 0 {
		return fmt.Sprintf("%d changes are held, %v", len(held), err)
	}
	var kinds []string
	for _, l := range audited(t, store, c.id)[from:] {
		kinds = append(kinds, l.Kind.String())
	}
	if got, want := fmt.Sprint(kinds), "[hand-in hand-in quota hand-in]"; got != want {
		return fmt.Sprintf("the audit says %s, want %s", got, want)
	}
	return ""
}

// TestF7_TheQuotaIsOfBytesToo: and of a device's row, so that who shares the hardware has their own; the live lane has none; and a
// frame larger than all of it is taken when it comes first.
func TestF7_TheQuotaIsOfBytesToo(t *testing.T) {
	c := newCompany(t)
	c.configure(func(s *model.Settings) { s.Sessions.HandInBytes = 1 })
	var conns []model.Connection
	for _, h := range []*hand{c.hand(c.ben, model.Mobile, "kiosk"), c.hand(c.sue, model.Subcontractor, "kiosk")} {
		g := h.online()
		for range 3 {
			c.want(c.push(g.Connection, c.shift(h.user))[0], model.OutcomeApplied, 0)
		}
		c.end(h.user, model.EndOffice)
		g, err := h.hello(true)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, g.Connection)
	}
	for _, conn := range conns {
		c.want(c.push(conn, c.shift(conn.User))[0], model.OutcomeApplied, 0)
	}
	for _, conn := range conns {
		_, err := c.e.Push(ctx, conn, []model.Submitted{{Change: c.shift(conn.User), Number: 9}}, nil, c.now)
		if _, ok := errors.AsType[*model.QuotaError](err); !ok {
			t.Errorf("Push = %v, want the quota", err)
		}
	}
}
