package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestW42_TheAuditSaysWhoAndFromWhere: a line names actor and subject by their ids, with the address and the key that it was
// asked by; what nobody of the company did is the operator's.
func TestW42_TheAuditSaysWhoAndFromWhere(t *testing.T) {
	found(t, auditedFrom(t))
}

func auditedFrom(t *testing.T) string {
	t.Helper()
	store := memstore.New(1 << 32)
	c := newCompanyOn(t, store)
	from := model.Origin{Address: "192.0.2.7", Client: "ERP 4"}
	key := model.KeyID{7}
	caller, ctx := c.caller(c.amy), context.Background()
	k, err := c.e.AddKey(ctx, c.id, model.APIKey{ID: key, User: c.amy, Name: "ERP"}, [32]byte{7}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	caller.Key = k.ID
	phone := c.phone(c.ben, model.Mobile)
	before := len(audited(t, store, c.id))
	asked := engine.Fenced(model.WithOrigin(ctx, from), caller)
	if _, err := c.e.End(asked, c.id, model.Ending{User: c.ben, Reason: model.EndOffice, By: c.amy}, c.now); err != nil {
		t.Fatal(err)
	}
	if _, err := c.e.SetPassword(ctx, c.id, c.ben, "$new", model.UserID{}, c.now); err != nil {
		t.Fatal(err)
	}
	lines := audited(t, store, c.id)[before:]
	want := []storage.AuditEntry{
		{
			Time: c.now, Kind: model.AuditEnd, Actor: model.Actor{Kind: model.ActorUser, User: c.amy, Key: k.ID},
			Subject: model.Subject{Kind: model.SubjectDevice, ID: phone.Device, User: c.ben}, From: from, Reason: "office",
		},
		{
			Time: c.now, Kind: model.AuditPassword, Actor: model.Actor{Kind: model.ActorOperator},
			Subject: model.Subject{Kind: model.SubjectUser, ID: c.ben, User: c.ben},
		},
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		return fmt.Sprintf("the audit says %+v, want %+v", lines, want)
	}
	return ""
}

// TestF11_AnExpiryIsNoEndByAPerson: what is made after a token expired is judged like what was made before.
func TestF11_AnExpiryIsNoEndByAPerson(t *testing.T) {
	found(t, endsByPerson())
}

func endsByPerson() string {
	for why := model.EndNone; why <= model.LastEnd; why++ {
		nobody := why == model.EndNone || why == model.EndIdentity || why == model.EndExpired
		if engine.ByPerson(why) == nobody {
			return fmt.Sprintf("an end for %q is by a person: %v", why, nobody)
		}
	}
	return ""
}

// TestNote_OfACompanyThatIsNotThere: it is an unknown token, like everything else of it.
func TestNote_OfACompanyThatIsNotThere(t *testing.T) {
	c := newCompany(t)
	conn := c.phone(c.ben, model.Mobile)
	conn.Tenant = model.TenantID{9}
	if err := c.e.Note(context.Background(), conn, model.Note{Report: &model.Report{}}, c.now); !errors.Is(err, model.ErrToken) {
		t.Errorf("a note = %v, want %v", err, model.ErrToken)
	}
}
