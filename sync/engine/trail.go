package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"sort"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxTrail bounds how many lines of the audit one page looks at.
const maxTrail = 5000

// Audit reads a page of the audit: for whoever has full web administration, by, or for the operator, zero. It is asked where it is
// read; who may not gets model.ErrToken or *[access.BeyondError]. That a run of pages begins is durably a line of the audit
// before anything is told. A cursor is good for the same question by the same user: model.ErrHistory, model.ErrGone.
func (e *Engine) Audit(ctx context.Context, id model.TenantID, q model.AuditQuery, by model.UserID, now model.Instant) (out model.AuditPage, err error) {
	if q.Cursor == "" {
		err = e.apply(ctx, id, 1, now, func(t *tx) error {
			if err := t.governs(by); err != nil {
				return err
			}
			if !planted("audit-read-unnoted") {
				t.audit(model.AuditEntry{Kind: model.AuditRead, Actor: t.doer(by), Subject: everybody, Detail: trailText(q)})
			}
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	err = e.read(ctx, id, func(t *tx) error {
		if err := t.governs(by); err != nil {
			return err
		}
		at, err := t.trailPlace(q, by)
		if err != nil {
			return err
		}
		out, err = t.trailPage(q, by, at)
		return err
	})
	return out, err
}

// trailText is what the audit says of a question to it: no more than ids, kinds and times.
func trailText(q model.AuditQuery) string {
	var parts []byte
	add := func(name, value string) { parts = append(append(append(parts, ' '), name...), value...) }
	if q.Kind != 0 {
		add("kind ", q.Kind.String())
	}
	if !q.User.IsZero() {
		add("user ", q.User.String())
	}
	if q.From != 0 {
		add("from ", fmt.Sprint(q.From))
	}
	if q.Until != 0 {
		add("until ", fmt.Sprint(q.Until))
	}
	if len(parts) == 0 {
		return "all"
	}
	return string(parts[1:])
}

// trailPage is the lines of a page, from a key on that was passed; empty: from the beginning.
func (t *tx) trailPage(q model.AuditQuery, by model.UserID, at string) (out model.AuditPage, err error) {
	out.Names = map[model.UserID]string{}
	seen := 0
	for key, raw := range t.trail(q, at) {
		line, err := storage.ParseAuditEntry(raw)
		if err != nil {
			return out, fmt.Errorf("read a line of the audit: %w", err)
		}
		if past := !q.Oldest && line.Time < q.From || q.Oldest && q.Until != 0 && line.Time >= q.Until; past {
			break
		}
		fits := about(line, q)
		if seen == maxTrail || fits && len(out.Lines) == min(q.Limit, model.MaxListing) {
			out.Next = t.trailCursor(q, by, at)
			break
		}
		seen, at = seen+1, key
		if !fits {
			continue
		}
		out.Lines = append(out.Lines, model.AuditEntry(line))
		for _, u := range []model.UserID{line.Actor.User, line.Subject.User} {
			if a, ok := get(t, storage.TableAccounts, string(u[:]), storage.ParseAccount); ok {
				out.Names[u] = a.Name
			}
		}
	}
	return out, nil
}

// about says whether a line is one that is asked for.
func about(line storage.AuditEntry, q model.AuditQuery) bool {
	return (q.Kind == 0 || line.Kind == q.Kind) &&
		(q.User.IsZero() || line.Actor.User == q.User || line.Subject.User == q.User) &&
		line.Time >= q.From && (q.Until == 0 || line.Time < q.Until)
}

// trail walks the lines behind a key, in the order that is asked for; it begins where the time does that is asked for.
func (t *tx) trail(q model.AuditQuery, at string) iter.Seq2[string, []byte] {
	switch {
	case q.Oldest && at != "":
		return t.r.Rows(storage.TableAudit, "", at+"\x00")
	case q.Oldest:
		return t.r.Rows(storage.TableAudit, "", seqKey(t.trailSince(q.From)))
	case at != "":
		return t.trailBefore(at)
	case q.Until != 0:
		return t.trailBefore(seqKey(t.trailSince(q.Until)))
	default:
		return t.trailBefore(seqKey(t.head.Seq + 1))
	}
}

// trailSince is the first commit whose lines are not before a moment: committed time never goes back.
func (t *tx) trailSince(at model.Instant) model.Seq {
	return model.Seq(sort.Search(int(t.head.Seq)+1, func(i int) bool {
		for _, raw := range t.r.Rows(storage.TableAudit, "", seqKey(model.Seq(i))) {
			line, err := storage.ParseAuditEntry(raw)
			return err == nil && line.Time >= at
		}
		return true
	}))
}

// trailSpan is how many commits are looked through in one go for lines at first, and trailRows how many lines in one go are too
// many.
const (
	trailSpan = 64
	trailRows = 2048
)

// trailBefore walks the lines before a key, the last one first. Rows are walked in the order of their keys alone, so it takes
// spans of commits, wider ones where there are few lines.
func (t *tx) trailBefore(key string) iter.Seq2[string, []byte] {
	type row struct {
		key string
		raw []byte
	}
	return func(yield func(string, []byte) bool) {
		first := key
		for k := range t.r.Rows(storage.TableAudit, "", "") {
			first = k
			break
		}
		for span := uint64(trailSpan); first < key; {
			last := binary.BigEndian.Uint64([]byte(key))
			if len(key) > len(seqKey(0)) {
				last++ // some of the commit's own come before it
			}
			from := seqKey(model.Seq(last - min(span, last)))
			var rows []row
			for k, raw := range t.r.Rows(storage.TableAudit, "", from) {
				if k >= key || len(rows) > trailRows && span > 1 {
					break
				}
				rows = append(rows, row{k, raw})
			}
			if len(rows) > trailRows && span > 1 {
				span /= 2
				continue
			}
			for _, r := range slices.Backward(rows) {
				if !yield(r.key, r.raw) {
					return
				}
			}
			if key = from; len(rows) < trailRows/2 {
				span *= 2
			}
		}
	}
}

// trailQuestion tells one question from another, so that a run that was noted goes on as itself.
func trailQuestion(q model.AuditQuery) (sum [8]byte) {
	q.Cursor, q.Limit = "", 0
	text, err := json.Marshal(q)
	if err != nil {
		panic(err) // there are no other than plain fields
	}
	h := sha256.Sum256(text)
	copy(sum[:], h[:])
	return sum
}

func (t *tx) trailBinding(by model.UserID) Binding {
	return Binding{Purpose: PurposeTrail, Tenant: t.id, User: by}
}

// trailCursor seals the key of the last line that a page looked at.
func (t *tx) trailCursor(q model.AuditQuery, by model.UserID, key string) string {
	sum := trailQuestion(q)
	seq := model.Seq(binary.BigEndian.Uint64([]byte(key)))
	b := binary.BigEndian.AppendUint64([]byte(key), uint64(t.head.Lineage.Stamp(seq).Incarnation))
	return string(t.e.seal().Seal(t.tenant.Keys, t.trailBinding(by), append(b, sum[:]...)))
}

// trailPlace opens a cursor. A place in a life of the store that was rolled back is none in this one.
func (t *tx) trailPlace(q model.AuditQuery, by model.UserID) (string, error) {
	if q.Cursor == "" {
		return "", nil
	}
	const key, life = 10, 18
	b, ok := t.e.seal().Open(t.tenant.Keys, t.trailBinding(by), []byte(q.Cursor))
	if !ok || len(b) != life+8 || [8]byte(b[life:]) != trailQuestion(q) && !planted("audit-cursor-of-any-question") {
		return "", model.ErrHistory
	}
	seq := model.Seq(binary.BigEndian.Uint64(b))
	seen, ok := t.head.Lineage.Within(model.Stamp{Incarnation: model.Incarnation(binary.BigEndian.Uint64(b[key:])), Seq: seq})
	if !ok || seen < seq || seq > t.head.Seq {
		return "", model.ErrGone
	}
	return string(b[:key]), nil
}
