package engine

import (
	"fmt"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// forgetSessions drops what nobody signs in, hands in or asks by any more: sessions whose end is as old as a stub may
// get, or that another one of the same device has followed; devices that no session is left of; the audit's oldest
// lines; and tickets that have expired. Token hashes and device ids are random, so that a part a call goes round everything evenly.
func (t *tx) forgetSessions(part byte) {
	left := PurgeBatch
	for _, k := range t.keys(storage.TableTokens, string([]byte{part})) {
		s, ok := storage.Session{}, false
		if len(k) == len([32]byte{}) { // not of the index by session id
			s, ok = get(t, storage.TableTokens, k, storage.ParseSession)
		}
		if ok && s.Reason == model.EndNone {
			t.lapse(s.User)
		}
		if !ok || !t.sessionOver(s) {
			continue
		}
		t.remove(storage.TableTokens, k)
		t.remove(storage.TableTokens, "s"+string(s.ID[:]))
		if left--; left == 0 {
			break
		}
	}
	t.forgetDevices(part)
	t.forgetAudit()
	t.forgetTickets()
}

// sessionOver says whether a session's token opens nothing that anybody could need. A session that is live is not over,
// however quiet its device is.
func (t *tx) sessionOver(s storage.Session) bool {
	return s.Reason != model.EndNone && t.now-s.Ended > KeepStubs
}

// forgetDevices drops the rows of devices without a session, once they have been quiet as long as anything of theirs is
// remembered: a twin, or a phone restored from a backup, may still go by an old identity. What is lost or stolen stays
// so until somebody says otherwise.
func (t *tx) forgetDevices(part byte) {
	left := PurgeBatch
	for _, k := range t.keys(storage.TableDevices, string([]byte{part})) {
		d, ok := storage.Device{}, false
		if len(k) == len(model.DeviceID{}) { // not of the index by key
			d, ok = get(t, storage.TableDevices, k, storage.ParseDevice)
		}
		if !ok || d.State != DeviceInUse || t.now-d.Seen <= KeepStubs {
			continue
		}
		if s, _, ok := t.session(d.Session); ok && s.Device == d.ID {
			continue
		}
		t.remove(storage.TableDevices, k)
		t.remove(storage.TableDevices, keyOf(d.PublicKey)+k)
		t.forgetNumber(highest, d.ID)
		t.remove(storage.TableConfirmed, k)
		if left--; left == 0 {
			return
		}
	}
}

// forgetAudit drops the audit's oldest lines. Their keys are commit numbers, so that the first one that is young enough
// ends the search.
func (t *tx) forgetAudit() {
	left := PurgeBatch
	for k, raw := range t.r.Rows(storage.TableAudit, "", "") {
		line, err := storage.ParseAuditEntry(raw)
		if err != nil {
			t.fail(fmt.Errorf("read a line of the audit: %w", err))
		}
		if err != nil || t.now-line.Time <= KeepStubs || left == 0 {
			return
		}
		t.remove(storage.TableAudit, k)
		left--
	}
}
