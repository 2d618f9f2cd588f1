package engine

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// auditEnd says how a session ended: that its user signed out is a line of its own kind.
func (t *tx) auditEnd(u model.UserID, d model.DeviceID, e model.Ending) {
	line := model.AuditEntry{Kind: model.AuditEnd, Actor: t.doer(e.By), Subject: toDevice(d, u), Reason: e.Reason.String(), Detail: endText(e)}
	if e.Reason == model.EndSignedOut {
		line.Kind, line.Reason = model.AuditSignOut, ""
	}
	t.audit(line)
}

// auditTakeover says that a device took a user's slot from another.
func (t *tx) auditTakeover(u model.UserID, was, is model.DeviceID) {
	if planted("takeover-unaudited") {
		return
	}
	t.auditEnd(u, was, model.Ending{Reason: model.EndSuperseded, By: u})
	t.audit(model.AuditEntry{Kind: model.AuditTakeover, Actor: t.doer(u), Subject: toDevice(is, u), Detail: was.String()})
}

// auditDecided says who let a held change in, or decided against it, and which fields they corrected.
func (t *tx) auditDecided(kind model.AuditKind, h storage.Held, r model.Ruling, by model.UserID, corrected string) {
	line := model.AuditEntry{Kind: kind, Actor: t.doer(by), Subject: toDevice(h.Device, h.Author), Reason: r.Why, Detail: h.Change.String()}
	if r.Force {
		line.Reason = strings.TrimSuffix("forced: "+r.Why, ": ")
	}
	if corrected != "" {
		line.Detail += ", corrected: " + corrected // both values are in the record's history, for whoever sees the field
	}
	if planted("decided-by-nobody") {
		line.Actor = server
	}
	t.audit(line)
}

// auditSettings says which of a company's settings changed, from what to what. Whatever settings there will be are told.
func (t *tx) auditSettings(before, after model.Settings, by model.UserID) {
	if before == after || planted("settings-unaudited") {
		return
	}
	text := strings.Join(differing("", reflect.ValueOf(before), reflect.ValueOf(after)), "; ")
	t.audit(model.AuditEntry{Kind: model.AuditSettings, Actor: t.doer(by), Subject: everybody, Detail: text})
}

// differing names the fields in which two values of one struct differ.
func differing(name string, a, b reflect.Value) (out []string) {
	if a.Kind() != reflect.Struct {
		if a.Interface() != b.Interface() {
			out = append(out, fmt.Sprintf("%s %v, was %v", name, b.Interface(), a.Interface()))
		}
		return out
	}
	for i := range a.NumField() {
		out = append(out, differing(strings.TrimPrefix(name+"."+a.Type().Field(i).Name, "."), a.Field(i), b.Field(i))...)
	}
	return out
}

// Refused notes sign-ins that were refused: a line for each, whatever they count, so that nobody fills the audit by guessing. At most
// a commit's worth is noted, storage.MaxCommitChanges.
func (e *Engine) Refused(ctx context.Context, id model.TenantID, all []model.Refusal, now model.Instant) error {
	return e.apply(ctx, id, 1, now, func(t *tx) error {
		for _, r := range all[:min(len(all), storage.MaxCommitChanges)] {
			line := model.AuditEntry{Kind: model.AuditSignInRefused, Actor: server, Subject: everybody, Reason: r.Why, Detail: timesOver(r.Times)}
			if !r.User.IsZero() {
				line.Subject = toUser(r.User)
			}
			t.whence.from = model.Origin{Address: r.Address}
			t.audit(line)
		}
		return nil
	})
}

func timesOver(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
