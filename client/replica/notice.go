package replica

import (
	"maps"
	"slices"
)

// NoticeKind is what a notice is about.
type NoticeKind uint8

// The kinds. Their numbers are on disk.
const (
	NoticeEnded    NoticeKind = 1 // the session ended
	NoticeIdentity NoticeKind = 2 // the device got a new identity: it was cloned or restored from a backup
)

// Notice is something that happened to the session, kept until the user has closed it.
type Notice struct {
	Number uint64 // names it, for CloseNotice
	Kind   NoticeKind
	End    // how the session ended; of anything else At alone is set
}

// maxNotices bounds what is kept; the oldest goes.
const maxNotices = 50

const layoutNotice = 2

func (n *Notice) encode() []byte {
	var w diskWriter
	w.uint(layoutNotice)
	w.uint(n.Number)
	w.uint(uint64(n.Kind))
	n.End.encode(&w)
	return w.buf
}

func decodeNotice(b []byte) (n Notice, err error) {
	d := diskReader{buf: b}
	if d.uint() != layoutNotice {
		return n, errDisk
	}
	n.Number = d.uint()
	n.Kind = NoticeKind(d.uint())
	n.End.decode(&d)
	return n, d.end()
}

func (t *txn) note(n Notice) {
	t.meta.notices++
	n.Number = t.meta.notices
	t.notes[n.Number] = &n
	if len(t.r.notes) >= maxNotices {
		t.notes[slices.Min(slices.Collect(maps.Keys(t.r.notes)))] = nil
	}
}

// Notices is what happened to the session, oldest first.
func (r *Replica) Notices() []Notice {
	return slices.SortedFunc(maps.Values(r.notes), func(a, b Notice) int { return int(int64(a.Number) - int64(b.Number)) })
}

// CloseNotice forgets a notice the user has seen.
func (r *Replica) CloseNotice(number uint64) error {
	return r.update(func(t *txn) error {
		t.notes[number] = nil
		return nil
	})
}
