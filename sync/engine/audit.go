package engine

import (
	"context"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// whence is where a decision was asked from, and the key that it is asked by.
type whence struct {
	from model.Origin
	key  model.KeyID
}

func whenceOf(ctx context.Context) whence {
	c, _ := ctx.Value(fence{}).(model.Caller)
	return whence{from: model.OriginOf(ctx), key: c.Key}
}

// doer is whoever did something: a user, or, for nobody, whoever holds the machine.
func (t *tx) doer(u model.UserID) model.Actor {
	if u.IsZero() {
		return model.Actor{Kind: model.ActorOperator}
	}
	return model.Actor{Kind: model.ActorUser, User: u, Key: t.whence.key}
}

// server is the actor of what time does.
var server = model.Actor{Kind: model.ActorServer}

// everybody is the subject of what was done to all of the company.
var everybody = model.Subject{Kind: model.SubjectCompany}

func toUser(u model.UserID) model.Subject {
	return model.Subject{Kind: model.SubjectUser, ID: u, User: u}
}

func toDevice(d model.DeviceID, of model.UserID) model.Subject {
	return model.Subject{Kind: model.SubjectDevice, ID: d, User: of}
}

func toPartner(id model.RecordID) model.Subject {
	return model.Subject{Kind: model.SubjectPartner, ID: id}
}

func toKey(id model.KeyID, of model.UserID) model.Subject {
	return model.Subject{Kind: model.SubjectKey, ID: id, User: of}
}

func toHook(id model.HookID, of model.UserID) model.Subject {
	return model.Subject{Kind: model.SubjectHook, ID: id, User: of}
}

// audit adds a line to the audit, with the time and where the decision was asked from. It holds no secret and no customer text.
func (t *tx) audit(line model.AuditEntry) {
	line.Time, line.From = t.now, t.whence.from
	if planted("audit-without-origin") {
		line.From = model.Origin{}
	}
	n := len(t.keys(storage.TableAudit, seqKey(t.seq())))
	t.put(storage.TableAudit, seqKey(t.seq())+string([]byte{byte(n >> 8), byte(n)}), storage.AuditEntry(line).Append(nil))
}
